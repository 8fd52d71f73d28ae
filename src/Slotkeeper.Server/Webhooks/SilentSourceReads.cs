using Slotkeeper.Invalidation;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Operation;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Webhooks;

/// <summary>Has calendars of silent sources read between the minute's runs, which go on as before. One node at a time.</summary>
internal sealed class SilentSourceReads(
    IWebhookSourceStore sources, ILeaseStore leases, ProviderConnections providers, Invalidator invalidator, Catalog catalog, TimeProvider clock, ILogger<SilentSourceReads> logger)
    : LeasedWork("silent sources", leases, catalog, clock, logger)
{
    /// <summary>What the pipeline lets reading use of a budget; the rest is for booking.</summary>
    private const double ReadingShare = 0.8;

    private readonly Catalog catalog = catalog;
    private readonly TimeProvider clock = clock;

    protected override async Task LookAsync(CancellationToken cancellationToken)
    {
        var silent = (await sources.ListAsync(null, null, cancellationToken)).Where(one => one.IsSilent).ToList();
        if (silent.Count == 0)
            return;
        var now = clock.GetUtcNow();
        var calendars = catalog.Calendars.Where(calendar => calendar.Calendar.ConnectionId is not null).ToLookup(calendar => calendar.Calendar.ConnectionId!, StringComparer.Ordinal);
        foreach (var trust in silent)
        {
            var own = calendars[trust.ConnectionId].ToList();
            if (trust.ReadEvery(own.Count, ReadsPerMinute(trust.ConnectionId)) is not { } every)
                continue;
            foreach (var calendar in own)
            {
                var state = calendar.Picture.State;
                if (state.BackoffUntil > now || state.Error is not null || now - state.LastAttemptAt < every)
                    continue;
                invalidator.Announce(calendar.Calendar.Id);
            }
        }
    }

    /// <returns>Null when the provider names no limit.</returns>
    private int? ReadsPerMinute(string connectionId) => providers.Health(connectionId)?.Budget is { Limit: > 0, PerSeconds: > 0 } budget
        ? (int)Math.Min(int.MaxValue, budget.Limit * 60L / budget.PerSeconds * ReadingShare)
        : null;
}
