using Slotkeeper.Invalidation;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Stores;

internal sealed class KeyStore(Database database) : IKeyStore
{
    private const string AllColumns = Columns + ", last_used_at";
    private const string Columns =
        "id, agency_id, workspace_id, role, name, lookup_prefix, salt, hash, created_at, expires_at, revoked_at";

    public Task CreateAsync(ApiKey key, CancellationToken cancellationToken) =>
        database.WriteAsync(session => CreateAsync(session, key), cancellationToken);

    public Task<ApiKey?> FindAsync(string id, CancellationToken cancellationToken) => FindAsync("id", id, cancellationToken);

    public Task<ApiKey?> FindByPrefixAsync(string lookupPrefix, CancellationToken cancellationToken) =>
        FindAsync("lookup_prefix", lookupPrefix, cancellationToken);

    public Task<IReadOnlyList<ApiKey>> ListAsync(string? agencyId, string? afterId, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ApiKey>>(
            async session => await session.QueryAsync(
                $"""
                SELECT {AllColumns} FROM api_keys
                WHERE {(agencyId is null ? "agency_id IS NULL" : "agency_id = @agency")} AND id > @after
                ORDER BY id LIMIT @limit
                """,
                Read,
                ("agency", agencyId ?? ""), ("after", afterId ?? ""), ("limit", limit)),
            cancellationToken);

    public Task<bool> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await session.ExecuteAsync(
                "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, @at) WHERE id = @id", ("id", id), ("at", at)) == 0)
                return false;
            session.Changed(ChangeKind.Key, id);
            return true;
        },
        cancellationToken);

    public Task<(KeyRotation Outcome, DateTimeOffset EndsAt)> RotateAsync(string id, ApiKey next, DateTimeOffset endsAt, CancellationToken cancellationToken) => database.WriteAsync<(KeyRotation, DateTimeOffset)>(
        async session =>
        {
            if (await session.FirstAsync($"SELECT {AllColumns} FROM api_keys WHERE id = @id [[FOR UPDATE]]", Read, ("id", id)) is not { } before)
                return (KeyRotation.NotFound, default);
            if (before.RevokedAt is not null || before.ExpiresAt <= next.CreatedAt)
                return (KeyRotation.Ended, default);
            var end = before.ExpiresAt < endsAt ? before.ExpiresAt.Value : endsAt;
            await session.ExecuteAsync("UPDATE api_keys SET expires_at = @end WHERE id = @id", ("id", id), ("end", end));
            session.Changed(ChangeKind.Key, id);
            await CreateAsync(session, next);
            return (KeyRotation.Rotated, end);
        },
        cancellationToken);

    public Task UsedAsync(IReadOnlyList<(string Id, DateTimeOffset At)> uses, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            session.RelaxDurability();
            await session.ExecuteRowsAsync(
                "UPDATE api_keys SET last_used_at = r.at FROM {rows} WHERE api_keys.id = r.id AND (api_keys.last_used_at IS NULL OR api_keys.last_used_at < r.at)",
                RowSet.Of(uses.OrderBy(use => use.Id, StringComparer.Ordinal).ToList()).Text("id", use => use.Id).Instant("at", use => use.At));
            return true;
        },
        cancellationToken);

    /// <summary>Deletes the keys of what is being deleted, and tells the nodes.</summary>
    public static async Task DeleteAsync(Session session, string ownerColumn, string ownerId)
    {
        var deleted = await session.QueryAsync(
            $"DELETE FROM api_keys WHERE {ownerColumn} = @owner RETURNING id",
            (ref Row row) => row.Text(),
            ("owner", ownerId));
        foreach (var id in deleted)
            session.Changed(ChangeKind.Key, id);
    }

    private static Task<int> CreateAsync(Session session, ApiKey key)
    {
        session.Changed(ChangeKind.Key, key.Id);
        return session.ExecuteAsync(
            $"""
            INSERT INTO api_keys ({Columns})
            VALUES (@id, @agency, @workspace, @role, @name, @prefix, @salt, @hash, @created, @expires, @revoked)
            """,
            ("id", key.Id), ("agency", key.AgencyId), ("workspace", key.WorkspaceId), ("role", Names.Of(key.Role)),
            ("name", key.Name), ("prefix", key.LookupPrefix), ("salt", key.Salt), ("hash", key.Hash),
            ("created", key.CreatedAt), ("expires", key.ExpiresAt), ("revoked", key.RevokedAt));
    }

    private Task<ApiKey?> FindAsync(string column, string value, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync($"SELECT {AllColumns} FROM api_keys WHERE {column} = @value", Read, ("value", value)),
        cancellationToken);

    private static ApiKey Read(ref Row row) => new(
        row.Text(), row.TextOrNull(), row.TextOrNull(), Names.ToRole(row.Text()), row.Text(), row.Text(), row.Bytes(), row.Bytes(),
        row.Instant(), row.InstantOrNull(), row.InstantOrNull())
    {
        LastUsedAt = row.InstantOrNull(),
    };
}
