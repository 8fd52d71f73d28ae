using System.Collections.Concurrent;
using Slotkeeper.Invalidation;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Webhooks;

/// <summary>
/// Makes calendars stale that webhooks tell of, the first time at once and then at most every ten seconds each: a storm of webhooks must
/// not use up the budget that reading and booking need.
/// </summary>
internal sealed class PacedInvalidation(Invalidator invalidator, TimeProvider clock, ILogger<PacedInvalidation> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, bool> waiting = new(StringComparer.Ordinal);

    /// <summary>When those were last made stale that may not be again yet.</summary>
    private readonly Dictionary<string, DateTimeOffset> recent = new(StringComparer.Ordinal);

    public void Add(IEnumerable<LiveCalendar> calendars)
    {
        foreach (var calendar in calendars)
            waiting[calendar.Calendar.Id] = true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(Look, clock, stoppingToken);
            if (waiting.IsEmpty)
                continue;
            var now = clock.GetUtcNow();
            foreach (var id in recent.Where(one => now - one.Value >= Apart || one.Value > now).Select(one => one.Key).ToList())
                recent.Remove(id);
            var ready = waiting.Keys.Where(id => !recent.ContainsKey(id)).ToList();
            try
            {
                foreach (var id in ready)
                    waiting.TryRemove(id, out _);
                await invalidator.InvalidateAsync(ready, stoppingToken);
                foreach (var id in ready)
                    recent[id] = now;
            }
            catch (StorageUnavailableException away)
            {
                ServerLog.WebhooksWait(logger, away.Message);
                foreach (var id in ready)
                    waiting[id] = true;
            }
        }
    }
}
