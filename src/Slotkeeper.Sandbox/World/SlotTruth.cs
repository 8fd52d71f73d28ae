using System.Collections.Immutable;
using NodaTime;

namespace Slotkeeper.Sandbox.World;

/// <summary>
/// Which starts a calendar offers, computed from its traits, the clock and the ledger. Every answer of every provider comes from here.
/// </summary>
internal static class SlotTruth
{
    private const int CellMinutes = 30;
    private const long MinuteMs = 60_000;
    private const long DayMs = 86_400_000;

    // Each change rolls one cell in so many again: a handful of a month's cells.
    private const int CellGroups = 32;

    /// <summary>Adds the starts in [from, to) that are after now and inside the booking window, in order.</summary>
    public static void Collect(in CalendarTraits calendar, int duration, long from, long to, long now, long horizon, ImmutableArray<BusyInterval> ledger, SlotBuffer slots)
    {
        from = Math.Max(from, now + 1);
        to = Math.Min(to, horizon);
        if (from >= to)
            return;
        if (calendar.Defined is { } defined)
            CollectDefined(calendar.Key, defined.Starts, duration, from, to, ledger, slots);
        else
            CollectGenerated(in calendar, duration, from, to, now, ledger, slots);
    }

    /// <summary>Adds the generated busy intervals that touch [from, to), neighbours merged.</summary>
    public static void CollectBusy(in CalendarTraits calendar, long from, long to, long now, List<BusyInterval> busy)
    {
        if (calendar.Defined is not null || calendar.BusyShare == 0)
            return;
        var last = DayNumber(calendar.Zone, to);
        for (var day = DayNumber(calendar.Zone, from); day <= last; day++)
        {
            if (!WorkingDay(in calendar, day, out var opens, out var closes))
                continue;
            var cells = (int)((closes - opens) / (CellMinutes * MinuteMs));
            var bits = BusyCells(in calendar, day, cells, now);
            for (var cell = 0; cell < cells; cell++)
            {
                if ((bits >> cell & 1) == 0)
                    continue;
                var first = cell;
                while (cell + 1 < cells && (bits >> (cell + 1) & 1) != 0)
                    cell++;
                var interval = new BusyInterval(opens + (first * CellMinutes * MinuteMs), opens + ((cell + 1) * CellMinutes * MinuteMs));
                if (interval.End > from && interval.Start < to)
                    busy.Add(interval);
            }
        }
    }

    private static void CollectDefined(CalendarKey calendar, long[] starts, int duration, long from, long to, ImmutableArray<BusyInterval> ledger, SlotBuffer slots)
    {
        var at = Array.BinarySearch(starts, from);
        for (at = at < 0 ? ~at : at; at < starts.Length && starts[at] < to; at++)
        {
            if (IsClear(ledger, calendar, starts[at], starts[at] + (duration * MinuteMs)))
                slots.Add(starts[at]);
        }
    }

    private static void CollectGenerated(in CalendarTraits calendar, int duration, long from, long to, long now, ImmutableArray<BusyInterval> ledger, SlotBuffer slots)
    {
        // Longer meetings start every half hour, shorter ones back to back, as the providers' defaults do.
        var step = Math.Min(duration, CellMinutes);
        var last = DayNumber(calendar.Zone, to - 1);
        for (var day = DayNumber(calendar.Zone, from); day <= last; day++)
        {
            if (!WorkingDay(in calendar, day, out var opens, out var closes))
                continue;
            var cells = (int)((closes - opens) / (CellMinutes * MinuteMs));
            var bits = BusyCells(in calendar, day, cells, now);
            var minutes = (int)((closes - opens) / MinuteMs);
            for (var minute = 0; minute + duration <= minutes; minute += step)
            {
                var start = opens + (minute * MinuteMs);
                if (start < from)
                    continue;
                if (start >= to)
                    return;
                var firstCell = minute / CellMinutes;
                var lastCell = (minute + duration - 1) / CellMinutes;
                var touched = ((1UL << (lastCell - firstCell + 1)) - 1) << firstCell;
                if ((bits & touched) == 0 && (ledger.IsEmpty || IsClear(ledger, calendar.Key, start, start + (duration * MinuteMs))))
                    slots.Add(start);
            }
        }
    }

    public static bool IsClear(ImmutableArray<BusyInterval> ledger, CalendarKey calendar, long start, long end)
    {
        foreach (var interval in ledger)
        {
            if (interval.Start >= end)
                return true;
            if (interval.End > start && !interval.LeavesRoomFor(calendar, start, end))
                return false;
        }

        return true;
    }

    private static ulong BusyCells(in CalendarTraits calendar, int day, int cells, long now)
    {
        if (calendar.BusyShare == 0)
            return 0;
        var generation = calendar.ChangeEvery == 0 ? 0 : (now + calendar.ChangePhase) / calendar.ChangeEvery;
        var threshold = (ulong)(calendar.BusyShare * ulong.MaxValue);
        var bits = 0UL;
        for (var cell = 0; cell < cells; cell++)
        {
            unchecked
            {
                var hash = StableHash.Mix(calendar.Hash + ((ulong)day * 0x9E3779B97F4A7C15) + (ulong)cell);
                // The newest change that this cell took part in: no history has to be kept to know it.
                var rolled = calendar.ChangeEvery == 0 ? 0 : generation - ((generation + (long)(hash >> 58)) % CellGroups);
                if (StableHash.Mix(hash + ((ulong)rolled * 0xD1342543DE82EF95)) < threshold)
                    bits |= 1UL << cell;
            }
        }

        return bits;
    }

    private static bool WorkingDay(in CalendarTraits calendar, int day, out long opens, out long closes)
    {
        // Day 0, 1970-01-01, was a Thursday.
        var weekday = (day + 3) % 7;
        if (weekday >= 5 && !calendar.WorksWeekends)
        {
            opens = closes = 0;
            return false;
        }

        opens = ToInstant(calendar.Zone, day, calendar.OpensAt);
        closes = ToInstant(calendar.Zone, day, calendar.ClosesAt);
        return true;
    }

    private static long ToInstant(DateTimeZone zone, int day, int minute)
    {
        var local = (day * DayMs) + (minute * MinuteMs);
        // Right unless a transition is near, which the interval tells; then the calendar library decides.
        var guess = zone.GetZoneInterval(Instant.FromUnixTimeMilliseconds(local));
        var instant = local - guess.WallOffset.Milliseconds;
        if ((!guess.HasStart || instant >= guess.Start.ToUnixTimeMilliseconds() + DayMs) &&
            (!guess.HasEnd || instant < guess.End.ToUnixTimeMilliseconds() - DayMs))
            return instant;
        var time = LocalDateTime.FromDateTime(DateTime.UnixEpoch.AddMilliseconds(local));
        return zone.AtLeniently(time).ToInstant().ToUnixTimeMilliseconds();
    }

    private static int DayNumber(DateTimeZone zone, long instant) =>
        (int)((instant + zone.GetUtcOffset(Instant.FromUnixTimeMilliseconds(instant)).Milliseconds) / DayMs);
}
