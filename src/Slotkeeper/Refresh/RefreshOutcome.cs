using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>How one refresh of a calendar ended.</summary>
public enum RefreshKind
{
    /// <summary>Fetched, and something changed.</summary>
    Refreshed,

    /// <summary>Fetched, and nothing changed.</summary>
    Unchanged,

    /// <summary>Refused for quantity; see <see cref="RefreshOutcome.RetryAt"/>.</summary>
    RateLimited,

    /// <summary>The provider said no for good until something is changed: credential, link or duration.</summary>
    Refused,

    /// <summary>The event type does not have the length asked for.</summary>
    UnsupportedDuration,

    /// <summary>It cannot be asked with the settings as they are.</summary>
    NotConfigured,

    /// <summary>No usable answer came: worth trying again soon.</summary>
    Failed,

    /// <summary>Two reads of a sudden fall did not agree: the old slots are kept.</summary>
    Suspicious,

    /// <summary>What is asked of the provider changed while it was fetched: what was fetched is thrown away and the calendar is due again.</summary>
    Superseded,

    /// <summary>The run that fetched it lost its lease: nothing was written.</summary>
    Fenced,

    /// <summary>The database is away: nothing was written.</summary>
    NotStored,

    /// <summary>Not finished when the caller's patience ended; it goes on.</summary>
    StillRunning,

    /// <summary>Cancelled at the run's deadline or at shutdown.</summary>
    Cancelled,
}

/// <summary>What a refresh came to.</summary>
/// <param name="Kind">How it ended.</param>
/// <param name="Error">What is wrong; null when nothing is.</param>
/// <param name="RetryAt">When to ask again, UTC; null for no particular time.</param>
/// <param name="SlotCount">Future slots there are now.</param>
/// <param name="Added">Future slots that were not there before.</param>
/// <param name="Removed">Future slots that are no longer there.</param>
/// <param name="DurationMs">Milliseconds from the start to the stored outcome.</param>
/// <param name="Asked">Whether the provider was asked at all, rather than our own budget refusing.</param>
public sealed record RefreshOutcome(
    RefreshKind Kind,
    RefreshError? Error = null,
    DateTimeOffset? RetryAt = null,
    int SlotCount = 0,
    int Added = 0,
    int Removed = 0,
    long DurationMs = 0,
    bool Asked = true)
{
    /// <summary>It counts, but something changed at the provider while it was fetched: the calendar is due again at once.</summary>
    public bool IsDueAgain { get; init; }

    /// <summary>Whether somebody who wants the truth of now has to ask once more.</summary>
    public bool IsOvertaken => Kind == RefreshKind.Superseded || (IsSuccess && IsDueAgain);

    public bool IsSuccess => Kind is RefreshKind.Refreshed or RefreshKind.Unchanged;
}
