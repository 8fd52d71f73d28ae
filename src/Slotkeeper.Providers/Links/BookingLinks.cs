using Slotkeeper.Calendars;

namespace Slotkeeper.Providers.Links;

/// <summary>A booking link taken apart.</summary>
/// <param name="Provider">Whose it is.</param>
/// <param name="CanonicalUrl">The same for every spelling.</param>
/// <param name="Parts">What it names, unescaped. Calendly: profile and event, or one of both. HubSpot: the slug. Cal.com: user and event, or <c>team</c>, team and event. HighLevel: nothing, its page is asked.</param>
internal sealed record ParsedLink(Provider Provider, string CanonicalUrl, IReadOnlyList<string> Parts);

/// <summary>Tells whose a booking link is, by host and path; never by a search through the whole text.</summary>
internal static class BookingLinks
{
    public static readonly IReadOnlyList<string> Supported =
    [
        "https://calendly.com/acme/intro",
        "https://calendly.com/acme",
        "https://calendly.com/d/abc-def-ghi/intro",
        "https://meetings.hubspot.com/jane",
        "https://meetings-eu1.hubspot.com/jane/intro",
        "https://app.hubspot.com/meetings/jane",
        "https://book.example.com/meetings/jane",
        "https://api.leadconnectorhq.com/widget/booking/AbC123",
        "https://link.example.com/widget/bookings/intro",
        "https://cal.com/jane/intro",
        "https://cal.com/team/sales/intro",
    ];

    private const int MaximumLength = 2000;

    /// <summary>First segments at cal.com that are pages of the product, not people.</summary>
    private static readonly HashSet<string> CalComPages = new(StringComparer.OrdinalIgnoreCase)
    {
        "api", "apps", "auth", "availability", "blog", "booking", "bookings", "d", "docs", "event-types", "forms", "insights", "org",
        "payment", "reschedule", "resources", "routing", "settings", "signup", "solutions", "teams", "video", "workflows",
    };

    /// <returns>Null when it is no kind that is supported. Never throws.</returns>
    public static ParsedLink? Parse(string? text)
    {
        if (Address(text) is not { } uri)
            return null;
        if (Segments(uri) is not { Count: > 0 } segments)
            return null;
        var host = Host(uri);
        if (host.Length == 0)
            return null;

        var port = uri.IsDefaultPort ? "" : ":" + uri.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var canonical = $"{uri.Scheme}://{host}{port}/{string.Join('/', uri.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries))}";
        return Whose(host, segments) is var (provider, parts) ? new ParsedLink(provider, canonical, parts) : null;
    }

    private static (Provider Provider, IReadOnlyList<string> Parts)? Whose(string host, List<string> path)
    {
        if (host is "calendly.com" or "www.calendly.com")
            return (Provider.Calendly, path.Take(2).ToArray());
        if (host is "cal.com" or "www.cal.com" or "app.cal.com")
            return CalCom(path) is { } parts ? (Provider.CalCom, parts) : null;
        if (IsHubSpotMeetingsHost(host))
            return (Provider.HubSpot, [string.Join('/', path)]);
        if (IsHighLevelHost(host))
            return (Provider.HighLevel, []);

        // On any other host the path decides, as customers put these pages on domains of their own.
        for (var i = 0; i + 1 < path.Count; i++)
        {
            if (Is(path[i], "widget") && (Is(path[i + 1], "booking") || Is(path[i + 1], "bookings")) && i + 2 < path.Count)
                return (Provider.HighLevel, []);
            if (Is(path[i], "meetings"))
                return (Provider.HubSpot, [string.Join('/', path.Skip(i + 1))]);
        }
        return null;
    }

    private static string[]? CalCom(List<string> path) => path switch
    {
        [var team, _, _] when Is(team, "team") => ["team", path[1], path[2]],
        [var user, _] when !Is(user, "team") && !CalComPages.Contains(user) => [path[0], path[1]],
        _ => null,
    };

    /// <summary><c>meetings.hubspot.com</c> and the regional ones, such as <c>meetings-eu1.hubspot.com</c>.</summary>
    private static bool IsHubSpotMeetingsHost(string host) =>
        host.EndsWith(".hubspot.com", StringComparison.Ordinal) && host.Split('.') is [var first, _, _]
        && (first == "meetings" || (first.StartsWith("meetings-", StringComparison.Ordinal) && first.Length > "meetings-".Length));

    private static bool IsHighLevelHost(string host)
    {
        if (IsOrUnder(host, "leadconnectorhq.com") || IsOrUnder(host, "gohighlevel.com") || IsOrUnder(host, "msgsndr.com"))
            return true;
        var labels = host.Split('.');
        return labels.Length > 2 && labels.AsSpan(1, labels.Length - 2).Contains("highlevel");
    }

    private static bool IsOrUnder(string host, string domain) =>
        host.EndsWith(domain, StringComparison.Ordinal) && (host.Length == domain.Length || host[^(domain.Length + 1)] == '.');

    private static bool Is(string segment, string name) => segment.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static Uri? Address(string? text)
    {
        text = text?.Trim();
        if (text is not { Length: > 0 and <= MaximumLength } || text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c == '\\'))
            return null;
        if (text.StartsWith("//", StringComparison.Ordinal))
            text = "https:" + text;
        else if (!HasScheme(text))
            text = "https://" + text;
        // An @ before the path is user information, even an empty one that Uri drops.
        var authority = text.AsSpan(text.IndexOf("://", StringComparison.Ordinal) + 3);
        var end = authority.IndexOfAny('/', '?', '#');
        if ((end < 0 ? authority : authority[..end]).Contains('@'))
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 ? uri : null;

        static bool HasScheme(string value)
        {
            var colon = value.IndexOf("://", StringComparison.Ordinal);
            return colon > 0 && value.AsSpan(0, colon).IndexOfAny('/', '?', '#') < 0;
        }
    }

    private static string Host(Uri uri)
    {
        try
        {
            // The form a resolver would be asked for: circled digits and other look-alikes have become what they stand for.
            return uri.IdnHost.TrimEnd('.').ToLowerInvariant() is var host && uri.HostNameType == UriHostNameType.IPv6 ? $"[{host.Trim('[', ']')}]" : host;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or UriFormatException)
        {
            return "";
        }
    }

    /// <summary>Null when a segment could lead elsewhere once it is put into another address.</summary>
    private static List<string>? Segments(Uri uri)
    {
        var segments = new List<string>(4);
        foreach (var raw in uri.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var segment = Uri.UnescapeDataString(raw);
            if (segment.Any(char.IsControl) || segment.Contains('\\') || segment.Split('/').Any(part => part is "." or ".."))
                return null;
            segments.Add(segment);
        }
        return segments;
    }
}
