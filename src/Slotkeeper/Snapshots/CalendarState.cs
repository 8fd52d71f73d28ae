namespace Slotkeeper.Snapshots;

/// <summary>The stable codes of what may be wrong with a calendar's data, as they appear in <c>lastError.code</c>.</summary>
public static class RefreshErrorCodes
{
    public const string ProviderUnreachable = "provider_unreachable";
    public const string RateLimited = "rate_limited";
    public const string Unauthorized = "unauthorized";
    public const string NotFound = "not_found";
    public const string MalformedAnswer = "malformed_answer";
    public const string NoCalendar = "no_calendar";
    public const string UnsupportedDuration = "unsupported_duration";
    public const string SuspiciousAnswer = "suspicious_answer";
    public const string NotFetchedYet = "not_fetched_yet";
    public const string NotConfigured = "not_configured";
}

/// <summary>What is wrong and since when.</summary>
/// <param name="Code">One of <see cref="RefreshErrorCodes"/>.</param>
/// <param name="Message">For people; names what to change where something can be changed. No secrets.</param>
/// <param name="Since">Start of the first attempt that failed this way without a success in between, UTC.</param>
public sealed record RefreshError(string Code, string Message, DateTimeOffset Since);

/// <summary>
/// What is known of one calendar's freshness. Last success, last attempt and last error are three separate facts: an attempt
/// that failed never makes data younger and never touches the slots.
/// </summary>
/// <param name="Epoch">Adds one with every event that may change availability; 1 for a new calendar.</param>
/// <param name="StaleAt">When it is due again, UTC; the past when it is due at once.</param>
/// <param name="LastSuccessAt">Start of the last fetch that succeeded, UTC; null while nothing was ever fetched.</param>
/// <param name="LastAttemptAt">Start of the last fetch of any outcome, UTC.</param>
/// <param name="BackoffUntil">Not asked again by a run before this, UTC; null when there is no back-off.</param>
/// <param name="Error">Null when the last attempt succeeded.</param>
/// <param name="Failures">Attempts that failed in a row.</param>
/// <param name="RangeEnd">End of what the last success covers, UTC; null before the first.</param>
public sealed record CalendarState(
    long Epoch,
    DateTimeOffset StaleAt,
    DateTimeOffset? LastSuccessAt,
    DateTimeOffset? LastAttemptAt,
    DateTimeOffset? BackoffUntil,
    RefreshError? Error,
    int Failures,
    DateTimeOffset? RangeEnd)
{
    /// <summary>A calendar nobody has asked yet.</summary>
    public static CalendarState New { get; } = new(1, DateTimeOffset.UnixEpoch, null, null, null, null, 0, null);
}

/// <summary>All slots of one successful fetch, packed (see <see cref="SnapshotCodec"/>). Immutable.</summary>
/// <param name="Packed">Starts.</param>
/// <param name="Count">How many.</param>
/// <param name="DurationSeconds">Length of each slot.</param>
public sealed record Snapshot(byte[] Packed, int Count, int DurationSeconds)
{
    public static readonly Snapshot Empty = new([], 0, 1800);
}
