using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>The calendars in a workspace, one per source.</summary>
internal static class CalendarsApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/workspaces/{id}/calendars/{source}", FindAsync).Note("Read the calendar of a source");
        routes.MapPut("/v1/workspaces/{id}/calendars/{source}", PutAsync).Takes<CalendarPut>().Note(
            "Put a calendar into a workspace",
            "Either {url}, a public booking link, or {provider, externalId, connectionId?}. Calendly, HubSpot and HighLevel need connectionId to be read by externalId. The calendar is due at once. workingHours is used where a provider answers busy times and kept for any.",
            refusals: [(422, "unsupported_calendar_link, unsupported_provider")]);
        routes.MapDelete("/v1/workspaces/{id}/calendars/{source}", DeleteAsync).Note("Take the calendar out of a workspace", "Repeatable.");
    }

    private static async Task<Results<Ok<CalendarBody>, Refusal>> FindAsync(
        string id, string source, HttpContext context, IWorkspaceStore workspaces, CalendarView calendars, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        if (CalendarSources.Parse(source) is not { } which)
            return WrongSource();
        if (await workspaces.FindAsync(id, cancellationToken) is not { } workspace || !caller.Sees(workspace))
            return Refusal.NotFound("workspace");
        return await calendars.FindAsync(workspace.CalendarId(which), caller, cancellationToken) is { } body
            ? TypedResults.Ok(body)
            : Refusal.NotFound("calendar");
    }

    private static async Task<Results<Ok<CalendarBody>, Refusal>> PutAsync(
        string id,
        string source,
        HttpContext context,
        IWorkspaceStore workspaces,
        IConnectionStore connections,
        ICalendarProviders providers,
        WorkspaceEditor editor,
        CalendarView calendars,
        CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        if (CalendarSources.Parse(source) is not { } which)
            return WrongSource();
        if (await workspaces.FindAsync(id, cancellationToken) is not { } present || !caller.Sees(present))
            return Refusal.NotFound("workspace");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var request = CalendarFields.Read(fields, providers);
        if (fields.Refusal is { } refusal)
            return refusal;
        if (await RefuseConnectionAsync(request!, present.AgencyId, connections, cancellationToken) is { } noConnection)
            return noConnection;

        var edited = await editor.ChangeAsync(
            id,
            caller,
            before => new WorkspaceWrite(before, new Dictionary<CalendarSource, CalendarRequest?> { [which] = request }),
            cancellationToken);
        if (edited.Refusal is { } refused)
            return refused;
        return TypedResults.Ok((await calendars.FindAsync(edited.Workspace!.CalendarId(which), caller, cancellationToken))!);
    }

    private static async Task<Results<NoContent, Refusal>> DeleteAsync(
        string id, string source, HttpContext context, WorkspaceEditor editor, CancellationToken cancellationToken)
    {
        if (CalendarSources.Parse(source) is not { } which)
            return WrongSource();
        var edited = await editor.ChangeAsync(
            id,
            Caller.Of(context),
            before => new WorkspaceWrite(before, new Dictionary<CalendarSource, CalendarRequest?> { [which] = null }),
            cancellationToken);
        return edited.Refusal is { } refused ? refused : TypedResults.NoContent();
    }

    /// <summary>Null when the connection, if one is named, is the agency's and the provider's.</summary>
    public static async ValueTask<Refusal?> RefuseConnectionAsync(CalendarRequest request, string agencyId, IConnectionStore connections, CancellationToken cancellationToken)
    {
        if (request.ConnectionId is not { } connectionId)
            return null;
        if (await connections.FindAsync(connectionId, cancellationToken) is not { } connection || connection.AgencyId != agencyId)
            return Refusal.NotFound("connection");
        return connection.Provider == request.Provider
            ? null
            : Refusal.Invalid("connectionId", $"is a connection to {connection.Provider.ToName()}, not to {request.Provider.ToName()}");
    }

    private static Refusal WrongSource() => Refusal.Invalid("source", "must be one of default, direct_book");
}

/// <param name="Url">A public booking link.</param>
/// <param name="Provider">calendly, hubspot, highlevel or calcom; instead of a link.</param>
/// <param name="ExternalId">The provider's id of the event type.</param>
/// <param name="ConnectionId">The connection to read with.</param>
/// <param name="DurationMinutes">5 to 1,440; absent for the event type's own length.</param>
/// <param name="Resource">The agency's name for what a booking occupies; calendars with the same name exclude each other.</param>
/// <param name="Capacity">Bookings the resource takes at one time, 1 to 1,000.</param>
/// <param name="WorkingHours">Windows by day, such as {"monday": [{"start": "09:00", "end": "17:00"}]}.</param>
internal sealed record CalendarPut(
    string? Url,
    string? Provider,
    string? ExternalId,
    string? ConnectionId,
    int? DurationMinutes,
    string? Resource,
    int? Capacity,
    IReadOnlyDictionary<string, IReadOnlyList<HoursWindow>>? WorkingHours);

internal sealed record HoursWindow(string Start, string End);
