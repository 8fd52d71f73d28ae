using System.Globalization;
using NodaTime;
using NodaTime.TimeZones;

namespace Slotkeeper.Reading;

/// <summary>
/// Names one time for a person, from explicit tables: the platform's own locale data changes spaces and abbreviations between
/// versions. Style <c>explicit_zone</c>: "10:00 AM EST on Thu, Feb 12".
/// </summary>
public static class SlotLabel
{
    private static readonly string[] Weekdays = ["", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    private static readonly string[] Months = ["", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    /// <summary>Abbreviations that readers in North America know; elsewhere the same letters mean other zones.</summary>
    private static readonly HashSet<string> NorthAmerican = new(StringComparer.Ordinal)
    {
        "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AST", "ADT", "AKST", "AKDT", "HST", "NST", "NDT",
    };

    /// <param name="start">UTC.</param>
    /// <param name="timeZone">IANA id.</param>
    /// <exception cref="DateTimeZoneNotFoundException">There is no such zone.</exception>
    public static string ExplicitZone(DateTimeOffset start, string timeZone)
    {
        var zone = DateTimeZoneProviders.Tzdb[timeZone];
        var instant = Instant.FromDateTimeOffset(start);
        var local = instant.InZone(zone);
        var hour = local.Hour % 12 == 0 ? 12 : local.Hour % 12;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{hour}:{local.Minute:00} {(local.Hour < 12 ? "AM" : "PM")} {ZoneName(zone, instant)} on {Weekdays[(int)local.DayOfWeek]}, {Months[local.Month]} {local.Day}");
    }

    /// <summary>The short name of a zone at an instant: a North American abbreviation, UTC, GMT, or GMT with the offset.</summary>
    private static string ZoneName(DateTimeZone zone, Instant instant)
    {
        var interval = zone.GetZoneInterval(instant);
        if (NorthAmerican.Contains(interval.Name)
            && (zone.Id.StartsWith("America/", StringComparison.Ordinal) || zone.Id.StartsWith("US/", StringComparison.Ordinal)
                || zone.Id.StartsWith("Canada/", StringComparison.Ordinal) || zone.Id == "Pacific/Honolulu"))
        {
            return interval.Name;
        }
        var minutes = interval.WallOffset.Seconds / 60;
        if (minutes == 0)
            return interval.Name == "UTC" ? "UTC" : "GMT";
        var (hours, rest) = (Math.Abs(minutes) / 60, Math.Abs(minutes) % 60);
        var sign = minutes < 0 ? '-' : '+';
        return rest == 0
            ? string.Create(CultureInfo.InvariantCulture, $"GMT{sign}{hours}")
            : string.Create(CultureInfo.InvariantCulture, $"GMT{sign}{hours}:{rest:00}");
    }
}
