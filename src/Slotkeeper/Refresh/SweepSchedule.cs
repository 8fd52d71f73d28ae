using Microsoft.Extensions.Logging;
using Slotkeeper.Diagnostics;

namespace Slotkeeper.Refresh;

/// <summary>The built-in minute schedule of the refresh runs.</summary>
public sealed class SweepSchedule(SweepRunner runner, AvailabilityOptions options, TimeProvider clock, ILogger<SweepSchedule> logger)
{
    public static readonly TimeSpan Period = MinuteRounds.Period;

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => MinuteRounds.RunAsync(RoundAsync, clock, cancellationToken);

    private async Task<RoundOutcome?> RoundAsync(TimeSpan spacing, CancellationToken cancellationToken)
    {
        try
        {
            var request = new SweepRequest(SweepMode.All, SweepTrigger.Schedule, options.Limit, options.TimeBudget, options.Concurrency, spacing);
            return await runner.RunAsync(request, cancellationToken) switch
            {
                SweepOutcome.Ran => new RoundOutcome(true, null),
                SweepOutcome.Locked locked => new RoundOutcome(false, locked.RetryIn),
                _ => new RoundOutcome(false, null),
            };
        }
        catch (StorageUnavailableException exception)
        {
            Log.ScheduledRunFailed(logger, exception.Message);
        }
        catch (SweepBrokeException)
        {
            // Logged where it broke; the next look tries again.
        }
        return null;
    }
}
