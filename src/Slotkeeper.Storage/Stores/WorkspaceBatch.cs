using System.Security.Cryptography;
using System.Text;
using Slotkeeper.Calendars;
using Slotkeeper.Invalidation;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Stores;

/// <summary>
/// Writes many different workspaces with their calendars: reads everything the batch is about, decides, then writes what
/// differs, each step one statement for the whole batch.
/// </summary>
internal sealed class WorkspaceBatch(Session session, IReadOnlyList<WorkspaceWrite> writes)
{
    private readonly Dictionary<string, Workspace> before = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Calendar> calendarsByKey = new(StringComparer.Ordinal);
    private readonly HashSet<string> made = new(StringComparer.Ordinal);
    private readonly HashSet<string> bumped = new(StringComparer.Ordinal);

    public async Task<IReadOnlyList<WorkspaceWritten>> WriteAsync()
    {
        var refusals = await RefusalsAsync();
        var accepted = writes.Where((_, i) => refusals[i] is null).ToList();
        var resized = await PlaceCalendarsAsync(accepted);
        var planned = accepted.ConvertAll(write => Plan(write, resized));
        var changed = planned.FindAll(plan => plan.Outcome != WorkspaceWriteOutcome.Unchanged);
        await SaveAsync(changed);
        // Nobody can know an older epoch of a calendar that was made just now.
        bumped.ExceptWith(made);
        await Epochs.BumpAsync(session, bumped);
        var calendars = await CalendarsAsync(planned);
        foreach (var plan in changed)
            WorkspaceNotes.Add(session, before.GetValueOrDefault(plan.After.Id), plan.After, calendars, resized);
        var done = new Queue<WorkspaceWritten>(planned.Select(plan => new WorkspaceWritten(
            plan.Outcome,
            plan.After,
            [.. CalendarIds(plan.After).Distinct(StringComparer.Ordinal).Select(id => calendars[id])])));
        return [.. refusals.Select(refusal => refusal is { } outcome ? new WorkspaceWritten(outcome, null, []) : done.Dequeue())];
    }

    private static IEnumerable<string> CalendarIds(Workspace workspace) =>
        new[] { workspace.DefaultCalendarId, workspace.DirectBookCalendarId }.OfType<string>();

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private static string Hex(byte[] hash) => Convert.ToHexString(hash);

    private static IEnumerable<CalendarRequest> Requests(WorkspaceWrite write) => write.Calendars.Values.OfType<CalendarRequest>();

    /// <returns>For each write, why it is refused, or null.</returns>
    private async Task<WorkspaceWriteOutcome?[]> RefusalsAsync()
    {
        // What the batch leans on is locked against removal until it is committed.
        var agencies = (await session.QueryRowsAsync(
            "SELECT a.id FROM {rows} JOIN agencies a ON a.id = r.id [[FOR KEY SHARE OF a]]",
            RowSet.OfIds(writes.Select(write => write.Workspace.AgencyId)),
            (ref Row row) => row.Text())).ToHashSet(StringComparer.Ordinal);
        var connections = (await session.QueryRowsAsync(
            "SELECT c.id, c.agency_id, c.provider FROM {rows} JOIN connections c ON c.id = r.id [[FOR KEY SHARE OF c]]",
            RowSet.OfIds(writes.SelectMany(Requests).Select(request => request.ConnectionId).OfType<string>()),
            (ref Row row) => (Id: row.Text(), Agency: row.Text(), Provider: CalendarRows.ToProvider(row.Text()))))
            .ToDictionary(connection => connection.Id, StringComparer.Ordinal);
        foreach (var workspace in await WorkspaceStore.FindAsync(session, writes.Select(write => write.Workspace.Id)))
            before.Add(workspace.Id, workspace);
        var references = (await session.QueryRowsAsync(
            "SELECT w.agency_id, w.external_ref, w.id FROM {rows} JOIN workspaces w ON w.agency_id = r.agency AND w.external_ref = r.ref",
            RowSet.Of(writes.Where(write => write.Workspace.ExternalRef is not null).ToList())
                .Text("agency", write => write.Workspace.AgencyId)
                .Text("ref", write => write.Workspace.ExternalRef),
            (ref Row row) => (Name: (row.Text(), row.Text()), Id: row.Text())))
            .DistinctBy(holder => holder.Name)
            .ToDictionary(holder => holder.Name, holder => holder.Id);

        return [.. writes.Select(Refusal)];

        WorkspaceWriteOutcome? Refusal(WorkspaceWrite write)
        {
            var workspace = write.Workspace;
            // A workspace of somebody else looks like no workspace, and its agency cannot be changed.
            if (!agencies.Contains(workspace.AgencyId)
                || (before.TryGetValue(workspace.Id, out var known) && known.AgencyId != workspace.AgencyId))
                return WorkspaceWriteOutcome.NoAgency;
            if (!Requests(write).All(IsConnected))
                return WorkspaceWriteOutcome.NoConnection;
            if (workspace.ExternalRef is { } reference
                && !references.TryAdd((workspace.AgencyId, reference), workspace.Id)
                && references[(workspace.AgencyId, reference)] != workspace.Id)
                return WorkspaceWriteOutcome.DuplicateExternalRef;
            return null;

            bool IsConnected(CalendarRequest request) => request.ConnectionId is null
                || (connections.TryGetValue(request.ConnectionId, out var connection)
                    && connection.Agency == workspace.AgencyId
                    && connection.Provider == request.Provider);
        }
    }

    /// <summary>Finds or makes every calendar that is asked for.</summary>
    /// <returns>Resources that take more or fewer bookings than before.</returns>
    private async Task<HashSet<string>> PlaceCalendarsAsync(List<WorkspaceWrite> accepted)
    {
        var wanted = accepted
            .SelectMany(write => Requests(write).Select(request => new Wanted(
                request, Hash(request.Key(write.Workspace.AgencyId)), Hash(request.ResourceKey(write.Workspace.AgencyId)))))
            // Whoever is named last says how many bookings a shared resource takes.
            .Reverse()
            .DistinctBy(want => Hex(want.Key))
            .OrderBy(want => Hex(want.Key), StringComparer.Ordinal)
            .ToList();
        var resized = await PlaceResourcesAsync(wanted);
        await FindCalendarsAsync(wanted);
        var missing = wanted.FindAll(want => !calendarsByKey.ContainsKey(Hex(want.Key)));
        if (missing.Count == 0)
            return resized;
        var inserted = await session.QueryRowsAsync(
            """
            INSERT INTO calendars (id, key, provider, url, external_id, connection_id, duration_minutes, resource_id, working_hours)
            SELECT r.id, r.key, r.provider, r.url, r.external_id, r.connection, r.minutes, s.id, r.hours
            FROM {rows} JOIN resources s ON s.key = r.resource_key
            WHERE true
            ON CONFLICT (key) DO NOTHING
            RETURNING id
            """,
            RowSet.Of(missing)
                .Text("id", _ => Ids.New(Ids.Calendar))
                .Bytes("key", want => want.Key)
                .Text("provider", want => want.Request.Provider.ToName())
                .Text("url", want => want.Request.Url)
                .Text("external_id", want => want.Request.ExternalId)
                .Text("connection", want => want.Request.ConnectionId)
                .Long("minutes", want => want.Request.DurationMinutes)
                .Bytes("resource_key", want => want.ResourceKey)
                .Text("hours", want => want.Request.WorkingHours),
            (ref Row row) => row.Text());
        await session.ExecuteRowsAsync(
            "INSERT INTO calendar_state (calendar_id, epoch, failures, stale_at) SELECT r.id, 1, 0, 0 FROM {rows}",
            RowSet.OfIds(inserted));
        foreach (var id in inserted)
            session.Changed(ChangeKind.Calendar, id, 1);
        made.UnionWith(inserted);
        // Again, because another node may have made one in the same moment.
        await FindCalendarsAsync(missing);
        return resized;
    }

    private async Task<HashSet<string>> PlaceResourcesAsync(List<Wanted> wanted)
    {
        var resources = wanted.DistinctBy(want => Hex(want.ResourceKey)).OrderBy(want => Hex(want.ResourceKey), StringComparer.Ordinal).ToList();
        await session.ExecuteRowsAsync(
            "INSERT INTO resources (id, key, capacity) SELECT r.id, r.key, r.capacity FROM {rows} WHERE true ON CONFLICT (key) DO NOTHING",
            RowSet.Of(resources)
                .Text("id", _ => Ids.New(Ids.Resource))
                .Bytes("key", want => want.ResourceKey)
                .Long("capacity", want => want.Request.Capacity ?? 1));
        var resized = await session.QueryRowsAsync(
            "UPDATE resources SET capacity = r.size FROM {rows} WHERE key = r.resource_key AND capacity <> r.size RETURNING resources.id",
            RowSet.Of(resources.FindAll(want => want.Request is { Resource: not null, Capacity: not null }))
                .Bytes("resource_key", want => want.ResourceKey)
                .Long("size", want => want.Request.Capacity),
            (ref Row row) => row.Text());
        bumped.UnionWith(await session.QueryRowsAsync(
            "SELECT c.id FROM {rows} JOIN calendars c ON c.resource_id = r.id", RowSet.OfIds(resized), (ref Row row) => row.Text()));
        return resized.ToHashSet(StringComparer.Ordinal);
    }

    private async Task FindCalendarsAsync(List<Wanted> wanted)
    {
        var found = await session.QueryRowsAsync(
            $"SELECT c.key, {CalendarRows.Calendar} FROM {{rows}} JOIN calendars c ON c.key = r.wanted_key JOIN resources s ON s.id = c.resource_id",
            RowSet.Of(wanted).Bytes("wanted_key", want => want.Key),
            (ref Row row) => (Key: Hex(row.Bytes()), Calendar: CalendarRows.ReadCalendar(ref row)));
        foreach (var (key, calendar) in found)
            calendarsByKey[key] = calendar;
    }

    private Planned Plan(WorkspaceWrite write, HashSet<string> resized)
    {
        var known = before.GetValueOrDefault(write.Workspace.Id);
        var after = write.Workspace with
        {
            DefaultCalendarId = CalendarId(CalendarSource.Default),
            DirectBookCalendarId = CalendarId(CalendarSource.DirectBook),
            CreatedAt = Instants.FromMicroseconds(Instants.ToMicroseconds(known?.CreatedAt ?? write.Workspace.CreatedAt)),
        };
        foreach (var source in Enum.GetValues<CalendarSource>())
        {
            if (after.CalendarId(source) is { } placed && placed != known?.CalendarId(source))
                bumped.Add(placed);
        }
        if (known is null)
            return new Planned(WorkspaceWriteOutcome.Created, after);
        var sameSettings = WorkspaceStore.WriteSettings(known.Settings) == WorkspaceStore.WriteSettings(after.Settings);
        if (!sameSettings || known.TimeZone != after.TimeZone || known.Locale != after.Locale)
            bumped.UnionWith(CalendarIds(after));
        // How many bookings a named resource takes is a setting of every workspace that names it.
        var sameCapacity = Requests(write).All(request => !resized.Contains(Find(request).ResourceId));
        var same = sameSettings && sameCapacity && known with { Settings = after.Settings } == after;
        return new Planned(same ? WorkspaceWriteOutcome.Unchanged : WorkspaceWriteOutcome.Updated, after);

        string? CalendarId(CalendarSource source) =>
            !write.Calendars.TryGetValue(source, out var request) ? known?.CalendarId(source)
            : request is null ? null
            : Find(request).Id;

        Calendar Find(CalendarRequest request) => calendarsByKey[Hex(Hash(request.Key(write.Workspace.AgencyId)))];
    }

    private async Task SaveAsync(List<Planned> changed)
    {
        await session.ExecuteRowsAsync(
            """
            INSERT INTO workspaces (id, agency_id, name, time_zone, locale, external_ref, settings, created_at)
            SELECT r.id, r.agency, r.name, r.zone, r.locale, r.ref, r.settings, r.created FROM {rows} WHERE true
            ON CONFLICT (id) DO UPDATE
            SET name = excluded.name, time_zone = excluded.time_zone, locale = excluded.locale, external_ref = excluded.external_ref,
                settings = excluded.settings
            """,
            RowSet.Of(changed)
                .Text("id", plan => plan.After.Id)
                .Text("agency", plan => plan.After.AgencyId)
                .Text("name", plan => plan.After.Name)
                .Text("zone", plan => plan.After.TimeZone)
                .Text("locale", plan => plan.After.Locale)
                .Text("ref", plan => plan.After.ExternalRef)
                .Text("settings", plan => WorkspaceStore.WriteSettings(plan.After.Settings))
                .Instant("created", plan => plan.After.CreatedAt));
        var places = changed
            .SelectMany(plan => Enum.GetValues<CalendarSource>().Select(source => (
                Workspace: plan.After,
                Source: source,
                Was: before.GetValueOrDefault(plan.After.Id)?.CalendarId(source),
                Is: plan.After.CalendarId(source))))
            .Where(place => place.Was != place.Is)
            .ToList();
        await session.ExecuteRowsAsync(
            "DELETE FROM workspace_calendars WHERE (workspace_id, source) IN (SELECT r.workspace, r.role FROM {rows})",
            RowSet.Of(places.FindAll(place => place.Is is null))
                .Text("workspace", place => place.Workspace.Id)
                .Text("role", place => place.Source.ToName()));
        await session.ExecuteRowsAsync(
            """
            INSERT INTO workspace_calendars (workspace_id, source, agency_id, calendar_id)
            SELECT r.workspace, r.role, r.agency, r.calendar FROM {rows} WHERE true
            ON CONFLICT (workspace_id, source) DO UPDATE SET calendar_id = excluded.calendar_id
            """,
            RowSet.Of(places.FindAll(place => place.Is is not null))
                .Text("workspace", place => place.Workspace.Id)
                .Text("role", place => place.Source.ToName())
                .Text("agency", place => place.Workspace.AgencyId)
                .Text("calendar", place => place.Is));
        foreach (var plan in changed)
            session.Changed(ChangeKind.Workspace, plan.After.Id);
    }

    private async Task<Dictionary<string, Calendar>> CalendarsAsync(List<Planned> planned)
    {
        var found = await session.QueryRowsAsync(
            $"SELECT {CalendarRows.Calendar} FROM {{rows}} JOIN calendars c ON c.id = r.id JOIN resources s ON s.id = c.resource_id",
            RowSet.OfIds(planned.SelectMany(plan => CalendarIds(plan.After))),
            CalendarRows.ReadCalendar);
        return found.ToDictionary(calendar => calendar.Id, StringComparer.Ordinal);
    }

    private sealed record Wanted(CalendarRequest Request, byte[] Key, byte[] ResourceKey);

    private sealed record Planned(WorkspaceWriteOutcome Outcome, Workspace After);
}
