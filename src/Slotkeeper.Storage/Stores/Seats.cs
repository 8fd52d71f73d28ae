using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>Choosing the seat of a resource for an interval, under the lock on the resource that everybody who takes claims holds.</summary>
internal static class Seats
{
    /// <returns>How many seats it has; null when there is no such resource.</returns>
    public static Task<long?> LockAsync(Session session, string resourceId) => session.NumberAsync(
        "SELECT capacity FROM resources WHERE id = @resource [[FOR NO KEY UPDATE]]", ("resource", resourceId));

    /// <summary>
    /// Whether a claim leaves room for <c>@calendar</c>, as 1 or 0. One that does keeps its seat, so that no two claims ever share one, but does not
    /// count against the capacity: the calendar's provider has shown that it has one more.
    /// </summary>
    public const string LeavesRoom = "CASE WHEN proven_at IS NOT NULL AND calendar_id = @calendar THEN 1 ELSE 0 END";

    /// <summary>The lowest seat that is free for all of [start, end); removes expired holds. Assumes the lock.</summary>
    /// <param name="session">In a transaction.</param>
    /// <param name="resourceId">Whose seats.</param>
    /// <param name="capacity">How many there are.</param>
    /// <param name="start">Inclusive.</param>
    /// <param name="end">Exclusive.</param>
    /// <param name="owner">Booking whose own claims do not count; or a claim's own id.</param>
    /// <param name="calendarId">What leaves room there does not count.</param>
    /// <returns>Null when none is free.</returns>
    public static async Task<int?> FindFreeAsync(
        Session session, string resourceId, long capacity, DateTimeOffset start, DateTimeOffset end, string owner, string calendarId)
    {
        var taken = await session.QueryAsync(
            $$"""
            DELETE FROM claims WHERE resource_id = @resource AND expires_at <= {now};
            SELECT DISTINCT seat, {{LeavesRoom}} FROM claims
            WHERE resource_id = @resource AND starts_at < @end AND ends_at > @start AND COALESCE(booking_id, id) <> @owner
              [[AND int8range(starts_at, ends_at, '[)') && int8range(@start, @end, '[)')]]
            """,
            (ref Row row) => (Seat: row.Int(), LeavesRoom: row.Int() != 0),
            ("resource", resourceId), ("start", start), ("end", end), ("owner", owner), ("calendar", calendarId));
        return Choose(taken, capacity);
    }

    /// <param name="taken">Seats of overlapping claims, in any order and some of them twice; whether they leave room.</param>
    /// <param name="capacity">How many there may be that do not.</param>
    /// <returns>The lowest seat that nobody has; null when there are too many.</returns>
    public static int? Choose(IReadOnlyList<(int Seat, bool LeavesRoom)> taken, long capacity)
    {
        if (taken.Where(one => !one.LeavesRoom).DistinctBy(one => one.Seat).Count() >= capacity)
            return null;
        var seats = taken.Select(one => one.Seat).ToHashSet();
        return Enumerable.Range(0, seats.Count + 1).First(seat => !seats.Contains(seat));
    }
}
