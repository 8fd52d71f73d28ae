using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Dashboard;

/// <summary>What the codes of <see cref="RefreshErrorCodes"/> mean for whoever has to do something about them.</summary>
internal static class ErrorAdvice
{
    /// <summary>A few words.</summary>
    public static string Name(string code) => code switch
    {
        RefreshErrorCodes.ProviderUnreachable => "Provider does not answer",
        RefreshErrorCodes.RateLimited => "Provider asks to wait",
        RefreshErrorCodes.Unauthorized => "Credential refused",
        RefreshErrorCodes.NotFound => "Event type not found",
        RefreshErrorCodes.MalformedAnswer => "Unreadable answer",
        RefreshErrorCodes.NoCalendar => "No calendar",
        RefreshErrorCodes.UnsupportedDuration => "Length not offered",
        RefreshErrorCodes.SuspiciousAnswer => "Suspicious answer",
        RefreshErrorCodes.NotFetchedYet => "Not read yet",
        RefreshErrorCodes.NotConfigured => "Not configured",
        _ => "Something is wrong",
    };

    /// <summary>What to do.</summary>
    public static string For(string code) => code switch
    {
        RefreshErrorCodes.ProviderUnreachable => "It is tried again by itself, and what was read before is kept with its true age. If it lasts, look at the provider's status page and at the connection.",
        RefreshErrorCodes.RateLimited => "It is read again when the provider allows. If this is usual, look at the plan: spread the calendars over more connections.",
        RefreshErrorCodes.Unauthorized => "Put a new credential into the connection, with the right to read this event type.",
        RefreshErrorCodes.NotFound => "Open the booking link in a browser: it was renamed, removed or made private. Put the right one into the workspace's settings.",
        RefreshErrorCodes.MalformedAnswer => "It is tried again by itself. If it lasts, the provider has changed something: tell whoever runs this server, with the message.",
        RefreshErrorCodes.NoCalendar => "Put a booking link or an event type into the workspace's settings.",
        RefreshErrorCodes.UnsupportedDuration => "Set the calendar's duration to one that the event type has, or leave it empty for the event type's own.",
        RefreshErrorCodes.SuspiciousAnswer => "Nearly all times were gone at once and a second read did not agree, so the earlier ones are kept. If the calendar really is full, the next reads will agree.",
        RefreshErrorCodes.NotFetchedYet => "It is due at once; the next run takes it.",
        RefreshErrorCodes.NotConfigured => "The message names the setting that is missing.",
        _ => "The message says more.",
    };

    /// <summary>Whether waiting may help.</summary>
    public static bool PassesByItself(string code) => code is RefreshErrorCodes.ProviderUnreachable or RefreshErrorCodes.RateLimited or RefreshErrorCodes.MalformedAnswer
        or RefreshErrorCodes.SuspiciousAnswer or RefreshErrorCodes.NotFetchedYet;
}
