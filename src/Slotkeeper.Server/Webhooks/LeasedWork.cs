using Slotkeeper.Refresh;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Webhooks;

/// <summary>Looks at the webhooks of connections again and again, on one node at a time.</summary>
internal abstract class LeasedWork(string name, ILeaseStore leases, Catalog catalog, TimeProvider clock, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>Whose turn it is.</summary>
    protected LeasedTurn Turn { get; } = new(leases, name);

    protected abstract Task LookAsync(CancellationToken cancellationToken);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Look, clock, stoppingToken);
                if (!catalog.IsLoaded)
                    continue;
                try
                {
                    if (await Turn.IsOursAsync(stoppingToken))
                        await LookAsync(stoppingToken);
                }
                catch (StorageUnavailableException away)
                {
                    ServerLog.WebhooksWait(logger, away.Message);
                }
            }
        }
        finally
        {
            await Turn.EndAsync();
        }
    }
}
