using System.Globalization;
using System.Net.Http.Headers;

namespace Slotkeeper.Providers.Pipeline;

/// <summary>Reads from a 429 when to ask again.</summary>
internal static class RetryAfter
{
    /// <summary>
    /// Longest pause. Headers that mean hours speak of daily quotas; one call in ten minutes does such a quota no harm, and a
    /// wrong header cannot silence an account for a day.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    public static DateTimeOffset Until(HttpResponseMessage response, DateTimeOffset now, TimeSpan otherwise)
    {
        var headers = response.Headers.NonValidated;
        var pause = otherwise;
        if (headers.TryGetValues("Retry-After", out var after) && Read(after.ToString(), now) is { } asked)
            pause = asked;
        else if (Reset(headers, now) is { } reset)
            pause = reset;
        return now + TimeSpan.FromTicks(Math.Clamp(pause.Ticks, Shortest.Ticks, Longest.Ticks));
    }

    private static TimeSpan? Reset(HttpHeadersNonValidated headers, DateTimeOffset now)
    {
        TimeSpan? interval = null;
        foreach (var header in headers)
        {
            // Cal.com ends the name with that of the limit; HighLevel and HubSpot only say how long their window is.
            if (header.Key.StartsWith("X-RateLimit-Reset", StringComparison.OrdinalIgnoreCase) && Read(header.Value.ToString(), now) is { } reset)
                return reset;
            if (header.Key.EndsWith("RateLimit-Interval-Milliseconds", StringComparison.OrdinalIgnoreCase)
                && long.TryParse(header.Value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms is > 0 and < 86_400_000)
                interval = TimeSpan.FromMilliseconds(ms);
        }
        return interval;
    }

    /// <summary>Seconds left, a Unix time in seconds or milliseconds, or an HTTP date.</summary>
    private static TimeSpan? Read(string text, DateTimeOffset now)
    {
        text = text.Trim();
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            var seconds = number switch
            {
                < 1e9 => number,
                < 1e11 => number - now.ToUnixTimeSeconds(),
                < 1e14 => (number / 1000) - now.ToUnixTimeSeconds(),
                _ => double.NaN,
            };
            return double.IsNaN(seconds) ? null : TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86_400));
        }
        return DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date - now : null;
    }
}
