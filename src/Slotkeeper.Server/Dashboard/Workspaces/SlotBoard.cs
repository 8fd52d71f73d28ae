using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Slotkeeper.Reading;

namespace Slotkeeper.Server.Dashboard.Workspaces;

/// <summary>Why a time stands on the board as it does.</summary>
public enum SlotMark
{
    /// <summary>An answer of this moment contains it.</summary>
    Free,

    /// <summary>A claim takes it.</summary>
    Claimed,

    /// <summary>It begins inside the workspace's minimum notice.</summary>
    Notice,

    /// <summary>It has begun.</summary>
    Past,
}

/// <summary>One time of a calendar.</summary>
/// <param name="Start">UTC.</param>
/// <param name="Time">Of day, in the zone of the board, such as 09:30.</param>
/// <param name="Offset">From UTC, such as +02:00, where that time of day comes twice; else null.</param>
/// <param name="Mark">Why it stands so.</param>
public sealed record SlotTime(DateTimeOffset Start, string Time, string? Offset, SlotMark Mark);

/// <summary>One local day.</summary>
/// <param name="Date">In the zone of the board.</param>
/// <param name="Weekday">1 for Monday.</param>
/// <param name="Title">Such as Mon 18 Jan.</param>
/// <param name="Times">Ascending by instant, so that an hour that comes twice stands in the order in which it comes.</param>
public sealed record SlotDay(LocalDate Date, int Weekday, string Title, IReadOnlyList<SlotTime> Times);

/// <summary>The times of a calendar by local day: what the reader answers, and what it left out of the same days and why.</summary>
public sealed record SlotBoard(string Zone, IReadOnlyList<SlotDay> Days)
{
    private static readonly LocalDatePattern DayTitle = LocalDatePattern.CreateWithInvariantCulture("ddd d MMM");
    private static readonly OffsetPattern OffsetText = OffsetPattern.CreateWithInvariantCulture("m");

    public int Count(SlotMark mark) => Days.Sum(day => day.Times.Count(time => time.Mark == mark));

    /// <summary>The first instant of the present day of a zone; where midnight does not exist, the one after it.</summary>
    public static DateTimeOffset StartOfToday(DateTimeOffset now, string zone)
    {
        var place = DateTimeZoneProviders.Tzdb[zone];
        return place.AtStartOfDay(Instant.FromDateTimeOffset(now).InZone(place).Date).ToDateTimeOffset().ToUniversalTime();
    }

    /// <param name="answer">Read from <see cref="StartOfToday"/> on, without a limit.</param>
    /// <param name="zone">IANA id.</param>
    public static SlotBoard Of(in SlotAnswer answer, string zone)
    {
        var place = DateTimeZoneProviders.Tzdb[zone];
        var times = new SortedDictionary<long, SlotMark>();
        if (answer.Slots is { } slots)
        {
            LeftOut(times, slots.Claimed, SlotMark.Claimed, answer);
            LeftOut(times, slots.Free, SlotMark.Free, answer);
            foreach (var start in answer.Starts)
                times[start] = SlotMark.Free;
        }
        var byDay = times.Select(time => Place(time.Key, time.Value, place)).ToLookup(placed => placed.Date, placed => placed.Time);
        var days = new List<SlotDay>(AvailabilityOptions.WindowDays + 1);
        var last = LocalDay(answer.RangeEnd, place);
        for (var date = LocalDay(answer.RangeStart, place); date <= last; date = date.PlusDays(1))
            days.Add(new SlotDay(date, (int)date.DayOfWeek, DayTitle.Format(date), [.. byDay[date]]));
        return new SlotBoard(zone, days);
    }

    /// <summary>Marks what the reader has cut off, by the two moments at which it cuts.</summary>
    private static void LeftOut(SortedDictionary<long, SlotMark> times, long[] starts, SlotMark otherwise, in SlotAnswer answer)
    {
        var notice = answer.Now.AddMinutes(answer.Workspace.Settings.MinimumNoticeMinutes);
        foreach (var seconds in starts)
        {
            var start = DateTimeOffset.FromUnixTimeSeconds(seconds);
            if (start >= answer.RangeStart && start < answer.RangeEnd)
                times[seconds] = start < answer.Now ? SlotMark.Past : start < notice ? SlotMark.Notice : otherwise;
        }
    }

    private static (LocalDate Date, SlotTime Time) Place(long seconds, SlotMark mark, DateTimeZone place)
    {
        var local = Instant.FromUnixTimeSeconds(seconds).InZone(place);
        var offset = place.MapLocal(local.LocalDateTime).Count > 1 ? OffsetText.Format(local.Offset) : null;
        var time = local.Second == 0 ? local.ToString("HH:mm", CultureInfo.InvariantCulture) : local.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        return (local.Date, new SlotTime(DateTimeOffset.FromUnixTimeSeconds(seconds), time, offset, mark));
    }

    private static LocalDate LocalDay(DateTimeOffset at, DateTimeZone place) => Instant.FromDateTimeOffset(at).InZone(place).Date;
}
