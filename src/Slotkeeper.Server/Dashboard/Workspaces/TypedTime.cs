using System.Globalization;
using NodaTime;
using NodaTime.Text;

namespace Slotkeeper.Server.Dashboard.Workspaces;

/// <summary>What a date and a time of day that somebody typed come to in a zone.</summary>
public abstract record TypedTime
{
    private static readonly LocalDateTimePattern[] Patterns =
    [
        LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm"),
        LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm:ss"),
    ];

    private TypedTime()
    {
    }

    /// <summary>One instant, UTC.</summary>
    public sealed record One(DateTimeOffset Start) : TypedTime;

    /// <summary>The clocks are set back over it: it comes twice, UTC.</summary>
    public sealed record Twice(DateTimeOffset Earlier, DateTimeOffset Later) : TypedTime;

    /// <summary>There is no such instant; says why.</summary>
    public sealed record None(string Words) : TypedTime;

    /// <param name="date">As a browser sends it, such as 2027-03-28.</param>
    /// <param name="time">As a browser sends it, such as 02:30.</param>
    /// <param name="zone">IANA id.</param>
    public static TypedTime Read(string date, string time, string zone)
    {
        var text = $"{date} {time}";
        var read = Patterns.Select(pattern => pattern.Parse(text)).FirstOrDefault(result => result.Success);
        if (read is null || read.Value.Year is < 1970 or > 8999)
            return new None("Give a date such as 2027-03-28 and a time of day such as 14:30.");
        var place = DateTimeZoneProviders.Tzdb[zone];
        var mapping = place.MapLocal(read.Value);
        return mapping.Count switch
        {
            1 => new One(Utc(mapping.First())),
            0 => new None(Gap(mapping, zone)),
            _ => new Twice(Utc(mapping.First()), Utc(mapping.Last())),
        };
    }

    private static string Gap(NodaTime.TimeZones.ZoneLocalMapping mapping, string zone)
    {
        var before = mapping.EarlyInterval.IsoLocalEnd;
        var after = mapping.LateInterval.IsoLocalStart;
        return string.Create(CultureInfo.InvariantCulture,
            $"There is no such time in {zone}: the clocks are set forward from {before:uuuu-MM-dd HH:mm} to {after:uuuu-MM-dd HH:mm}. Choose a time before or after that.");
    }

    private static DateTimeOffset Utc(ZonedDateTime time) => time.ToDateTimeOffset().ToUniversalTime();
}
