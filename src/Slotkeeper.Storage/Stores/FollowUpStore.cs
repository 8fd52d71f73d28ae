using System.Text.Json;
using Slotkeeper.FollowUps;
using Slotkeeper.Offers;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Stores;

/// <summary>The version tells a taker from every other; whoever takes, changes or ends a follow-up makes a new one.</summary>
internal sealed class FollowUpStore(Database database) : IFollowUpStore
{
    private const string Columns =
        """
        id, workspace_id, agency_id, lead_id, lead_time_zone, due_at, template, channel, calendar_link, variables, source, locale, state, reason, detail,
        next_at, taken_until, version, attempts, first_attempt_at, attempt, created_at, ended_at
        """;

    private const string IsIdle = "state IN ('scheduled', 'blocked') AND (taken_until IS NULL OR taken_until <= {now})";

    public Task<bool> CreateAsync(FollowUp followUp, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var created = await session.QueryRowsAsync(
                """
                INSERT INTO follow_ups (id, workspace_id, agency_id, lead_id, lead_time_zone, due_at, template, channel, calendar_link, variables, source, locale,
                  state, next_at, version, attempts, created_at)
                SELECT r.id, w.id, r.agency, r.lead, r.zone, r.due, r.template, r.channel, r.link, r.variables, r.source, r.locale, 'scheduled', r.due, 1, 0, r.created
                FROM {rows} JOIN workspaces w ON w.id = r.workspace
                RETURNING id
                """,
                RowSet.Of([followUp]).Text("id", one => one.Id).Text("workspace", one => one.WorkspaceId).Text("agency", one => one.AgencyId).Text("lead", one => one.LeadId)
                    .Text("zone", one => one.LeadTimeZone).Instant("due", one => one.DueAt).Text("template", one => one.Template).Text("channel", one => one.Channel)
                    .Text("link", one => one.CalendarLink).Text("variables", one => ToJson(one.Variables)).Text("source", one => one.Source.ToName())
                    .Text("locale", one => one.Locale).Instant("created", one => one.CreatedAt),
                (ref Row row) => row.Text());
            if (created.Count == 0)
                return false;
            session.Note(followUp.AgencyId, "follow_up.created", followUp.Id, FieldChanges.Made(
                ("workspaceId", followUp.WorkspaceId), ("leadId", followUp.LeadId), ("dueAt", UtcText.Format(followUp.DueAt)), ("channel", followUp.Channel),
                ("source", followUp.Source.ToName())));
            return true;
        },
        cancellationToken);

    public Task<FollowUp?> FindAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(session => FindAsync(session, id), cancellationToken);

    public Task<IReadOnlyList<FollowUp>> ListAsync(
        string workspaceId, string? leadId, FollowUpState? state, string? afterId, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<FollowUp>>(
            async session => await session.QueryAsync(
                $"""
                SELECT {Columns} FROM follow_ups
                WHERE workspace_id = @workspace AND id > @after {(leadId is null ? "" : "AND lead_id = @lead")} {(state is null ? "" : "AND state = @state")}
                ORDER BY id LIMIT @limit
                """,
                Read,
                ("workspace", workspaceId), ("after", afterId ?? ""), ("lead", leadId ?? ""), ("state", Names.Of(state ?? default)), ("limit", limit)),
            cancellationToken);

    public Task<FollowUp?> ChangeAsync(FollowUp changed, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // Its version proves, once the update has found it, that this is what was changed.
            var before = await FindAsync(session, changed.Id);
            var after = await session.FirstAsync(
                $"""
                UPDATE follow_ups SET due_at = @due, next_at = @due, template = @template, calendar_link = @link, variables = @variables, state = 'scheduled',
                  reason = NULL, detail = NULL, taken_until = NULL, attempts = 0, first_attempt_at = NULL, attempt = NULL, version = version + 1
                WHERE id = @id AND version = @version AND {IsIdle} RETURNING {Columns}
                """,
                Read,
                ("id", changed.Id), ("version", changed.Version), ("due", changed.DueAt), ("template", changed.Template), ("link", changed.CalendarLink),
                ("variables", ToJson(changed.Variables)));
            if (before is not null && after is not null)
            {
                session.NoteChange(after.AgencyId, "follow_up.updated", after.Id, new FieldChanges()
                    .Set("dueAt", UtcText.Format(before.DueAt), UtcText.Format(after.DueAt)).Set("state", Names.Of(before.State), Names.Of(after.State))
                    .Hidden("template", before.Template != after.Template).Hidden("variables", ToJson(before.Variables) != ToJson(after.Variables))
                    .Address("calendarLink", before.CalendarLink, after.CalendarLink));
            }
            return after;
        },
        cancellationToken);

    public Task<FollowUp?> CancelAsync(string id, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var cancelled = await session.FirstAsync(
                $$"""
                UPDATE follow_ups SET state = 'cancelled', reason = '{{FollowUpReasons.Cancelled}}', detail = 'Somebody cancelled it.', next_at = NULL, taken_until = NULL,
                  attempt = NULL, ended_at = {now}, version = version + 1
                WHERE id = @id AND {{IsIdle}} RETURNING {{Columns}}
                """,
                Read,
                ("id", id));
            if (cancelled is null)
                return await FindAsync(session, id) is { State: FollowUpState.Cancelled } already ? already : null;
            NoteCancelled(session, cancelled, FollowUpReasons.Cancelled);
            return cancelled;
        },
        cancellationToken);

    public Task<int> CountDueAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async session => (int)(await session.NumberAsync("SELECT COUNT(*) FROM follow_ups WHERE next_at <= (SELECT {now})") ?? 0), cancellationToken);

    public Task<IReadOnlyList<FollowUp>> TakeDueAsync(TimeSpan lease, int perWorkspace, int limit, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlyList<FollowUp>>(
            async session => await session.QueryAsync(
                $$"""
                WITH waiting AS MATERIALIZED (
                  SELECT w.id AS waiting_id, w.next_at AS since, ROW_NUMBER() OVER (PARTITION BY w.workspace_id ORDER BY w.next_at, w.id) AS turn
                  FROM follow_ups w WHERE w.next_at <= (SELECT {now})),
                due AS MATERIALIZED (
                  SELECT f.id AS due_id FROM waiting w JOIN follow_ups f ON f.id = w.waiting_id
                  WHERE f.next_at <= (SELECT {now})
                    AND w.turn + (SELECT COUNT(*) FROM follow_ups t WHERE t.workspace_id = f.workspace_id AND t.taken_until > (SELECT {now})) <= @most
                  ORDER BY w.turn, w.since LIMIT @limit [[FOR UPDATE OF f SKIP LOCKED]])
                UPDATE follow_ups SET next_at = {now} + @lease, taken_until = {now} + @lease, version = version + 1 WHERE id IN (SELECT due_id FROM due)
                RETURNING {{Columns}}
                """,
                Read,
                ("lease", lease), ("most", perWorkspace), ("limit", limit)),
            cancellationToken);

    public Task<FollowUp?> BeginAsync(
        FollowUp taken, FollowUpAttempt attempt, IReadOnlyList<Offer> offers, IReadOnlyList<string> unsent, CancellationToken cancellationToken) => database.WriteAsync(
            async session =>
            {
                var begun = await session.FirstAsync(
                    $$"""
                    UPDATE follow_ups SET attempt = @attempt, attempts = attempts + 1, first_attempt_at = COALESCE(first_attempt_at, {now}), version = version + 1
                    WHERE id = @id AND version = @version RETURNING {{Columns}}
                    """,
                    Read,
                    ("id", taken.Id), ("version", taken.Version), ("attempt", ToJson(attempt)));
                if (begun is null)
                    return null;
                await OfferStore.DropDraftsAsync(session, unsent);
                if (offers is [var first, ..])
                    await OfferStore.RecordAsync(session, new OfferRecord(offers, ReplacesDraft: false, ReplacesLead: false, null), first);
                return begun;
            },
            cancellationToken);

    public Task<IReadOnlyList<Offer>?> EndAsync(FollowUp taken, FollowUpEnd end, IReadOnlyList<string> unsent, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlyList<Offer>?>(
            async session =>
            {
                var (change, arguments) = Change(end);
                var ended = await session.QueryAsync(
                    $$"""
                    UPDATE follow_ups SET {{change}}, attempt = @attempt, taken_until = NULL, version = version + 1 WHERE id = @id AND version = @version
                    RETURNING {now}
                    """,
                    (ref Row row) => row.Instant(),
                    [.. arguments, ("id", taken.Id), ("version", taken.Version), ("attempt", taken.Attempt is { } attempt ? ToJson(attempt) : null)]);
                if (ended is not [var now])
                    return null;
                if (end is FollowUpEnd.Cancelled { Reason: var reason })
                    NoteCancelled(session, taken, reason);
                await OfferStore.DropDraftsAsync(session, unsent);
                return end is FollowUpEnd.Sent ? await OfferStore.SendAsync(session, taken.WorkspaceId, taken.Id, null, taken.Channel, now) : [];
            },
            cancellationToken);

    public Task<int> ForgetAsync(CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync("DELETE FROM follow_ups WHERE ended_at < (SELECT {now}) - @kept", ("kept", IFollowUpStore.Kept)), cancellationToken);

    private static void NoteCancelled(Session session, FollowUp followUp, string reason) =>
        session.Note(followUp.AgencyId, "follow_up.cancelled", followUp.Id, FieldChanges.Made(("state", Names.Of(FollowUpState.Cancelled)), ("reason", reason)));

    private static (string Change, (string, object?)[] Arguments) Change(FollowUpEnd end) => end switch
    {
        FollowUpEnd.Sent => ("state = 'sent', reason = NULL, detail = NULL, next_at = NULL, ended_at = {now}", []),
        FollowUpEnd.Blocked { LookAgain: { } pause } blocked => (
            "state = 'blocked', reason = @reason, detail = @detail, next_at = {now} + @pause", [("reason", blocked.Reason), ("detail", blocked.Detail), ("pause", pause)]),
        FollowUpEnd.Blocked blocked => ("state = 'blocked', reason = @reason, detail = @detail, next_at = NULL", [("reason", blocked.Reason), ("detail", blocked.Detail)]),
        FollowUpEnd.Retry retry => (
            $$"""state = 'scheduled', reason = '{{FollowUpReasons.NotAccepted}}', detail = @detail, next_at = {now} + @pause""", [("detail", retry.Detail), ("pause", retry.Pause)]),
        FollowUpEnd.Moved moved => ("state = 'scheduled', reason = NULL, detail = NULL, due_at = @due, next_at = @due", [("due", moved.DueAt)]),
        FollowUpEnd.Later later => ("next_at = {now} + @pause", [("pause", later.Pause)]),
        FollowUpEnd.Cancelled cancelled => (
            "state = 'cancelled', reason = @reason, detail = @detail, next_at = NULL, ended_at = {now}", [("reason", cancelled.Reason), ("detail", cancelled.Detail)]),
        _ => throw new ArgumentOutOfRangeException(nameof(end), end, "No such end of a follow-up."),
    };

    private static Task<FollowUp?> FindAsync(Session session, string id) => session.FirstAsync($"SELECT {Columns} FROM follow_ups WHERE id = @id", Read, ("id", id));

    private static string ToJson<T>(T value) => JsonSerializer.Serialize(value, JsonSerializerOptions.Web);

    private static T FromJson<T>(string json) => JsonSerializer.Deserialize<T>(json, JsonSerializerOptions.Web) ?? throw new InvalidDataException("A follow-up holds null where it must not.");

    private static FollowUp Read(ref Row row) => new(
        row.Text(), row.Text(), row.Text(), row.Text(), row.TextOrNull(), row.Instant(), row.Text(), row.Text(), row.TextOrNull(), FromJson<SortedDictionary<string, string>>(row.Text()),
        CalendarSources.Parse(row.Text()) ?? CalendarSource.Default, row.TextOrNull(), Names.ToFollowUpState(row.Text()), row.TextOrNull(), row.TextOrNull(),
        row.InstantOrNull(), row.InstantOrNull(), row.Long(), row.Int(), row.InstantOrNull(), row.TextOrNull() is { } attempt ? FromJson<FollowUpAttempt>(attempt) : null,
        row.Instant(), row.InstantOrNull());
}
