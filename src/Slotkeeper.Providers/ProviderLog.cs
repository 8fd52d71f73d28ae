using Microsoft.Extensions.Logging;

namespace Slotkeeper.Providers;

/// <summary>Every log event of the providers, 2000 to 2099. No addresses, no texts of providers, no credentials.</summary>
internal static partial class ProviderLog
{
    [LoggerMessage(2000, LogLevel.Warning, "{Provider} sent {Count} unreadable slots for calendar {CalendarId}; they were left out.")]
    public static partial void UnreadableSlots(ILogger logger, string provider, int count, string calendarId);

    [LoggerMessage(2001, LogLevel.Warning, "{Provider} sent {Count} slots that have passed for calendar {CalendarId}; they were left out.")]
    public static partial void PastSlots(ILogger logger, string provider, int count, string calendarId);

    [LoggerMessage(2002, LogLevel.Warning, "The Calendly link of calendar {CalendarId} names no event type and its profile has {Count}; the first is used.")]
    public static partial void SeveralEventTypes(ILogger logger, string calendarId, int count);

    [LoggerMessage(2003, LogLevel.Warning, "{Provider} asked for a pause; {Gate} is not called before {Until:O}.")]
    public static partial void Paused(ILogger logger, string provider, string gate, DateTimeOffset until);

    [LoggerMessage(2004, LogLevel.Warning, "Breaker of {Gate} ({Provider}) opened.")]
    public static partial void BreakerOpened(ILogger logger, string provider, string gate);

    [LoggerMessage(2005, LogLevel.Information, "Breaker of {Gate} ({Provider}) closed.")]
    public static partial void BreakerClosed(ILogger logger, string provider, string gate);

    [LoggerMessage(2006, LogLevel.Warning, "An address given for calendar {CalendarId} was refused because it is not public.")]
    public static partial void EgressRefused(ILogger logger, string calendarId);

    [LoggerMessage(2007, LogLevel.Warning, "The address for message {MessageId} was refused because it is not public.")]
    public static partial void DeliveryRefused(ILogger logger, string messageId);
}
