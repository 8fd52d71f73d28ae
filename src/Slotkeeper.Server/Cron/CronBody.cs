using Slotkeeper.Refresh;

namespace Slotkeeper.Server.Cron;

/// <summary>What a run came to, as the cron route answers it and as it is kept.</summary>
internal sealed record CronBody(
    bool Success,
    string InvocationId,
    string Mode,
    int Checked,
    int Attempted,
    int Refreshed,
    int Unchanged,
    int SkippedNoDefault,
    int SkippedUnsupportedDuration,
    int SkippedBackoff,
    int SkippedNotConfigured,
    int NotAttempted,
    IReadOnlyList<string> Errors,
    int ErrorCount,
    bool FinishedWithinBudget,
    FleetMetrics Metrics,
    long DurationMs,
    DateTimeOffset Timestamp)
{
    public static CronBody Of(SweepResult result, DateTimeOffset timestamp) => new(
        true,
        result.InvocationId,
        result.Mode == SweepMode.Due ? "due" : "all",
        result.Checked,
        result.Attempted,
        result.Refreshed,
        result.Unchanged,
        result.SkippedNoDefault,
        result.SkippedUnsupportedDuration,
        result.SkippedBackoff,
        result.SkippedNotConfigured,
        result.NotAttempted,
        result.Errors,
        result.ErrorCount,
        result.FinishedWithinBudget,
        result.Metrics,
        result.DurationMs,
        timestamp);
}

/// <param name="Reason">locked or disabled.</param>
internal sealed record CronSkippedBody(string Reason, DateTimeOffset Timestamp)
{
    public bool Success { get; } = true;

    public bool Skipped { get; } = true;
}
