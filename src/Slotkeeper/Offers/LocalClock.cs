using System.Collections.Frozen;
using NodaTime;

namespace Slotkeeper.Offers;

/// <summary>The zones of the IANA database. NodaTime would also take offsets such as UTC+05, which are none.</summary>
internal static class Zones
{
    private static readonly FrozenDictionary<string, DateTimeZone> ById =
        DateTimeZoneProviders.Tzdb.Ids.ToFrozenDictionary(id => id, id => DateTimeZoneProviders.Tzdb[id], StringComparer.Ordinal);

    /// <returns>Null when there is no such zone.</returns>
    public static DateTimeZone? Find(string? id) => id is null ? null : ById.GetValueOrDefault(id);

    /// <exception cref="NodaTime.TimeZones.DateTimeZoneNotFoundException">There is no such zone.</exception>
    public static DateTimeZone Get(string id) =>
        Find(id) ?? throw new NodaTime.TimeZones.DateTimeZoneNotFoundException($"\"{id}\" is no IANA time zone; take one such as Europe/Berlin.");
}

/// <summary>
/// Local time for many instants of one zone. The offset is looked up once per stretch of time in which it stays the same, which makes
/// ascending instants nearly free.
/// </summary>
internal struct LocalClock(DateTimeZone zone)
{
    // Unix ticks, half-open; empty to begin with.
    private long from = long.MaxValue;
    private long until = long.MinValue;
    private long offset;

    /// <param name="utcTicks">As <see cref="DateTimeOffset.UtcTicks"/>.</param>
    /// <returns>Ticks of the local date and time.</returns>
    public long Local(long utcTicks)
    {
        var unix = utcTicks - DateTime.UnixEpoch.Ticks;
        if (unix < from || unix >= until)
        {
            var interval = zone.GetZoneInterval(Instant.FromUnixTimeTicks(unix));
            from = interval.HasStart ? interval.Start.ToUnixTimeTicks() : long.MinValue;
            until = interval.HasEnd ? interval.End.ToUnixTimeTicks() : long.MaxValue;
            offset = interval.WallOffset.Ticks;
        }
        return utcTicks + offset;
    }

    /// <summary>Days since 0001-01-01, which was a Monday.</summary>
    public int Day(long utcTicks) => DayOf(Local(utcTicks));

    public static int DayOf(long localTicks) => (int)(localTicks / TimeSpan.TicksPerDay);

    public static int MinuteOf(long localTicks) => (int)(localTicks % TimeSpan.TicksPerDay / TimeSpan.TicksPerMinute);

    /// <summary>Saturday or Sunday.</summary>
    public static bool IsWeekend(int day) => day % 7 >= 5;
}
