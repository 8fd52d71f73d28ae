using System.Collections.Concurrent;
using System.Threading.Channels;
using Slotkeeper.Invalidation;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>
/// Fetches calendars that have just become due, so that a new link or a change shows within moments and not at the next run. What
/// does not fit in the queue is left to the run, which takes the never fetched and the stalest first.
/// </summary>
internal sealed class DueFetcher(Invalidator invalidator, Refresher refresher, Catalog catalog) : BackgroundService
{
    private const int Capacity = 1000;
    private const int AtOnce = 8;
    private const int Tries = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Channel<string> due = Channel.CreateBounded<string>(Capacity);
    private readonly ConcurrentDictionary<string, bool> waiting = new(StringComparer.Ordinal);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        invalidator.Due += Add;
        return base.StartAsync(cancellationToken);
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        invalidator.Due -= Add;
        return base.StopAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => FetchAsync(stoppingToken)));

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        await foreach (var id in due.Reader.ReadAllAsync(cancellationToken))
        {
            waiting.TryRemove(id, out _);
            // A fetch that was under way when the change came is shared, but it began too early to show it.
            for (var tries = 0; tries < Tries && catalog.TryCalendar(id, out var calendar); tries++)
            {
                if (!(await refresher.RefreshAsync(calendar, Patience, cancellationToken)).IsOvertaken)
                    break;
            }
        }
    }

    private void Add(string id)
    {
        if (waiting.TryAdd(id, true) && !due.Writer.TryWrite(id))
            waiting.TryRemove(id, out _);
    }
}
