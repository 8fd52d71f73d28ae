using System.Runtime.InteropServices;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>A calendar that a run may take, with what decides its place.</summary>
/// <param name="Calendar">Which.</param>
/// <param name="AgencyId">In whose turn.</param>
/// <param name="State">As it is at the start of the run.</param>
public readonly record struct SweepCandidate(LiveCalendar Calendar, string AgencyId, CalendarState State);

/// <summary>What a run is going to do.</summary>
/// <param name="Queue">In the order in which they are started.</param>
/// <param name="SkippedBackoff">Left out because of a back-off that has not ended.</param>
public sealed record SweepPlan(IReadOnlyList<SweepCandidate> Queue, int SkippedBackoff);

/// <summary>
/// Decides who is fetched and in what order: the stalest first inside an agency, never-fetched ones before all, agencies in
/// turn by weight. No clock, no I/O; the same candidates in any order give the same plan.
/// </summary>
public static class SweepPlanner
{
    /// <param name="candidates">Calendars that workspaces use.</param>
    /// <param name="mode">All, or only those due.</param>
    /// <param name="limit">At most this many; at least a tenth of them, and at least one, are never-fetched ones if there are any. Null for no bound.</param>
    /// <param name="now">UTC.</param>
    /// <param name="weightOf">Calendars an agency gets per round, at least 1.</param>
    public static SweepPlan Plan(IEnumerable<SweepCandidate> candidates, SweepMode mode, int? limit, DateTimeOffset now, Func<string, int> weightOf)
    {
        var skippedBackoff = 0;
        var byAgency = new Dictionary<string, List<SweepCandidate>>(StringComparer.Ordinal);
        foreach (var candidate in candidates)
        {
            if (candidate.State.BackoffUntil > now)
            {
                skippedBackoff++;
                continue;
            }
            if (mode == SweepMode.Due && candidate.State.StaleAt > now)
                continue;
            ref var own = ref CollectionsMarshal.GetValueRefOrAddDefault(byAgency, candidate.AgencyId, out _);
            (own ??= []).Add(candidate);
        }

        var total = 0;
        var turns = new List<Turn>(byAgency.Count);
        foreach (var (agency, own) in byAgency)
        {
            own.Sort(StalestFirst);
            total += own.Count;
            turns.Add(new Turn(agency, own, Math.Max(1, weightOf(agency))));
        }
        // The agency whose calendars have waited longest begins; ids decide between equals so that the plan is reproducible.
        turns.Sort(static (a, b) => StalestFirst(a.Own[0], b.Own[0]) is not 0 and var order ? order : string.CompareOrdinal(a.Agency, b.Agency));

        var queue = TakeTurns(turns, total);
        if (limit is { } most && queue.Count > most)
            queue = Cut(queue, most);
        return new SweepPlan(queue, skippedBackoff);
    }

    private static List<SweepCandidate> TakeTurns(List<Turn> turns, int total)
    {
        var queue = new List<SweepCandidate>(total);
        while (turns.Count > 0)
        {
            var left = 0;
            for (var i = 0; i < turns.Count; i++)
            {
                var turn = turns[i];
                for (var n = 0; n < turn.Weight && turn.Next < turn.Own.Count; n++)
                    queue.Add(turn.Own[turn.Next++]);
                if (turn.Next < turn.Own.Count)
                    turns[left++] = turn;
            }
            turns.RemoveRange(left, turns.Count - left);
        }
        return queue;
    }

    /// <summary>The first <paramref name="most"/>, of which a tenth are kept for never-fetched ones that would not have been among them.</summary>
    private static List<SweepCandidate> Cut(List<SweepCandidate> queue, int most)
    {
        var taken = queue.GetRange(0, most);
        var reserve = Math.Max(1, most / 10) - taken.Count(IsNeverFetched);
        var last = most - 1;
        for (var i = most; i < queue.Count && reserve > 0 && most > 0; i++)
        {
            if (!IsNeverFetched(queue[i]))
                continue;
            while (last >= 0 && IsNeverFetched(taken[last]))
                last--;
            if (last < 0)
                break;
            taken[last--] = queue[i];
            reserve--;
        }
        return taken;
    }

    private static bool IsNeverFetched(SweepCandidate candidate) => candidate.State.LastSuccessAt is null;

    /// <summary>
    /// Oldest success first, none at all before any. Among the never-fetched, those tried longest ago first, so that ones that
    /// always fail do not stay at the head.
    /// </summary>
    private static int StalestFirst(SweepCandidate a, SweepCandidate b)
    {
        var order = Nullable.Compare(a.State.LastSuccessAt, b.State.LastSuccessAt);
        if (order == 0 && IsNeverFetched(a))
            order = Nullable.Compare(a.State.LastAttemptAt, b.State.LastAttemptAt);
        return order != 0 ? order : string.CompareOrdinal(a.Calendar.Calendar.Id, b.Calendar.Calendar.Id);
    }

    private sealed class Turn(string agency, List<SweepCandidate> own, int weight)
    {
        public string Agency { get; } = agency;
        public List<SweepCandidate> Own { get; } = own;
        public int Weight { get; } = weight;
        public int Next { get; set; }
    }
}
