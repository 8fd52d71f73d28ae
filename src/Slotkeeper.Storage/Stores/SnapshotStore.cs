using System.Runtime.CompilerServices;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Invalidation;
using Slotkeeper.Snapshots;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

internal sealed class SnapshotStore(Database database) : ISnapshotStore
{
    /// <summary>Calendars read at a time: bounds memory, and how long a connection is held while the reader works on them.</summary>
    private const int PageSize = 4000;

    private const string Stored =
        $"SELECT {CalendarRows.Calendar}, u.agency_id, u.shared_by, {CalendarRows.State}, {CalendarRows.Snapshot} FROM";

    /// <summary>To be joined to the calendars that are asked for, as <c>u</c> with who uses them.</summary>
    private const string Parts =
        """
        JOIN calendars c ON c.id = u.calendar_id
        JOIN resources s ON s.id = c.resource_id
        JOIN calendar_state t ON t.calendar_id = c.id
        LEFT JOIN snapshots p ON p.calendar_id = c.id
        """;

    public async IAsyncEnumerable<StoredCalendar> LoadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A hundred thousand calendars have few agencies: each name is kept once.
        var agencies = new Dictionary<string, string>(StringComparer.Ordinal);
        var after = "";
        while (true)
        {
            var from = after;
            var (page, claims) = await database.ReadForAllAsync(session => PageAsync(session, from), cancellationToken);
            foreach (var stored in page)
            {
                if (!agencies.TryGetValue(stored.AgencyId!, out var agency))
                    agencies.Add(stored.AgencyId!, agency = stored.AgencyId!);
                var resourceId = stored.Calendar.ResourceId;
                yield return stored with { AgencyId = agency, Claims = claims.Contains(resourceId) ? [.. claims[resourceId]] : [] };
            }
            if (page.Count < PageSize)
                yield break;
            after = page[^1].Calendar.Id;
        }
    }

    public async IAsyncEnumerable<(string CalendarId, CalendarState State)> LoadStatesAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = "";
        while (true)
        {
            var from = after;
            var page = await database.ReadForAllAsync(
                session => session.QueryAsync(
                    $"""
                    SELECT t.calendar_id, {CalendarRows.State} FROM calendar_state t
                    WHERE t.calendar_id > @after AND EXISTS (SELECT 1 FROM workspace_calendars w WHERE w.calendar_id = t.calendar_id)
                    ORDER BY t.calendar_id LIMIT @limit
                    """,
                    (ref Row row) => (CalendarId: row.Text(), State: CalendarRows.ReadState(ref row)),
                    ("after", from), ("limit", PageSize)),
                cancellationToken);
            foreach (var state in page)
                yield return state;
            if (page.Count < PageSize)
                yield break;
            after = page[^1].CalendarId;
        }
    }

    public Task<StoredCalendar?> LoadAsync(string calendarId, CancellationToken cancellationToken) => database.ReadForAllAsync(
        async session =>
        {
            var stored = await session.FirstAsync(
                $"""
                {Stored} (
                  SELECT CAST(@id AS text) AS calendar_id, min(w.agency_id) AS agency_id, count(DISTINCT w.workspace_id) AS shared_by
                  FROM workspace_calendars w WHERE w.calendar_id = @id) u
                {Parts}
                """,
                Read,
                ("id", calendarId));
            // Claims after the epoch: at worst they are newer than it, and then the next change message says so.
            return stored is null ? null : stored with { Claims = await ClaimStore.ListAsync(session, stored.Calendar.ResourceId) };
        },
        cancellationToken);

    public async Task<BatchOutcome> WriteAsync(IReadOnlyList<SnapshotWrite> writes, FencingToken? fence, CancellationToken cancellationToken)
    {
        // In one order everywhere, so that two batches wait for each other instead of dead-locking. Of two writes for one
        // calendar only the later attempt can count.
        var ordered = writes
            .GroupBy(write => write.CalendarId, StringComparer.Ordinal)
            .Select(group => group.MaxBy(write => write.State.LastAttemptAt)!)
            .OrderBy(write => write.CalendarId, StringComparer.Ordinal)
            .ToList();
        var result = await database.WriteForAllAsync(session => WriteAsync(session, ordered, fence), cancellationToken);
        if (result is not { } done)
            return new BatchOutcome(true, []);
        var counted = ordered.ToHashSet<SnapshotWrite>(ReferenceEqualityComparer.Instance);
        return new BatchOutcome(false, [.. writes.Select(write =>
            done.Gone.Contains(write.CalendarId) ? SnapshotWriteOutcome.Gone
            : done.Landed.ContainsKey(write.CalendarId) && counted.Contains(write) ? SnapshotWriteOutcome.Written
            : SnapshotWriteOutcome.Superseded)]) { Landed = done.Landed };
    }

    public Task<bool> ProveRoomAsync(RoomProof proof, CancellationToken cancellationToken) => database.WriteForAllAsync(
        async session =>
        {
            await Seats.LockAsync(session, proof.ResourceId);
            var proven = await session.QueryRowsAsync(
                """
                UPDATE claims SET proven_at = {now} FROM {rows}
                WHERE claims.id = r.claim AND calendar_id = r.calendar AND resource_id = r.resource AND proven_at IS NULL AND stands_since < r.before
                RETURNING claims.id
                """,
                RowSet.Of(proof.ClaimIds.ToList())
                    .Text("claim", id => id)
                    .Text("calendar", _ => proof.CalendarId)
                    .Text("resource", _ => proof.ResourceId)
                    .Instant("before", _ => proof.StandingBefore),
                (ref Row row) => row.Text());
            if (proven.Count > 0)
                await Epochs.ClaimsChangedForAsync(session, proof.CalendarId);
            return proven.Count > 0;
        },
        cancellationToken);

    public Task<IReadOnlyList<BumpedEpoch>> BumpAsync(IReadOnlyList<string> calendarIds, CancellationToken cancellationToken) =>
        database.WriteForAllAsync<IReadOnlyList<BumpedEpoch>>(
            async session => await Epochs.BumpAsync(session, calendarIds), cancellationToken);

    public Task<IReadOnlyList<BumpedEpoch>> BumpEventTypeAsync(EventTypeAsked asked, IReadOnlyList<string> calendarIds, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlyList<BumpedEpoch>>(
            async session =>
            {
                session.Note(asked.AgencyId, "event_type.invalidated", asked.Name, FieldChanges.Made(("provider", asked.Provider.ToName())));
                return await Epochs.BumpAsync(session, calendarIds);
            },
            cancellationToken);

    public Task<IReadOnlyList<string>> FindByEventTypeAsync(Provider provider, string externalId, CancellationToken cancellationToken) =>
        database.ReadForAllAsync<IReadOnlyList<string>>(
            async session => await session.QueryAsync(
                """
                SELECT id FROM calendars
                WHERE (external_id = @event OR resolved_event_type_id = @event OR url = @event) AND provider = @provider
                ORDER BY id
                """,
                (ref Row row) => row.Text(),
                ("event", externalId), ("provider", provider.ToName())),
            cancellationToken);

    /// <returns>Null when the fence is broken.</returns>
    private static async Task<Result?> WriteAsync(Session session, List<SnapshotWrite> writes, FencingToken? fence)
    {
        // A batch that only says "still so" may be lost with the machine: the calendars are then older than they were, which is
        // true of what is left, and are read again. Anything another node was told of, or a caller was promised, is on disk
        // before this returns; so is everything that was committed before it.
        if (writes.All(write => write is { NewSnapshot: null, NewResolved: null, News: CalendarNews.None } && write.State.Epoch == write.BeganAt))
            session.RelaxDurability();

        // The share lock keeps the lease from being taken by somebody else before this transaction ends.
        if (fence is not null && await session.NumberAsync(
            "SELECT 1 FROM leases WHERE name = @lease AND token = @token AND expires_at > {now} [[FOR SHARE]]",
            ("lease", fence.Lease), ("token", fence.Token)) is null)
            return null;

        // A stored attempt of the future was stored before the clock was set back: it must not keep out the true ones.
        var landed = (await session.QueryRowsAsync(
            """
            UPDATE calendar_state
            SET epoch = epoch + (r.epoch_then - r.epoch_before),
                fence_epoch = CASE WHEN r.epoch_then > r.epoch_before THEN epoch + 1 ELSE fence_epoch END,
                stale_at = CASE WHEN due_epoch > r.epoch_before THEN 0 ELSE r.stale END,
                last_success_at = r.success, last_attempt_at = r.attempt, backoff_until = r.backoff, error_code = r.code,
                error_message = r.message, error_since = r.since, failures = r.failed, range_end = r.covered
            FROM {rows}
            WHERE calendar_id = r.id AND fence_epoch <= r.epoch_before AND (last_attempt_at IS NULL OR last_attempt_at <= r.attempt OR last_attempt_at > {now})
            RETURNING calendar_id, epoch, due_epoch
            """,
            RowSet.Of(writes)
                .Text("id", write => write.CalendarId)
                .Long("epoch_before", write => write.BeganAt)
                .Long("epoch_then", write => write.State.Epoch)
                .Instant("stale", write => write.State.StaleAt)
                .Instant("success", write => write.State.LastSuccessAt)
                .Instant("attempt", write => write.State.LastAttemptAt)
                .Instant("backoff", write => write.State.BackoffUntil)
                .Text("code", write => write.State.Error?.Code)
                .Text("message", write => write.State.Error?.Message)
                .Instant("since", write => write.State.Error?.Since)
                .Long("failed", write => write.State.Failures)
                .Instant("covered", write => write.State.RangeEnd),
            (ref Row row) => (Id: row.Text(), Epoch: row.Long(), DueEpoch: row.Long())))
            .Join(writes, row => row.Id, write => write.CalendarId, (row, write) => (row.Id, Landing: new Landing(row.Epoch, row.DueEpoch > write.BeganAt)))
            .ToDictionary(one => one.Id, one => one.Landing, StringComparer.Ordinal);

        await session.ExecuteRowsAsync(
            """
            INSERT INTO snapshots (calendar_id, slots, duration_seconds, packed)
            SELECT r.id, r.slots, r.duration, r.packed FROM {rows} WHERE true
            ON CONFLICT (calendar_id) DO UPDATE
            SET slots = excluded.slots, duration_seconds = excluded.duration_seconds, packed = excluded.packed
            """,
            RowSet.Of(writes.FindAll(write => write.NewSnapshot is not null && landed.ContainsKey(write.CalendarId)))
                .Text("id", write => write.CalendarId)
                .Long("slots", write => write.NewSnapshot!.Count)
                .Long("duration", write => write.NewSnapshot!.DurationSeconds)
                .Bytes("packed", write => write.NewSnapshot!.Packed));

        await session.ExecuteRowsAsync(
            """
            UPDATE calendars
            SET resolved = 1, resolved_event_type_id = r.event_type, resolved_time_zone = r.zone, resolved_duration_minutes = r.minutes
            FROM {rows} WHERE calendars.id = r.calendar
            """,
            RowSet.Of(writes.FindAll(write => write.NewResolved is not null && landed.ContainsKey(write.CalendarId)))
                .Text("calendar", write => write.CalendarId)
                .Text("event_type", write => write.NewResolved!.EventTypeId)
                .Text("zone", write => write.NewResolved!.TimeZone)
                .Long("minutes", write => write.NewResolved!.DurationMinutes));

        await CalendarOutbox.AddAsync(session, [.. writes.Where(write => landed.ContainsKey(write.CalendarId)).Select(write => (write, landed[write.CalendarId].Epoch))]);
        foreach (var write in writes)
        {
            if (write.State.Epoch != write.BeganAt && landed.TryGetValue(write.CalendarId, out var landing))
                session.Changed(ChangeKind.Calendar, write.CalendarId, landing.Epoch);
        }
        return new Result(landed, await GoneAsync(session, writes.FindAll(write => !landed.ContainsKey(write.CalendarId))));
    }

    private static async Task<HashSet<string>> GoneAsync(Session session, List<SnapshotWrite> unwritten)
    {
        var ids = unwritten.Select(write => write.CalendarId).ToHashSet(StringComparer.Ordinal);
        ids.ExceptWith(await session.QueryRowsAsync(
            "SELECT t.calendar_id FROM {rows} JOIN calendar_state t ON t.calendar_id = r.id",
            RowSet.OfIds(ids),
            (ref Row row) => row.Text()));
        return ids;
    }

    private static async Task<(List<StoredCalendar> Page, ILookup<string, Claim> Claims)> PageAsync(Session session, string after)
    {
        var page = await session.QueryAsync(
            $"""
            {Stored} (
              SELECT w.calendar_id, min(w.agency_id) AS agency_id, count(DISTINCT w.workspace_id) AS shared_by
              FROM workspace_calendars w WHERE w.calendar_id > @after
              GROUP BY w.calendar_id ORDER BY w.calendar_id LIMIT @limit) u
            {Parts}
            ORDER BY u.calendar_id
            """,
            Read,
            ("after", after), ("limit", PageSize));
        var last = page.Count > 0 ? page[^1].Calendar.Id : after;
        // Claims after the epochs, as in LoadAsync.
        var claims = await session.QueryAsync(
            $"""
            SELECT {CalendarRows.Claim} FROM claims k
            WHERE {ClaimStore.Live} AND k.resource_id IN (SELECT c.resource_id FROM calendars c WHERE c.id > @after AND c.id <= @last)
            ORDER BY k.starts_at, k.seat
            """,
            CalendarRows.ReadClaim,
            ("after", after), ("last", last));
        return (page, claims.ToLookup(claim => claim.ResourceId, StringComparer.Ordinal));
    }

    private static StoredCalendar Read(ref Row row)
    {
        var calendar = CalendarRows.ReadCalendar(ref row);
        var (agency, sharedBy) = (row.TextOrNull(), row.Int());
        return new StoredCalendar(calendar, agency, sharedBy, CalendarRows.ReadState(ref row), CalendarRows.ReadSnapshot(ref row), []);
    }

    private sealed record Result(Dictionary<string, Landing> Landed, HashSet<string> Gone);
}
