using Slotkeeper.Calendars;

namespace Slotkeeper.Refresh;

/// <summary>What a run's time went into.</summary>
/// <param name="TimeBudgetMs">From its start to its answer.</param>
/// <param name="StartsEndMs">No fetch was started later than this after its start.</param>
/// <param name="MostAtOnce">Fetches under way together.</param>
/// <param name="LeftWaiting">Of those not attempted: they waited for a connection's budget, or for a pause that its provider had asked for.</param>
/// <param name="LeftWithoutTurn">Of those not attempted: their turn had not come when no more fetches were started.</param>
/// <param name="LostLease">It was stopped because another run had taken its place.</param>
/// <param name="Providers">Those that had anything to do.</param>
public sealed record SweepWork(
    int TimeBudgetMs, int StartsEndMs, int MostAtOnce, int LeftWaiting, int LeftWithoutTurn, bool LostLease, IReadOnlyList<ProviderWork> Providers);

/// <summary>What a run did at one provider.</summary>
/// <param name="Calendars">That the run was to take.</param>
/// <param name="Asked">Fetches, second tries among them.</param>
/// <param name="Failed">Of those, without a usable answer.</param>
/// <param name="Waited">Fetches that had to wait for a budget or a pause, those given up among them.</param>
/// <param name="WaitMs">How long they waited, together.</param>
/// <param name="Left">Calendars that were not attempted.</param>
/// <param name="LatencyMs">Until an answer was there, a useless one or none in time among them; null when nothing was asked.</param>
public sealed record ProviderWork(
    Provider Provider, int Calendars, int Asked, int Failed, int Waited, long WaitMs, int Left, LatencyPercentiles? LatencyMs);

/// <summary>Nearest-rank percentiles of times, milliseconds.</summary>
public sealed record LatencyPercentiles(int P50, int P95, int Max)
{
    /// <summary>Sorts <paramref name="times"/> in place.</summary>
    /// <returns>Null for an empty list.</returns>
    public static LatencyPercentiles? Of(List<int> times)
    {
        if (times.Count == 0)
            return null;
        times.Sort();
        return new LatencyPercentiles(NearestRank.At(times, 0.50), NearestRank.At(times, 0.95), times[^1]);
    }
}
