using System.Text.Json;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Operation;

namespace Slotkeeper.Server.Cron;

/// <summary>Keeps the runs of the last days for people.</summary>
internal sealed class RunJournal(IRunStore runs, RunTraces traces, TimeProvider clock, ILogger<RunJournal> logger)
{
    /// <summary>Keeps one. A run that cannot be written down has still done its work, so this does not fail it.</summary>
    public async Task SaveAsync(SweepResult result, CancellationToken cancellationToken)
    {
        traces.Keep(result.InvocationId, result.Trace);
        try
        {
            await runs.SaveAsync(
                new RunRecord(
                    result.InvocationId,
                    result.StartedAt,
                    result.DurationMs,
                    result.Trigger == SweepTrigger.Schedule ? "schedule" : "cron",
                    JsonSerializer.Serialize(CronBody.Of(result, clock.GetUtcNow()), JsonForm.Options)),
                cancellationToken);
        }
        catch (StorageUnavailableException exception)
        {
            ServerLog.RunNotKept(logger, exception, result.InvocationId);
        }
    }
}
