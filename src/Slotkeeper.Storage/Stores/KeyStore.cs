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

    public Task<ApiKey?> FindAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(session => FindAsync(session, "id", id), cancellationToken);

    public Task<ApiKey?> FindByPrefixAsync(string lookupPrefix, CancellationToken cancellationToken) =>
        // It is what says who is acting.
        database.ReadForAllAsync(session => FindAsync(session, "lookup_prefix", lookupPrefix), cancellationToken);

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
            if (await session.FirstAsync($"SELECT {AllColumns} FROM api_keys WHERE id = @id [[FOR UPDATE]]", Read, ("id", id)) is not { } key)
                return false;
            session.Changed(ChangeKind.Key, id);
            if (key.RevokedAt is not null)
                return true;
            await session.ExecuteAsync("UPDATE api_keys SET revoked_at = @at WHERE id = @id", ("id", id), ("at", at));
            session.Note(key.AgencyId, "key.revoked", id, FieldChanges.Gone(("name", key.Name), ("role", Names.Of(key.Role)), ("workspaceId", key.WorkspaceId)));
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
            session.Note(before.AgencyId, "key.rotated", id, new FieldChanges().Set("expiresAt", FieldChanges.Instant(before.ExpiresAt), FieldChanges.Instant(end)).Set("successor", null, next.Id));
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
    /// <returns>Their ids.</returns>
    public static async Task<IReadOnlyList<string>> DeleteAsync(Session session, string ownerColumn, string ownerId)
    {
        var deleted = await session.QueryAsync(
            $"DELETE FROM api_keys WHERE {ownerColumn} = @owner RETURNING id",
            (ref Row row) => row.Text(),
            ("owner", ownerId));
        foreach (var id in deleted)
            session.Changed(ChangeKind.Key, id);
        return deleted;
    }

    private static Task<int> CreateAsync(Session session, ApiKey key)
    {
        session.Changed(ChangeKind.Key, key.Id);
        session.Note(key.AgencyId, "key.created", key.Id, FieldChanges.Made(
            ("name", key.Name), ("role", Names.Of(key.Role)), ("workspaceId", key.WorkspaceId), ("expiresAt", FieldChanges.Instant(key.ExpiresAt))));
        return session.ExecuteAsync(
            $"""
            INSERT INTO api_keys ({Columns})
            VALUES (@id, @agency, @workspace, @role, @name, @prefix, @salt, @hash, @created, @expires, @revoked)
            """,
            ("id", key.Id), ("agency", key.AgencyId), ("workspace", key.WorkspaceId), ("role", Names.Of(key.Role)),
            ("name", key.Name), ("prefix", key.LookupPrefix), ("salt", key.Salt), ("hash", key.Hash),
            ("created", key.CreatedAt), ("expires", key.ExpiresAt), ("revoked", key.RevokedAt));
    }

    private static Task<ApiKey?> FindAsync(Session session, string column, string value) =>
        session.FirstAsync($"SELECT {AllColumns} FROM api_keys WHERE {column} = @value", Read, ("value", value));

    private static ApiKey Read(ref Row row) => new(
        row.Text(), row.TextOrNull(), row.TextOrNull(), Names.ToRole(row.Text()), row.Text(), row.Text(), row.Bytes(), row.Bytes(),
        row.Instant(), row.InstantOrNull(), row.InstantOrNull())
    {
        LastUsedAt = row.InstantOrNull(),
    };
}
