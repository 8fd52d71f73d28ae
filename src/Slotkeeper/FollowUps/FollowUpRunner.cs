using Microsoft.Extensions.Logging;
using Slotkeeper.Diagnostics;

namespace Slotkeeper.FollowUps;

/// <summary>What a run came to.</summary>
/// <param name="Due">At its start, by whoever sent them.</param>
/// <param name="Sent">Accepted by their receivers.</param>
/// <param name="Blocked">Held back, see <see cref="FollowUp.Reason"/>.</param>
/// <param name="Cancelled">Not needed any more.</param>
/// <param name="Postponed">Due later than was thought.</param>
/// <param name="Errors">At most <see cref="MostErrors"/>: the id and what went wrong. They are tried again.</param>
/// <param name="ErrorCount">Exact.</param>
/// <param name="FinishedWithinBudget">Nothing that was due is left untried.</param>
/// <param name="DurationMs">Milliseconds.</param>
public sealed record FollowUpRunResult(
    int Due, int Sent, int Blocked, int Cancelled, int Postponed, IReadOnlyList<string> Errors, int ErrorCount, bool FinishedWithinBudget, long DurationMs)
{
    public const int MostErrors = 100;
}

/// <summary>
/// Sends what is due until nothing is or the time is over. Any number of runs may go on at once, on any number of nodes: what one has taken, no other takes.
/// </summary>
public sealed class FollowUpRunner(IFollowUpStore followUps, FollowUpSender sender, FollowUpMetrics metrics, TimeProvider clock, ILogger<FollowUpRunner> logger)
{
    /// <summary>Under way at once; one workspace's receiver gets no more than <see cref="PerWorkspace"/>, so that a slow one leaves room.</summary>
    private const int AtOnce = 32;
    private const int PerWorkspace = 4;

    /// <summary>Longer than one takes: a call is given up after 15 s.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    /// <summary>A call that was begun gets this long before the run's time is over, or a quarter of it where that is less.</summary>
    private static readonly TimeSpan CallTime = TimeSpan.FromSeconds(15);

    /// <param name="budget">Nothing is begun near its end, and what is under way then is cut off.</param>
    /// <param name="cancellationToken">Ends the run; what is under way comes again.</param>
    /// <exception cref="StorageUnavailableException">The database is away. What was sent until then stays sent.</exception>
    public async Task<FollowUpRunResult> RunAsync(TimeSpan budget, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var due = await followUps.CountDueAsync(cancellationToken);
        var tally = new Tally();
        if (due > 0)
        {
            using var over = new CancellationTokenSource(budget, clock);
            await SendDueAsync(tally, budget - (CallTime < budget / 4 ? CallTime : budget / 4), began, over.Token, cancellationToken);
        }
        var left = due == 0 ? 0 : await followUps.CountDueAsync(cancellationToken);
        await followUps.ForgetAsync(cancellationToken);
        return tally.Result(due, left == 0, (long)clock.GetElapsedTime(began).TotalMilliseconds);
    }

    private async Task SendDueAsync(Tally tally, TimeSpan beginWithin, long began, CancellationToken over, CancellationToken cancellationToken)
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                // Looking costs more the more is due, so not for every place that becomes free.
                if (running.Count <= AtOnce / 2 && clock.GetElapsedTime(began) < beginWithin)
                {
                    var taken = await followUps.TakeDueAsync(Lease, PerWorkspace, AtOnce - running.Count, cancellationToken);
                    running.AddRange(taken.Select(one => SendAsync(one, tally, over, cancellationToken)));
                }
                if (running.Count == 0)
                    return;
                await Task.WhenAny(running);
                running.RemoveAll(task => task.IsCompleted);
            }
        }
        finally
        {
            // None of them throws.
            await Task.WhenAll(running);
        }
    }

    private async Task SendAsync(FollowUp taken, Tally tally, CancellationToken over, CancellationToken cancellationToken)
    {
        try
        {
            var end = await sender.SendAsync(taken, over, cancellationToken);
            tally.Add(taken.Id, end);
            if (end is not null)
                metrics.Ended(end);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The lease brings it again.
        }
        catch (StorageUnavailableException away)
        {
            tally.Fault(taken.Id, away.Message);
            Log.FollowUpsPaused(logger, away.Message);
        }
#pragma warning disable CA1031 // One that breaks must not keep all others from going out; the lease brings it again.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            tally.Fault(taken.Id, "failed unexpectedly; the log says why");
            Log.FollowUpBroke(logger, fault, taken.Id);
        }
    }

    private sealed class Tally
    {
        private readonly Lock gate = new();
        private readonly List<string> errors = [];
        private int sent;
        private int blocked;
        private int cancelled;
        private int postponed;
        private int errorCount;

        public void Add(string id, FollowUpEnd? end)
        {
            lock (gate)
            {
                switch (end)
                {
                    case FollowUpEnd.Sent:
                        sent++;
                        break;
                    case FollowUpEnd.Blocked:
                        blocked++;
                        break;
                    case FollowUpEnd.Cancelled:
                        cancelled++;
                        break;
                    case FollowUpEnd.Moved or FollowUpEnd.Later:
                        postponed++;
                        break;
                    case FollowUpEnd.Retry retry:
                        Fault(id, retry.Detail);
                        break;
                    default:
                        break;
                }
            }
        }

        public void Fault(string id, string text)
        {
            lock (gate)
            {
                errorCount++;
                if (errors.Count < FollowUpRunResult.MostErrors)
                    errors.Add($"{id}: {text}");
            }
        }

        public FollowUpRunResult Result(int due, bool finished, long durationMs)
        {
            lock (gate)
                return new FollowUpRunResult(due, sent, blocked, cancelled, postponed, [.. errors], errorCount, finished, durationMs);
        }
    }
}
