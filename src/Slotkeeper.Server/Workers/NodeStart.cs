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
    MasterKeys masters,
    ISealStore seals,
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
        var missing = (await seals.CountAsync(cancellationToken)).Where(one => !masters.Knows(one.KeyId)).ToList();
        var (count, locked) = await connections.LoadAsync(cancellationToken);
        if (locked > 0)
            throw new MasterKeyException($"the credentials of {locked} of {count} connections", masters, missing);
        await CheckEndpointsAsync(missing, cancellationToken);
        if (missing.Count > 0)
            throw new MasterKeyException($"{missing.Sum(one => one.DataKeys)} data keys of agencies and {missing.Sum(one => one.Secrets)} secrets", masters, missing);
        if (settings.AdminKey is null)
            await firstKey.EnsureAsync(cancellationToken);
        await sync.LoadAsync(cancellationToken);
        state.StorageAway = false;
    }

    /// <summary>Under another key every message would fail unsent, until their endpoints are disabled one after the other.</summary>
    private async Task CheckEndpointsAsync(IReadOnlyList<SealedUnder> missing, CancellationToken cancellationToken)
    {
        const int pageSize = 500;
        var count = 0;
        var locked = 0;
        for (string? after = null; ;)
        {
            var page = await deliveries.ListAsync(null, after, pageSize, cancellationToken);
            count += page.Count;
            locked += page.Count(endpoint => vault.Open(endpoint.AgencyId, endpoint.Id, WebhookEndpoint.SecretField, endpoint.SealedSecret) is null);
            if (page.Count < pageSize)
                break;
            after = page[^1].Id;
        }
        if (locked > 0)
            throw new MasterKeyException($"the signing secrets of {locked} of {count} webhook endpoints", masters, missing);
    }
}

/// <summary>Secrets are stored that no master key of the settings opens.</summary>
internal sealed class MasterKeyException(string what, MasterKeys masters, IReadOnlyList<SealedUnder> missing) : Exception(Text(what, masters, missing))
{
    private static string Text(string what, MasterKeys masters, IReadOnlyList<SealedUnder> missing)
    {
        var needed = missing.Count == 0
            ? "Start with the key they were stored with."
            : $"The key with id {string.Join(" and the one with id ", missing.Select(one => one.KeyId))} is missing: start with it as SLOTKEEPER_MASTER_KEY, or as SLOTKEEPER_MASTER_KEY_PREVIOUS to go over to a new one.";
        if (masters.PresentId is not { } present)
            return $"SLOTKEEPER_MASTER_KEY is not set, and {what} are stored encrypted. {needed}";
        var tried = masters.PreviousId is { } previous ? $"SLOTKEEPER_MASTER_KEY (id {present}) and SLOTKEEPER_MASTER_KEY_PREVIOUS (id {previous}) do" : $"SLOTKEEPER_MASTER_KEY (id {present}) does";
        return $"{tried} not open {what}. {needed}";
    }
}

/// <summary>How the process is to end, where that is decided while it runs.</summary>
internal sealed class Fate
{
    public int ExitCode { get; set; } = ExitCodes.Ok;
}
