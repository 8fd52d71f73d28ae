using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Offers;
using Slotkeeper.Reading;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Reading free slots, the route that is called most by far, and what explains and refreshes them.</summary>
internal static class SlotsApi
{
    /// <summary>A forced refresh is somebody's own wish, so it is waited for longer than a reader would.</summary>
    private static readonly TimeSpan RefreshPatience = TimeSpan.FromSeconds(30);

    private const string Sources = "default, direct_book";

    public static void Map(IEndpointRouteBuilder routes)
    {
        // A plain delegate: binding and writing by the framework would cost more than reading the slots does.
        var slots = new SlotsRoute(routes.ServiceProvider);
        routes.MapGet("/v1/workspaces/{id}/slots", slots.InvokeAsync).WithMetadata(
            // By this, the description finds routes at all.
            ((RequestDelegate)slots.InvokeAsync).Method,
            new RouteNotes(
                "Read free slots",
                "Every answer says how old its data is. Data older than maxAge (without it: than the cache lifetime) is fetched first, unless refreshIfStale is false. The ETag changes with everything that can change the answer but the ticking age; If-None-Match gives 304.",
                ["source", "from", "to", "maxAge", "refreshIfStale", "slotLimit"],
                []),
            new ProducesResponseTypeMetadata(200, typeof(SlotsBody), ["application/json"]),
            new ProducesResponseTypeMetadata(304));
        routes.MapGet("/v1/workspaces/{id}/slots/explain", ExplainAsync)
            .Note("Explain one slot", "Says whether a start is offered and why, by the code that answers. Never asks a provider.", ["start", "source"]);
        routes.MapPost("/v1/workspaces/{id}/refresh", RefreshAsync).Note(
            "Fetch now",
            "Whatever the age. A failing provider is 502 with the code of its failure, and the old data is kept. 202 when it is still being fetched after 30 s.",
            ["source"],
            [(422, "no_calendar"), (502, "provider_unreachable, rate_limited, unauthorized, not_found, malformed_answer, unsupported_duration, suspicious_answer, not_configured")]);
    }

    private static async Task<Results<Ok<ExplanationBody>, Refusal>> ExplainAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, AvailabilityReader reader, IOfferStore offers, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var source = parameters.Choice("source", CalendarSources.Parse, Sources) ?? CalendarSource.Default;
        var start = parameters.Instant("start");
        if (start is null && parameters.Refusal is null)
            parameters.Fault("start", "is required; it " + Instants.Expected);
        if (parameters.Refusal is { } refusal)
            return refusal;
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        return TypedResults.Ok(await ExplanationBody.OfAsync(reader, offers, workspace, source, start!.Value, cancellationToken));
    }

    private static async Task<Results<Ok<RefreshBody>, Accepted<RefreshBody>, Refusal>> RefreshAsync(
        string id, HttpContext context, WorkspaceFinder workspaces, Catalog catalog, Refresher refresher, TimeProvider clock, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var source = parameters.Choice("source", CalendarSources.Parse, Sources) ?? CalendarSource.Default;
        if (parameters.Refusal is { } refusal)
            return refusal;
        if (await workspaces.FindAsync(id, Caller.Of(context), cancellationToken) is not { } workspace)
            return Refusal.NotFound("workspace");
        if (workspace.Resolve(source).CalendarId is not { } calendarId || !catalog.TryCalendar(calendarId, out var calendar))
            return new Refusal(StatusCodes.Status422UnprocessableEntity, RefreshErrorCodes.NoCalendar, "The workspace has no calendar for this source; set one with PUT /v1/workspaces/{id}/calendars/{source}.");

        RefreshOutcome outcome;
        var tries = 0;
        do
            outcome = await refresher.RefreshAsync(calendar, RefreshPatience, cancellationToken);
        // Joined a fetch that was overtaken by a change, or that belonged to a run which ended: the wish is not fulfilled yet.
        while ((outcome.IsOvertaken || outcome.Kind is RefreshKind.Fenced or RefreshKind.Cancelled) && ++tries < 3);

        if (outcome.Kind == RefreshKind.NotStored)
            return Refusal.StorageAway();
        if (outcome.IsSuccess)
            return TypedResults.Ok(RefreshBody.Of(outcome, calendar));
        if (outcome.Error is null)
            return TypedResults.Accepted((string?)null, RefreshBody.Of(outcome, calendar));
        return new Refusal(StatusCodes.Status502BadGateway, outcome.Error.Code, $"{outcome.Error.Message} What was read before is kept.")
        {
            RetryAfter = outcome.RetryAt is { } retryAt && outcome.Kind == RefreshKind.RateLimited ? retryAt - clock.GetUtcNow() : null,
        };
    }
}

/// <summary>The answer of <c>GET /v1/workspaces/{id}/slots</c>, as it is described; <see cref="SlotsWriter"/> writes it.</summary>
internal sealed record SlotsBody(
    string WorkspaceId,
    string? CalendarId,
    string Source,
    string? Provider,
    int? DurationMinutes,
    long? Epoch,
    DateTimeOffset? AsOf,
    long? AgeSeconds,
    DateTimeOffset? StaleAt,
    bool Fresh,
    DateTimeOffset? LastAttemptAt,
    ErrorBody? LastError,
    DateTimeOffset RangeStart,
    DateTimeOffset RangeEnd,
    IReadOnlyList<DateTimeOffset> Slots,
    RemovedBody Removed);

internal sealed record ErrorBody(string Code, string Message, DateTimeOffset Since);

internal sealed record RemovedBody(int Past, int Claimed, int Notice);

public sealed record ExplanationBody(DateTimeOffset Start, bool Offered, IReadOnlyList<SlotReason> Reasons, EvidenceBody Evidence)
{
    /// <summary>What the route answers and the dashboard shows: the same reasons, the same evidence.</summary>
    public static async Task<ExplanationBody> OfAsync(
        AvailabilityReader reader, IOfferStore offers, Workspace workspace, CalendarSource source, DateTimeOffset start, CancellationToken cancellationToken)
    {
        var explanation = await reader.ExplainAsync(workspace, source, start, cancellationToken);
        var leads = explanation.Answer.Calendar is { } calendar
            ? await offers.LeadsOfAsync(workspace.Id, calendar.Calendar.Id, start, cancellationToken)
            : [];
        return Of(explanation, leads);
    }

    private static ExplanationBody Of(SlotExplanation explanation, IReadOnlyList<string> leads)
    {
        var picture = explanation.Answer.Slots?.Picture;
        return new ExplanationBody(
            explanation.Start,
            explanation.Offered,
            explanation.Reasons,
            new EvidenceBody(
                picture?.State.Epoch,
                picture?.State.LastSuccessAt,
                picture?.State.LastSuccessAt is { } asOf ? $"{Ids.Fetch}{explanation.Answer.Calendar!.Calendar.Id[Ids.Calendar.Length..]}_{asOf.ToUnixTimeMilliseconds()}" : null,
                explanation.Answer.Calendar is { } calendar ? Calendars.ProviderNames.ToName(calendar.Calendar.Provider) : null,
                explanation.InSnapshot,
                [.. explanation.Claims.Select(claim => new ClaimBody(claim.State.ToString().ToLowerInvariant(), claim.Start, claim.End))],
                leads));
    }
}

/// <param name="FetchId">Names the fetch the data comes from; null while nothing was fetched.</param>
/// <param name="Claims">Live claims that overlap the slot.</param>
/// <param name="Offers">Leads of this workspace that hold a live offer of it, at most 100.</param>
public sealed record EvidenceBody(
    long? Epoch, DateTimeOffset? AsOf, string? FetchId, string? Provider, bool InSnapshot, IReadOnlyList<ClaimBody> Claims, IReadOnlyList<string> Offers);

public sealed record ClaimBody(string State, DateTimeOffset Start, DateTimeOffset End);

internal sealed record RefreshBody(string Outcome, long Epoch, DateTimeOffset? AsOf, int SlotCount, int Added, int Removed, long DurationMs)
{
    public static RefreshBody Of(RefreshOutcome outcome, LiveCalendar calendar)
    {
        var state = calendar.Picture.State;
        return new RefreshBody(Name(outcome.Kind), state.Epoch, state.LastSuccessAt, outcome.SlotCount, outcome.Added, outcome.Removed, outcome.DurationMs);
    }

    private static string Name(RefreshKind kind) => kind switch
    {
        RefreshKind.Refreshed => "refreshed",
        RefreshKind.Unchanged => "unchanged",
        RefreshKind.StillRunning => "still_running",
        _ => "superseded",
    };
}
