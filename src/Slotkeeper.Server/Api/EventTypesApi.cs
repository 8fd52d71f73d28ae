using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Calendars;
using Slotkeeper.Invalidation;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Api;

/// <summary>Event types at providers: something changed there, everything made from it is stale.</summary>
internal static class EventTypesApi
{
    private static readonly string[] Layers = ["snapshot", "memory", "answers"];

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/event-types/{provider}/{externalId}/invalidate", InvalidateAsync).Note(
            "Make an event type stale everywhere",
            "Adds one to the epoch of every calendar with that event type, whatever workspace or agency shares it, and has it fetched. externalId is the provider's id or the booking link, with / written as %2F. An agency may name event types that one of its workspaces uses, and the answer counts only what is its own. teamId is taken from callers that have it; the event type is named without it.",
            ["teamId"]);

    private static async Task<Results<Ok<InvalidatedBody>, Refusal>> InvalidateAsync(
        string provider,
        string externalId,
        HttpContext context,
        ISnapshotStore snapshots,
        ICalendarProviders providers,
        Invalidator invalidator,
        Catalog catalog,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var parameters = new Parameters(context.Request.QueryString);
        parameters.Text("teamId");
        if (ProviderNames.Parse(provider) is not { } which)
        {
            parameters.Fault("provider", $"must be one of {CalendarFields.Providers}, caldav");
            return parameters.Refusal!;
        }
        if (parameters.Refusal is { } refusal)
            return refusal;

        // Routing leaves %2F as it is, and Calendly's ids are addresses.
        var name = externalId.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var found = await snapshots.FindByEventTypeAsync(which, providers.Recognise(name)?.CanonicalUrl ?? name, cancellationToken);
        var all = found.ToHashSet(StringComparer.Ordinal);
        var own = Caller.Of(context).AgencyId;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var workspaces = 0;
        foreach (var workspace in catalog.Workspaces)
        {
            if (own is not null && workspace.AgencyId != own)
                continue;
            var uses = false;
            foreach (var calendarId in new[] { workspace.DefaultCalendarId, workspace.DirectBookCalendarId })
            {
                if (calendarId is null || !all.Contains(calendarId))
                    continue;
                seen.Add(calendarId);
                uses = true;
            }
            if (uses)
                workspaces++;
        }
        if (seen.Count == 0)
            return Refusal.NotFound("event type in use");
        var invalidated = await invalidator.InvalidateEventTypeAsync(new EventTypeAsked(which, name, own), found, cancellationToken);
        return TypedResults.Ok(new InvalidatedBody(
            seen.Count,
            workspaces,
            invalidated.Bumped.Where(bumped => seen.Contains(bumped.CalendarId)).ToDictionary(bumped => bumped.CalendarId, bumped => bumped.Epoch),
            Layers,
            (long)clock.GetElapsedTime(began).TotalMilliseconds));
    }
}

/// <param name="Calendars">Calendars made stale.</param>
/// <param name="Workspaces">Workspaces that see one of them.</param>
/// <param name="Epochs">The new epoch of each calendar.</param>
/// <param name="Layers">What is stale now, on every node.</param>
internal sealed record InvalidatedBody(int Calendars, int Workspaces, IReadOnlyDictionary<string, long> Epochs, IReadOnlyList<string> Layers, long ElapsedMs);
