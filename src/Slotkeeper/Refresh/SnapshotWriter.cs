using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Slotkeeper.Diagnostics;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>
/// Gathers the outcomes of many fetches and stores them in few transactions: writes of one run wait a moment for company,
/// writes somebody waits for do not.
/// </summary>
public sealed class SnapshotWriter(ISnapshotStore snapshots, TimeProvider clock, ILogger<SnapshotWriter> logger) : IDisposable
{
    private const int LargestBatch = 1000;

    /// <summary>How long a run's outcome waits for others to share its transaction. Data is that much older when it is first seen.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(400);

    private readonly Channel<RefreshFlight> queue = Channel.CreateUnbounded<RefreshFlight>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim urgent = new(0);

    public void Dispose() => urgent.Dispose();

    internal void Enqueue(RefreshFlight flight)
    {
        if (!queue.Writer.TryWrite(flight))
            flight.Complete(new RefreshOutcome(RefreshKind.Cancelled));
        else if (flight.IsUrgent)
            urgent.Release();
    }

    /// <summary>Stores what is enqueued until cancelled; what was enqueued before is stored first.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.Register(() => queue.Writer.TryComplete());
        var batch = new List<RefreshFlight>(LargestBatch);
        while (await queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            await GatherAsync(batch, cancellationToken);
            foreach (var group in batch.GroupBy(flight => flight.Fence))
                await StoreAsync([.. group], group.Key);
            foreach (var flight in batch)
                await ProveAsync(flight);
            batch.Clear();
        }
    }

    private async Task GatherAsync(List<RefreshFlight> batch, CancellationToken cancellationToken)
    {
        Drain(batch);
        if (!batch.Exists(flight => flight.IsUrgent) && batch.Count < LargestBatch && !cancellationToken.IsCancellationRequested)
        {
            var waitingSince = clock.GetTimestamp();
            while (batch.Count < LargestBatch)
            {
                var left = Linger - clock.GetElapsedTime(waitingSince);
                if (left <= TimeSpan.Zero)
                    break;
                await WaitForUrgencyAsync(left, cancellationToken);
                Drain(batch);
                if (batch.Exists(flight => flight.IsUrgent) || cancellationToken.IsCancellationRequested)
                    break;
            }
        }
        // Those that asked for haste are in this batch or in the queue that is read next: the signals have served.
        while (urgent.CurrentCount > 0)
            await urgent.WaitAsync(CancellationToken.None);
    }

    private void Drain(List<RefreshFlight> batch)
    {
        while (batch.Count < LargestBatch && queue.Reader.TryRead(out var flight))
            batch.Add(flight);
    }

    private async Task WaitForUrgencyAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(atMost, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await urgent.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // The time is over: what has come is stored.
        }
    }

    private async Task StoreAsync(IReadOnlyList<RefreshFlight> flights, FencingToken? fence)
    {
        try
        {
            var outcome = await snapshots.WriteAsync([.. flights.Select(flight => flight.Write!)], fence, CancellationToken.None);
            for (var i = 0; i < flights.Count; i++)
            {
                if (outcome.Fenced)
                    flights[i].Complete(new RefreshOutcome(RefreshKind.Fenced));
                else
                    flights[i].Stored(outcome.Outcomes[i], outcome.Landed.GetValueOrDefault(flights[i].Write!.CalendarId));
            }
        }
        catch (StorageUnavailableException exception)
        {
            Fail(flights, exception);
        }
#pragma warning disable CA1031 // Whatever a batch breaks on, those who wait for it are answered and the next batch is written.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Fail(flights, exception);
        }
    }

    /// <summary>Rare, and in a transaction of its own: it takes the locks of a resource, in which order bookings do.</summary>
    private async Task ProveAsync(RefreshFlight flight)
    {
        if (flight.Proof is not { } proof || !flight.Done.IsCompletedSuccessfully || !(await flight.Done).IsSuccess)
            return;
        try
        {
            if (await snapshots.ProveRoomAsync(proof, CancellationToken.None))
                flight.Calendar.Distrust();
        }
#pragma warning disable CA1031 // The next fetch shows it again; the next batch must be written whatever this breaks on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.StoreFailed(logger, exception, 1);
        }
    }

    private void Fail(IReadOnlyList<RefreshFlight> flights, Exception exception)
    {
        Log.StoreFailed(logger, exception, flights.Count);
        foreach (var flight in flights)
            flight.Complete(new RefreshOutcome(RefreshKind.NotStored));
    }
}
