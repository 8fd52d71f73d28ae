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
        return await RefusalIsOverlapAsync(database.WriteAsync(session => TakeAsync(session, request), cancellationToken));
    }

    public async Task<ClaimOutcome> MoveAsync(string id, ClaimState state, string? token, CancellationToken cancellationToken)
    {
        if (state == ClaimState.Held)
            throw new ArgumentException("A claim is held from its beginning or never.", nameof(state));
        return await RefusalIsOverlapAsync(database.WriteAsync<ClaimOutcome>(
            async session =>
            {
                if (await LockResourceOfAsync(session, id) is not { } resourceId)
                    return new ClaimOutcome.Missing();
                var moved = await session.FirstAsync(
                    $$"""
                    UPDATE claims SET state = @state, expires_at = NULL, token = NULL
                    WHERE id = @id AND (expires_at IS NULL OR expires_at > {now})
                    {{(token is null ? "" : "AND state = 'held' AND token = @token")}}
                    RETURNING id, resource_id, seat, starts_at, ends_at, state, expires_at, token
                    """,
                    CalendarRows.ReadClaim,
                    ("id", id), ("state", Names.Of(state)), ("token", token ?? ""));
                if (moved is null)
                    return new ClaimOutcome.Missing();
                await Epochs.BumpResourceAsync(session, resourceId);
                return new ClaimOutcome.Taken(moved);
            },
            cancellationToken));
    }

    public Task<bool> ReleaseAsync(string id, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await LockResourceOfAsync(session, id) is not { } resourceId)
                return false;
            if (await session.ExecuteAsync("DELETE FROM claims WHERE id = @id", ("id", id)) == 0)
                return false;
            await Epochs.BumpResourceAsync(session, resourceId);
            return true;
        },
        cancellationToken);

    public Task<IReadOnlyList<Claim>> ListAsync(string resourceId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => ListAsync(session, resourceId), cancellationToken);

    public static async Task<IReadOnlyList<Claim>> ListAsync(Session session, string resourceId) => await session.QueryAsync(
        $"SELECT {CalendarRows.Claim} FROM claims k WHERE k.resource_id = @resource AND {Live} ORDER BY k.starts_at, k.seat",
        CalendarRows.ReadClaim,
        ("resource", resourceId));

    /// <summary>Two trips to the database besides the commit, because this is what people wait for.</summary>
    private static async Task<ClaimOutcome> TakeAsync(Session session, ClaimRequest request)
    {
        var found = await session.QueryAsync(
            """
            SELECT capacity, NULL FROM resources WHERE id = @resource [[FOR NO KEY UPDATE]];
            DELETE FROM claims WHERE resource_id = @resource AND expires_at <= {now};
            SELECT DISTINCT NULL, seat FROM claims
            WHERE resource_id = @resource AND starts_at < @end AND ends_at > @start
              [[AND int8range(starts_at, ends_at, '[)') && int8range(@start, @end, '[)')]]
            ORDER BY seat
            """,
            (ref Row row) => (Capacity: row.IntOrNull(), Seat: row.IntOrNull()),
            ("resource", request.ResourceId), ("start", request.Start), ("end", request.End));
        if (found.Count == 0 || found[0].Capacity is not { } capacity)
            return new ClaimOutcome.Missing();
        var seat = 0;
        while (seat + 1 < found.Count && found[seat + 1].Seat == seat)
            seat++;
        if (seat >= capacity)
            return new ClaimOutcome.Overlaps();
        var written = await session.QueryAsync(
            $$"""
            INSERT INTO claims (id, resource_id, seat, starts_at, ends_at, state, expires_at, token)
            VALUES (@id, @resource, @seat, @start, @end, @state, {now} + CAST(@hold AS bigint), @token)
            RETURNING NULL, expires_at;
            {{Epochs.BumpResource}}
            """,
            (ref Row row) => (CalendarId: row.TextOrNull(), Number: row.LongOrNull()),
            ("id", request.Id), ("resource", request.ResourceId), ("seat", seat), ("start", request.Start), ("end", request.End),
            ("state", Names.Of(request.State)), ("hold", request.HoldFor), ("token", request.Token));
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

    /// <summary>Only a writer that went round the lock can bring this about; the answer is the same.</summary>
    private static async Task<ClaimOutcome> RefusalIsOverlapAsync(Task<ClaimOutcome> work)
    {
        try
        {
            return await work;
        }
        catch (ConstraintException refusal) when (refusal.Kind == ConstraintKind.Overlap)
        {
            return new ClaimOutcome.Overlaps();
        }
    }
}
