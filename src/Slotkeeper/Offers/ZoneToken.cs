using System.Collections.Frozen;
using System.Globalization;
using NodaTime;
using NodaTime.TimeZones;

namespace Slotkeeper.Offers;

/// <summary>
/// The short name of a zone at an instant: an abbreviation that readers in North America know, UTC, GMT, or GMT with the offset. A token says
/// one offset and no other, so a time with a token is an instant.
/// </summary>
public static class ZoneToken
{
    /// <summary>Offset in minutes and the zone that keeps such a clock, for texts whose zone is known by the token alone.</summary>
    private static readonly FrozenDictionary<string, (int Minutes, string Zone)> Abbreviations = new Dictionary<string, (int, string)>
    {
        ["EST"] = (-5 * 60, "America/New_York"),
        ["EDT"] = (-4 * 60, "America/New_York"),
        ["CST"] = (-6 * 60, "America/Chicago"),
        ["CDT"] = (-5 * 60, "America/Chicago"),
        ["MST"] = (-7 * 60, "America/Denver"),
        ["MDT"] = (-6 * 60, "America/Denver"),
        ["PST"] = (-8 * 60, "America/Los_Angeles"),
        ["PDT"] = (-7 * 60, "America/Los_Angeles"),
        ["AST"] = (-4 * 60, "America/Halifax"),
        ["ADT"] = (-3 * 60, "America/Halifax"),
        ["AKST"] = (-9 * 60, "America/Anchorage"),
        ["AKDT"] = (-8 * 60, "America/Anchorage"),
        ["HST"] = (-10 * 60, "Pacific/Honolulu"),
        ["HDT"] = (-9 * 60, "America/Adak"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private const int MostOffsetMinutes = 18 * 60;

    public static string Of(ZoneInterval interval)
    {
        var minutes = interval.WallOffset.Seconds / 60;
        // Elsewhere the same letters mean other offsets: CST is also the time of China and of Cuba.
        if (Abbreviations.TryGetValue(interval.Name, out var known) && known.Minutes == minutes)
            return interval.Name;
        if (minutes == 0)
            return interval.Name == "UTC" ? "UTC" : "GMT";
        var (hours, rest) = (Math.Abs(minutes) / 60, Math.Abs(minutes) % 60);
        var sign = minutes < 0 ? '-' : '+';
        return rest == 0
            ? string.Create(CultureInfo.InvariantCulture, $"GMT{sign}{hours}")
            : string.Create(CultureInfo.InvariantCulture, $"GMT{sign}{hours}:{rest:00}");
    }

    /// <returns>Null when the text is no token.</returns>
    public static Offset? OffsetOf(string token)
    {
        if (Abbreviations.TryGetValue(token, out var known))
            return Offset.FromSeconds(known.Minutes * 60);
        if (token is "UTC" or "GMT")
            return Offset.Zero;
        if (!token.StartsWith("GMT", StringComparison.Ordinal) || token.Length < 5 || token[3] is not ('+' or '-'))
            return null;
        var colon = token.IndexOf(':', StringComparison.Ordinal);
        var hoursEnd = colon < 0 ? token.Length : colon;
        if (hoursEnd - 4 is < 1 or > 2 || (colon >= 0 && token.Length - colon != 3)
            || !int.TryParse(token.AsSpan(4, hoursEnd - 4), NumberStyles.None, CultureInfo.InvariantCulture, out var hours))
        {
            return null;
        }
        var rest = 0;
        if (colon >= 0 && (!int.TryParse(token.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out rest) || rest > 59))
            return null;
        var minutes = (hours * 60) + rest;
        return minutes > MostOffsetMinutes ? null : Offset.FromSeconds((token[3] == '-' ? -minutes : minutes) * 60);
    }

    /// <summary>A zone whose times carry this token at some time of the year.</summary>
    /// <returns>Null when the text is no token.</returns>
    internal static DateTimeZone? ZoneOf(string token) =>
        Abbreviations.TryGetValue(token, out var known) ? Zones.Get(known.Zone)
        : token == "UTC" ? DateTimeZone.Utc
        : OffsetOf(token) is { } offset ? DateTimeZone.ForOffset(offset)
        : null;
}
