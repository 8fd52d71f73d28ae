using Slotkeeper.Calendars;
using Slotkeeper.Invalidation;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

internal sealed class ConnectionStore(Database database) : IConnectionStore
{
    private const string Columns = "id, agency_id, provider, name, sealed_credential, sealed_webhook_secret, base_url, created_at";
    private const string AllColumns = Columns + ", sealed_former_webhook_secret, former_webhook_secret_until";

    public Task CreateAsync(Connection connection, CancellationToken cancellationToken) => database.WriteAsync(
        session =>
        {
            session.Changed(ChangeKind.Connection, connection.Id);
            session.Note(connection.AgencyId, "connection.created", connection.Id, FieldChanges.Made(
                ("name", connection.Name), ("provider", connection.Provider.ToName()), ("baseUrl", FieldChanges.Origin(connection.BaseUrl))));
            return session.ExecuteAsync(
                $"INSERT INTO connections ({Columns}) VALUES (@id, @agency, @provider, @name, @credential, @secret, @url, @created)",
                ("id", connection.Id), ("agency", connection.AgencyId), ("provider", connection.Provider.ToName()),
                ("name", connection.Name), ("credential", connection.SealedCredential), ("secret", connection.SealedWebhookSecret),
                ("url", connection.BaseUrl), ("created", connection.CreatedAt));
        },
        cancellationToken);

    public Task<Connection?> FindAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync($"SELECT {AllColumns} FROM connections WHERE id = @id", Read, ("id", id)),
        cancellationToken);

    public Task<IReadOnlyList<Connection>> ListAsync(string? agencyId, string? afterId, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<Connection>>(
            async session => await session.QueryAsync(
                $"""
                SELECT {AllColumns} FROM connections
                WHERE {(agencyId is null ? "" : "agency_id = @agency AND ")}id > @after
                ORDER BY id LIMIT @limit
                """,
                Read,
                ("agency", agencyId ?? ""), ("after", afterId ?? ""), ("limit", limit)),
            cancellationToken);

    public Task<bool> UpdateAsync(Connection connection, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            const string isAnother = "(c.sealed_credential <> @credential OR COALESCE(c.base_url, '') <> @base)";
            var before = await session.FirstAsync($"SELECT {AllColumns} FROM connections WHERE id = @id [[FOR UPDATE]]", Read, ("id", connection.Id));
            if (before is null)
                return false;
            await LeaveWebhookAsync(session, connection.Id, isAnother, ("credential", connection.SealedCredential), ("base", connection.BaseUrl ?? ""));
            await session.ExecuteAsync(
                "UPDATE connections SET name = @name, sealed_credential = @credential, base_url = @url WHERE id = @id",
                ("id", connection.Id), ("name", connection.Name), ("credential", connection.SealedCredential), ("url", connection.BaseUrl));
            session.Changed(ChangeKind.Connection, connection.Id);
            var isReplaced = !before.SealedCredential.AsSpan().SequenceEqual(connection.SealedCredential);
            session.NoteChange(
                before.AgencyId, isReplaced ? "connection.credential_changed" : "connection.updated", connection.Id,
                new FieldChanges().Set("name", before.Name, connection.Name).Address("baseUrl", before.BaseUrl, connection.BaseUrl).Hidden("credential", isReplaced));
            await Epochs.BumpConnectionAsync(session, connection.Id);
            return true;
        },
        cancellationToken);

    public Task<Connection?> ReplaceWebhookSecretAsync(string id, byte[] sealedSecret, DateTimeOffset formerUntil, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            session.Changed(ChangeKind.Connection, id);
            var replaced = await session.FirstAsync(
                $"""
                UPDATE connections
                SET sealed_former_webhook_secret = sealed_webhook_secret, former_webhook_secret_until = @until, sealed_webhook_secret = @secret
                WHERE id = @id RETURNING {AllColumns}
                """,
                Read,
                ("id", id), ("secret", sealedSecret), ("until", formerUntil));
            if (replaced is not null)
                session.Note(replaced.AgencyId, "connection.webhook_secret_replaced", id, new FieldChanges().Hidden("webhookSecret", isChanged: true));
            return replaced;
        },
        cancellationToken);

    public Task ForgetFormerWebhookSecretsAsync(DateTimeOffset now, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            "UPDATE connections SET sealed_former_webhook_secret = NULL, former_webhook_secret_until = NULL WHERE former_webhook_secret_until <= @now",
            ("now", now)),
        cancellationToken);

    public Task<ConnectionDeletion> DeleteAsync(string id, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // Locked first: whoever puts a calendar of it into a workspace meanwhile waits for us, or we for them, and then we see it.
            if (await session.FirstAsync($"SELECT {AllColumns} FROM connections WHERE id = @id [[FOR UPDATE]]", Read, ("id", id)) is not { } connection)
                return ConnectionDeletion.NotFound;
            var inUse = await session.NumberAsync(
                """
                SELECT 1 WHERE EXISTS (
                  SELECT 1 FROM calendars c JOIN workspace_calendars w ON w.calendar_id = c.id WHERE c.connection_id = @id)
                """,
                ("id", id));
            if (inUse is not null)
                return ConnectionDeletion.InUse;
            await LeaveWebhookAsync(session, id, "c.id = @id");
            await session.ExecuteAsync("DELETE FROM connections WHERE id = @id", ("id", id));
            session.Changed(ChangeKind.Connection, id);
            session.Note(connection.AgencyId, "connection.deleted", id, FieldChanges.Gone(("name", connection.Name), ("provider", connection.Provider.ToName())));
            return ConnectionDeletion.Deleted;
        },
        cancellationToken);

    /// <summary>What was registered is removed later, with the credential of now: no transaction waits for a provider.</summary>
    private static async Task LeaveWebhookAsync(Session session, string id, string condition, params (string Name, object? Value)[] arguments)
    {
        (string, object?)[] all = [("id", id), .. arguments];
        await session.ExecuteAsync(
            $$"""
            INSERT INTO former_webhooks (connection_id, subscription_id, provider, agency_id, sealed_credential, base_url, failures, left_at, next_at)
            SELECT c.id, r.subscription_id, c.provider, c.agency_id, c.sealed_credential, c.base_url, 0, {now}, 0
            FROM connections c JOIN webhook_registrations r ON r.connection_id = c.id
            WHERE c.id = @id AND r.subscription_id IS NOT NULL AND {{condition}}
            ON CONFLICT (connection_id, subscription_id) DO NOTHING
            """,
            all);
        await session.ExecuteAsync($"DELETE FROM webhook_registrations WHERE connection_id IN (SELECT c.id FROM connections c WHERE c.id = @id AND {condition})", all);
    }

    private static Connection Read(ref Row row) => new(
        row.Text(), row.Text(), CalendarRows.ToProvider(row.Text()), row.Text(), row.Bytes(), row.Bytes(), row.TextOrNull(), row.Instant())
    {
        SealedFormerWebhookSecret = row.BytesOrNull(),
        FormerWebhookSecretUntil = row.InstantOrNull(),
    };
}
