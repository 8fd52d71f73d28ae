using Slotkeeper.Claims;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>Claims belong to no agency in the database; their workspaces do, and a hold says which one it is for.</summary>
internal sealed class HeldClaimStore(Database database) : IHeldClaimStore
{
    public Task<IReadOnlyList<HeldClaim>> ListAsync(string? agencyId, string? workspaceId, HeldPlace? after, int limit, CancellationToken cancellationToken)
    {
        var (sql, arguments) = Query(agencyId, workspaceId, after, limit);
        return database.ReadAsync<IReadOnlyList<HeldClaim>>(async session => await session.QueryAsync(sql, Read, arguments), cancellationToken);
    }

    /// <summary>Walks the index of holds in the order of their expiry, so that it stops at the limit.</summary>
    public static (string Sql, (string Name, object? Value)[] Arguments) Query(string? agencyId, string? workspaceId, HeldPlace? after, int limit) => (
        $$"""
        SELECT k.id, w.id, k.calendar_id, k.starts_at, k.ends_at, k.expires_at FROM claims k CROSS JOIN workspaces w
        WHERE k.state = 'held' AND k.expires_at > {now} AND w.id = k.held_for
          {{(agencyId is null ? "" : "AND w.agency_id = @agency")}} {{(workspaceId is null ? "" : "AND k.held_for = @workspace")}}
          {{(after is null ? "" : "AND (k.expires_at, k.id) > (@after, @after_id)")}}
        ORDER BY k.expires_at, k.id LIMIT @limit
        """,
        [("agency", agencyId ?? ""), ("workspace", workspaceId ?? ""), ("after", after?.ExpiresAt ?? default(DateTimeOffset)), ("after_id", after?.Id ?? ""), ("limit", limit)]);

    private static HeldClaim Read(ref Row row) => new(row.Text(), row.Text(), row.TextOrNull(), row.Instant(), row.Instant(), row.Instant());
}
