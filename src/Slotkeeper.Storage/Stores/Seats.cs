using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>Choosing the seat of a resource for an interval, under the lock on the resource that everybody who takes claims holds.</summary>
internal static class Seats
{
    /// <returns>How many seats it has; null when there is no such resource.</returns>
    public static Task<long?> LockAsync(Session session, string resourceId) => session.NumberAsync(
        "SELECT capacity FROM resources WHERE id = @resource [[FOR NO KEY UPDATE]]", ("resource", resourceId));

    /// <summary>The lowest seat that is free for all of [start, end); removes expired holds. Assumes the lock.</summary>
    /// <param name="session">In a transaction.</param>
    /// <param name="resourceId">Whose seats.</param>
    /// <param name="capacity">How many there are.</param>
    /// <param name="start">Inclusive.</param>
    /// <param name="end">Exclusive.</param>
    /// <param name="owner">Booking whose own claims do not count; or a claim's own id.</param>
    /// <returns>Null when none is free.</returns>
    public static async Task<int?> FindFreeAsync(
        Session session, string resourceId, long capacity, DateTimeOffset start, DateTimeOffset end, string owner)
    {
        var taken = await session.QueryAsync(
            """
            DELETE FROM claims WHERE resource_id = @resource AND expires_at <= {now};
            SELECT DISTINCT seat FROM claims
            WHERE resource_id = @resource AND starts_at < @end AND ends_at > @start AND COALESCE(booking_id, id) <> @owner
              [[AND int8range(starts_at, ends_at, '[)') && int8range(@start, @end, '[)')]]
            ORDER BY seat
            """,
            (ref Row row) => row.Int(),
            ("resource", resourceId), ("start", start), ("end", end), ("owner", owner));
        var seat = 0;
        while (seat < taken.Count && taken[seat] == seat)
            seat++;
        return seat < capacity ? seat : null;
    }
}
