namespace Slotkeeper.Providers.Calendly;

/// <summary>Takes Calendly's URIs apart.</summary>
internal static class CalendlyIds
{
    /// <summary>The last part of a URI, or the id itself; null when it is no id.</summary>
    public static string? Last(string? uri)
    {
        if (uri is null)
            return null;
        uri = uri.TrimEnd('/');
        var id = uri[(uri.LastIndexOf('/') + 1)..];
        return IsId(id) ? id : null;
    }

    /// <summary>The scheduled event in the URI of an event or of one of its invitees.</summary>
    public static string? EventOf(string? uri) => After(uri, "/scheduled_events/");

    /// <summary>The invitee in its URI; null in the URI of an event.</summary>
    public static string? InviteeOf(string? uri) => After(uri, "/invitees/");

    private static string? After(string? uri, string mark)
    {
        var at = uri?.IndexOf(mark, StringComparison.Ordinal) ?? -1;
        if (at < 0)
            return null;
        var id = uri![(at + mark.Length)..].Split('/')[0];
        return IsId(id) ? id : null;
    }

    private static bool IsId(string id) => id.Length is > 0 and <= 100 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
