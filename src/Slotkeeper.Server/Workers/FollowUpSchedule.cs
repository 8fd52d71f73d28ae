using Slotkeeper.Audit;
using Slotkeeper.FollowUps;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>Sends follow-ups every minute, where an outside schedule does not do it. On every node: what one has taken, no other takes.</summary>
internal sealed class FollowUpSchedule(FollowUpRunner runner, AvailabilityOptions options, Catalog catalog, TimeProvider clock, ILogger<FollowUpSchedule> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Actor.Current = Actor.Worker(nameof(FollowUpSchedule));
        while (!catalog.IsLoaded)
            await Task.Delay(Pause, clock, stoppingToken);
        while (true)
        {
            var began = clock.GetTimestamp();
            try
            {
                await runner.RunAsync(options.TimeBudget, stoppingToken);
            }
            catch (StorageUnavailableException)
            {
                // Said by whoever needs it now; what was due is still due.
            }
#pragma warning disable CA1031 // Whatever breaks one run must not end all others; what was due is still due.
            catch (Exception fault) when (fault is not OperationCanceledException)
#pragma warning restore CA1031
            {
                ServerLog.FollowUpRunBroke(logger, fault);
            }
            if (Period - clock.GetElapsedTime(began) is { Ticks: > 0 } wait)
                await Task.Delay(wait, clock, stoppingToken);
        }
    }
}
