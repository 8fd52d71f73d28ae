using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Calendars;
using Slotkeeper.Invalidation;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>How the whole fleet of calendars fares, and the runs that keep it fresh.</summary>
internal static class FleetApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/fleet/freshness", FreshnessAsync)
            .Note("Ages of all calendars", "Per agency and provider, and together. An agency's key sees its own. A calendar that agencies share counts for each of them.", ["agencyId"]);
        routes.MapGet("/v1/runs", RunsAsync).Note("Past runs", "The newest first, kept for 7 days.", ["limit", "cursor"]);
    }

    private static async Task<Results<Ok<FreshnessBody>, Refusal>> FreshnessAsync(
        HttpContext context, Catalog catalog, IAgencyStore agencies, FreshnessReload reload, TimeProvider clock, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var agencyId = parameters.Text("agencyId");
        if (parameters.Refusal is { } refusal)
            return refusal;
        var caller = Caller.Of(context);
        if (agencyId is not null && (!caller.SeesAgency(agencyId) || await agencies.FindAsync(agencyId, cancellationToken) is null))
            return Refusal.NotFound("agency");
        await reload.EnsureAsync(cancellationToken);

        var only = caller.AgencyId ?? agencyId;
        var groups = new Dictionary<(string Agency, Provider Provider), HashSet<LiveCalendar>>();
        var all = new HashSet<LiveCalendar>();
        foreach (var workspace in catalog.Workspaces)
        {
            if (only is not null && workspace.AgencyId != only)
                continue;
            Count(workspace, workspace.DefaultCalendarId);
            Count(workspace, workspace.DirectBookCalendarId);
        }
        var now = clock.GetUtcNow();
        return TypedResults.Ok(new FreshnessBody(
            now,
            FreshnessCounts.Of(all, now),
            [.. groups
                .OrderBy(group => group.Key.Agency, StringComparer.Ordinal).ThenBy(group => group.Key.Provider)
                .Select(group => new FreshnessGroup(
                    group.Key.Agency,
                    catalog.TryAgency(group.Key.Agency, out var agency) ? agency.Name : null,
                    group.Key.Provider.ToName(),
                    FreshnessCounts.Of(group.Value, now)))]));

        void Count(Workspace workspace, string? calendarId)
        {
            if (calendarId is null || !catalog.TryCalendar(calendarId, out var calendar))
                return;
            all.Add(calendar);
            var key = (workspace.AgencyId, calendar.Calendar.Provider);
            if (!groups.TryGetValue(key, out var group))
                groups[key] = group = [];
            group.Add(calendar);
        }
    }

    private static async Task<Results<Ok<Page<RunBody>>, Refusal>> RunsAsync(HttpContext context, IRunStore runs, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var page = PageRequest.Read(ref parameters);
        if (parameters.Refusal is { } refusal)
            return refusal;
        return TypedResults.Ok(page.Of(await runs.ListAsync(page.AfterId, page.Limit + 1, cancellationToken), run => run.Id, RunBody.Of));
    }
}

/// <summary>
/// Has the ages taken over that other nodes made, at most once in a few seconds however many ask: it reads a row for each
/// calendar there is.
/// </summary>
internal sealed class FreshnessReload(CatalogSync sync, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim gate = new(1);
    private long? last;

    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (!sync.MayBeNewerElsewhere)
            return;
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (last is { } before && clock.GetElapsedTime(before) < Interval)
                return;
            await sync.ReloadFreshnessAsync(cancellationToken);
            last = clock.GetTimestamp();
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();
}

/// <param name="At">When it was counted.</param>
/// <param name="Total">All calendars the key sees.</param>
/// <param name="Items">By agency and provider.</param>
internal sealed record FreshnessBody(DateTimeOffset At, FreshnessCounts Total, IReadOnlyList<FreshnessGroup> Items);

internal sealed record FreshnessGroup(string AgencyId, string? AgencyName, string Provider, FreshnessCounts Counts);

/// <param name="Due">Those whose staleAt has come.</param>
/// <param name="Erroring">Those with a last error.</param>
/// <param name="AgeSeconds">Of those that were ever fetched; null when none was.</param>
public sealed record FreshnessCounts(int Calendars, int Due, int Erroring, int NeverFetched, AgePercentiles? AgeSeconds)
{
    public static FreshnessCounts Of(IEnumerable<LiveCalendar> calendars, DateTimeOffset now)
    {
        var metrics = FleetMetrics.Of(calendars, now);
        return new FreshnessCounts(metrics.TotalCaches, metrics.DueCaches, metrics.ErroringCaches, metrics.NeverFetched, metrics.AgeSeconds);
    }
}

/// <param name="Trigger">schedule or cron.</param>
/// <param name="Result">As the cron route answered it.</param>
internal sealed record RunBody(string Id, DateTimeOffset StartedAt, long DurationMs, string Trigger, JsonElement Result)
{
    public static RunBody Of(RunRecord run) => new(run.Id, run.StartedAt, run.DurationMs, run.Trigger, JsonElement.Parse(run.Result));
}
