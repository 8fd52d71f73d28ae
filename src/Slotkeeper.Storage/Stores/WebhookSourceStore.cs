using Slotkeeper.Refresh;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

internal sealed class WebhookSourceStore(Database database) : IWebhookSourceStore
{
    /// <summary>Connections between two ids.</summary>
    public const string Between = "connection_id >= @first AND connection_id <= @last";

    /// <summary>After every id there is.</summary>
    public const string AfterAll = "~";

    private const string Columns = "connection_id, heard_at, missed, usual, silent_since";

    public Task<IReadOnlyList<SourceTrust>> ListAsync(string? firstConnectionId, string? lastConnectionId, CancellationToken cancellationToken) =>
        database.ReadForAllAsync<IReadOnlyList<SourceTrust>>(
            async session => await session.QueryAsync(
                $"SELECT {Columns} FROM webhook_sources WHERE {Between}", Read, ("first", firstConnectionId ?? ""), ("last", lastConnectionId ?? AfterAll)),
            cancellationToken);

    public Task ChangeAsync(string connectionId, Func<SourceTrust, SourceTrust> change, CancellationToken cancellationToken) => database.WriteForAllAsync(
        async session =>
        {
            // Its connection is locked, as the row itself may not be there yet.
            if (await session.NumberAsync("SELECT 1 FROM connections WHERE id = @id [[FOR UPDATE]]", ("id", connectionId)) is null)
                return false;
            var known = await session.FirstAsync($"SELECT {Columns} FROM webhook_sources WHERE connection_id = @id", Read, ("id", connectionId)) ?? SourceTrust.Of(connectionId);
            var changed = change(known);
            if (changed == known)
                return false;
            await session.ExecuteAsync(
                $"""
                INSERT INTO webhook_sources ({Columns}) VALUES (@id, @heard, @missed, @usual, @silent)
                ON CONFLICT (connection_id) DO UPDATE SET heard_at = @heard, missed = @missed, usual = @usual, silent_since = @silent
                """,
                ("id", connectionId), ("heard", changed.HeardAt), ("missed", changed.Missed), ("usual", changed.Usual), ("silent", changed.SilentSince));
            return true;
        },
        cancellationToken);

    private static SourceTrust Read(ref Row row) => new(row.Text(), row.InstantOrNull(), row.Int(), row.Double(), row.InstantOrNull());
}
