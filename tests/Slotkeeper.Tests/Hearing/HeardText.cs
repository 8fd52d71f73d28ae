using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Slotkeeper.Hearing;

namespace Slotkeeper.Tests.Hearing;

/// <summary>An outcome in one line, as the data file has it: instants in local time, with the offset where the clock shows them twice.</summary>
internal static class HeardText
{
    public static string Of(Heard heard, string timeZone)
    {
        var zone = DateTimeZoneProviders.Tzdb[timeZone];
        return heard switch
        {
            Heard.Moment moment => Local(moment.Start, zone),
            Heard.Days days => Join(days.From == days.Through ? Day(days.From) : $"{Day(days.From)}..{Day(days.Through)}", Window(days.Window)),
            Heard.Unclear unclear => Join($"? {unclear.Question}",
                unclear.Candidates.Count > 0 ? string.Join(" ", unclear.Candidates.Select(start => Local(start, zone))) : string.Join(" ", unclear.CandidateDays.Select(Day)),
                unclear.Time is { } time ? $"time {Clock(time)}" : null, unclear.CandidateTimes.Count > 0 ? $"times {string.Join(" ", unclear.CandidateTimes.Select(Clock))}" : null, Window(unclear.Window)),
            _ => throw new InvalidOperationException("closed"),
        };
    }

    private static string Join(params string?[] parts) => string.Join(" ", parts.Where(static part => !string.IsNullOrEmpty(part)));

    private static string Day(LocalDate day) => LocalDatePattern.Iso.Format(day);

    private static string Clock(LocalTime time) => time.ToString("HH:mm", CultureInfo.InvariantCulture);

    private static string? Window(TimeWindow? window) => window is null ? null
        : $"[{Clock(window.From)}-{(window.Until is { } until ? Clock(until) : "")} {window.Kind} \"{window.Label}\"]";

    private static string Local(DateTimeOffset start, DateTimeZone zone)
    {
        var local = Instant.FromDateTimeOffset(start).InZone(zone);
        return local.LocalDateTime.ToString("uuuu-MM-dd'T'HH:mm", CultureInfo.InvariantCulture) + (zone.MapLocal(local.LocalDateTime).Count > 1 ? local.Offset.ToString("m", CultureInfo.InvariantCulture) : "");
    }
}
