using NodaTime;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Offers;

/// <summary>
/// Which free times are named to a lead. Pure: the same input gives the same times in the same order, whatever the order of its slots.
/// Never past, never inside the notice, never excluded, never more than wanted.
/// </summary>
public static class OfferSelection
{
    /// <summary>Local hours in which a lead is offered times: [07:00, 21:00).</summary>
    internal const int WakesAtMinute = 7 * 60;
    internal const int SleepsAtMinute = 21 * 60;

    /// <returns>The times in the order they should be named, which need not be that of time.</returns>
    public static IReadOnlyList<DateTimeOffset> Select(SelectionInput input)
    {
        var workspace = Zones.Find(input.WorkspaceZone);
        var lead = Zones.Find(input.LeadZone);
        if ((lead ?? workspace) is not { } zone)
            return [];
        var candidates = Candidates(input, zone, input.Mode == SelectionMode.Classic ? workspace ?? zone : zone);
        if (lead is not null && input.Mode == SelectionMode.Spread)
            candidates = OrAll(candidates, static candidate => candidate.IsAwake);
        return candidates.Count == 0 ? []
            : input.Mode == SelectionMode.Classic ? ClassicSelection.Choose(input, candidates, lead is not null)
            : SpreadSelection.Choose(input, candidates, zone);
    }

    /// <summary>From when the preferred days count.</summary>
    internal static DateTimeOffset Anchor(SelectionInput input) => input.StartAfter > input.Now ? input.StartAfter.Value : input.Now;

    /// <summary>Those for which <paramref name="isGood"/> holds, or all where it holds for none.</summary>
    internal static List<Candidate> OrAll(List<Candidate> candidates, Predicate<Candidate> isGood)
    {
        var good = candidates.FindAll(isGood);
        return good.Count == 0 ? candidates : good;
    }

    /// <summary>What may be named at all, ascending and without repetition.</summary>
    private static List<Candidate> Candidates(SelectionInput input, DateTimeZone zone, DateTimeZone weekendZone)
    {
        var told = input.SendAt > input.Now ? input.SendAt.Value : input.Now;
        var earliest = Math.Max(Anchor(input).UtcTicks, told.UtcTicks + input.MinimumNotice.Ticks);
        var clock = new LocalClock(zone);
        var weekendClock = new LocalClock(weekendZone);
        var candidates = new List<Candidate>(input.Slots.Count);
        var weekdays = 0;
        var hasWeekdays = false;
        var last = long.MinValue;
        foreach (var ticks in Ascending(input.Slots))
        {
            var isNew = ticks != last;
            last = ticks;
            // The replaced system judged the weekend before everything else: a weekday that cannot be named still counts as one.
            var isWeekend = !input.IncludeWeekends && LocalClock.IsWeekend(weekendClock.Day(ticks));
            hasWeekdays |= input.Mode == SelectionMode.Classic && !isWeekend;
            if (!isNew || ticks < earliest)
                continue;
            var slot = new DateTimeOffset(ticks, TimeSpan.Zero);
            if (input.Exclude.Count > 0 && input.Exclude.Contains(slot))
                continue;
            var count = input.Offered.Count > 0 && input.Offered.TryGetValue(slot, out var known) ? known : default;
            if (count.LiveLeads >= input.MaxLiveOffersPerSlot)
                continue;
            var local = clock.Local(ticks);
            candidates.Add(new Candidate(ticks, count.Weight, LocalClock.DayOf(local), (short)LocalClock.MinuteOf(local), isWeekend));
            weekdays += isWeekend ? 0 : 1;
        }
        if ((hasWeekdays || weekdays > 0) && weekdays < candidates.Count)
            candidates.RemoveAll(static candidate => candidate.IsWeekend);
        return candidates;
    }

    private static long[] Ascending(IReadOnlyList<DateTimeOffset> slots)
    {
        var ticks = new long[slots.Count];
        var isAscending = true;
        for (var i = 0; i < ticks.Length; i++)
        {
            ticks[i] = slots[i].UtcTicks;
            isAscending &= i == 0 || ticks[i] >= ticks[i - 1];
        }
        if (!isAscending)
            Array.Sort(ticks);
        return ticks;
    }
}

/// <summary>A slot that may be named, as the lead's day sees it.</summary>
internal readonly record struct Candidate(long Ticks, double Weight, int Day, short Minute, bool IsWeekend)
{
    public bool IsMorning => Minute < 12 * 60;

    public bool IsAwake => Minute is >= OfferSelection.WakesAtMinute and < OfferSelection.SleepsAtMinute;

    public DateTimeOffset Slot => new(Ticks, TimeSpan.Zero);
}
