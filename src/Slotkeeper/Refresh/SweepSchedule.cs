using Microsoft.Extensions.Logging;
using Slotkeeper.Diagnostics;

namespace Slotkeeper.Refresh;

/// <summary>
/// The built-in minute schedule. The node that ran last runs again a minute after it began; every other node looks every few
/// seconds whether that node has failed to, so a dead one is followed within seconds and nobody runs twice.
/// </summary>
public sealed class SweepSchedule(SweepRunner runner, AvailabilityOptions options, TimeProvider clock, ILogger<SweepSchedule> logger)
{
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>How often a node that does not run looks after the one that does.</summary>
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(5);

    /// <summary>The runner's own clock and the database's may differ by this over a minute.</summary>
    private static readonly TimeSpan OwnSpacing = Period - TimeSpan.FromSeconds(1);

    /// <summary>Others give the runner this much longer, so that it keeps its place.</summary>
    private static readonly TimeSpan OthersSpacing = Period + TimeSpan.FromSeconds(2);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var spacing = OthersSpacing;
        while (true)
        {
            var began = clock.GetTimestamp();
            var wait = Watch;
            try
            {
                var request = new SweepRequest(SweepMode.All, SweepTrigger.Schedule, options.Limit, options.TimeBudget, options.Concurrency, spacing);
                switch (await runner.RunAsync(request, cancellationToken))
                {
                    case SweepOutcome.Ran:
                        spacing = OwnSpacing;
                        wait = Period - clock.GetElapsedTime(began);
                        break;
                    case SweepOutcome.Locked { RetryIn: { } retryIn } when retryIn < Watch:
                        spacing = OthersSpacing;
                        wait = retryIn;
                        break;
                    default:
                        spacing = OthersSpacing;
                        break;
                }
            }
            catch (StorageUnavailableException exception)
            {
                Log.ScheduledRunFailed(logger, exception.Message);
            }
            catch (SweepBrokeException)
            {
                // Logged where it broke; the next look tries again.
            }
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, clock, cancellationToken);
        }
    }
}
