using NodaTime;
using Slotkeeper.Offers;

namespace Slotkeeper.Alternatives;

/// <param name="Weekday">Monday to Sunday.</param>
/// <param name="From">The earliest start.</param>
/// <param name="Until">The latest end; midnight for the end of the day, also where a slot goes on beyond it.</param>
public sealed record OpeningTime(IsoDayOfWeek Weekday, LocalTime From, LocalTime Until);

/// <summary>When a calendar is open, as its own slots show it. Nothing is assumed: a weekday without slots is not open as far as is known.</summary>
public static class OpeningTimes
{
    private const int MinutesOfDay = 1440;

    /// <param name="free">Free starts, Unix seconds, ascending.</param>
    /// <param name="claimed">Starts that claims take: a full day is an open day.</param>
    /// <param name="durationSeconds">Length of a slot, above 0.</param>
    /// <param name="timeZone">IANA id; the days and clock times are those of this zone.</param>
    /// <returns>From Monday on; weekdays without slots are left out.</returns>
    /// <exception cref="NodaTime.TimeZones.DateTimeZoneNotFoundException">There is no such zone.</exception>
    public static IReadOnlyList<OpeningTime> Of(ReadOnlySpan<long> free, ReadOnlySpan<long> claimed, int durationSeconds, string timeZone)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(durationSeconds, 1);
        var zone = Zones.Get(timeZone);
        Span<(int From, int Until)> week = stackalloc (int, int)[7];
        week.Fill((int.MaxValue, 0));
        Widen(week, new DayIndex(free, zone), durationSeconds);
        Widen(week, new DayIndex(claimed, zone), durationSeconds);
        var times = new List<OpeningTime>(7);
        for (var weekday = 0; weekday < week.Length; weekday++)
        {
            if (week[weekday] is { From: not int.MaxValue } open)
                times.Add(new OpeningTime((IsoDayOfWeek)(weekday + 1), TimeOf(open.From), TimeOf(open.Until)));
        }
        return times;
    }

    /// <summary>Whether the calendar is open at a minute of a day, as that day or another one of the same weekday shows it.</summary>
    internal static bool IsOpen(ref DayIndex free, ref DayIndex claimed, int durationSeconds, int day, int minute)
    {
        var open = (From: int.MaxValue, Until: 0);
        Widen(ref open, ref free, durationSeconds, day, day, day);
        Widen(ref open, ref claimed, durationSeconds, day, day, day);
        // Mostly the day itself is enough, and the others need not be looked up.
        if (minute >= open.From && minute < open.Until)
            return true;
        Widen(ref open, ref free, durationSeconds, day, int.MinValue, int.MaxValue);
        Widen(ref open, ref claimed, durationSeconds, day, int.MinValue, int.MaxValue);
        return minute >= open.From && minute < open.Until;
    }

    private static void Widen(Span<(int From, int Until)> week, DayIndex days, int durationSeconds)
    {
        for (var i = 0; i < days.Count; i++)
        {
            ref var open = ref week[days.DayOf(days[i]) % 7];
            var minute = days.MinuteOf(days[i]);
            open = (Math.Min(open.From, minute), Math.Max(open.Until, EndOf(minute, durationSeconds)));
        }
    }

    /// <summary>By the first and the last start of every day of a weekday, between two days.</summary>
    private static void Widen(ref (int From, int Until) open, ref DayIndex days, int durationSeconds, int like, int least, int most)
    {
        if (days.Count == 0)
            return;
        var first = Math.Max(least, days.DayOf(days[0]));
        var last = Math.Min(most, days.DayOf(days[days.Count - 1]));
        for (var day = first + ((((like - first) % 7) + 7) % 7); day <= last; day += 7)
        {
            var (from, until) = days.On(day, day);
            if (from < until)
                open = (Math.Min(open.From, days.MinuteOf(days[from])), Math.Max(open.Until, EndOf(days.MinuteOf(days[until - 1]), durationSeconds)));
        }
    }

    private static int EndOf(int minute, int durationSeconds) => (int)Math.Min(MinutesOfDay, minute + ((durationSeconds + 59L) / 60));

    private static LocalTime TimeOf(int minute) => minute == MinutesOfDay ? LocalTime.Midnight : new LocalTime(minute / 60, minute % 60);
}
