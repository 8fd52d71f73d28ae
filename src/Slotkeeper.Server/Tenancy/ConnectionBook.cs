using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Slotkeeper.Calendars;
using Slotkeeper.Invalidation;
using Slotkeeper.Providers;

namespace Slotkeeper.Server.Tenancy;

/// <summary>
/// Every connection with its credential opened, in memory: a fetch must not wait for the database. Follows what other nodes
/// change. What it holds leaves this process only towards the provider.
/// </summary>
internal sealed class ConnectionBook(IConnectionStore connections, CredentialVault vault)
{
    private const int PageSize = 500;

    private readonly ConcurrentDictionary<string, OpenedConnection> open = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, Connection> rows = new(StringComparer.Ordinal);

    /// <summary>The connection as stored, as far as this node has heard; null when its credential cannot be opened.</summary>
    public Connection? Row(string connectionId) => rows.GetValueOrDefault(connectionId);

    /// <summary>Those whose credential can be opened.</summary>
    public IEnumerable<string> Ids => open.Keys;

    public OpenedConnection? Find(string connectionId) => open.GetValueOrDefault(connectionId);

    /// <summary>Reads all connections, and the data keys they are sealed with.</summary>
    /// <returns>How many there are, and how many of them the master key does not open.</returns>
    public async Task<(int Connections, int Locked)> LoadAsync(CancellationToken cancellationToken)
    {
        await vault.LoadAsync(cancellationToken);
        var present = new HashSet<string>(StringComparer.Ordinal);
        var locked = 0;
        for (string? after = null; ;)
        {
            var page = await connections.ListAsync(null, after, PageSize, cancellationToken);
            foreach (var connection in page)
            {
                present.Add(connection.Id);
                if (!Keep(connection))
                    locked++;
            }
            if (page.Count < PageSize)
                break;
            after = page[^1].Id;
        }
        foreach (var id in open.Keys.Where(id => !present.Contains(id)))
            Forget(id);
        return (present.Count, locked);
    }

    /// <summary>Reads one connection again.</summary>
    public async Task ReloadAsync(string id, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(id, cancellationToken) is { } connection)
        {
            await vault.EnsureAsync(connection.AgencyId, cancellationToken);
            Keep(connection);
        }
        else
        {
            Forget(id);
        }
    }

    /// <returns>False when its credential cannot be opened.</returns>
    public bool Keep(Connection connection)
    {
        if (Open(connection.AgencyId, connection.Id, connection.Provider, connection.SealedCredential, connection.BaseUrl) is not { } opened)
        {
            Forget(connection.Id);
            return false;
        }
        open[connection.Id] = opened;
        rows[connection.Id] = connection;
        return true;
    }

    public void Forget(string id)
    {
        open.TryRemove(id, out _);
        rows.TryRemove(id, out _);
    }

    /// <summary>Opens a credential; null when that cannot be done.</summary>
    public OpenedConnection? Open(string agencyId, string connectionId, Provider provider, byte[] sealedCredential, string? baseUrl) =>
        vault.Open(agencyId, connectionId, Connection.CredentialField, sealedCredential) is { } json && JsonSerializer.Deserialize<Dictionary<string, string>>(json) is { } credential
            ? new OpenedConnection(provider, credential, baseUrl)
            : null;

    /// <summary>The secrets that a connection's webhooks may be signed with now: the present one, and the former while it counts.</summary>
    public IReadOnlyList<string> WebhookSecrets(Connection connection, DateTimeOffset now)
    {
        var sealedSecrets = connection is { SealedFormerWebhookSecret: { } former, FormerWebhookSecretUntil: { } until } && now < until
            ? new[] { connection.SealedWebhookSecret, former }
            : [connection.SealedWebhookSecret];
        return [.. sealedSecrets.Select(one => vault.Open(connection.AgencyId, connection.Id, Connection.WebhookSecretField, one)).OfType<byte[]>().Select(Encoding.UTF8.GetString)];
    }
}
