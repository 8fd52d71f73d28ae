using Slotkeeper.Calendars;
using Slotkeeper.Invalidation;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

internal sealed class ConnectionStore(Database database) : IConnectionStore
{
    private const string Columns = "id, agency_id, provider, name, sealed_credential, sealed_webhook_secret, base_url, created_at";

    public Task CreateAsync(Connection connection, CancellationToken cancellationToken) => database.WriteAsync(
        session =>
        {
            session.Changed(ChangeKind.Connection, connection.Id);
            return session.ExecuteAsync(
                $"INSERT INTO connections ({Columns}) VALUES (@id, @agency, @provider, @name, @credential, @secret, @url, @created)",
                ("id", connection.Id), ("agency", connection.AgencyId), ("provider", connection.Provider.ToName()),
                ("name", connection.Name), ("credential", connection.SealedCredential), ("secret", connection.SealedWebhookSecret),
                ("url", connection.BaseUrl), ("created", connection.CreatedAt));
        },
        cancellationToken);

    public Task<Connection?> FindAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync($"SELECT {Columns} FROM connections WHERE id = @id", Read, ("id", id)),
        cancellationToken);

    public Task<IReadOnlyList<Connection>> ListAsync(string? agencyId, string? afterId, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<Connection>>(
            async session => await session.QueryAsync(
                $"""
                SELECT {Columns} FROM connections
                WHERE {(agencyId is null ? "" : "agency_id = @agency AND ")}id > @after
                ORDER BY id LIMIT @limit
                """,
                Read,
                ("agency", agencyId ?? ""), ("after", afterId ?? ""), ("limit", limit)),
            cancellationToken);

    public Task<bool> UpdateAsync(Connection connection, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var updated = await session.ExecuteAsync(
                """
                UPDATE connections
                SET name = @name, sealed_credential = @credential, sealed_webhook_secret = @secret, base_url = @url
                WHERE id = @id
                """,
                ("id", connection.Id), ("name", connection.Name), ("credential", connection.SealedCredential),
                ("secret", connection.SealedWebhookSecret), ("url", connection.BaseUrl));
            if (updated == 0)
                return false;
            session.Changed(ChangeKind.Connection, connection.Id);
            await Epochs.BumpConnectionAsync(session, connection.Id);
            return true;
        },
        cancellationToken);

    public Task<ConnectionDeletion> DeleteAsync(string id, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // Locked first: whoever puts a calendar of it into a workspace meanwhile waits for us, or we for them, and then we see it.
            if (await session.NumberAsync("SELECT 1 FROM connections WHERE id = @id [[FOR UPDATE]]", ("id", id)) is null)
                return ConnectionDeletion.NotFound;
            var inUse = await session.NumberAsync(
                """
                SELECT 1 WHERE EXISTS (
                  SELECT 1 FROM calendars c JOIN workspace_calendars w ON w.calendar_id = c.id WHERE c.connection_id = @id)
                """,
                ("id", id));
            if (inUse is not null)
                return ConnectionDeletion.InUse;
            await session.ExecuteAsync("DELETE FROM connections WHERE id = @id", ("id", id));
            session.Changed(ChangeKind.Connection, id);
            return ConnectionDeletion.Deleted;
        },
        cancellationToken);

    private static Connection Read(ref Row row) => new(
        row.Text(), row.Text(), CalendarRows.ToProvider(row.Text()), row.Text(), row.Bytes(), row.Bytes(), row.TextOrNull(), row.Instant());
}
