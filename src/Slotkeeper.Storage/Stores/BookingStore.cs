using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Stores;

/// <summary>
/// Locks are taken in one order: the caller's key, the booking, its resource, the epochs of its calendars, the agency's audit. Who loses abandons the
/// transaction, so that it leaves nothing behind, and gets its outcome.
/// </summary>
internal sealed class BookingStore(Database database) : IBookingStore
{
    private const string Returning =
        """
        RETURNING id, workspace_id, agency_id, calendar_id, provider, source, starts_at, ends_at, status, action, moving_to, attendee,
          lead_id, request, reference, provider_booking_id, earlier_provider_ids, created_at, settle_at, attempts, history, moving_as, leftovers
        """;

    public async Task<BeginOutcome> BeginCreateAsync(
        Booking intent, string resourceId, string? holdId, IdempotencyScope scope, CancellationToken cancellationToken)
    {
        if (intent is not { Status: BookingStatus.Pending, Action: BookingAction.Create, MovingTo: null, ProviderBookingId: null })
            throw new ArgumentException("A booking begins as pending, to be created.", nameof(intent));
        if (intent.End <= intent.Start)
            throw new ArgumentException("A booking must end after it starts.", nameof(intent));
        return await database.Resources.RunAsync(
            resourceId,
            () => BeginAsync(session => BeginCreateAsync(session, intent, resourceId, holdId, scope), cancellationToken),
            cancellationToken);
    }

    public async Task<BeginOutcome> BeginChangeAsync(
        string bookingId, BookingAction action, DateTimeOffset? movingTo, IdempotencyScope scope, CancellationToken cancellationToken)
    {
        if (action is not (BookingAction.Cancel or BookingAction.Reschedule))
            throw new ArgumentException("A booking that stands can be cancelled or moved.", nameof(action));
        if ((action == BookingAction.Reschedule) != movingTo.HasValue)
            throw new ArgumentException("A booking that is to be moved, and only such a one, moves to a start.", nameof(movingTo));
        return await BeginAsync(session => BeginChangeAsync(session, bookingId, action, movingTo, scope), cancellationToken);
    }

    public async Task<EndOutcome> EndAsync(BookingEnd end, CancellationToken cancellationToken)
    {
        if (end.Booking.Id != end.Expected.Id)
            throw new ArgumentException("One booking cannot become another.", nameof(end));
        try
        {
            // Without a key of its own it ends what somebody else began, perhaps an administrator.
            return await (end.Scope is null ? database.WriteForAllAsync(session => EndAsync(session, end), cancellationToken) : database.WriteAsync(session => EndAsync(session, end), cancellationToken));
        }
        catch (ConstraintException refusal) when (refusal.Kind == ConstraintKind.Overlap)
        {
            return EndOutcome.Taken;
        }
    }

    public Task<BeginOutcome> RefuseAsync(IdempotencyScope scope, StoredAnswer answer, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                await BookingAnswers.SaveAsync(session, scope, answer);
                return await BookingAnswers.FindAsync(session, scope) ?? new BeginOutcome.Replay(answer);
            },
            cancellationToken);

    public Task<BeginOutcome?> FindAnswerAsync(IdempotencyScope scope, CancellationToken cancellationToken) =>
        database.ReadAsync(session => BookingAnswers.FindAsync(session, scope), cancellationToken);

    public Task<Booking?> FindAsync(string id, CancellationToken cancellationToken) =>
        database.ReadAsync(session => BookingRows.FindAsync(session, id), cancellationToken);

    public Task<IReadOnlyList<Booking>> ListAsync(
        string workspaceId,
        DateTimeOffset? from,
        DateTimeOffset? to,
        string? leadId,
        BookingStatus? status,
        string? afterId,
        int limit,
        CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<Booking>>(
            async session => await session.QueryAsync(
                $"""
                SELECT {BookingRows.Columns} FROM bookings b
                WHERE b.workspace_id = @workspace AND b.id > @after
                  {(from is null ? "" : "AND b.ends_at > @from")} {(to is null ? "" : "AND b.starts_at < @to")}
                  {(leadId is null ? "" : "AND b.lead_id = @lead")} {(status is null ? "" : "AND b.status = @status")}
                ORDER BY b.id LIMIT @limit
                """,
                BookingRows.Read,
                ("workspace", workspaceId), ("after", afterId ?? ""), ("from", from ?? default), ("to", to ?? default),
                ("lead", leadId ?? ""), ("status", Names.Of(status ?? default)), ("limit", limit)),
            cancellationToken);

    public Task<IReadOnlyList<Booking>> SearchAsync(BookingSearch search, int limit, CancellationToken cancellationToken)
    {
        if (search.Text is { } text && text.Trim().Length is < BookingSearch.LeastText or > BookingSearch.MostText)
            throw new ArgumentException($"A text that is looked for has {BookingSearch.LeastText} to {BookingSearch.MostText} characters.", nameof(search));
        var (sql, arguments) = BookingQuery.Of(search, limit);
        return database.ReadAsync<IReadOnlyList<Booking>>(async session => await session.QueryAsync(sql, BookingRows.Read, arguments), cancellationToken);
    }

    public Task<UnsettledBookings> UnsettledAsync(string? agencyId, string? workspaceId, CancellationToken cancellationToken)
    {
        var (sql, arguments) = BookingQuery.Unsettled(agencyId, workspaceId);
        return database.ReadAsync(
            async session => (await session.QueryAsync(
                sql, (ref Row row) => new UnsettledBookings((int)row.Long(), (int)row.Long(), row.Int(), row.InstantOrNull()), arguments))[0],
            cancellationToken);
    }

    public Task<Booking?> FindByProviderIdAsync(
        Provider provider, string? connectionId, string providerBookingId, CancellationToken cancellationToken) => database.ReadAsync(
            session => session.FirstAsync(
                $"""
                SELECT {BookingRows.Columns} FROM booking_provider_ids i JOIN bookings b ON b.id = i.booking_id
                WHERE i.key = @key AND b.provider = @provider AND COALESCE(b.connection_id, '') = @connection
                ORDER BY CASE WHEN b.provider_booking_id = @id THEN 0 ELSE 1 END, b.created_at DESC LIMIT 1
                """,
                BookingRows.Read,
                ("key", BookingRows.KeyOf(providerBookingId)), ("provider", provider.ToName()), ("connection", connectionId ?? ""),
                ("id", providerBookingId)),
            cancellationToken);

    public Task<IReadOnlyList<Booking>> TakeDueAsync(TimeSpan lease, int limit, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlyList<Booking>>(
            async session =>
            {
                await BookingAnswers.ForgetAsync(session);
                return await session.QueryAsync(
                    $$"""
                    WITH due AS MATERIALIZED (
                      SELECT id AS due_id FROM bookings WHERE settle_at <= (SELECT {now}) ORDER BY settle_at LIMIT @limit
                      [[FOR UPDATE SKIP LOCKED]])
                    UPDATE bookings SET settle_at = {now} + @lease, attempts = attempts + 1 WHERE id IN (SELECT due_id FROM due)
                    {{Returning}}
                    """,
                    BookingRows.Read,
                    ("lease", lease), ("limit", limit));
            },
            cancellationToken);

    private static async Task<BeginOutcome> BeginCreateAsync(
        Session session, Booking intent, string resourceId, string? holdId, IdempotencyScope scope)
    {
        if (await BookingAnswers.BeginAsync(session, scope, intent.Id) is { } known)
            return known;
        if (await Seats.LockAsync(session, resourceId) is not { } capacity)
            return new BeginOutcome.NotPossible(null);
        ClaimReservation? reservation = null;
        if (holdId is null)
        {
            if (!await BookingClaims.TakeAsync(session, resourceId, capacity, intent))
                return new BeginOutcome.Taken();
        }
        else
        {
            switch (await BookingClaims.ConvertHoldAsync(session, resourceId, capacity, holdId, intent))
            {
                case null:
                    return new BeginOutcome.HoldExpired();
                case { IsItsOwn: false }:
                    return new BeginOutcome.Taken();
                case var converted:
                    reservation = converted.Reservation;
                    break;
            }
        }
        var begun = await session.FirstAsync(
            $$"""
            INSERT INTO bookings (id, workspace_id, agency_id, calendar_id, resource_id, connection_id, provider, source, starts_at, ends_at,
              status, action, attendee, attendee_email, attendee_name, attendee_last_name, lead_id, request, reference, earlier_provider_ids, created_at, settle_at, attempts, history)
            SELECT @id, @workspace, @agency, c.id, @resource, c.connection_id, @provider, @source, CAST(@start AS bigint), CAST(@end AS bigint),
              @status, @action, @attendee, @email, @name, @last_name, @lead, @request, @reference, '[]', CAST(@created AS bigint), {now} + @longest, 0, @history
            FROM calendars c WHERE c.id = @calendar
            {{Returning}}
            """,
            BookingRows.Read,
            ("id", intent.Id), ("workspace", intent.WorkspaceId), ("agency", intent.AgencyId), ("calendar", intent.CalendarId),
            ("resource", resourceId), ("provider", intent.Provider.ToName()), ("source", intent.Source.ToName()), ("start", intent.Start),
            ("end", intent.End), ("status", Names.Of(intent.Status)), ("action", Names.Of(intent.Action)),
            ("attendee", BookingRows.ToJson(intent.Attendee)), ("email", BookingRows.Searched(intent.Attendee.Email)), ("name", BookingRows.Searched(intent.Attendee.Name)),
            ("last_name", BookingRows.LastNameOf(intent.Attendee.Name)), ("lead", intent.LeadId), ("request", intent.Request),
            ("reference", intent.Reference), ("created", intent.CreatedAt), ("longest", IBookingStore.LongestAction),
            ("history", BookingRows.HistoryToJson(intent.History)));
        if (begun is null)
            return new BeginOutcome.NotPossible(null);
        await Epochs.ClaimsChangedAsync(session, resourceId);
        BookingNotes.AskedFor(session, begun);
        return new BeginOutcome.Begun(begun) { Reservation = reservation };
    }

    private static async Task<BeginOutcome> BeginChangeAsync(
        Session session, string bookingId, BookingAction action, DateTimeOffset? movingTo, IdempotencyScope scope)
    {
        if (await BookingAnswers.BeginAsync(session, scope, bookingId) is { } known)
            return known;
        var found = await session.QueryAsync(
            $"SELECT {{now}}, resource_id, {BookingRows.Columns} FROM bookings b WHERE b.id = @id [[FOR UPDATE]]",
            (ref Row row) => (Now: row.Instant(), ResourceId: row.Text(), Booking: BookingRows.Read(ref row)),
            ("id", bookingId));
        if (found is not [var (now, resourceId, before)])
            return new BeginOutcome.NotPossible(null);
        if (before is not { Status: BookingStatus.Confirmed, Action: BookingAction.None })
            return new BeginOutcome.NotPossible(before);
        var note = movingTo is { } start
            ? $"To be moved to {UtcText.Format(start)} at the provider."
            : "To be cancelled at the provider.";
        var begun = (await session.FirstAsync(
            $$"""
            UPDATE bookings SET action = @action, moving_to = @moving, settle_at = {now} + @longest, attempts = 0, history = @history
            WHERE id = @id
            {{Returning}}
            """,
            BookingRows.Read,
            ("id", bookingId), ("action", Names.Of(action)), ("moving", movingTo), ("longest", IBookingStore.LongestAction),
            ("history", BookingRows.HistoryToJson([.. before.History, new BookingEvent(now, before.Status, note)]))))!;
        BookingNotes.ChangeAskedFor(session, begun);
        if (action == BookingAction.Cancel)
            return new BeginOutcome.Begun(begun);
        var capacity = (await Seats.LockAsync(session, resourceId))!.Value;
        return await BookingClaims.FollowAsync(session, resourceId, capacity, begun, begun.Leftovers) ? new BeginOutcome.Begun(begun) : new BeginOutcome.Taken();
    }

    private static async Task<EndOutcome> EndAsync(Session session, BookingEnd end)
    {
        var booking = end.Booking;
        var resourceId = await session.FirstAsync(
            """
            UPDATE bookings SET starts_at = @start, ends_at = @end, status = @status, action = @action, moving_to = @moving,
              provider_booking_id = @provider_id, earlier_provider_ids = @earlier, settle_at = @settle, attempts = @attempts, history = @history,
              moving_as = @moving_as, leftovers = @leftovers
            WHERE id = @id AND status = @status_before AND action = @action_before AND attempts = @attempts_before AND history = @history_before
            RETURNING resource_id
            """,
            (ref Row row) => row.Text(),
            ("id", booking.Id), ("start", booking.Start), ("end", booking.End), ("status", Names.Of(booking.Status)),
            ("action", Names.Of(booking.Action)), ("moving", booking.MovingTo), ("provider_id", booking.ProviderBookingId),
            ("earlier", BookingRows.ToJson(booking.EarlierProviderIds)), ("settle", booking.SettleAt), ("attempts", booking.Attempts),
            ("history", BookingRows.HistoryToJson(booking.History)), ("moving_as", booking.MovingAs),
            ("leftovers", BookingRows.ToJson(booking.Leftovers)), ("status_before", Names.Of(end.Expected.Status)),
            ("action_before", Names.Of(end.Expected.Action)), ("attempts_before", end.Expected.Attempts),
            ("history_before", BookingRows.HistoryToJson(end.Expected.History)));
        if (resourceId is null)
            return EndOutcome.Changed;
        var capacity = (await Seats.LockAsync(session, resourceId))!.Value;
        await KeepProviderIdsAsync(session, end, resourceId);
        if (!await BookingClaims.FollowAsync(session, resourceId, capacity, booking, end.Expected.Leftovers))
        {
            session.Abandon();
            return EndOutcome.Taken;
        }
        if (booking.Status == BookingStatus.Confirmed && (end.Expected.Status != BookingStatus.Confirmed || end.Expected.Start != booking.Start))
            await OfferStore.AcceptAsync(session, booking, booking.History[^1].At);
        if (end.Answer is not null || booking.Action == BookingAction.None)
            await BookingAnswers.EndAsync(session, booking.Id, end.Scope, end.Answer);
        if (BookingEvents.Of(end.Expected, booking) is var (type, payload))
            await Outbox.AddAsync(session, booking.AgencyId, booking.WorkspaceId, type, payload);
        BookingNotes.Ended(session, end.Expected, booking);
        return EndOutcome.Stored;
    }

    /// <summary>
    /// Makes the booking known by its ids. A webhook may have told of it before its own call returned, as of something booked
    /// elsewhere: that claim goes, for it is the same thing once more, and could be in its own way.
    /// </summary>
    private static async Task KeepProviderIdsAsync(Session session, BookingEnd end, string resourceId)
    {
        foreach (var id in Ids(end.Booking).Except(Ids(end.Expected), StringComparer.Ordinal))
        {
            await session.ExecuteAsync(
                "INSERT INTO booking_provider_ids (key, booking_id) VALUES (@key, @booking) ON CONFLICT DO NOTHING",
                ("key", BookingRows.KeyOf(id)), ("booking", end.Booking.Id));
            if (await ExternalClaimStore.RemoveAsync(session, resourceId, id))
                await Epochs.ClaimsChangedAsync(session, resourceId);
        }

        static IEnumerable<string> Ids(Booking booking) =>
            booking.ProviderBookingId is { } current ? booking.EarlierProviderIds.Append(current) : booking.EarlierProviderIds;
    }

    private async Task<BeginOutcome> BeginAsync(Func<Session, Task<BeginOutcome>> begin, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(
                async session =>
                {
                    var outcome = await begin(session);
                    if (outcome is not BeginOutcome.Begun)
                        session.Abandon();
                    return outcome;
                },
                cancellationToken);
        }
        catch (ConstraintException refusal) when (refusal.Kind == ConstraintKind.Overlap)
        {
            return new BeginOutcome.Taken();
        }
    }
}
