using Slotkeeper.Bookings;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>Settles what was begun and not ended, for as long as the process lives.</summary>
internal sealed class Settling(Settler settler, Catalog catalog, TimeProvider clock, ILogger<Settling> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!catalog.IsLoaded)
            await Task.Delay(Pause, clock, stoppingToken);
        while (true)
        {
            try
            {
                await settler.RunAsync(stoppingToken);
            }
#pragma warning disable CA1031 // One booking that breaks must not leave all others unsettled; its lease brings it again.
            catch (Exception fault) when (fault is not OperationCanceledException)
#pragma warning restore CA1031
            {
                ServerLog.SettlingBroke(logger, fault);
                await Task.Delay(AfterFault, clock, stoppingToken);
            }
        }
    }
}
