using Slotkeeper.Invalidation;
using Slotkeeper.Snapshots;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>Adding one to epochs, in the transaction of whatever changed, and telling every node.</summary>
internal static class Epochs
{
    /// <summary>Due at once: the beginning of time is before every other due time.</summary>
    private const string Due = "epoch = epoch + 1, stale_at = 0";

    private const string EndBackoff = "backoff_until = NULL";

    /// <summary>
    /// The statement for the calendars of <c>@resource</c>. What a resource is taken by says nothing about why its provider was
    /// not to be asked: the back-off stays.
    /// </summary>
    public const string BumpResource =
        $"""
        UPDATE calendar_state SET {Due}
        WHERE calendar_id IN (SELECT id FROM calendars WHERE resource_id = @resource) RETURNING calendar_id, epoch
        """;

    /// <summary>Somebody wants these calendars asked anew: their back-off ends too.</summary>
    public static async Task<List<BumpedEpoch>> BumpAsync(Session session, IEnumerable<string> calendarIds) => Tell(
        session,
        await session.QueryRowsAsync(
            $"UPDATE calendar_state SET {Due}, {EndBackoff} FROM {{rows}} WHERE calendar_id = r.id RETURNING calendar_id, epoch",
            RowSet.OfIds(calendarIds),
            Read));

    public static async Task BumpConnectionAsync(Session session, string connectionId) => Tell(
        session,
        await session.QueryAsync(
            $"""
            UPDATE calendar_state SET {Due}, {EndBackoff}
            WHERE calendar_id IN (SELECT id FROM calendars WHERE connection_id = @connection) RETURNING calendar_id, epoch
            """,
            Read,
            ("connection", connectionId)));

    public static async Task BumpResourceAsync(Session session, string resourceId) =>
        Tell(session, await session.QueryAsync(BumpResource, Read, ("resource", resourceId)));

    private static BumpedEpoch Read(ref Row row) => new(row.Text(), row.Long());

    private static List<BumpedEpoch> Tell(Session session, List<BumpedEpoch> bumped)
    {
        foreach (var (calendarId, epoch) in bumped)
            session.Changed(ChangeKind.Calendar, calendarId, epoch);
        return bumped;
    }
}
