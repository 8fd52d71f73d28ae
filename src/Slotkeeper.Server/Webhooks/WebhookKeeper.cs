using System.Text;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Webhooks;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Operation;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Webhooks;

/// <summary>
/// Registers our address at the providers that have calls for it, for every connection with calendars in use; looks whether it is still
/// there; removes what connections left behind. Nothing that goes wrong here stops reading: polling needs no webhook.
/// </summary>
internal sealed class WebhookKeeper(
    WebhookRegistrar registrar,
    IWebhookRegistrationStore registrations,
    IWebhookSourceStore sources,
    IConnectionStore connections,
    ILeaseStore leases,
    ConnectionBook book,
    Catalog catalog,
    ServerAddress address,
    ServerSettings settings,
    TimeProvider clock,
    ILogger<WebhookKeeper> logger) : LeasedWork("webhooks", leases, catalog, clock, logger)
{
    private const int AtOnce = 8;
    private const int APass = 200;

    /// <summary>A credential that is gone is not kept longer for the sake of cleaning up.</summary>
    private static readonly TimeSpan GivenUpAfter = TimeSpan.FromHours(24);

    private static readonly TimeSpan LongestFormerRetry = TimeSpan.FromHours(1);

    private readonly Catalog catalog = catalog;
    private readonly TimeProvider clock = clock;
    private readonly ILogger logger = logger;

    protected override async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await connections.ForgetFormerWebhookSecretsAsync(now, cancellationToken);
        var known = (await registrations.ListAsync(null, null, cancellationToken)).ToDictionary(one => one.ConnectionId, StringComparer.Ordinal);
        // First what was left behind: at the same account a new one may have the same id, and must not be removed after it was made.
        foreach (var former in await registrations.ListFormerAsync(now, APass, cancellationToken))
            await GuardedAsync(former.ConnectionId, () => RemoveAsync(former, known.GetValueOrDefault(former.ConnectionId), cancellationToken));
        var trusts = (await sources.ListAsync(null, null, cancellationToken)).ToDictionary(one => one.ConnectionId, StringComparer.Ordinal);
        var due = catalog.Calendars.Select(calendar => calendar.Calendar.ConnectionId).OfType<string>().Distinct(StringComparer.Ordinal)
            .Select(book.Row).OfType<Connection>()
            .Where(row => registrar.HasCalls(row.Provider) && IsDue(row, known.GetValueOrDefault(row.Id), trusts.GetValueOrDefault(row.Id), now))
            .Take(APass).Select(row => row.Id).ToList();
        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (id, token) => await GuardedAsync(id, () => KeepAsync(id, known.GetValueOrDefault(id), trusts.GetValueOrDefault(id), token)));
    }

    private bool IsDue(Connection connection, WebhookRegistration? known, SourceTrust? trust, DateTimeOffset now) =>
        RegistrationRule.IsDue(known, RegistrationRule.Fingerprint(connection, address.WebhookUrl(connection)), trust, now);

    private async Task KeepAsync(string id, WebhookRegistration? known, SourceTrust? trust, CancellationToken cancellationToken)
    {
        // As it is now, not as this node last heard of it.
        if (await connections.FindAsync(id, cancellationToken) is not { } connection || !book.Keep(connection) || !IsDue(connection, known, trust, clock.GetUtcNow()))
            return;
        if (!await Turn.IsStillOursAsync(cancellationToken))
            return;
        var url = address.WebhookUrl(connection);
        var fingerprint = RegistrationRule.Fingerprint(connection, url);
        var result = RegistrationRule.Unreachable(url, ProviderBase(connection), settings.AllowPrivateAddresses) is { } unreachable
            ? new WebhookResult.Failed(unreachable)
            : await AskAsync(connection, known, new Uri(url), fingerprint, cancellationToken);
        var now = clock.GetUtcNow();
        var next = RegistrationRule.After(known, id, url, fingerprint, result, now);
        await registrations.SaveAsync(next, connection, cancellationToken);
        var provider = connection.Provider.ToName();
        if (next.State == RegistrationState.Registered && known?.State != RegistrationState.Registered)
            ServerLog.WebhookRegistered(logger, id, provider);
        else if (next.State != RegistrationState.Registered && (known?.State != next.State || known.Error != next.Error))
            ServerLog.WebhookNotRegistered(logger, id, provider, next.Error ?? "");
    }

    private async Task<WebhookResult> AskAsync(Connection connection, WebhookRegistration? known, Uri url, byte[] fingerprint, CancellationToken cancellationToken)
    {
        if (RegistrationRule.IsToBeChecked(known, fingerprint))
        {
            var looked = await registrar.Check(connection.Id, known!.SubscriptionId!, url, cancellationToken);
            if (looked is not (WebhookResult.Absent or WebhookResult.Silent))
                return looked;
        }
        if (book.WebhookSecrets(connection, clock.GetUtcNow()) is not [var secret, ..])
            return new WebhookResult.Failed("The webhook secret cannot be opened with the present SLOTKEEPER_MASTER_KEY.");
        // Found again by its address, it would be missed under its old one.
        if (known is { SubscriptionId: { } old } && known.Url != url.AbsoluteUri)
            await registrar.Remove(connection.Id, old, cancellationToken);
        return await registrar.Register(connection.Id, url, secret, cancellationToken);
    }

    private async Task RemoveAsync(FormerWebhook former, WebhookRegistration? present, CancellationToken cancellationToken)
    {
        var provider = former.Provider.ToName();
        if (present?.SubscriptionId != former.SubscriptionId && book.Open(former.AgencyId ?? "", former.ConnectionId, former.Provider, former.SealedCredential, former.BaseUrl) is { } opened)
        {
            switch (await registrar.RemoveFormer(former.ConnectionId, opened, former.SubscriptionId, cancellationToken))
            {
                case WebhookResult.Failed failed when former.Failures < 1 || clock.GetUtcNow() - former.LeftAt < GivenUpAfter:
                    var pause = RegistrationRule.FirstRetry * Math.Pow(2, Math.Min(former.Failures, 10));
                    await registrations.RetryFormerAsync(former, clock.GetUtcNow() + (pause < LongestFormerRetry ? pause : LongestFormerRetry), cancellationToken);
                    return;
                case WebhookResult.Failed { Detail: var reason }:
                    ServerLog.WebhookLeft(logger, former.ConnectionId, provider, reason);
                    break;
                case WebhookResult.Denied { Detail: var reason }:
                    ServerLog.WebhookLeft(logger, former.ConnectionId, provider, reason);
                    break;
                default:
                    break;
            }
        }
        await registrations.ForgetFormerAsync(former, cancellationToken);
    }

    private string ProviderBase(Connection connection) => connection.BaseUrl ?? connection.Provider switch
    {
        Provider.Calendly => settings.Providers.Calendly.BaseUrl,
        Provider.CalCom => settings.Providers.CalCom.BaseUrl,
        Provider.HubSpot => settings.Providers.HubSpot.BaseUrl,
        Provider.HighLevel => settings.Providers.HighLevel.BaseUrl,
        _ => "",
    };

    private async Task GuardedAsync(string connectionId, Func<Task> work)
    {
        try
        {
            await work();
        }
#pragma warning disable CA1031 // One connection that breaks must not stop all others.
        catch (Exception fault) when (fault is not (OperationCanceledException or StorageUnavailableException))
#pragma warning restore CA1031
        {
            ServerLog.WebhookKeepingBroke(logger, fault, connectionId);
        }
    }
}
