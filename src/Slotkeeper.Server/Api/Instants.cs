using System.Globalization;

namespace Slotkeeper.Server.Api;

/// <summary>Instants as clients write them: ISO 8601 with seconds (or not) and with <c>Z</c> or an offset; never a bare local time.</summary>
internal static class Instants
{
    public const string Expected = "must be an instant in ISO 8601 with Z or an offset, such as 2026-02-12T15:00:00Z (in an address, + is written %2B)";

    private static readonly string[] WithOffset = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mmzzz"];
    private static readonly string[] WithZ = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm'Z'"];

    /// <summary>Years that leave room for arithmetic on either side.</summary>
    private static readonly DateTimeOffset Earliest = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Latest = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset instant)
    {
        var parsed = text.EndsWith('Z')
            ? DateTimeOffset.TryParseExact(text, WithZ, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant)
            : DateTimeOffset.TryParseExact(text, WithOffset, CultureInfo.InvariantCulture, DateTimeStyles.None, out instant);
        if (!parsed || instant < Earliest || instant >= Latest)
            return false;
        instant = instant.ToUniversalTime();
        return true;
    }
}
