using System.Globalization;

namespace Slotkeeper.Server.Dashboard;

/// <summary>A place in a list by time, as it stands in the address of the next page. It says where to go on and nothing of what may be seen.</summary>
internal static class PlaceText
{
    private const int LongestId = 200;
    private const long LastMicrosecond = 253402300799999999;

    /// <param name="at">UTC, to the microsecond.</param>
    /// <param name="id">Tells those of one moment apart.</param>
    public static string Of(DateTimeOffset at, string id) =>
        string.Create(CultureInfo.InvariantCulture, $"{(at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond}-{id}");

    /// <returns>Null when it is no such text: then the list begins at its beginning.</returns>
    public static (DateTimeOffset At, string Id)? Read(string? text)
    {
        if (text is null || text.IndexOf('-', StringComparison.Ordinal) is not (> 0 and var dash) || text.Length - dash > LongestId)
            return null;
        var id = text[(dash + 1)..];
        return long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds <= LastMicrosecond
            && id.Length > 0 && id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.')
                ? (DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond), id)
                : null;
    }
}
