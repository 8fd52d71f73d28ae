using Slotkeeper.Audit;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>Work that begins when everything is in memory and ends with the process: whatever breaks it once must not end it for all.</summary>
internal abstract class LastingWork(Catalog catalog, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(10);

    /// <summary>Runs until cancelled; begun anew a while after it broke.</summary>
    protected abstract Task WorkAsync(CancellationToken cancellationToken);

    /// <summary>Says that it broke.</summary>
    protected abstract void Broke(Exception fault);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Actor.Current = Actor.Worker(GetType().Name);
        while (!catalog.IsLoaded)
            await Task.Delay(Pause, clock, stoppingToken);
        while (true)
        {
            try
            {
                await WorkAsync(stoppingToken);
            }
#pragma warning disable CA1031 // See the summary; what it was at has a lease or a mark that brings it again.
            catch (Exception fault) when (fault is not OperationCanceledException)
#pragma warning restore CA1031
            {
                Broke(fault);
                await Task.Delay(AfterFault, clock, stoppingToken);
            }
        }
    }
}
