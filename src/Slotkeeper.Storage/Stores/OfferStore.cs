using Slotkeeper.Bookings;
using Slotkeeper.Deliveries;
using Slotkeeper.Offers;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Stores;

internal sealed class OfferStore(Database database) : IOfferStore
{
    private const string Columns =
        """
        o.id, o.workspace_id, o.agency_id, o.calendar_id, o.source, o.lead_id, o.draft_id, o.starts_at, o.ends_at, o.label, o.style, o.locale,
        o.time_zone, o.channel, o.epoch, o.offered_at, o.state, o.reason, o.ended_at
        """;

    public Task<IReadOnlyList<DateTimeOffset>> RecordAsync(OfferRecord record, CancellationToken cancellationToken)
    {
        if (record.Offers is not [var first, ..])
            return Task.FromResult<IReadOnlyList<DateTimeOffset>>([]);
        if (record.Offers.Any(offer => offer.CalendarId != first.CalendarId || offer.WorkspaceId != first.WorkspaceId || offer.State != first.State))
            throw new ArgumentException("Offers are recorded together for one workspace, one calendar and one state.", nameof(record));
        // How many leads a slot was offered to counts over all agencies that share its calendar.
        return record.MostLeadsPerSlot is null
            ? database.WriteAsync(session => RecordAsync(session, record, first), cancellationToken)
            : database.WriteForAllAsync(session => RecordAsync(session, record, first), cancellationToken);
    }

    public Task<IReadOnlyList<Offer>> SendAsync(
        string workspaceId, string? draftId, IReadOnlyList<string>? ids, string? channel, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlyList<Offer>>(
            session => SendAsync(session, workspaceId, draftId, ids, channel, now), cancellationToken);

    public Task<IReadOnlyList<Offer>> ListAsync(
        string workspaceId, string? leadId, OfferState? state, DateTimeOffset now, string? afterId, int limit, CancellationToken cancellationToken) =>
        ReadAsync(
            $"""
            o.workspace_id = @workspace AND o.id > @after {(leadId is null ? "" : "AND o.lead_id = @lead")} AND {Standing(state)}
            ORDER BY o.id LIMIT @limit
            """,
            cancellationToken,
            ("workspace", workspaceId), ("after", afterId ?? ""), ("lead", leadId ?? ""), ("now", now), ("limit", limit));

    public Task<IReadOnlyList<PastOffer>> PastAsync(string calendarId, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        database.ReadForAllAsync<IReadOnlyList<PastOffer>>(
            async session => await session.QueryAsync(
                """
                SELECT starts_at, workspace_id || '/' || lead_id, offered_at, CASE WHEN state = 'live' THEN 1 ELSE 0 END FROM offers
                WHERE calendar_id = @calendar AND starts_at >= @from AND starts_at < @to AND state <> 'drafted'
                """,
                (ref Row row) => new PastOffer(row.Instant(), row.TextOrNull(), row.Instant(), row.Int() != 0),
                ("calendar", calendarId), ("from", from), ("to", to)),
            cancellationToken);

    public Task<IReadOnlyList<string>> LeadsOfAsync(string workspaceId, string calendarId, DateTimeOffset start, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<string>>(
            async session => await session.QueryAsync(
                """
                SELECT DISTINCT lead_id FROM offers
                WHERE calendar_id = @calendar AND starts_at = @start AND state = 'live' AND workspace_id = @workspace AND lead_id IS NOT NULL
                ORDER BY lead_id LIMIT 100
                """,
                (ref Row row) => row.Text(),
                ("calendar", calendarId), ("start", start), ("workspace", workspaceId)),
            cancellationToken);

    public Task<IReadOnlyList<Offer>> LiveOfLeadAsync(string workspaceId, string leadId, DateTimeOffset now, CancellationToken cancellationToken) => ReadAsync(
        "o.workspace_id = @workspace AND o.lead_id = @lead AND o.state = 'live' AND o.starts_at > @now ORDER BY o.starts_at, o.id",
        cancellationToken,
        ("workspace", workspaceId), ("lead", leadId), ("now", now));

    public Task<IReadOnlyDictionary<string, DateTimeOffset>> LastOfferedAsync(
        string workspaceId, string channel, IReadOnlyCollection<string> leadIds, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyDictionary<string, DateTimeOffset>>(
            async session => (await session.QueryRowsAsync(
                """
                SELECT lead_id, max(offered_at) FROM offers JOIN {rows} ON offers.lead_id = r.id
                WHERE offers.workspace_id = r.workspace AND offers.channel = r.channel AND state <> 'drafted' GROUP BY lead_id
                """,
                RowSet.Of(leadIds.Distinct(StringComparer.Ordinal).ToList()).Text("id", id => id).Text("workspace", _ => workspaceId).Text("channel", _ => channel),
                (ref Row row) => (LeadId: row.Text(), At: row.Instant()))).ToDictionary(last => last.LeadId, last => last.At, StringComparer.Ordinal),
            cancellationToken);

    public Task<IReadOnlyList<string>> CalendarsWithLiveAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<string>>(
            async session => await session.QueryAsync(
                "SELECT DISTINCT calendar_id FROM offers WHERE state = 'live' AND starts_at > @now", (ref Row row) => row.Text(), ("now", now)),
            cancellationToken);

    public Task<IReadOnlyList<string>> LiveAmongAsync(IReadOnlyCollection<string> calendarIds, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<string>>(
            async session => await session.QueryRowsAsync(
                "SELECT r.id FROM {rows} WHERE EXISTS (SELECT 1 FROM offers o WHERE o.calendar_id = r.id AND o.state = 'live' AND o.starts_at > r.now)",
                RowSet.Of(calendarIds).Text("id", id => id).Instant("now", _ => now),
                (ref Row row) => row.Text()),
            cancellationToken);

    public Task<IReadOnlyList<Offer>> LiveOfCalendarAsync(
        string calendarId, DateTimeOffset now, string? afterId, int limit, CancellationToken cancellationToken) => ReadAsync(
            "o.calendar_id = @calendar AND o.state = 'live' AND o.starts_at > @now AND o.id > @after ORDER BY o.id LIMIT @limit",
            cancellationToken,
            ("calendar", calendarId), ("now", now), ("after", afterId ?? ""), ("limit", limit));

    public Task<IReadOnlyList<OfferRecall>> RecallAsync(IReadOnlyList<OfferRecall> recalls, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlyList<OfferRecall>>(
            async session =>
            {
                // Locked in one order, so that two nodes that recall the same wait for each other instead of dead-locking.
                var live = new HashSet<string>(
                    await session.QueryRowsAsync(
                        "SELECT o.id FROM offers o JOIN {rows} ON o.id = r.id WHERE o.state = 'live' [[ORDER BY o.id FOR UPDATE OF o]]",
                        RowSet.OfIds(recalls.SelectMany(recall => recall.Withdrawals).Select(one => one.Offer.Id)),
                        (ref Row row) => row.Text()),
                    StringComparer.Ordinal);
                var done = recalls.Where(recall => recall.Withdrawals.All(one => live.Contains(one.Offer.Id))).ToList();
                await session.ExecuteRowsAsync(
                    "UPDATE offers SET state = 'withdrawn', reason = r.reason, ended_at = r.now FROM {rows} WHERE offers.id = r.id",
                    RowSet.Of(done.SelectMany(recall => recall.Withdrawals).ToList())
                        .Text("id", one => one.Offer.Id).Text("reason", one => one.Reason).Instant("now", _ => now));
                foreach (var recall in done)
                    await Outbox.AddAsync(session, recall.AgencyId, recall.WorkspaceId, EventTypes.OfferWithdrawn, recall.ToEvent(now));
                return done;
            },
            cancellationToken);

    public Task<int> ForgetAsync(DateTimeOffset draftedBefore, DateTimeOffset startedBefore, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            "DELETE FROM offers WHERE starts_at < @started OR (state = 'drafted' AND offered_at < @drafted)",
            ("started", startedBefore), ("drafted", draftedBefore)),
        cancellationToken);

    /// <summary>
    /// A lead has booked a time: what it was offered of that is accepted, and what else it was offered ends. In the booking's transaction. Who
    /// booked is the lead that the booking names, or whose mail address it has.
    /// </summary>
    public static Task AcceptAsync(Session session, Booking booking, DateTimeOffset now)
    {
        const string Whose = "workspace_id = @workspace AND (lead_id = @lead OR lead_id IN (SELECT ref FROM leads WHERE workspace_id = @workspace AND email_key = @email))";
        const string IsIt = "calendar_id = @calendar AND starts_at = @start";
        return session.ExecuteAsync(
            $"""
            UPDATE offers SET ended_at = @now, state = 'accepted' WHERE {Whose} AND {IsIt} AND state IN ('live', 'drafted');
            UPDATE offers SET ended_at = @now, state = 'withdrawn', reason = '{OfferReasons.LeadBooked}' WHERE {Whose} AND state = 'live' AND starts_at > @now;
            DELETE FROM offers WHERE {Whose} AND state = 'drafted'
            """,
            ("workspace", booking.WorkspaceId), ("lead", booking.LeadId ?? ""), ("email", LeadStore.KeyOf(booking.Attendee.Email)),
            ("calendar", booking.CalendarId), ("start", booking.Start), ("now", now));
    }

    /// <inheritdoc cref="IOfferStore.SendAsync"/>
    public static async Task<IReadOnlyList<Offer>> SendAsync(
        Session session, string workspaceId, string? draftId, IReadOnlyList<string>? ids, string? channel, DateTimeOffset now)
    {
        var named = (await NamedAsync(session, workspaceId, draftId, ids)).Where(offer => offer.State is OfferState.Drafted or OfferState.Live).ToList();
        await session.ExecuteRowsAsync(
            "UPDATE offers SET state = 'live', offered_at = r.now, channel = COALESCE(r.channel, offers.channel) FROM {rows} WHERE offers.id = r.id AND state = 'drafted'",
            RowSet.Of(named).Text("id", offer => offer.Id).Instant("now", _ => now).Text("channel", _ => channel));
        // What else stood in the drafts was not sent.
        var drafts = named.Select(offer => offer.DraftId).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        await session.ExecuteRowsAsync(
            "DELETE FROM offers WHERE state = 'drafted' AND (workspace_id, draft_id) IN (SELECT r.workspace, r.draft FROM {rows})",
            RowSet.Of(drafts).Text("draft", draft => draft).Text("workspace", _ => workspaceId));
        return [.. named
            .Select(offer => offer.State == OfferState.Live ? offer : offer with { State = OfferState.Live, OfferedAt = now, Channel = channel ?? offer.Channel })
            .OrderBy(offer => offer.Start)];
    }

    /// <summary>Drafts that certainly reached nobody are as if they had never been.</summary>
    public static Task DropDraftsAsync(Session session, IReadOnlyList<string> ids) => session.ExecuteRowsAsync(
        "DELETE FROM offers WHERE state = 'drafted' AND id IN (SELECT r.id FROM {rows})", RowSet.OfIds(ids));

    /// <inheritdoc cref="IOfferStore.RecordAsync"/>
    public static async Task<IReadOnlyList<DateTimeOffset>> RecordAsync(Session session, OfferRecord record, Offer first)
    {
        if (record.MostLeadsPerSlot is { } most && first.State == OfferState.Live)
        {
            await session.NumberAsync("SELECT 1 FROM calendars WHERE id = @id [[FOR NO KEY UPDATE]]", ("id", first.CalendarId));
            var full = await session.QueryRowsAsync(
                """
                SELECT starts_at FROM offers o JOIN {rows} ON o.starts_at = r.start
                WHERE o.calendar_id = r.calendar AND o.state = 'live' AND (r.lead IS NULL OR o.lead_id IS NULL OR o.lead_id <> r.lead)
                GROUP BY starts_at, r.most HAVING count(DISTINCT COALESCE(o.lead_id, o.id)) >= r.most
                """,
                RowSet.Of(record.Offers).Instant("start", offer => offer.Start).Text("calendar", offer => offer.CalendarId).Text("lead", offer => offer.LeadId).Long("most", _ => most),
                (ref Row row) => row.Instant());
            if (full.Count > 0)
                return full;
        }
        if (record.ReplacesDraft && first.DraftId is not null)
        {
            // What was only drafted was never named to anybody.
            await session.ExecuteAsync("DELETE FROM offers WHERE workspace_id = @workspace AND draft_id = @draft AND state = 'drafted'", ("workspace", first.WorkspaceId), ("draft", first.DraftId));
            await EndAsync(session, "draft_id = @which", first, first.DraftId);
        }
        if (record.ReplacesLead && first.LeadId is not null)
            await EndAsync(session, "lead_id = @which", first, first.LeadId);
        await session.ExecuteRowsAsync(
            """
            INSERT INTO offers (id, workspace_id, agency_id, calendar_id, source, lead_id, draft_id, starts_at, ends_at, label, style, locale, time_zone,
              channel, epoch, offered_at, state)
            SELECT r.id, r.workspace, r.agency, r.calendar, r.source, r.lead, r.draft, r.start, r.finish, r.label, r.style, r.locale, r.zone,
              r.channel, r.epoch, r.offered, r.state FROM {rows}
            """,
            RowSet.Of(record.Offers).Text("id", offer => offer.Id).Text("workspace", offer => offer.WorkspaceId).Text("agency", offer => offer.AgencyId)
                .Text("calendar", offer => offer.CalendarId).Text("source", offer => offer.Source.ToName()).Text("lead", offer => offer.LeadId)
                .Text("draft", offer => offer.DraftId).Instant("start", offer => offer.Start).Instant("finish", offer => offer.End)
                .Text("label", offer => offer.Label).Text("style", offer => offer.Style.ToName()).Text("locale", offer => offer.Locale).Text("zone", offer => offer.TimeZone)
                .Text("channel", offer => offer.Channel).Long("epoch", offer => offer.Epoch).Instant("offered", offer => offer.OfferedAt)
                .Text("state", offer => Names.Of(offer.State)));
        return [];
    }

    private static Task EndAsync(Session session, string which, Offer newer, string id) => session.ExecuteAsync(
        $"UPDATE offers SET state = 'withdrawn', reason = '{OfferReasons.Replaced}', ended_at = @now WHERE workspace_id = @workspace AND {which} AND state = 'live'",
        ("workspace", newer.WorkspaceId), ("which", id), ("now", newer.OfferedAt));

    private static async Task<List<Offer>> NamedAsync(Session session, string workspaceId, string? draftId, IReadOnlyList<string>? ids) => ids is null
        ? await session.QueryAsync($"SELECT {Columns} FROM offers o WHERE o.workspace_id = @workspace AND o.draft_id = @draft", Read, ("workspace", workspaceId), ("draft", draftId))
        : (await session.QueryRowsAsync($"SELECT {Columns} FROM offers o JOIN {"{rows}"} ON o.id = r.id", RowSet.OfIds(ids), Read)).FindAll(offer => offer.WorkspaceId == workspaceId);

    private Task<IReadOnlyList<Offer>> ReadAsync(string where, CancellationToken cancellationToken, params (string Name, object? Value)[] arguments) =>
        database.ReadAsync<IReadOnlyList<Offer>>(async session => await session.QueryAsync($"SELECT {Columns} FROM offers o WHERE {where}", Read, arguments), cancellationToken);

    private static string Standing(OfferState? state) => state switch
    {
        null => "o.state <> 'drafted'",
        OfferState.Drafted or OfferState.Live => $"o.state = '{Names.Of(state.Value)}' AND o.starts_at > @now",
        OfferState.Accepted or OfferState.Withdrawn => $"o.state = '{Names.Of(state.Value)}'",
        OfferState.Expired => "o.state = 'live' AND o.starts_at <= @now",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state of an offer."),
    };

    private static Offer Read(ref Row row) => new(
        row.Text(), row.Text(), row.Text(), row.Text(), CalendarSources.Parse(row.Text()) ?? CalendarSource.Default, row.TextOrNull(), row.TextOrNull(), row.Instant(), row.Instant(),
        row.Text(), LabelStyles.Parse(row.Text()) ?? LabelStyle.ExplicitZone, row.Text(), row.Text(), row.TextOrNull(), row.Long(), row.Instant(), Names.ToOfferState(row.Text()), row.TextOrNull(), row.InstantOrNull());
}
