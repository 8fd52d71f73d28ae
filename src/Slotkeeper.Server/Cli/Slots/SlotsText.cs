using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;

namespace Slotkeeper.Server.Cli.Slots;

/// <summary>Free times by day, for people.</summary>
internal static class SlotsText
{
    private const int DayWidth = 12;
    private const int TimeWidth = 7;

    private static readonly ZonedDateTimePattern Day = ZonedDateTimePattern.CreateWithInvariantCulture("ddd d MMM", null);
    private static readonly ZonedDateTimePattern Time = ZonedDateTimePattern.CreateWithInvariantCulture("HH:mm", null);

    public static void Print(Terminal terminal, Provider provider, FetchRequest request, FetchResult.Fetched fetched, DateTimeZone zone, TimeSpan took)
    {
        var text = terminal.Out;
        var count = fetched.Starts.Length;
        var days = (int)Math.Round((request.To - request.From).TotalDays);
        text.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{FetchRefusal.Name(provider)}: {count} free {(count == 1 ? "time" : "times")} of {fetched.DurationSeconds / 60} minutes in the next {days} {(days == 1 ? "day" : "days")}, shown in {zone.Id} (fetched in {took.TotalSeconds:0.00} s)"));
        if (fetched.Unreadable > 0 || fetched.Past > 0)
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Left out: {fetched.Past} that have passed, {fetched.Unreadable} that could not be read."));
        if (count == 0)
            return;
        text.WriteLine();

        var perLine = Math.Max(1, (terminal.Width - DayWidth) / TimeWidth);
        foreach (var day in fetched.Starts.Select(start => Instant.FromUnixTimeSeconds(start).InZone(zone)).GroupBy(start => start.Date))
        {
            var label = Day.Format(day.First()).PadRight(DayWidth);
            foreach (var line in day.Chunk(perLine))
            {
                text.WriteLine(label + string.Join("  ", line.Select(Time.Format)));
                label = new string(' ', DayWidth);
            }
        }
    }
}
