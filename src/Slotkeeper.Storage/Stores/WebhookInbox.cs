using Slotkeeper.Bookings;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

internal sealed class WebhookInbox(Database database, TimeSpan kept) : IWebhookInbox
{
    private const int ForgottenAtOnce = 200;

    public Task<bool> AddAsync(
        string connectionId, string eventId, string kind, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(eventId.Length, IWebhookInbox.MaximumEventIdLength, nameof(eventId));
        return database.WriteForAllAsync(
            async session => await session.ExecuteAsync(
                """
                INSERT INTO webhook_inbox (connection_id, event_id, kind, payload, received_at, attempts, next_at)
                VALUES (@connection, @event, @kind, @payload, {now}, 0, {now})
                ON CONFLICT (connection_id, event_id) DO NOTHING
                """,
                ("connection", connectionId), ("event", eventId), ("kind", kind), ("payload", payload.ToArray())) > 0,
            cancellationToken);
    }

    public Task<IReadOnlyList<InboxEvent>> TakeDueAsync(TimeSpan lease, int limit, CancellationToken cancellationToken) =>
        database.WriteForAllAsync<IReadOnlyList<InboxEvent>>(
            async session =>
            {
                await session.ExecuteAsync(
                    """
                    DELETE FROM webhook_inbox WHERE (connection_id, event_id) IN (
                      SELECT connection_id, event_id FROM webhook_inbox WHERE received_at <= (SELECT {now}) - @kept
                      ORDER BY received_at LIMIT @limit [[FOR UPDATE SKIP LOCKED]])
                    """,
                    ("limit", ForgottenAtOnce), ("kept", kept));
                var taken = await session.QueryAsync(
                    """
                    WITH due AS MATERIALIZED (
                      SELECT connection_id AS due_connection, event_id AS due_event FROM webhook_inbox
                      WHERE next_at <= (SELECT {now}) ORDER BY next_at LIMIT @limit [[FOR UPDATE SKIP LOCKED]])
                    UPDATE webhook_inbox SET next_at = {now} + @lease, attempts = attempts + 1
                    WHERE (connection_id, event_id) IN (SELECT due_connection, due_event FROM due)
                    RETURNING connection_id, event_id, kind, payload, received_at, attempts
                    """,
                    (ref Row row) => new InboxEvent(row.Text(), row.Text(), row.Text(), row.Bytes(), row.Instant(), row.Int()),
                    ("lease", lease), ("limit", limit));
                return [.. taken.OrderBy(one => one.ReceivedAt)];
            },
            cancellationToken);

    public Task<bool> DoneAsync(InboxEvent taken, CancellationToken cancellationToken) =>
        SetAsync("processed_at = {now}, next_at = NULL, payload = @empty", taken, TimeSpan.Zero, cancellationToken);

    public Task<bool> RetryAsync(InboxEvent taken, TimeSpan delay, CancellationToken cancellationToken) =>
        SetAsync("next_at = {now} + @delay", taken, delay, cancellationToken);

    /// <summary>The number of attempts is what tells this taking from a later one.</summary>
    private Task<bool> SetAsync(string change, InboxEvent taken, TimeSpan delay, CancellationToken cancellationToken) => database.WriteForAllAsync(
        async session => await session.ExecuteAsync(
            $"""
            UPDATE webhook_inbox SET {change}
            WHERE connection_id = @connection AND event_id = @event AND attempts = @attempts AND next_at IS NOT NULL
            """,
            ("connection", taken.ConnectionId), ("event", taken.EventId), ("attempts", taken.Attempts), ("delay", delay),
            ("empty", Array.Empty<byte>())) > 0,
        cancellationToken);
}
