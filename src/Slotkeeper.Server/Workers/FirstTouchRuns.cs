using Slotkeeper.Audit;
using Slotkeeper.FirstTouch;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>The built-in schedule of first touch, where an outside one does not do it.</summary>
internal sealed class FirstTouchRuns(FirstTouchSchedule schedule, Catalog catalog, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Actor.Current = Actor.Worker(nameof(FirstTouchRuns));
        while (!catalog.IsLoaded)
            await Task.Delay(Pause, clock, stoppingToken);
        await schedule.RunAsync(stoppingToken);
    }
}
