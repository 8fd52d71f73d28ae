using Slotkeeper.Agents;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.Invalidation;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

internal sealed class SealStore(Database database) : ISealStore
{
    private const string Columns = "agency_id, sealed_key, created_at";

    /// <summary>First byte of what a master key sealed itself.</summary>
    private static readonly byte[] ByMaster = [1];

    /// <summary>Every column that holds secrets. A new one belongs here too.</summary>
    private static readonly (string Table, string Column, string Owner, string Agency, string Field)[] Places =
    [
        ("connections t", "sealed_credential", "id", "t.agency_id", Connection.CredentialField),
        ("connections t", "sealed_webhook_secret", "id", "t.agency_id", Connection.WebhookSecretField),
        ("connections t", "sealed_former_webhook_secret", "id", "t.agency_id", Connection.WebhookSecretField),
        ("former_webhooks t", "sealed_credential", "connection_id", "t.agency_id", Connection.CredentialField),
        ("webhook_endpoints t", "sealed_secret", "id", "t.agency_id", WebhookEndpoint.SecretField),
        ("webhook_endpoints t", "sealed_previous_secret", "id", "t.agency_id", WebhookEndpoint.SecretField),
        ("workspace_secrets t JOIN workspaces w ON w.id = t.workspace_id", "sealed_secret", "workspace_id", "w.agency_id", WorkspaceSecret.Field),
        ("workspace_secrets t JOIN workspaces w ON w.id = t.workspace_id", "sealed_previous_secret", "workspace_id", "w.agency_id", WorkspaceSecret.Field),
        ("voice_lines t JOIN workspaces w ON w.id = t.workspace_id", "sealed_secret", "workspace_id", "w.agency_id", VoiceLine.SecretField),
    ];

    public Task<DataKey?> FindAsync(string agencyId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => FindAsync(session, agencyId), cancellationToken);

    public Task<IReadOnlyList<DataKey>> ListAsync(string? afterAgencyId, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<DataKey>>(
            async session => await session.QueryAsync(
                $"SELECT {Columns} FROM data_keys WHERE agency_id > @after ORDER BY agency_id LIMIT @limit", Read, ("after", afterAgencyId ?? ""), ("limit", limit)),
            cancellationToken);

    public Task<DataKey> AddAsync(DataKey key, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await session.ExecuteAsync(
                $"INSERT INTO data_keys ({Columns}) VALUES (@agency, @key, @created) ON CONFLICT (agency_id) DO NOTHING",
                ("agency", key.AgencyId), ("key", key.SealedKey), ("created", key.CreatedAt));
            return (await FindAsync(session, key.AgencyId))!;
        },
        cancellationToken);

    public Task<bool> ReplaceAsync(DataKey before, byte[] sealedKey, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await session.ExecuteAsync(
            "UPDATE data_keys SET sealed_key = @key WHERE agency_id = @agency AND sealed_key = @before",
            ("key", sealedKey), ("agency", before.AgencyId), ("before", before.SealedKey)) > 0,
        cancellationToken);

    public Task<IReadOnlyList<OldSeal>> ListOldAsync(int limit, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<OldSeal>>(
        async session =>
        {
            var found = new List<OldSeal>();
            for (var i = 0; i < Places.Length; i++)
            {
                var place = i;
                var (table, column, owner, agency, field) = Places[i];
                found.AddRange(await session.QueryAsync(
                    $"SELECT {agency}, t.{owner}, t.{column} FROM {table} WHERE substr(t.{column}, 1, 1) = @one AND {agency} IS NOT NULL LIMIT @limit",
                    (ref Row row) => new OldSeal(place, row.Text(), row.Text(), field, row.Bytes()),
                    ("one", ByMaster), ("limit", limit)));
            }
            return found;
        },
        cancellationToken);

    public Task<bool> ReplaceAsync(OldSeal before, byte[] sealedValue, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var (table, column, owner, _, _) = Places[before.Place];
            var name = table[..table.IndexOf(' ', StringComparison.Ordinal)];
            if (await session.ExecuteAsync(
                $"UPDATE {name} SET {column} = @after WHERE {owner} = @owner AND {column} = @before",
                ("after", sealedValue), ("owner", before.Owner), ("before", before.Sealed)) == 0)
                return false;
            if (name == "connections")
                session.Changed(ChangeKind.Connection, before.Owner);
            return true;
        },
        cancellationToken);

    public Task<IReadOnlyList<SealedUnder>> CountAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<SealedUnder>>(
        async session =>
        {
            var secrets = string.Join(" UNION ALL ", Places.Select(place => $"SELECT t.{place.Column} AS value FROM {place.Table} WHERE substr(t.{place.Column}, 1, 1) = @one"));
            return await session.QueryAsync(
                $"""
                SELECT substr(value, 2, 4), CAST(SUM(is_key) AS bigint), CAST(SUM(1 - is_key) AS bigint)
                FROM (SELECT sealed_key AS value, 1 AS is_key FROM data_keys UNION ALL SELECT value, 0 FROM ({secrets}) s) a
                GROUP BY substr(value, 2, 4)
                """,
                (ref Row row) => new SealedUnder(Convert.ToHexStringLower(row.Bytes()), (int)row.Long(), (int)row.Long()),
                ("one", ByMaster));
        },
        cancellationToken);

    public Task ForgetOrphansAsync(CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            """
            DELETE FROM data_keys
            WHERE NOT EXISTS (SELECT 1 FROM agencies a WHERE a.id = data_keys.agency_id)
              AND NOT EXISTS (SELECT 1 FROM former_webhooks f WHERE f.agency_id = data_keys.agency_id)
            """),
        cancellationToken);

    private static Task<DataKey?> FindAsync(Session session, string agencyId) =>
        session.FirstAsync($"SELECT {Columns} FROM data_keys WHERE agency_id = @agency", Read, ("agency", agencyId));

    private static DataKey Read(ref Row row) => new(row.Text(), row.Bytes(), row.Instant());
}
