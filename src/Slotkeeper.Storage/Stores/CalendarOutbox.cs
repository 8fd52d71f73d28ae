using Slotkeeper.Deliveries;
using Slotkeeper.Snapshots;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>Events of many calendars on their way out of the transaction that stores their fetches.</summary>
internal static class CalendarOutbox
{
    /// <summary>
    /// Puts what fetches have shown on its way to every endpoint of every agency that uses the calendar and wants to be told. A change of availability that still waits is replaced by the
    /// newer one, so that a receiver that is away gathers one for each calendar and not one for each minute.
    /// </summary>
    /// <param name="session">Inside the transaction that stores them.</param>
    /// <param name="writes">That were stored, with the epoch they were stored under.</param>
    public static async Task AddAsync(Session session, IReadOnlyList<(SnapshotWrite Write, long Epoch)> writes)
    {
        var told = writes.SelectMany(one => Types(one.Write.News).Select(type => (one.Write, one.Epoch, Type: type))).ToList();
        if (told.Count == 0)
            return;
        // Locked as in Outbox: no endpoint goes away before its row is written.
        var wanting = await session.QueryRowsAsync(
            """
            SELECT r.calendar, r.type, e.id, e.agency_id, w.workspace_id, {now} FROM {rows}
            JOIN workspace_calendars w ON w.calendar_id = r.calendar
            JOIN webhook_endpoints e ON e.agency_id = w.agency_id AND e.disabled_at IS NULL AND e.events LIKE '% ' || r.type || ' %'
            ORDER BY e.id, r.calendar, w.workspace_id
            [[FOR KEY SHARE OF e]]
            """,
            RowSet.Of(told).Text("calendar", one => one.Write.CalendarId).Text("type", one => one.Type),
            (ref Row row) => (CalendarId: row.Text(), Type: row.Text(), EndpointId: row.Text(), AgencyId: row.Text(), WorkspaceId: row.Text(), Now: row.Instant()));
        if (wanting.Count == 0)
            return;
        var facts = told.ToDictionary(one => (one.Write.CalendarId, one.Type));
        var eventIds = new Dictionary<(string, string, string), string>();
        var deliveries = new List<(Delivery Delivery, string? Subject)>();
        foreach (var group in wanting.GroupBy(one => (one.CalendarId, one.Type, one.EndpointId)))
        {
            var (write, epoch, type) = facts[(group.Key.CalendarId, group.Key.Type)];
            var first = group.First();
            if (!eventIds.TryGetValue((first.CalendarId, type, first.AgencyId), out var eventId))
                eventIds[(first.CalendarId, type, first.AgencyId)] = eventId = Ids.New(Ids.Event);
            var workspaces = group.Select(one => one.WorkspaceId).Distinct(StringComparer.Ordinal).ToList();
            var error = write.State.Error;
            var payload = CalendarEvents.Write(
                type,
                write.State.LastAttemptAt ?? first.Now,
                new CalendarFacts(write.CalendarId, epoch, write.State.LastSuccessAt, write.NewSnapshot?.Count, error?.Code, error?.Message, error?.Since),
                workspaces);
            deliveries.Add((
                Outbox.New(first.EndpointId, eventId, workspaces.Count == 1 ? workspaces[0] : null, type, payload, first.Now),
                type == EventTypes.AvailabilityChanged ? write.CalendarId : null));
        }
        var replaced = (await session.QueryRowsAsync(
            """
            UPDATE deliveries SET payload = r.payload, event_id = r.event FROM {rows}
            WHERE deliveries.endpoint_id = r.endpoint AND deliveries.subject = r.subject AND deliveries.state = 'pending' AND deliveries.taken_until IS NULL
            RETURNING deliveries.endpoint_id, deliveries.subject
            """,
            RowSet.Of(deliveries.FindAll(one => one.Subject is not null))
                .Text("endpoint", one => one.Delivery.EndpointId).Text("subject", one => one.Subject).Text("payload", one => one.Delivery.Payload).Text("event", one => one.Delivery.EventId),
            (ref Row row) => (row.Text(), row.Text()))).ToHashSet();
        await Outbox.InsertAsync(session, deliveries.FindAll(one => one.Subject is null || !replaced.Contains((one.Delivery.EndpointId, one.Subject))));
    }

    private static IEnumerable<string> Types(CalendarNews news)
    {
        if (news.HasFlag(CalendarNews.AvailabilityChanged))
            yield return EventTypes.AvailabilityChanged;
        if (news.HasFlag(CalendarNews.Unhealthy))
            yield return EventTypes.CalendarUnhealthy;
        if (news.HasFlag(CalendarNews.Recovered))
            yield return EventTypes.CalendarRecovered;
    }
}
