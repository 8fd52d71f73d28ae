using Slotkeeper.Deliveries;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>Events on their way out of the transaction that causes them: told if it commits, and only then.</summary>
internal static class Outbox
{
    /// <summary>
    /// Puts an event on its way to every endpoint of an agency that wants to be told of it and is not disabled, under one event id.
    /// One look at an index when there is none.
    /// </summary>
    /// <param name="session">Inside the transaction of the cause.</param>
    /// <param name="agencyId">Whose event.</param>
    /// <param name="workspaceId">What it is about; null when it is about none.</param>
    /// <param name="type">One of <see cref="EventTypes.All"/>.</param>
    /// <param name="payloadJson">The whole body, made by <see cref="EventEnvelope.Write"/>.</param>
    /// <exception cref="ArgumentException">The type is not one of them, or the body is not an envelope of it.</exception>
    public static async Task AddAsync(Session session, string agencyId, string? workspaceId, string type, string payloadJson)
    {
        if (!EventTypes.All.Contains(type))
            throw new ArgumentException($"'{type}' is not among the events that can be asked for.", nameof(type));
        if (!EventEnvelope.IsOf(type, payloadJson))
            throw new ArgumentException($"The body is not an envelope of '{type}'.", nameof(payloadJson));
        // Locked, so that no endpoint goes away before its row is written. That keeps nobody waiting but whoever deletes it.
        var wanting = await session.QueryAsync(
            """
            SELECT {now}, id FROM webhook_endpoints WHERE agency_id = @agency AND disabled_at IS NULL AND events LIKE @wanted ORDER BY id
            [[FOR KEY SHARE]]
            """,
            (ref Row row) => (Now: row.Instant(), EndpointId: row.Text()),
            ("agency", agencyId), ("wanted", $"% {type} %"));
        if (wanting.Count == 0)
            return;
        var eventId = Ids.New(Ids.Event);
        await InsertAsync(session, [.. wanting.Select(one => New(one.EndpointId, eventId, workspaceId, type, payloadJson, one.Now))]);
    }

    public static Delivery New(string endpointId, string eventId, string? workspaceId, string type, string payload, DateTimeOffset now) => new(
        Ids.NewInOrder(Ids.Delivery, now), endpointId, eventId, workspaceId, type, payload, DeliveryState.Pending, 0, now, now, null, null, null);

    public static Task InsertAsync(Session session, IReadOnlyCollection<Delivery> deliveries) =>
        InsertAsync(session, [.. deliveries.Select(delivery => (delivery, (string?)null))]);

    /// <param name="session">Inside the transaction of the cause.</param>
    /// <param name="deliveries">With what they are about where only the newest counts; see <see cref="CalendarOutbox"/>.</param>
    public static Task InsertAsync(Session session, IReadOnlyCollection<(Delivery Delivery, string? Subject)> deliveries) => session.ExecuteRowsAsync(
        """
        INSERT INTO deliveries (id, endpoint_id, event_id, workspace_id, type, payload, state, attempts, created_at, next_at, subject)
        SELECT r.id, r.endpoint, r.event, r.workspace, r.type, r.payload, 'pending', 0, r.created, r.created, r.subject FROM {rows}
        """,
        RowSet.Of(deliveries).Text("id", one => one.Delivery.Id).Text("endpoint", one => one.Delivery.EndpointId).Text("event", one => one.Delivery.EventId)
            .Text("workspace", one => one.Delivery.WorkspaceId).Text("type", one => one.Delivery.Type).Text("payload", one => one.Delivery.Payload)
            .Instant("created", one => one.Delivery.CreatedAt).Text("subject", one => one.Subject));
}
