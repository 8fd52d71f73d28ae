using System.Text.Json;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Cron;

/// <summary>What a run came to, as the cron route answers it and as it is kept.</summary>
/// <param name="Work">What its time went into; null in runs that were kept before that was written down.</param>
public sealed record CronBody(
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
    DateTimeOffset Timestamp,
    RunWorkBody? Work = null)
{
    internal static CronBody Of(SweepResult result, DateTimeOffset timestamp) => new(
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
        timestamp,
        RunWorkBody.Of(result.Work));

    /// <summary>Reads one that was kept, by this version or an earlier one.</summary>
    internal static CronBody Of(RunRecord run) => JsonSerializer.Deserialize<CronBody>(run.Result, JsonForm.Options)!;
}

/// <param name="Reason">locked or disabled.</param>
internal sealed record CronSkippedBody(string Reason, DateTimeOffset Timestamp)
{
    public bool Success { get; } = true;

    public bool Skipped { get; } = true;
}
