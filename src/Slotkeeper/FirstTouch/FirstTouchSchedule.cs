using Microsoft.Extensions.Logging;
using Slotkeeper.Diagnostics;
using Slotkeeper.Refresh;

namespace Slotkeeper.FirstTouch;

/// <summary>The built-in minute schedule of first touch.</summary>
public sealed class FirstTouchSchedule(FirstTouchRunner runner, TimeProvider clock, ILogger<FirstTouchSchedule> logger)
{
    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => MinuteRounds.RunAsync(RoundAsync, clock, cancellationToken);

    private async Task<RoundOutcome?> RoundAsync(TimeSpan spacing, CancellationToken cancellationToken)
    {
        try
        {
            return await runner.RunAsync(new FirstTouchRequest(FirstTouchRequest.Usual, Spacing: spacing), cancellationToken) switch
            {
                FirstTouchOutcome.Ran => new RoundOutcome(true, null),
                FirstTouchOutcome.Locked locked => new RoundOutcome(false, locked.RetryIn),
                _ => throw new InvalidOperationException("No such outcome of a run."),
            };
        }
        catch (StorageUnavailableException exception)
        {
            Log.ScheduledRunFailed(logger, exception.Message);
            return null;
        }
    }
}
