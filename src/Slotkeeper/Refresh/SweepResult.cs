namespace Slotkeeper.Refresh;

/// <summary>Which calendars a run takes.</summary>
public enum SweepMode
{
    /// <summary>Every configured calendar.</summary>
    All,

    /// <summary>Those whose <see cref="Snapshots.CalendarState.StaleAt"/> has come.</summary>
    Due,
}

/// <summary>What a run is asked to do. Values are checked where they come in; nothing out of range arrives here.</summary>
/// <param name="Mode">Which calendars.</param>
/// <param name="Trigger">Who asks.</param>
/// <param name="Limit">Calendars, 0 disables; null for no bound.</param>
/// <param name="TimeBudget">From the start to the answer.</param>
/// <param name="Concurrency">Fetches at once; null for automatic.</param>
/// <param name="Spacing">Only when no run has begun within this time, by the database's clock; zero for any time.</param>
public sealed record SweepRequest(
    SweepMode Mode,
    SweepTrigger Trigger,
    int? Limit,
    TimeSpan TimeBudget,
    int? Concurrency,
    TimeSpan Spacing = default);

/// <summary>Who started a run.</summary>
public enum SweepTrigger
{
    /// <summary>The built-in minute schedule: one run a minute over all nodes.</summary>
    Schedule,

    /// <summary>The cron route.</summary>
    Cron,
}

/// <summary>What became of a request for a run.</summary>
public abstract record SweepOutcome
{
    private SweepOutcome()
    {
    }

    /// <summary>It ran to its end or its budget.</summary>
    public sealed record Ran(SweepResult Result) : SweepOutcome;

    /// <summary>Another run holds the lease, or has begun within the spacing that was asked for.</summary>
    /// <param name="RetryIn">When the holder's lease ends unless it is renewed; null when nobody holds it.</param>
    public sealed record Locked(TimeSpan? RetryIn) : SweepOutcome;

    /// <summary>The limit is 0.</summary>
    public sealed record Disabled : SweepOutcome;
}

/// <summary>Counts of one run. <c>Checked = Attempted + SkippedBackoff + SkippedNotConfigured + NotAttempted</c>; <c>Attempted = Refreshed + SkippedUnsupportedDuration + ErrorCount</c>.</summary>
public sealed record SweepResult
{
    /// <summary>At most this many error texts are kept; the count is exact.</summary>
    public const int MaximumErrors = 100;

    public required string InvocationId { get; init; }
    public required SweepMode Mode { get; init; }
    public required SweepTrigger Trigger { get; init; }
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Calendars the run was to take.</summary>
    public int Checked { get; init; }

    /// <summary>Calendars whose provider was asked.</summary>
    public int Attempted { get; init; }

    /// <summary>Fetched with success, changed or not.</summary>
    public int Refreshed { get; init; }

    /// <summary>Of those, with the content there was before.</summary>
    public int Unchanged { get; init; }

    /// <summary>Workspaces without a default calendar; they are not among the checked.</summary>
    public int SkippedNoDefault { get; init; }

    public int SkippedUnsupportedDuration { get; init; }
    public int SkippedBackoff { get; init; }
    public int SkippedNotConfigured { get; init; }

    /// <summary>Left over when the time or a provider's budget ran out; first in line next time.</summary>
    public int NotAttempted { get; init; }

    public IReadOnlyList<string> Errors { get; init; } = [];
    public int ErrorCount { get; init; }
    public bool FinishedWithinBudget => NotAttempted == 0;

    /// <summary>Read before the run, except the ages, which are read after it.</summary>
    public required FleetMetrics Metrics { get; init; }
    public long DurationMs { get; init; }

    /// <summary>What its time went into.</summary>
    public required SweepWork Work { get; init; }

    /// <summary>Every fetch of it.</summary>
    public required SweepTrace Trace { get; init; }
}
