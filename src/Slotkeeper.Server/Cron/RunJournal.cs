using System.Text.Json;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Operation;

namespace Slotkeeper.Server.Cron;

/// <summary>Keeps the runs of the last days for people.</summary>
internal sealed class RunJournal(IRunStore runs, ILogger<RunJournal> logger)
{
    /// <summary>Keeps one. A run that cannot be written down has still done its work, so this does not fail it.</summary>
    public async Task SaveAsync(SweepResult result, CronBody body, CancellationToken cancellationToken)
    {
        try
        {
            await runs.SaveAsync(
                new RunRecord(
                    result.InvocationId,
                    result.StartedAt,
                    result.DurationMs,
                    result.Trigger == SweepTrigger.Schedule ? "schedule" : "cron",
                    JsonSerializer.Serialize(body, JsonForm.Options)),
                cancellationToken);
        }
        catch (StorageUnavailableException exception)
        {
            ServerLog.RunNotKept(logger, exception, result.InvocationId);
        }
    }
}
