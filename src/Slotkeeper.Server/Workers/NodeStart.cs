using Slotkeeper.Audit;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.Invalidation;
using Slotkeeper.Server.Operation;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Storage;

namespace Slotkeeper.Server.Workers;

/// <summary>Brings the database to the newest schema.</summary>
internal delegate Task StoragePreparation(CancellationToken cancellationToken);

/// <summary>
/// Brings the node up and keeps it following the others: schema, credentials, the first admin key, everything into memory. The first
/// try is waited for, so that a start that cannot succeed ends with its reason. A database that is away is tried again for
/// as long as it takes, while the server answers 503.
/// </summary>
internal sealed class NodeStart(
    StoragePreparation prepare,
    ServerSettings settings,
    ConnectionBook connections,
    IDeliveryStore deliveries,
    CredentialVault vault,
    FirstAdminKey firstKey,
    CatalogSync sync,
    Catalog catalog,
    StartState state,
    Fate fate,
    IHostApplicationLifetime lifetime,
    TimeProvider clock,
    ILogger<NodeStart> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        Actor.Current = Actor.Worker(nameof(NodeStart));
        if (settings.AdminKey is { Length: < ServerSettings.ShortAdminKey })
            ServerLog.ShortAdminKey(logger, ServerSettings.ShortAdminKey);
        if (settings.MasterKey is null)
            ServerLog.NoMasterKey(logger);
        if (settings.CronSecret is null)
            ServerLog.NoCronSecret(logger);
        try
        {
            await BringUpAsync(cancellationToken);
        }
        catch (StorageUnavailableException away)
        {
            state.StorageAway = true;
            ServerLog.StorageAwayAtStart(logger, away.Message);
        }
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!catalog.IsLoaded)
            {
                await Task.Delay(Pause, clock, stoppingToken);
                try
                {
                    await BringUpAsync(stoppingToken);
                    ServerLog.StorageBack(logger);
                }
                catch (StorageUnavailableException)
                {
                    // Said once; the readiness route has the present reason.
                    state.StorageAway = true;
                }
            }
            await sync.FollowAsync(stoppingToken);
        }
        catch (Exception reason) when (reason is StorageSetupException or MasterKeyException)
        {
            ServerLog.CannotGoOn(logger, reason.Message);
            fate.ExitCode = reason is MasterKeyException ? ExitCodes.MasterKey : ExitCodes.Storage;
            lifetime.StopApplication();
        }
        catch (Exception reason) when (reason is not OperationCanceledException)
        {
            fate.ExitCode = ExitCodes.Unexpected;
            throw;
        }
    }

    private async Task BringUpAsync(CancellationToken cancellationToken)
    {
        await prepare(cancellationToken);
        var (count, locked) = await connections.LoadAsync(cancellationToken);
        if (locked > 0)
            throw new MasterKeyException("connections", count, locked, settings.MasterKey is not null);
        await CheckEndpointsAsync(cancellationToken);
        if (settings.AdminKey is null)
            await firstKey.EnsureAsync(cancellationToken);
        await sync.LoadAsync(cancellationToken);
        state.StorageAway = false;
    }

    /// <summary>Under another key every message would fail unsent, until their endpoints are disabled one after the other.</summary>
    private async Task CheckEndpointsAsync(CancellationToken cancellationToken)
    {
        const int pageSize = 500;
        var count = 0;
        var locked = 0;
        for (string? after = null; ;)
        {
            var page = await deliveries.ListAsync(null, after, pageSize, cancellationToken);
            count += page.Count;
            locked += page.Count(endpoint => vault.Open(endpoint.Id, WebhookEndpoint.SecretField, endpoint.SealedSecret) is null);
            if (page.Count < pageSize)
                break;
            after = page[^1].Id;
        }
        if (locked > 0)
            throw new MasterKeyException("webhook endpoints", count, locked, settings.MasterKey is not null);
    }
}

/// <summary>Credentials are stored that the master key does not open.</summary>
internal sealed class MasterKeyException(string what, int count, int locked, bool isSet) : Exception(isSet
    ? $"SLOTKEEPER_MASTER_KEY does not open the credentials of {locked} of {count} {what}. Start with the key they were stored with."
    : $"SLOTKEEPER_MASTER_KEY is not set, but {count} {what} with encrypted credentials are stored. Start with the key they were stored with.");

/// <summary>How the process is to end, where that is decided while it runs.</summary>
internal sealed class Fate
{
    public int ExitCode { get; set; } = ExitCodes.Ok;
}
