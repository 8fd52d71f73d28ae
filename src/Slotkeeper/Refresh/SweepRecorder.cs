using Slotkeeper.Calendars;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>
/// Writes down what a run does. Everything it needs is made at the start of the run, so that a fetch costs no allocation. Told by the
/// run, inside its lock; times are milliseconds from the run's start.
/// </summary>
internal sealed class SweepRecorder
{
    private readonly ProviderTally?[] tallies = new ProviderTally?[Enum.GetValues<Provider>().Length];
    private readonly FreeLanes lanes = new();
    private readonly FetchTrace[] fetches;
    private int count, cut, underWay, mostAtOnce, leftWaiting, leftWithoutTurn;

    public SweepRecorder(IReadOnlyList<SweepCandidate> queue)
    {
        foreach (var candidate in queue)
            TallyOf(candidate.Calendar.Calendar.Provider).Calendars++;
        foreach (var tally in tallies)
            tally?.Latencies.EnsureCapacity(tally.Calendars);
        // One fetch in ten may be tried again, see RetryRule.
        fetches = new FetchTrace[Math.Min(queue.Count + Math.Max(1, queue.Count / 10), SweepTrace.MostFetches)];
    }

    /// <returns>The fetch's lane.</returns>
    public short Begin()
    {
        mostAtOnce = Math.Max(mostAtOnce, ++underWay);
        return lanes.Take();
    }

    /// <param name="calendar">Whose fetch it was.</param>
    /// <param name="answer">What came of it.</param>
    /// <param name="lane">Its lane, which is free from now on.</param>
    /// <param name="startMs">When it began.</param>
    /// <param name="answerMs">How long it took.</param>
    /// <param name="waitingSinceMs">Since when the calendar has waited for a budget; null when it did not.</param>
    /// <returns>Since when it waits now.</returns>
    public int? End(Calendar calendar, RefreshOutcome answer, short lane, int startMs, int answerMs, int? waitingSinceMs)
    {
        underWay--;
        lanes.Give(lane);
        if (!answer.Asked)
            return waitingSinceMs ?? startMs;
        if (answer.Kind == RefreshKind.NotConfigured)
            return null;
        var tally = TallyOf(calendar.Provider);
        var wait = startMs - (waitingSinceMs ?? startMs);
        tally.Asked++;
        tally.Latencies.Add(answerMs);
        if (!answer.IsSuccess)
            tally.Failed++;
        if (waitingSinceMs is not null)
            tally.Wait(wait);
        Keep(new FetchTrace(calendar, CodeOf(answer), startMs, wait, answerMs, lane));
        return answer.Kind == RefreshKind.RateLimited ? startMs + answerMs : null;
    }

    /// <summary>A calendar was not attempted.</summary>
    /// <param name="calendar">Which.</param>
    /// <param name="atMs">When that was sure.</param>
    /// <param name="waitingSinceMs">Since when it had waited for a budget; null when its turn had not come.</param>
    public void Left(Calendar calendar, int atMs, int? waitingSinceMs)
    {
        var tally = TallyOf(calendar.Provider);
        tally.Left++;
        if (waitingSinceMs is not { } since)
        {
            leftWithoutTurn++;
            return;
        }
        leftWaiting++;
        tally.Wait(atMs - since);
        Keep(new FetchTrace(calendar, RefreshErrorCodes.RateLimited, atMs, atMs - since, 0, FetchTrace.NoLane));
    }

    public SweepWork Work(TimeSpan timeBudget, TimeSpan startsEnd, bool lostLease) => new(
        (int)timeBudget.TotalMilliseconds,
        (int)startsEnd.TotalMilliseconds,
        mostAtOnce,
        leftWaiting,
        leftWithoutTurn,
        lostLease,
        [.. tallies.OfType<ProviderTally>().Select(tally => tally.Close())]);

    public SweepTrace Trace() => new(new ArraySegment<FetchTrace>(fetches, 0, count), cut, lanes.Used);

    private void Keep(FetchTrace fetch)
    {
        if (count == fetches.Length)
            cut++;
        else
            fetches[count++] = fetch;
    }

    private ProviderTally TallyOf(Provider provider) => tallies[(int)provider] ??= new ProviderTally(provider);

    private static string? CodeOf(RefreshOutcome answer) => answer.IsSuccess
        ? null
        : answer.Error?.Code ?? answer.Kind switch
        {
            RefreshKind.NotStored => "storage_unavailable",
            RefreshKind.Cancelled => "cancelled",
            RefreshKind.Superseded => "superseded",
            RefreshKind.Fenced => "fenced",
            _ => "failed",
        };

    private sealed class ProviderTally(Provider provider)
    {
        private int waited;
        private long waitMs;

        public List<int> Latencies { get; } = [];
        public int Calendars { get; set; }
        public int Asked { get; set; }
        public int Failed { get; set; }
        public int Left { get; set; }

        public void Wait(int ms)
        {
            waited++;
            waitMs += ms;
        }

        public ProviderWork Close() => new(provider, Calendars, Asked, Failed, waited, waitMs, Left, LatencyPercentiles.Of(Latencies));
    }
}
