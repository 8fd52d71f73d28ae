namespace Slotkeeper.Offers;

/// <summary>The rule of the replaced system, kept for workspaces that choose it: one or two times, the morning first whatever the counts.</summary>
internal static class ClassicSelection
{
    public static IReadOnlyList<DateTimeOffset> Choose(SelectionInput input, List<Candidate> candidates, bool isLeadZoneKnown)
    {
        var windowEnd = OfferSelection.Anchor(input).UtcTicks + (input.PreferWithinDays * TimeSpan.TicksPerDay);
        // One slot inside the window hides all later ones.
        var pool = OfferSelection.OrAll(candidates, candidate => candidate.Ticks <= windowEnd);
        if (isLeadZoneKnown)
            pool = OfferSelection.OrAll(pool, static candidate => candidate.IsAwake);
        var first = Best(pool, static candidate => candidate.IsMorning) ?? Best(pool, static _ => true)!.Value;
        if (input.Count == 1)
            return [first.Slot];
        var second = Best(pool, candidate => candidate.Day != first.Day && candidate.IsMorning != first.IsMorning)
            ?? Best(pool, candidate => candidate.Day != first.Day)
            ?? Best(pool, candidate => candidate.Ticks != first.Ticks);
        return second is { } other ? [first.Slot, other.Slot] : [first.Slot];
    }

    /// <summary>Least offered, then earliest; the pool is ascending.</summary>
    private static Candidate? Best(List<Candidate> pool, Predicate<Candidate> isWanted)
    {
        Candidate? best = null;
        foreach (var candidate in pool)
        {
            if ((best is null || candidate.Weight < best.Value.Weight) && isWanted(candidate))
                best = candidate;
        }
        return best;
    }
}
