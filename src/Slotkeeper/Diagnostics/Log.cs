using Microsoft.Extensions.Logging;

namespace Slotkeeper.Diagnostics;

/// <summary>Every log event of the core, once. Ids: 1000 refresh, 1100 runs, 1200 invalidation, 1300 bookings and offers, 1400 deliveries, 1500 follow-ups, 1600 first touch. Never reused.</summary>
internal static partial class Log
{
    [LoggerMessage(1001, LogLevel.Warning, "Calendar {CalendarId}: suspicious answer, {Before} slots fell to {After}; the old ones are kept")]
    public static partial void SuspiciousAnswer(ILogger logger, string calendarId, int before, int after);

    [LoggerMessage(1002, LogLevel.Warning, "Calendar {CalendarId}: {Past} slots from the provider lay in the past and {Unreadable} could not be read; they were left out")]
    public static partial void SlotsLeftOut(ILogger logger, string calendarId, int past, int unreadable);

    [LoggerMessage(1003, LogLevel.Information, "Calendar {CalendarId}: {Code} since {Since}: {Reason}")]
    public static partial void CalendarUnhealthy(ILogger logger, string calendarId, string code, DateTimeOffset since, string reason);

    [LoggerMessage(1004, LogLevel.Information, "Calendar {CalendarId}: recovered from {Code}")]
    public static partial void CalendarRecovered(ILogger logger, string calendarId, string code);

    [LoggerMessage(1005, LogLevel.Error, "Calendar {CalendarId}: the fetch failed unexpectedly")]
    public static partial void FetchBroke(ILogger logger, Exception exception, string calendarId);

    [LoggerMessage(1006, LogLevel.Error, "Storing {Count} fetch outcomes failed")]
    public static partial void StoreFailed(ILogger logger, Exception exception, int count);

    [LoggerMessage(1101, LogLevel.Information, "Run {InvocationId}: {Attempted} of {Checked} calendars asked, {Refreshed} refreshed, {Errors} errors, {NotAttempted} left, {DurationMs} ms")]
    public static partial void RunEnded(ILogger logger, string invocationId, int attempted, int @checked, int refreshed, int errors, int notAttempted, long durationMs);

    [LoggerMessage(1102, LogLevel.Warning, "Run {InvocationId}: the lease was lost; fetches under way were cancelled and nothing more is written")]
    public static partial void LeaseLost(ILogger logger, string invocationId);

    [LoggerMessage(1103, LogLevel.Error, "Run {InvocationId} broke")]
    public static partial void RunBroke(ILogger logger, Exception exception, string invocationId);

    [LoggerMessage(1104, LogLevel.Warning, "The lease could not be given back; it runs out by itself")]
    public static partial void LeaseNotReleased(ILogger logger, Exception exception);

    [LoggerMessage(1105, LogLevel.Warning, "The scheduled run could not be started: {Reason}")]
    public static partial void ScheduledRunFailed(ILogger logger, string reason);

    [LoggerMessage(1201, LogLevel.Information, "Loaded {Calendars} calendars of {Workspaces} workspaces in {DurationMs} ms")]
    public static partial void CatalogLoaded(ILogger logger, int calendars, int workspaces, long durationMs);

    [LoggerMessage(1202, LogLevel.Warning, "Changes of other nodes may have been missed; nothing in memory is trusted until it is read again")]
    public static partial void ChangesMissed(ILogger logger);

    [LoggerMessage(1301, LogLevel.Information, "Booking {BookingId} is settled: {Status}")]
    public static partial void Settled(ILogger logger, string bookingId, string status);

    [LoggerMessage(1302, LogLevel.Warning, "Settling waits: {Reason}")]
    public static partial void SettlingPaused(ILogger logger, string reason);

    [LoggerMessage(1321, LogLevel.Information, "Calendar {CalendarId}: {Offers} offers are withdrawn, because their slots are gone")]
    public static partial void OffersWithdrawn(ILogger logger, string calendarId, int offers);

    [LoggerMessage(1322, LogLevel.Warning, "Looking for offers that died waits: {Reason}")]
    public static partial void RecallsPaused(ILogger logger, string reason);

    [LoggerMessage(1401, LogLevel.Warning, "Webhook endpoint {EndpointId} of agency {AgencyId} is disabled: {Reason}")]
    public static partial void EndpointDisabled(ILogger logger, string endpointId, string agencyId, string reason);

    [LoggerMessage(1402, LogLevel.Warning, "Delivery {DeliveryId} to webhook endpoint {EndpointId} is given up after {Attempts} attempts")]
    public static partial void DeliveryGivenUp(ILogger logger, string deliveryId, string endpointId, int attempts);

    [LoggerMessage(1403, LogLevel.Warning, "Deliveries wait: {Reason}")]
    public static partial void DeliveriesPaused(ILogger logger, string reason);

    [LoggerMessage(1404, LogLevel.Error, "Delivery {DeliveryId} failed unexpectedly; trying again")]
    public static partial void DeliveryBroke(ILogger logger, Exception exception, string deliveryId);

    [LoggerMessage(1501, LogLevel.Error, "Follow-up {FollowUpId} failed unexpectedly; trying again")]
    public static partial void FollowUpBroke(ILogger logger, Exception exception, string followUpId);

    [LoggerMessage(1502, LogLevel.Warning, "Follow-ups wait: {Reason}")]
    public static partial void FollowUpsPaused(ILogger logger, string reason);

    [LoggerMessage(1601, LogLevel.Information, "First touch {InvocationId}: {Updated} of {Due} due leads got times, {Scanned} leads scanned, {Errors} errors, finished {Finished}, {DurationMs} ms")]
    public static partial void FirstTouchEnded(ILogger logger, string invocationId, int updated, int due, int scanned, int errors, bool finished, long durationMs);

    [LoggerMessage(1602, LogLevel.Error, "First touch {InvocationId} broke")]
    public static partial void FirstTouchBroke(ILogger logger, Exception exception, string invocationId);

    [LoggerMessage(1603, LogLevel.Error, "First touch, workspace {WorkspaceId}, lead {LeadId}: failed unexpectedly")]
    public static partial void LeadTouchBroke(ILogger logger, Exception exception, string workspaceId, string leadId);

    [LoggerMessage(1701, LogLevel.Error, "An agent's errand failed unexpectedly")]
    public static partial void ErrandFailed(ILogger logger, Exception exception);
}
