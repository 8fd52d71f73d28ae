using System.Threading.Channels;
using Slotkeeper.Invalidation;
using Slotkeeper.Server.Operation;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Workers;

/// <summary>Reads connections again that other nodes have changed.</summary>
internal sealed class ConnectionFollower(
    CatalogSync sync, ConnectionBook connections, ProviderConnections providers, TimeProvider clock, ILogger<ConnectionFollower> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Ids; null for all of them.</summary>
    private readonly Channel<string?> changed = Channel.CreateUnbounded<string?>();

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        sync.OtherChanged += Changed;
        sync.Missed += AllChanged;
        return base.StartAsync(cancellationToken);
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        sync.OtherChanged -= Changed;
        sync.Missed -= AllChanged;
        return base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var id in changed.Reader.ReadAllAsync(stoppingToken))
            await ReadAsync(id, stoppingToken);
    }

    private async Task ReadAsync(string? id, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (id is null)
                {
                    await connections.LoadAsync(cancellationToken);
                    return;
                }
                await connections.ReloadAsync(id, cancellationToken);
                providers.Forget(id);
                return;
            }
            catch (StorageUnavailableException away)
            {
                ServerLog.ConnectionsNotRead(logger, away.Message);
                await Task.Delay(Pause, clock, cancellationToken);
            }
        }
    }

    private void Changed(Change change)
    {
        if (change.Kind == ChangeKind.Connection)
            changed.Writer.TryWrite(change.Id);
    }

    private void AllChanged() => changed.Writer.TryWrite(null);
}
