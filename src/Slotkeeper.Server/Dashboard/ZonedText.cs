using System.Globalization;
using NodaTime;
using NodaTime.Text;

namespace Slotkeeper.Server.Dashboard;

/// <summary>Instants as the pages write them: date, time, and always the zone, so that two people on the telephone mean the same moment.</summary>
internal static class ZonedText
{
    private static readonly ZonedDateTimePattern Pattern = ZonedDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm:ss x", null);

    /// <param name="at">UTC.</param>
    /// <param name="zone">IANA id; null for UTC.</param>
    public static string Of(DateTimeOffset at, string? zone) => zone is null or "UTC"
        ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)
        : Pattern.Format(Instant.FromDateTimeOffset(at).InZone(DateTimeZoneProviders.Tzdb[zone]));

    /// <summary>A length of time in one unit that suits it, such as 31 s or 4 min.</summary>
    public static string Length(long seconds) => seconds switch
    {
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds} s"),
        < 7200 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60} min"),
        < 172_800 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86_400} d"),
    };
}
