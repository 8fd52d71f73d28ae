using Slotkeeper.Audit;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.FirstTouch;
using Slotkeeper.Offers;
using Slotkeeper.Reading;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Dashboard.Bookings;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Workspaces;

/// <summary>Workspaces: their calendars, their times and why each is offered or not, their settings.</summary>
internal static class WorkspacePages
{
    private const int PageSize = 50;
    private const int MostListed = 50;
    private const int MostChanges = 10;
    private static readonly TimeSpan CalendarsEvery = TimeSpan.FromSeconds(5);

    /// <summary>Bookings that began before it are looked up on a page of their own.</summary>
    private static readonly TimeSpan BookingsSince = TimeSpan.FromDays(1);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/dashboard/workspaces", List);
        routes.MapGet("/dashboard/workspaces/{id}", PageAsync);
        routes.MapGet("/dashboard/workspaces/{id}/live", LiveAsync);
        routes.MapGet("/dashboard/workspaces/{id}/explain", ExplainAsync);
        routes.MapGet("/dashboard/workspaces/{id}/offers", OffersAsync);
        routes.MapGet("/dashboard/workspaces/{id}/settings", SettingsAsync);
        routes.MapGet("/dashboard/workspaces/{id}/first-touch", FirstTouchAsync);
    }

    private static IResult List(HttpContext context, Catalog catalog, TimeProvider clock)
    {
        var caller = Caller.Of(context);
        if (caller.WorkspaceId is { } own)
            return TypedResults.Redirect($"/dashboard/workspaces/{own}");
        var query = PageQuery.Text(context, "q") ?? "";
        var agencyId = PageQuery.Text(context, "agencyId");
        if (agencyId is not null && (!caller.SeesAgency(agencyId) || !catalog.TryAgency(agencyId, out _)))
            return Refusal.NotFound("agency");
        var from = int.TryParse(context.Request.Query["from"], out var given) && given > 0 ? given : 0;
        var found = catalog.Workspaces
            .Where(workspace => caller.Sees(workspace) && (agencyId is null || workspace.AgencyId == agencyId) && Matches(workspace, query))
            .OrderBy(workspace => workspace.Name, StringComparer.OrdinalIgnoreCase).ThenBy(workspace => workspace.Id, StringComparer.Ordinal)
            .ToList();
        var lines = found.Skip(from).Take(PageSize).Select(workspace =>
        {
            var calendar = workspace.DefaultCalendarId is { } id && catalog.TryCalendar(id, out var live) ? live : null;
            return new WorkspaceLine(workspace, AgencyName(catalog, workspace.AgencyId), calendar, calendar?.Picture.State);
        }).ToList();
        var next = from + PageSize < found.Count ? $"/dashboard/workspaces?q={Uri.EscapeDataString(query)}&agencyId={agencyId}&from={from + PageSize}" : null;
        return Html.Page<WorkspacesPage>(context, new()
        {
            ["Model"] = new WorkspacesModel(clock.GetUtcNow(), query, agencyId, agencyId is null ? null : AgencyName(catalog, agencyId), found.Count, lines, next),
        });
    }

    private static async Task<IResult> PageAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, Catalog catalog, AvailabilityReader reader, IOfferStore offers, IBookingStore bookings, TimeProvider clock, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        if (await workspaces.FindAsync(id, caller, cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var (source, asked) = ReadView(context, workspace);
        // A page without what was asked for helps more than none; its parts are asked for by the page itself.
        var zone = WorkspaceFields.IsZone(asked) ? asked : workspace.TimeZone;
        var now = clock.GetUtcNow();
        var answer = await reader.ReadAsync(workspace, new SlotQuery(source, From: SlotBoard.StartOfToday(now, zone), RefreshIfStale: false), cancellationToken);
        var seconds = now.ToUnixTimeSeconds();
        var live = await offers.ListAsync(id, null, OfferState.Live, now, null, MostListed + 1, cancellationToken);
        var coming = await bookings.SearchAsync(new BookingSearch { AgencyId = caller.AgencyId, WorkspaceId = id, From = now - BookingsSince, EarliestFirst = true }, MostListed + 1, cancellationToken);
        var model = new WorkspaceModel(
            workspace,
            AgencyName(catalog, workspace.AgencyId),
            zone,
            answer.Source,
            Calendars(workspace, caller, catalog, zone, now),
            answer,
            SlotBoard.Of(answer, zone),
            answer.Slots is { } slots ? [.. slots.Picture.Claims.Where(claim => FreeSlots.IsLive(claim, seconds) && claim.End > now)] : [],
            [.. live.Take(MostListed)],
            [.. coming.Take(MostListed).Select(booking => BookingLine.Of(booking, workspace, zone, now))])
        {
            WrongZone = zone == asked ? null : asked,
            HasMore = (live.Count > MostListed, coming.Count > MostListed),
        };
        return Html.Page<WorkspacePage>(context, new() { ["Model"] = model }, model.WrongZone is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> LiveAsync(string id, HttpContext context, WorkspaceFinder workspaces, Catalog catalog, TimeProvider clock, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        if (await workspaces.FindAsync(id, caller, cancellationToken) is not { } first)
            return Refusal.NotFound("workspace");
        var (_, zone) = ReadView(context, first);
        if (!WorkspaceFields.IsZone(zone))
            return BadZone();
        return Html.Live<CalendarCards>(context, CalendarsEvery, async token =>
            await workspaces.FindAsync(id, caller, token) is { } workspace ? new() { ["Model"] = Calendars(workspace, caller, catalog, zone, clock.GetUtcNow()) } : null);
    }

    private static async Task<IResult> ExplainAsync(string id, HttpContext context, WorkspaceFinder workspaces, AvailabilityReader reader, IOfferStore offers, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var (source, zone) = ReadView(context, workspace);
        if (!WorkspaceFields.IsZone(zone))
            return BadZone();
        var query = context.Request.Query;
        DateTimeOffset? start = null;
        DateTimeOffset? other = null;
        string? words = null;
        if (query["start"] is [{ Length: > 0 } text])
        {
            if (Instants.TryParse(text, out var instant))
                start = instant;
            else
                words = "start " + Instants.Expected + ".";
        }
        else
        {
            switch (TypedTime.Read(query["date"].ToString(), query["time"].ToString(), zone))
            {
                case TypedTime.One one:
                    start = one.Start;
                    break;
                case TypedTime.Twice twice:
                    (start, other) = (twice.Earlier, twice.Later);
                    break;
                case TypedTime.None none:
                    words = none.Words;
                    break;
                default:
                    throw new InvalidOperationException("No such kind of typed time.");
            }
        }
        var explanation = start is { } at ? await ExplanationBody.OfAsync(reader, offers, workspace, source, at, cancellationToken) : null;
        return Html.Part<ExplainPart>(context, new() { ["Model"] = new ExplainModel(id, zone, source, explanation, words, other) });
    }

    private static async Task<IResult> OffersAsync(string id, HttpContext context, WorkspaceFinder workspaces, IOfferStore offers, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        var query = context.Request.Query;
        var name = query["state"].ToString();
        var state = OfferBody.Parse(name);
        var fault = name.Length > 0 && state is null ? "must be one of live, accepted, withdrawn, expired, drafted" : null;
        var lead = query["leadId"] is [{ Length: <= 200 } text] && !text.AsSpan().ContainsAnyInRange('\0', '\u001f') ? text.Trim() : "";
        var after = query["after"] is [{ Length: > 0 and <= 200 } last] && last.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_') ? last : null;
        var now = clock.GetUtcNow();
        var found = fault is null ? await offers.ListAsync(id, lead.Length == 0 ? null : lead, state, now, after, PageSize + 1, cancellationToken) : [];
        var next = found.Count > PageSize ? $"/dashboard/workspaces/{id}/offers?state={name}&leadId={Uri.EscapeDataString(lead)}&after={found[PageSize - 1].Id}" : null;
        return Html.Page<OffersPage>(
            context,
            new() { ["Model"] = new OffersModel(workspace, state, fault, lead, [.. found.Take(PageSize).Select(offer => offer.At(now))], next) },
            fault is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> SettingsAsync(
        string id, HttpContext context, IWorkspaceStore workspaces, IConnectionStore connections, CalendarView calendars, Catalog catalog, IAuditStore audit, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        // From the database: what is saved next is laid over it.
        if (await workspaces.FindAsync(id, cancellationToken) is not { } workspace || !caller.Sees(workspace))
            return Refusal.NotFound("workspace");
        var isManager = caller.Role is Role.Admin or Role.Agency;
        var changes = isManager ? await audit.ListAsync(new AuditFilter(workspace.AgencyId, id, null, null, null), null, MostChanges, cancellationToken) : [];
        var known = isManager ? await connections.ListAsync(workspace.AgencyId, null, 1000, cancellationToken) : [];
        return Html.Page<SettingsPage>(context, new()
        {
            ["Model"] = new SettingsModel(
                workspace,
                await calendars.FindAsync(workspace.DefaultCalendarId, caller, cancellationToken),
                Wished(workspace.DefaultCalendarId),
                await calendars.FindAsync(workspace.DirectBookCalendarId, caller, cancellationToken),
                Wished(workspace.DirectBookCalendarId),
                [.. known.Select(connection => new ConnectionChoice(connection.Id, connection.Name, connection.Provider))],
                [.. changes.Select(change => new ChangeLine(change.At, change.Action, change.Actor.Kind, change.Actor.Id, change.After))]),
        });

        int? Wished(string? calendarId) => calendarId is not null && catalog.TryCalendar(calendarId, out var calendar) ? calendar.Calendar.RequestedDurationMinutes : null;
    }

    private static async Task<IResult> FirstTouchAsync(string id, HttpContext context, WorkspaceFinder workspaces, FirstTouchPreview preview, CancellationToken cancellationToken) =>
        await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is { } workspace
            ? Html.Part<PreviewPart>(context, new() { ["Model"] = FirstTouchPreviewBody.Of(await preview.OfAsync(workspace, cancellationToken)) })
            : Refusal.NotFound("workspace");

    /// <returns>The zone as it was asked for, which may be none.</returns>
    private static (CalendarSource Source, string Zone) ReadView(HttpContext context, Workspace workspace)
    {
        var zone = context.Request.Query["zone"] is [{ Length: > 0 and <= 200 } given] ? given.Trim() : workspace.TimeZone;
        var source = context.Request.Query["source"] is [{ } name] && CalendarSources.Parse(name) is { } which ? which : CalendarSource.Default;
        return (source, zone);
    }

    private static Refusal BadZone() => Refusal.Invalid("zone", WorkspaceFields.ZoneExpected);

    private static bool Matches(Workspace workspace, string query) => query.Length == 0
        || workspace.Name.Contains(query, StringComparison.OrdinalIgnoreCase)
        || workspace.ExternalRef?.Contains(query, StringComparison.OrdinalIgnoreCase) == true
        || workspace.Id == query;

    private static string AgencyName(Catalog catalog, string agencyId) => catalog.TryAgency(agencyId, out var agency) ? agency.Name : agencyId;

    private static CalendarsModel Calendars(Workspace workspace, Caller caller, Catalog catalog, string zone, DateTimeOffset now)
    {
        var calendars = new List<SourceCalendar>();
        foreach (var source in Enum.GetValues<CalendarSource>())
        {
            if (workspace.CalendarId(source) is { } id && catalog.TryCalendar(id, out var calendar))
                calendars.Add(new SourceCalendar(source, calendar, calendar.Picture.State, catalog.Workspaces.Count(other => caller.Sees(other) && (other.DefaultCalendarId == id || other.DirectBookCalendarId == id))));
        }
        return new CalendarsModel(workspace.Id, zone, now, calendars);
    }
}
