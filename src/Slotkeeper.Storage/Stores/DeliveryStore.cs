using Slotkeeper.Deliveries;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>Locks are taken in one order: the endpoint, then its deliveries.</summary>
internal sealed class DeliveryStore(Database database) : IDeliveryStore
{
    private const int ForgottenAtOnce = 500;

    private const string EndpointColumns =
        """
        id, agency_id, url, events, sealed_secret, sealed_previous_secret, previous_until, created_at, disabled_at, disabled_reason,
        failing_since, is_troubled
        """;

    private const string Columns =
        "id, endpoint_id, event_id, workspace_id, type, payload, state, attempts, created_at, next_at, delivered_at, last_status, last_error";

    public Task<bool> CreateAsync(WebhookEndpoint endpoint, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // Locked, so that two at once are counted one after the other.
            if (await session.NumberAsync("SELECT 1 FROM agencies WHERE id = @id [[FOR NO KEY UPDATE]]", ("id", endpoint.AgencyId)) is null)
                return false;
            var made = await session.ExecuteAsync(
                $"""
                INSERT INTO webhook_endpoints (id, agency_id, url, events, sealed_secret, created_at)
                SELECT @id, @agency, @url, @events, @secret, CAST(@created AS bigint)
                WHERE (SELECT COUNT(*) FROM webhook_endpoints WHERE agency_id = @agency) < {IDeliveryStore.MaximumEndpoints}
                """,
                ("id", endpoint.Id), ("agency", endpoint.AgencyId), ("url", endpoint.Url), ("events", ToText(endpoint.Events)),
                ("secret", endpoint.SealedSecret), ("created", endpoint.CreatedAt)) > 0;
            if (made)
                session.Note(endpoint.AgencyId, "webhook.created", endpoint.Id, FieldChanges.Made(("url", FieldChanges.Origin(endpoint.Url)), ("events", FieldChanges.List(endpoint.Events))));
            return made;
        },
        cancellationToken);

    public Task<WebhookEndpoint?> FindAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        session => FindEndpointAsync(session, id), cancellationToken);

    public Task<IReadOnlyList<WebhookEndpoint>> ListAsync(string? agencyId, string? afterId, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<WebhookEndpoint>>(
            async session => await session.QueryAsync(
                $"SELECT {EndpointColumns} FROM webhook_endpoints WHERE {(agencyId is null ? "" : "agency_id = @agency AND ")}id > @after ORDER BY id LIMIT @limit",
                ReadEndpoint,
                ("agency", agencyId ?? ""), ("after", afterId ?? ""), ("limit", limit)),
            cancellationToken);

    public Task<WebhookEndpoint?> ChangeAsync(string id, EndpointChange change, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var before = await session.FirstAsync($"SELECT {EndpointColumns} FROM webhook_endpoints WHERE id = @id [[FOR NO KEY UPDATE]]", ReadEndpoint, ("id", id));
            if (before is null)
                return null;
            if (change.IsEnabled == false && await DisableAsync(session, id, "Disabled by its owner."))
                await GiveUpWaitingAsync(session, id);
            var after = (await session.FirstAsync(
                $$"""
                UPDATE webhook_endpoints SET url = COALESCE(@url, url), events = COALESCE(@events, events)
                  {{(change.IsEnabled == true ? ", disabled_at = NULL, disabled_reason = NULL, failing_since = NULL, is_troubled = 0" : "")}}
                WHERE id = @id RETURNING {{EndpointColumns}}
                """,
                ReadEndpoint,
                ("id", id), ("url", change.Url), ("events", change.Events is { } events ? ToText(events) : null)))!;
            session.NoteChange(after.AgencyId, "webhook.updated", id, new FieldChanges()
                .Address("url", before.Url, after.Url).Set("events", FieldChanges.List(before.Events), FieldChanges.List(after.Events))
                .Set("enabled", before.Disabled is null, after.Disabled is null));
            return after;
        },
        cancellationToken);

    public Task<WebhookEndpoint?> RotateAsync(string id, byte[] sealedSecret, TimeSpan overlap, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var rotated = await session.FirstAsync(
                $$"""
                UPDATE webhook_endpoints SET sealed_previous_secret = sealed_secret, previous_until = {now} + @overlap, sealed_secret = @secret
                WHERE id = @id RETURNING {{EndpointColumns}}
                """,
                ReadEndpoint,
                ("id", id), ("secret", sealedSecret), ("overlap", overlap));
            if (rotated is not null)
                session.Note(rotated.AgencyId, "webhook.secret_rotated", id, new FieldChanges().Hidden("secret", isChanged: true));
            return rotated;
        },
        cancellationToken);

    public Task<bool> DeleteAsync(string id, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await session.FirstAsync($"DELETE FROM webhook_endpoints WHERE id = @id RETURNING {EndpointColumns}", ReadEndpoint, ("id", id)) is not { } deleted)
                return false;
            session.Note(deleted.AgencyId, "webhook.deleted", id, FieldChanges.Gone(("url", FieldChanges.Origin(deleted.Url)), ("events", FieldChanges.List(deleted.Events))));
            return true;
        },
        cancellationToken);

    public Task<Delivery?> AddAsync(string endpointId, string type, string payload, CancellationToken cancellationToken) => database.WriteAsync(
        session => AddAsync(session, endpointId, Ids.New(Ids.Event), null, type, payload), cancellationToken);

    public Task<Delivery?> FindDeliveryAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        session => FindDeliveryAsync(session, id), cancellationToken);

    public Task<IReadOnlyList<Delivery>> ListDeliveriesAsync(
        string endpointId, DeliveryState? state, string? beforeId, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<Delivery>>(
            async session => await session.QueryAsync(
                $"""
                SELECT {Columns} FROM deliveries
                WHERE endpoint_id = @endpoint {(beforeId is null ? "" : "AND id < @before")} {(state is null ? "" : "AND state = @state")}
                ORDER BY id DESC LIMIT @limit
                """,
                Read,
                ("endpoint", endpointId), ("before", beforeId ?? ""), ("state", Names.Of(state ?? default)), ("limit", limit)),
            cancellationToken);

    public Task<Delivery?> ReplayAsync(string id, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await FindDeliveryAsync(session, id) is { } before
            ? await AddAsync(session, before.EndpointId, before.EventId, before.WorkspaceId, before.Type, before.Payload)
            : null,
        cancellationToken);

    public async Task<IReadOnlyList<TakenDelivery>> TakeDueAsync(DeliveryPlaces places, TimeSpan lease, CancellationToken cancellationToken)
    {
        // Mostly there is nothing, and looking takes no transaction and, on SQLite, no turn at the one that writes.
        var isDue = await database.ReadAsync(
            session => session.NumberAsync(
                """
                SELECT 1 WHERE EXISTS (SELECT 1 FROM deliveries WHERE next_at IS NOT NULL)
                            OR EXISTS (SELECT 1 FROM deliveries WHERE created_at <= {now} - @kept)
                """,
                ("kept", IDeliveryStore.Kept)),
            cancellationToken);
        return isDue is null ? [] : await database.WriteAsync(session => TakeDueAsync(session, places, lease), cancellationToken);
    }

    public Task<bool> DeliveredAsync(TakenDelivery taken, int status, bool isSlow, CancellationToken cancellationToken) => ReportAsync(
        taken,
        "state = 'delivered', next_at = NULL, delivered_at = {now}",
        status,
        null,
        async session =>
        {
            await session.ExecuteAsync(
                """
                UPDATE webhook_endpoints SET failing_since = NULL, is_troubled = @slow
                WHERE id = @id AND (failing_since IS NOT NULL OR is_troubled <> @slow)
                """,
                ("id", taken.Endpoint.Id), ("slow", isSlow ? 1 : 0));
            return false;
        },
        cancellationToken);

    public Task<bool> RetryAsync(TakenDelivery taken, DeliveryVerdict.Retry verdict, CancellationToken cancellationToken) => ReportAsync(
        taken, "next_at = {now} + @delay", verdict.Status, verdict.Error, session => FailingAsync(session, taken.Endpoint.Id), cancellationToken,
        ("delay", verdict.Delay));

    public Task<bool> FailAsync(TakenDelivery taken, DeliveryVerdict.Failed verdict, CancellationToken cancellationToken) => ReportAsync(
        taken,
        "state = 'failed', next_at = NULL",
        verdict.Status,
        verdict.Error,
        async session =>
        {
            await FailingAsync(session, taken.Endpoint.Id);
            if (verdict.DisableBecause is not { } reason || !await DisableAsync(session, taken.Endpoint.Id, reason))
                return false;
            session.Note(taken.Endpoint.AgencyId, "webhook.disabled", taken.Endpoint.Id, new FieldChanges().Set("enabled", true, false).Set("reason", null, reason));
            return true;
        },
        cancellationToken);

    /// <summary>
    /// Of each endpoint with something waiting the one that is longest due, found by stepping from endpoint to endpoint through the index: a long
    /// queue of one costs no more than a short one.
    /// </summary>
    private static string Take(bool troubled) => $$"""
        WITH RECURSIVE waiting (endpoint) AS (
          SELECT (SELECT MIN(endpoint_id) FROM deliveries WHERE next_at IS NOT NULL)
          UNION ALL
          SELECT (SELECT MIN(d.endpoint_id) FROM deliveries d WHERE d.next_at IS NOT NULL AND d.endpoint_id > w.endpoint)
          FROM waiting w WHERE w.endpoint IS NOT NULL),
        heads AS MATERIALIZED (
          SELECT (SELECT d.id FROM deliveries d WHERE d.endpoint_id = w.endpoint AND d.next_at <= (SELECT {now}) ORDER BY d.next_at LIMIT 1) AS head
          FROM waiting w JOIN webhook_endpoints e ON e.id = w.endpoint
          WHERE e.disabled_at IS NULL AND e.is_troubled = {{(troubled ? 1 : 0)}}
            AND (SELECT COUNT(*) FROM deliveries t WHERE t.endpoint_id = w.endpoint AND t.taken_until > (SELECT {now})) < @per_endpoint),
        due AS MATERIALIZED (
          SELECT d.id AS due_id FROM heads h JOIN deliveries d ON d.id = h.head WHERE d.next_at <= (SELECT {now})
          ORDER BY d.next_at LIMIT @limit [[FOR UPDATE OF d SKIP LOCKED]])
        UPDATE deliveries SET next_at = {now} + @lease, taken_until = {now} + @lease, attempts = attempts + 1 WHERE id IN (SELECT due_id FROM due)
        RETURNING {{Columns}}
        """;

    private static async Task<IReadOnlyList<TakenDelivery>> TakeDueAsync(Session session, DeliveryPlaces places, TimeSpan lease)
    {
        await session.ExecuteAsync(
            """
            DELETE FROM deliveries WHERE id IN (
              SELECT id FROM deliveries WHERE created_at <= (SELECT {now}) - @kept ORDER BY created_at LIMIT @limit [[FOR UPDATE SKIP LOCKED]])
            """,
            ("kept", IDeliveryStore.Kept), ("limit", ForgottenAtOnce));
        var taken = new List<Delivery>();
        foreach (var (troubled, limit) in new[] { (false, places.Sound), (true, places.Troubled) })
        {
            if (limit > 0)
                taken.AddRange(await session.QueryAsync(Take(troubled), Read, ("per_endpoint", places.PerEndpoint), ("limit", limit), ("lease", lease)));
        }
        var endpoints = (await session.QueryRowsAsync(
            $"SELECT {EndpointColumns} FROM webhook_endpoints JOIN (SELECT r.wanted FROM {{rows}}) AS w ON w.wanted = id",
            RowSet.Of(taken.Select(one => one.EndpointId).Distinct().ToList()).Text("wanted", id => id),
            ReadEndpoint)).ToDictionary(endpoint => endpoint.Id);
        return [.. taken.Where(one => endpoints.ContainsKey(one.EndpointId)).Select(one => new TakenDelivery(one, endpoints[one.EndpointId]))];
    }

    /// <summary>The number of attempts is what tells this taking from a later one.</summary>
    /// <param name="taken">As it was taken.</param>
    /// <param name="change">Of the delivery.</param>
    /// <param name="status">The receiver's.</param>
    /// <param name="error">For people.</param>
    /// <param name="endpoint">What happens to its endpoint; true when it is disabled by that.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="arguments">Of <paramref name="change"/>.</param>
    private Task<bool> ReportAsync(
        TakenDelivery taken,
        string change,
        int? status,
        string? error,
        Func<Session, Task<bool>> endpoint,
        CancellationToken cancellationToken,
        params (string Name, object? Value)[] arguments) => database.WriteAsync(
            async session =>
            {
                var isDisabled = await endpoint(session);
                var reported = await session.ExecuteAsync(
                    $"""
                    UPDATE deliveries SET {change}, taken_until = NULL, last_status = @status, last_error = @error
                    WHERE id = @id AND attempts = @attempts AND state = 'pending'
                    """,
                    [.. arguments, ("id", taken.Delivery.Id), ("attempts", taken.Delivery.Attempts), ("status", status), ("error", error)]) > 0;
                if (isDisabled)
                    await GiveUpWaitingAsync(session, taken.Endpoint.Id);
                return reported;
            },
            cancellationToken);

    private static async Task<bool> FailingAsync(Session session, string id)
    {
        await session.ExecuteAsync(
            """
            UPDATE webhook_endpoints SET failing_since = COALESCE(failing_since, {now}), is_troubled = 1
            WHERE id = @id AND (failing_since IS NULL OR is_troubled = 0)
            """,
            ("id", id));
        return false;
    }

    private static async Task<bool> DisableAsync(Session session, string id, string reason) => await session.ExecuteAsync(
        "UPDATE webhook_endpoints SET disabled_at = {now}, disabled_reason = @reason WHERE id = @id AND disabled_at IS NULL",
        ("id", id), ("reason", reason)) > 0;

    /// <summary>What is under way when this happens may still arrive; nobody asks any more.</summary>
    private static Task GiveUpWaitingAsync(Session session, string endpointId) => session.ExecuteAsync(
        """
        UPDATE deliveries SET state = 'failed', next_at = NULL, taken_until = NULL, last_error = @error
        WHERE endpoint_id = @endpoint AND next_at IS NOT NULL
        """,
        ("endpoint", endpointId), ("error", "Given up because the endpoint was disabled."));

    private static async Task<Delivery?> AddAsync(Session session, string endpointId, string eventId, string? workspaceId, string type, string payload)
    {
        var found = await session.QueryAsync(
            "SELECT {now} FROM webhook_endpoints WHERE id = @id AND disabled_at IS NULL [[FOR KEY SHARE]]",
            (ref Row row) => row.Instant(),
            ("id", endpointId));
        if (found is not [var now])
            return null;
        var delivery = Outbox.New(endpointId, eventId, workspaceId, type, payload, now);
        await Outbox.InsertAsync(session, [delivery]);
        return delivery;
    }

    private static Task<WebhookEndpoint?> FindEndpointAsync(Session session, string id) =>
        session.FirstAsync($"SELECT {EndpointColumns} FROM webhook_endpoints WHERE id = @id", ReadEndpoint, ("id", id));

    private static Task<Delivery?> FindDeliveryAsync(Session session, string id) =>
        session.FirstAsync($"SELECT {Columns} FROM deliveries WHERE id = @id", Read, ("id", id));

    /// <summary>With a space on either side of each, so that one can be looked for.</summary>
    private static string ToText(IReadOnlyList<string> events) => $" {string.Join(' ', events)} ";

    private static WebhookEndpoint ReadEndpoint(ref Row row) => new(
        row.Text(), row.Text(), row.Text(), row.Text().Split(' ', StringSplitOptions.RemoveEmptyEntries), row.Bytes(), row.BytesOrNull(),
        row.InstantOrNull(), row.Instant(), ReadDisabled(row.InstantOrNull(), row.TextOrNull()), row.InstantOrNull(), row.Int() != 0);

    private static EndpointDisabled? ReadDisabled(DateTimeOffset? since, string? reason) => since is { } at ? new EndpointDisabled(at, reason!) : null;

    private static Delivery Read(ref Row row) => new(
        row.Text(), row.Text(), row.Text(), row.TextOrNull(), row.Text(), row.Text(), Names.ToDeliveryState(row.Text()), row.Int(), row.Instant(),
        row.InstantOrNull(), row.InstantOrNull(), row.IntOrNull(), row.TextOrNull());
}
