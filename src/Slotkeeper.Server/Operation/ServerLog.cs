namespace Slotkeeper.Server.Operation;

/// <summary>Every log event of the server, once. Ids: 6000 start, 6100 requests, 6200 workers. Never reused.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(6001, LogLevel.Information, "Slotkeeper listens at {Address}, data in {Database}")]
    public static partial void Listening(ILogger logger, string address, string database);

    [LoggerMessage(6002, LogLevel.Warning, "The database is away ({Reason}); the server answers 503 and tries again until it is back")]
    public static partial void StorageAwayAtStart(ILogger logger, string reason);

    [LoggerMessage(6003, LogLevel.Information, "The database is back")]
    public static partial void StorageBack(ILogger logger);

    [LoggerMessage(6004, LogLevel.Critical, "The server cannot go on: {Reason}")]
    public static partial void CannotGoOn(ILogger logger, string reason);

    [LoggerMessage(6005, LogLevel.Warning, "SLOTKEEPER_ADMIN_KEY is shorter than {Least} characters; use a longer one")]
    public static partial void ShortAdminKey(ILogger logger, int least);

    [LoggerMessage(6006, LogLevel.Information, "SLOTKEEPER_MASTER_KEY is not set: connections with credentials cannot be created")]
    public static partial void NoMasterKey(ILogger logger);

    [LoggerMessage(6007, LogLevel.Information, "CRON_SECRET is not set: the cron routes answer 503")]
    public static partial void NoCronSecret(ILogger logger);

    [LoggerMessage(6101, LogLevel.Error, "{Method} {Path} failed unexpectedly, trace {TraceId}")]
    public static partial void RequestFailed(ILogger logger, Exception exception, string method, string path, string traceId);

    [LoggerMessage(6102, LogLevel.Warning, "{Method} {Path}: the database does not answer: {Reason}")]
    public static partial void StorageAway(ILogger logger, string method, string path, string reason);

    [LoggerMessage(6201, LogLevel.Warning, "Run {InvocationId} could not be written down")]
    public static partial void RunNotKept(ILogger logger, Exception exception, string invocationId);

    [LoggerMessage(6202, LogLevel.Warning, "Connections changed elsewhere could not be read: {Reason}; trying again")]
    public static partial void ConnectionsNotRead(ILogger logger, string reason);

    [LoggerMessage(6301, LogLevel.Error, "Settling bookings failed unexpectedly; trying again")]
    public static partial void SettlingBroke(ILogger logger, Exception exception);

    [LoggerMessage(6303, LogLevel.Error, "Withdrawing offers whose slots are gone failed unexpectedly; trying again")]
    public static partial void RecallingBroke(ILogger logger, Exception exception);

    [LoggerMessage(6302, LogLevel.Error, "Delivering events failed unexpectedly; trying again")]
    public static partial void DeliveringBroke(ILogger logger, Exception exception);

    [LoggerMessage(6305, LogLevel.Error, "Forgetting old offers failed unexpectedly; trying again")]
    public static partial void ForgettingBroke(ILogger logger, Exception exception);

    [LoggerMessage(6304, LogLevel.Error, "A run of follow-ups failed; the next one tries again")]
    public static partial void FollowUpRunBroke(ILogger logger, Exception exception);

    [LoggerMessage(6401, LogLevel.Information, "Webhook for {Provider} refused: {Verdict}")]
    public static partial void WebhookRefused(ILogger logger, string provider, string verdict);

    [LoggerMessage(6402, LogLevel.Error, "Webhook {EventId} of connection {ConnectionId} could not be worked on; trying again")]
    public static partial void WebhookBroke(ILogger logger, Exception exception, string connectionId, string eventId);

    [LoggerMessage(6403, LogLevel.Warning, "Webhooks wait: {Reason}")]
    public static partial void WebhooksWait(ILogger logger, string reason);

    [LoggerMessage(6404, LogLevel.Information, "Booking {BookingId} follows its provider: {Status}")]
    public static partial void BookingFollowed(ILogger logger, string bookingId, string status);

    [LoggerMessage(6405, LogLevel.Warning, "Booking {BookingId} was moved at its provider to a time that somebody else has here; it is kept as it was")]
    public static partial void BookingCannotFollow(ILogger logger, string bookingId);

    [LoggerMessage(6406, LogLevel.Information, "Webhook of connection {ConnectionId} is registered at {Provider}")]
    public static partial void WebhookRegistered(ILogger logger, string connectionId, string provider);

    [LoggerMessage(6407, LogLevel.Warning, "Webhook of connection {ConnectionId} cannot be registered at {Provider}: {Reason}")]
    public static partial void WebhookNotRegistered(ILogger logger, string connectionId, string provider, string reason);

    [LoggerMessage(6408, LogLevel.Warning, "Webhook of deleted or changed connection {ConnectionId} was left at {Provider}: {Reason}")]
    public static partial void WebhookLeft(ILogger logger, string connectionId, string provider, string reason);

    [LoggerMessage(6409, LogLevel.Warning, "No webhook came for {Missed} changes of connection {ConnectionId}: its calendars are read more often")]
    public static partial void SourceSilent(ILogger logger, string connectionId, int missed);

    [LoggerMessage(6600, LogLevel.Error, "Removing audit records whose time is over failed unexpectedly; trying again")]
    public static partial void AuditPruningBroke(ILogger logger, Exception exception);

    [LoggerMessage(6601, LogLevel.Error, "The audit of {AgencyId} is not as it was written, and nothing of it is removed; `slotkeeper audit verify` says where")]
    public static partial void AuditBroken(ILogger logger, string agencyId);

    [LoggerMessage(6410, LogLevel.Error, "Webhooks of connection {ConnectionId} could not be looked after; trying again")]
    public static partial void WebhookKeepingBroke(ILogger logger, Exception exception, string connectionId);

    [LoggerMessage(6620, LogLevel.Information, "Sealed anew with the present keys: {DataKeys} data keys, {Secrets} secrets")]
    public static partial void SealedAnew(ILogger logger, int dataKeys, int secrets);

    [LoggerMessage(6621, LogLevel.Information, "Nothing needs the master key with id {KeyId} any more: SLOTKEEPER_MASTER_KEY_PREVIOUS can be taken away")]
    public static partial void PreviousKeyNotNeeded(ILogger logger, string keyId);

    [LoggerMessage(6622, LogLevel.Error, "Sealing secrets anew failed unexpectedly; trying again")]
    public static partial void SecretKeepingBroke(ILogger logger, Exception exception);

    [LoggerMessage(6623, LogLevel.Warning, "A secret of {Owner} ({Field}) or its data key does not open; it is left as it is")]
    public static partial void SecretLeft(ILogger logger, string owner, string field);

    [LoggerMessage(6624, LogLevel.Error, "Writing when keys were last used failed unexpectedly; trying again")]
    public static partial void KeyUseBroke(ILogger logger, Exception exception);

    [LoggerMessage(6625, LogLevel.Error, "Looking at the budgets of connections failed unexpectedly; trying again")]
    public static partial void BudgetSamplingBroke(ILogger logger, Exception exception);

    [LoggerMessage(6501, LogLevel.Warning, "A function call was refused: its signature is not good")]
    public static partial void FunctionCallRefused(ILogger logger);

    [LoggerMessage(6511, LogLevel.Warning, "{Count} calls without a valid key were refused, the last of {Route}")]
    public static partial void Unauthenticated(ILogger logger, long count, string route);

    [LoggerMessage(6512, LogLevel.Warning, "{Count} calls were refused because of the key's role, the last of {Route} by key {KeyId}")]
    public static partial void Forbidden(ILogger logger, long count, string route, string keyId);
}
