using Slotkeeper.Invalidation;
using Slotkeeper.Snapshots;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>
/// Adding one to epochs, in the transaction of whatever changed, and telling every node. What else is done depends on the cause:
/// <list type="bullet">
/// <item>claims alone changed: nothing, since claims are taken out of answers whatever the snapshot says;</item>
/// <item>something happened at the provider: the calendar is due, and stays due when a fetch lands that began before;</item>
/// <item>it is asked for something else, or anew: due as well, and what such a fetch brings is thrown away.</item>
/// </list>
/// </summary>
internal static class Epochs
{
    /// <summary>Due at once: the beginning of time is before every other due time.</summary>
    private const string Due = "epoch = epoch + 1, stale_at = 0, due_epoch = epoch + 1";

    /// <summary>As somebody wants it asked anew: its back-off ends too.</summary>
    private const string Anew = $"{Due}, fence_epoch = epoch + 1, backoff_until = NULL";

    private const string OfResource = "WHERE calendar_id IN (SELECT id FROM calendars WHERE resource_id = @resource) RETURNING calendar_id, epoch";

    /// <summary>The statement for the calendars of <c>@resource</c> whose claims changed.</summary>
    public const string ClaimsChanged = $"UPDATE calendar_state SET epoch = epoch + 1 {OfResource}";

    public static async Task<List<BumpedEpoch>> BumpAsync(Session session, IEnumerable<string> calendarIds) => Tell(
        session,
        await session.QueryRowsAsync(
            $"UPDATE calendar_state SET {Anew} FROM {{rows}} WHERE calendar_id = r.id RETURNING calendar_id, epoch",
            RowSet.OfIds(calendarIds),
            Read));

    public static async Task BumpConnectionAsync(Session session, string connectionId) => Tell(
        session,
        await session.QueryAsync(
            $"""
            UPDATE calendar_state SET {Anew}
            WHERE calendar_id IN (SELECT id FROM calendars WHERE connection_id = @connection) RETURNING calendar_id, epoch
            """,
            Read,
            ("connection", connectionId)));

    /// <summary>Claims on a resource changed, and that says nothing about what its providers would answer.</summary>
    public static async Task ClaimsChangedAsync(Session session, string resourceId) =>
        Tell(session, await session.QueryAsync(ClaimsChanged, Read, ("resource", resourceId)));

    /// <summary>What claims mean changed for one calendar alone.</summary>
    public static async Task ClaimsChangedForAsync(Session session, string calendarId) => Tell(
        session,
        await session.QueryAsync(
            "UPDATE calendar_state SET epoch = epoch + 1 WHERE calendar_id = @calendar RETURNING calendar_id, epoch", Read, ("calendar", calendarId)));

    /// <summary>
    /// Something was booked, moved or cancelled at a provider. That says nothing about why its provider was not to be asked: the back-off
    /// stays.
    /// </summary>
    public static async Task ProviderChangedAsync(Session session, string resourceId) =>
        Tell(session, await session.QueryAsync($"UPDATE calendar_state SET {Due} {OfResource}", Read, ("resource", resourceId)));

    private static BumpedEpoch Read(ref Row row) => new(row.Text(), row.Long());

    private static List<BumpedEpoch> Tell(Session session, List<BumpedEpoch> bumped)
    {
        foreach (var (calendarId, epoch) in bumped)
            session.Changed(ChangeKind.Calendar, calendarId, epoch);
        return bumped;
    }
}
