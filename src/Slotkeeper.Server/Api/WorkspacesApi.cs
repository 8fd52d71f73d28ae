using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Invalidation;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Workspaces and their settings.</summary>
internal static class WorkspacesApi
{
    private const string SettingsRule = "Settings that are absent stay as they are, null puts one back to its default, a value out of range is 422.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/workspaces", CreateAsync).Takes<WorkspaceRequest>()
            .Note("Create a workspace", SettingsRule, refusals: [(404, "not_found"), (409, "external_ref_taken"), (422, "settings_out_of_range")]);
        routes.MapGet("/v1/workspaces", ListAsync).Note("List workspaces", "Those that the key sees.", ["agencyId", "externalRef", "limit", "cursor"]);
        routes.MapGet("/v1/workspaces/{id}", FindAsync).Note("Read a workspace");
        routes.MapPatch("/v1/workspaces/{id}", ChangeAsync).Takes<WorkspaceChange>()
            .Note("Change a workspace", SettingsRule, refusals: [(409, "external_ref_taken"), (422, "settings_out_of_range")]);
        routes.MapDelete("/v1/workspaces/{id}", DeleteAsync).Note("Delete a workspace", "Calendars that nobody else has are no longer fetched.");
    }

    private static async Task<Results<Created<WorkspaceBody>, Refusal>> CreateAsync(
        HttpContext context, IAgencyStore agencies, WorkspaceEditor editor, CalendarView calendars, TimeProvider clock, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var agencyId = AgencyChoice.Read(fields, caller);
        var name = fields.Text("name", 1, 200);
        var timeZone = WorkspaceFields.TimeZone(fields, null);
        var locale = WorkspaceFields.Locale(fields, null);
        var externalRef = fields.OptionalText("externalRef", 1, 200);
        var settings = WorkspaceFields.Settings(fields, WorkspaceSettings.Defaults);
        if (fields.Refusal is { } refusal)
            return refusal;
        if (!caller.SeesAgency(agencyId) || await agencies.FindAsync(agencyId, cancellationToken) is null)
            return Refusal.NotFound("agency");
        var workspace = new Workspace(Ids.New(Ids.Workspace), agencyId, name, timeZone, locale, externalRef, settings, null, null, clock.GetUtcNow());
        var edited = await editor.CreateAsync(workspace, cancellationToken);
        return edited.Refusal is { } refused
            ? refused
            : TypedResults.Created($"/v1/workspaces/{workspace.Id}", await WorkspaceBody.OfAsync(edited.Workspace!, caller, calendars, cancellationToken));
    }

    private static async Task<Results<Ok<Page<WorkspaceBody>>, Refusal>> ListAsync(
        HttpContext context, IAgencyStore agencies, IWorkspaceStore workspaces, CalendarView calendars, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var page = PageRequest.Read(ref parameters);
        var agencyId = parameters.Text("agencyId");
        var externalRef = parameters.Text("externalRef");
        if (parameters.Refusal is { } refusal)
            return refusal;
        var caller = Caller.Of(context);
        if (agencyId is not null && (!caller.SeesAgency(agencyId) || await agencies.FindAsync(agencyId, cancellationToken) is null))
            return Refusal.NotFound("agency");

        IReadOnlyList<Workspace> found;
        if (caller.WorkspaceId is { } own)
        {
            found = await workspaces.FindAsync(own, cancellationToken) is { } workspace
                && caller.Sees(workspace) && (externalRef is null || workspace.ExternalRef == externalRef)
                ? [workspace]
                : [];
        }
        else
        {
            found = await workspaces.ListAsync(caller.AgencyId ?? agencyId, externalRef, page.AfterId, page.Limit + 1, cancellationToken);
        }
        var bodies = new List<WorkspaceBody>(found.Count);
        foreach (var workspace in found)
            bodies.Add(await WorkspaceBody.OfAsync(workspace, caller, calendars, cancellationToken));
        return TypedResults.Ok(page.Of(bodies, body => body.Id, body => body));
    }

    private static async Task<Results<Ok<WorkspaceBody>, Refusal>> FindAsync(
        string id, HttpContext context, IWorkspaceStore workspaces, CalendarView calendars, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        return await workspaces.FindAsync(id, cancellationToken) is { } workspace && caller.Sees(workspace)
            ? TypedResults.Ok(await WorkspaceBody.OfAsync(workspace, caller, calendars, cancellationToken))
            : Refusal.NotFound("workspace");
    }

    private static async Task<Results<Ok<WorkspaceBody>, Refusal>> ChangeAsync(
        string id, HttpContext context, IWorkspaceStore workspaces, WorkspaceEditor editor, CalendarView calendars, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        if (await workspaces.FindAsync(id, cancellationToken) is not { } present || !caller.Sees(present))
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var wanted = Change(fields, present);
        if (fields.Refusal is { } refusal)
            return refusal;
        if (caller.Role == Role.Workspace
            && (wanted.Settings.EmailBison.BaseUrl, wanted.Settings.EmailBison.ConnectionId) != (present.Settings.EmailBison.BaseUrl, present.Settings.EmailBison.ConnectionId))
            return AgencysAccount();
        var edited = await editor.ChangeAsync(id, caller, before => new WorkspaceWrite(Change(fields, before), WorkspaceWrite.AsTheyAre), cancellationToken);
        return edited.Refusal is { } refused
            ? refused
            : TypedResults.Ok(await WorkspaceBody.OfAsync(edited.Workspace!, caller, calendars, cancellationToken));
    }

    private static async Task<Results<NoContent, Refusal>> DeleteAsync(string id, HttpContext context, IWorkspaceStore workspaces, CatalogSync sync, KeyRing keys, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, cancellationToken) is not { } workspace || !Caller.Of(context).Sees(workspace)
            || !await workspaces.DeleteAsync(id, cancellationToken))
            return Refusal.NotFound("workspace");
        // Its keys went with it.
        keys.ForgetAll();
        await sync.ForgetWorkspaceAsync(workspace, CancellationToken.None);
        return TypedResults.NoContent();
    }

    /// <summary>Whoever says where the sequencer answers is sent the agency's key for it.</summary>
    private static Refusal AgencysAccount() => new(
        StatusCodes.Status403Forbidden, "forbidden", "settings.emailBison.baseUrl and connectionId say where the agency's EmailBison key is sent; only an agency's key may change them.");

    private static Workspace Change(Fields fields, Workspace before) => before with
    {
        Name = fields.Has("name") ? fields.Text("name", 1, 200) : before.Name,
        TimeZone = WorkspaceFields.TimeZone(fields, before.TimeZone),
        Locale = WorkspaceFields.Locale(fields, before.Locale),
        ExternalRef = fields.Has("externalRef") ? fields.OptionalText("externalRef", 1, 200) : before.ExternalRef,
        Settings = WorkspaceFields.Settings(fields, before.Settings),
    };
}

/// <param name="AgencyId">May be absent with an agency's key.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="TimeZone">IANA id.</param>
/// <param name="Locale">A language tag; default en.</param>
/// <param name="ExternalRef">The agency's own name for it, unique per agency, 1 to 200 characters.</param>
/// <param name="Settings">All fields optional.</param>
internal sealed record WorkspaceRequest(string? AgencyId, string Name, string TimeZone, string? Locale, string? ExternalRef, SettingsBody? Settings);

internal sealed record WorkspaceChange(string? Name, string? TimeZone, string? Locale, string? ExternalRef, SettingsBody? Settings);

internal sealed record WorkspaceBody(
    string Id, string AgencyId, string Name, string TimeZone, string Locale, string? ExternalRef, SettingsBody Settings, CalendarsBody Calendars, DateTimeOffset CreatedAt)
{
    public static async ValueTask<WorkspaceBody> OfAsync(Workspace workspace, Caller caller, CalendarView calendars, CancellationToken cancellationToken) => new(
        workspace.Id,
        workspace.AgencyId,
        workspace.Name,
        workspace.TimeZone,
        workspace.Locale,
        workspace.ExternalRef,
        SettingsBody.Of(workspace.Settings),
        new CalendarsBody(
            await calendars.FindAsync(workspace.DefaultCalendarId, caller, cancellationToken),
            await calendars.FindAsync(workspace.DirectBookCalendarId, caller, cancellationToken)),
        workspace.CreatedAt);
}

internal sealed record CalendarsBody(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CalendarBody? Default,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CalendarBody? DirectBook);

internal sealed record SettingsBody(
    int? MinimumNoticeMinutes,
    int? MaxOfferAgeSeconds,
    int? OfferCount,
    int? PreferWithinDays,
    bool? IncludeWeekends,
    FirstTouchBody? FirstTouch,
    EmailBisonBody? EmailBison,
    FollowUpsBody? FollowUps,
    string? Selection,
    int? MaxLiveOffersPerSlot)
{
    public static SettingsBody Of(WorkspaceSettings settings) => new(
        settings.MinimumNoticeMinutes,
        settings.MaxOfferAgeSeconds,
        settings.OfferCount,
        settings.PreferWithinDays,
        settings.IncludeWeekends,
        new FirstTouchBody(
            settings.FirstTouch.Enabled, settings.FirstTouch.Template, settings.FirstTouch.SlotCount, settings.FirstTouch.PreferWithinDays, settings.FirstTouch.IncludeWeekends),
        new EmailBisonBody(settings.EmailBison.ConnectionId, settings.EmailBison.BaseUrl, settings.EmailBison.Campaigns),
        new FollowUpsBody(settings.FollowUps.DeliveryUrl),
        settings.Selection == SelectionMode.Classic ? "classic" : "spread",
        settings.MaxLiveOffersPerSlot);
}

internal sealed record FirstTouchBody(bool? Enabled, string? Template, int? SlotCount, int? PreferWithinDays, bool? IncludeWeekends);

internal sealed record EmailBisonBody(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ConnectionId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? BaseUrl,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Campaigns);

internal sealed record FollowUpsBody([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? DeliveryUrl);
