using Slotkeeper.Deliveries;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>Sends what is in the outbox, for as long as the process lives.</summary>
internal sealed class Delivering(Deliverer deliverer, Catalog catalog, TimeProvider clock, ILogger<Delivering> logger) : BackgroundService
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
                await deliverer.RunAsync(stoppingToken);
            }
#pragma warning disable CA1031 // Whatever breaks it must not leave everybody untold.
            catch (Exception fault) when (fault is not OperationCanceledException)
#pragma warning restore CA1031
            {
                ServerLog.DeliveringBroke(logger, fault);
                await Task.Delay(AfterFault, clock, stoppingToken);
            }
        }
    }
}
