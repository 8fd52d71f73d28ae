using Slotkeeper.Claims;
using Slotkeeper.Invalidation;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>
/// Claims of one resource are changed one after the other, under a lock on the resource's row: the seat is chosen and taken
/// without a race, and who comes second finds it taken instead of failing. What keeps two claims apart is not this lock but
/// the constraint of the table.
/// </summary>
internal sealed class ClaimStore(Database database) : IClaimStore
{
    /// <summary>
    /// Live by the database's clock. What ended a day ago takes nothing any more; the day is for clocks that differ.
    /// </summary>
    public const string Live =
        "(k.expires_at IS NULL OR k.expires_at > {now}) AND k.ends_at > {now} - 86400000000";

    public async Task<ClaimOutcome> TakeAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        if (request.End <= request.Start)
            throw new ArgumentException("A claim must end after it starts.", nameof(request));
        if ((request.State == ClaimState.Held) != request.HoldFor.HasValue)
            throw new ArgumentException("A hold, and only a hold, says how long it is held.", nameof(request));
        return await database.Resources.RunAsync(
            request.ResourceId,
            () => RefusalIsOverlapAsync(database.WriteForAllAsync(session => TakeAsync(session, request), cancellationToken)),
            cancellationToken);
    }

    public Task<bool> ReleaseAsync(string id, CancellationToken cancellationToken) => database.WriteForAllAsync(
        async session =>
        {
            if (await LockResourceOfAsync(session, id) is not { } resourceId)
                return false;
            if (await session.ExecuteAsync("DELETE FROM claims WHERE id = @id", ("id", id)) == 0)
                return false;
            await Epochs.ClaimsChangedAsync(session, resourceId);
            return true;
        },
        cancellationToken);

    public async Task<bool> KeepReservationAsync(string id, ClaimReservation reservation, CancellationToken cancellationToken) => await database.WriteForAllAsync(
        session => session.ExecuteAsync(
            "UPDATE claims SET reservation_id = @reservation, reservation_calendar_id = @calendar WHERE id = @id AND state = 'held' AND expires_at > {now}",
            ("id", id), ("reservation", reservation.Id), ("calendar", reservation.CalendarId)),
        cancellationToken) > 0;

    public Task<ClaimReservation?> FindReservationAsync(string id, CancellationToken cancellationToken) => database.ReadForAllAsync(
        session => session.FirstAsync(
            "SELECT reservation_id, reservation_calendar_id, starts_at FROM claims WHERE id = @id AND reservation_id IS NOT NULL",
            (ref Row row) => new ClaimReservation(row.Text(), row.Text(), row.Instant()),
            ("id", id)),
        cancellationToken);

    public Task<IReadOnlyList<Claim>> ListAsync(string resourceId, CancellationToken cancellationToken) =>
        database.ReadForAllAsync(session => ListAsync(session, resourceId), cancellationToken);

    public static async Task<IReadOnlyList<Claim>> ListAsync(Session session, string resourceId) => await session.QueryAsync(
        $"SELECT {CalendarRows.Claim} FROM claims k WHERE k.resource_id = @resource AND {Live} ORDER BY k.starts_at, k.seat",
        CalendarRows.ReadClaim,
        ("resource", resourceId));

    /// <summary>Two trips to the database besides the commit, because this is what people wait for.</summary>
    private static async Task<ClaimOutcome> TakeAsync(Session session, ClaimRequest request)
    {
        var found = await session.QueryAsync(
            $$"""
            SELECT capacity, NULL, NULL FROM resources WHERE id = @resource [[FOR NO KEY UPDATE]];
            DELETE FROM claims WHERE resource_id = @resource AND expires_at <= {now};
            SELECT DISTINCT NULL, seat, {{Seats.LeavesRoom}} FROM claims
            WHERE resource_id = @resource AND starts_at < @end AND ends_at > @start
              [[AND int8range(starts_at, ends_at, '[)') && int8range(@start, @end, '[)')]]
            """,
            (ref Row row) => (Capacity: row.IntOrNull(), Seat: row.IntOrNull(), LeavesRoom: row.IntOrNull()),
            ("resource", request.ResourceId), ("start", request.Start), ("end", request.End), ("calendar", request.CalendarId ?? ""));
        if (found.Count == 0 || found[0].Capacity is not { } capacity)
            return new ClaimOutcome.Missing();
        if (Seats.Choose(found[1..].ConvertAll(row => (row.Seat!.Value, row.LeavesRoom == 1)), capacity) is not { } seat)
            return new ClaimOutcome.Overlaps();
        var written = await session.QueryAsync(
            $$"""
            INSERT INTO claims (id, resource_id, seat, starts_at, ends_at, state, expires_at, token, calendar_id)
            VALUES (@id, @resource, @seat, @start, @end, @state, {now} + CAST(@hold AS bigint), @token, @calendar)
            RETURNING NULL, expires_at;
            {{Epochs.ClaimsChanged}}
            """,
            (ref Row row) => (CalendarId: row.TextOrNull(), Number: row.LongOrNull()),
            ("id", request.Id), ("resource", request.ResourceId), ("seat", seat), ("start", request.Start), ("end", request.End),
            ("state", Names.Of(request.State)), ("hold", request.HoldFor), ("token", request.Token),
            ("calendar", request.CalendarId));
        foreach (var (calendarId, epoch) in written.Skip(1))
            session.Changed(ChangeKind.Calendar, calendarId!, epoch!.Value);
        DateTimeOffset? expiresAt = written[0].Number is { } expiry ? Instants.FromMicroseconds(expiry) : null;
        return new ClaimOutcome.Taken(new Claim(
            request.Id, request.ResourceId, seat, request.Start, request.End, request.State, expiresAt, request.Token));
    }

    /// <returns>Null when there is no such claim.</returns>
    private static Task<string?> LockResourceOfAsync(Session session, string claimId) => session.FirstAsync(
        "SELECT s.id FROM claims k JOIN resources s ON s.id = k.resource_id WHERE k.id = @id [[FOR NO KEY UPDATE OF s]]",
        (ref Row row) => row.Text(),
        ("id", claimId));

    /// <summary>An overlap only a writer can bring about that went round the lock; an id that is there already is a claim that overlaps itself. The answer is the same.</summary>
    private static async Task<ClaimOutcome> RefusalIsOverlapAsync(Task<ClaimOutcome> work)
    {
        try
        {
            return await work;
        }
        catch (ConstraintException refusal) when (refusal.Kind is ConstraintKind.Overlap or ConstraintKind.Unique)
        {
            return new ClaimOutcome.Overlaps();
        }
    }
}
