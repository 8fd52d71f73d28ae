using Slotkeeper.Invalidation;
using Slotkeeper.Offers;
using Slotkeeper.Reading;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Bookings;

/// <summary>Renders a reply as the answer that is given now and again for every repeat of the request.</summary>
public delegate StoredAnswer AnswerWriter(BookingReply reply);

/// <summary>
/// Books, cancels and moves: the intent and the claim first, then the provider, then the outcome with the answer, in that order, so that a
/// crash between any two leaves something the settler can finish. The provider is called at most once for an intent.
/// </summary>
public sealed class BookingService(
    AvailabilityReader reader,
    IBookingStore bookings,
    IBookingProviders providers,
    CatalogSync sync,
    ResourceChanges changes,
    Invalidator invalidator,
    AvailabilityOptions options,
    TimeProvider clock)
{
    /// <summary>Books a time.</summary>
    /// <returns>The answer; for a repeat the first one, byte for byte.</returns>
    public async Task<StoredAnswer> CreateAsync(Workspace workspace, BookingRequest request, IdempotencyScope scope, AnswerWriter write, CancellationToken cancellationToken)
    {
        if (await bookings.FindAnswerAsync(scope, cancellationToken) is { } known)
            return await RepeatAsync(known, scope, write, cancellationToken);

        // Older data is read again first: that is the live check of the time at the provider.
        var answer = await reader.ReadAsync(workspace, new SlotQuery(request.Source, MaxAge: options.BookingVerifyAge), cancellationToken);
        var standing = answer.Find(request.Start);
        var ownsIt = request.HoldId is not null && standing == SlotStanding.Claimed;
        if (standing == SlotStanding.Claimed && !ownsIt)
            return await RefuseAsync(scope, new BookingReply.Taken(Alternatives(answer, request.Start)), write, cancellationToken);
        if (standing != SlotStanding.Free && !ownsIt)
            return await RefuseAsync(scope, new BookingReply.NotBookable(standing), write, cancellationToken);
        var calendar = answer.Calendar!.Calendar;
        if (providers.CannotBook(calendar) is { } lacking)
            return await RefuseAsync(scope, new BookingReply.ProviderCannot(lacking), write, cancellationToken);

        var now = clock.GetUtcNow();
        var id = Ids.New(Ids.Booking);
        var intent = new Booking(
            id, workspace.Id, workspace.AgencyId, calendar.Id, calendar.Provider, answer.Source,
            request.Start, request.Start.AddSeconds(answer.Slots!.DurationSeconds), BookingStatus.Pending, BookingAction.Create, null,
            request.Attendee, request.LeadId, request.Request, id, null, [], now, now + BookingRules.CallEnds, 0,
            [new BookingEvent(now, BookingStatus.Pending, "Asked for.")]);
        switch (await bookings.BeginCreateAsync(intent, calendar.ResourceId, request.HoldId, scope, cancellationToken))
        {
            case BeginOutcome.Begun begun:
                changes.Happened(calendar.ResourceId);
                var call = new BookCall(calendar, begun.Booking, request.Answers, request.Notes, request.Metadata, request.Locale ?? workspace.Locale, request.Attendee.TimeZone ?? workspace.TimeZone);
                // From here on nobody's patience counts: what was begun is ended.
                var result = await providers.BookAsync(call, CancellationToken.None);
                var alternatives = result is BookResult.Taken ? await TakenElsewhereAsync(workspace, request, answer) : [];
                var (after, reply) = BookingRules.Created(begun.Booking, result, clock.GetUtcNow(), alternatives);
                return await EndAsync(begun.Booking, after, reply, calendar, scope, write);
            case BeginOutcome.Taken:
                changes.Happened(calendar.ResourceId);
                return await RefuseAsync(scope, new BookingReply.Taken(Alternatives(await AgainAsync(workspace, request.Source, cancellationToken), request.Start)), write, cancellationToken);
            case BeginOutcome.HoldExpired:
                return await RefuseAsync(scope, new BookingReply.HoldExpired(), write, cancellationToken);
            case BeginOutcome.NotPossible:
                return await RefuseAsync(scope, new BookingReply.NotBookable(SlotStanding.NoCalendar), write, cancellationToken);
            case var other:
                return Repeat(other, write);
        }
    }

    /// <summary>Cancels a booking, at the provider first.</summary>
    public async Task<StoredAnswer> CancelAsync(Booking booking, string? reason, IdempotencyScope scope, AnswerWriter write, CancellationToken cancellationToken)
    {
        if (await bookings.FindAnswerAsync(scope, cancellationToken) is { } known)
            return await RepeatAsync(known, scope, write, cancellationToken);
        if (booking.Status == BookingStatus.Cancelled)
            return await RefuseAsync(scope, new BookingReply.Done(booking, IsNew: false), write, cancellationToken);
        var calendar = await CalendarAsync(booking, cancellationToken);
        var begun = await bookings.BeginChangeAsync(booking.Id, BookingAction.Cancel, null, scope, cancellationToken);
        if (begun is not BeginOutcome.Begun { Booking: var begunBooking })
            return Repeat(begun, write);
        var result = await providers.CancelAsync(calendar, begunBooking, reason, CancellationToken.None);
        var (after, reply) = BookingRules.Cancelled(begunBooking, result, clock.GetUtcNow());
        return await EndAsync(begunBooking, after, reply, calendar, scope, write);
    }

    /// <summary>Moves a booking. Whatever goes wrong leaves it as it was.</summary>
    public async Task<StoredAnswer> RescheduleAsync(Workspace workspace, Booking booking, DateTimeOffset start, IdempotencyScope scope, AnswerWriter write, CancellationToken cancellationToken)
    {
        if (await bookings.FindAnswerAsync(scope, cancellationToken) is { } known)
            return await RepeatAsync(known, scope, write, cancellationToken);
        var answer = await reader.ReadAsync(workspace, new SlotQuery(booking.Source, MaxAge: options.BookingVerifyAge), cancellationToken);
        var standing = answer.Find(start);
        // The booking's own claim may be what takes the new time; the store knows.
        var mayBeOwn = standing == SlotStanding.Claimed && start < booking.End && start + (booking.End - booking.Start) > booking.Start;
        if (standing == SlotStanding.Claimed && !mayBeOwn)
            return await RefuseAsync(scope, new BookingReply.Taken(Alternatives(answer, start)), write, cancellationToken);
        if (standing != SlotStanding.Free && !mayBeOwn)
            return await RefuseAsync(scope, new BookingReply.NotBookable(standing), write, cancellationToken);
        var calendar = await CalendarAsync(booking, cancellationToken);
        switch (await bookings.BeginChangeAsync(booking.Id, BookingAction.Reschedule, start, scope, cancellationToken))
        {
            case BeginOutcome.Begun { Booking: var begun }:
                changes.Happened(calendar.ResourceId);
                var result = await providers.RescheduleAsync(calendar, begun, start, CancellationToken.None);
                var alternatives = result is BookResult.Taken ? Alternatives(await AgainAsync(workspace, booking.Source, CancellationToken.None), start) : [];
                var (after, reply) = BookingRules.Moved(begun, result, clock.GetUtcNow(), alternatives);
                return await EndAsync(begun, after, reply, calendar, scope, write);
            case BeginOutcome.Taken:
                changes.Happened(calendar.ResourceId);
                return await RefuseAsync(scope, new BookingReply.Taken(Alternatives(await AgainAsync(workspace, booking.Source, cancellationToken), start)), write, cancellationToken);
            case var other:
                return Repeat(other, write);
        }
    }

    private async Task<StoredAnswer> EndAsync(Booking begun, Booking after, BookingReply reply, Calendars.Calendar calendar, IdempotencyScope scope, AnswerWriter write)
    {
        var answer = write(reply);
        var ended = await bookings.EndAsync(new BookingEnd(begun, after, scope, answer), CancellationToken.None);
        changes.Happened(calendar.ResourceId);
        invalidator.Announce(calendar.Id);
        if (ended == EndOutcome.Stored)
            return answer;
        // The settler was faster: what it found is what holds, and what a repeat gets.
        if (await bookings.FindAnswerAsync(scope, CancellationToken.None) is BeginOutcome.Replay { Answer: var settlers })
            return settlers;
        var settled = await bookings.FindAsync(begun.Id, CancellationToken.None) ?? after;
        return write(settled.Action == BookingAction.None ? BookingRules.Outcome(begun, settled) : new BookingReply.Unsettled(settled));
    }

    private async Task<StoredAnswer> RefuseAsync(IdempotencyScope scope, BookingReply reply, AnswerWriter write, CancellationToken cancellationToken)
    {
        return Repeat(await bookings.RefuseAsync(scope, write(reply), cancellationToken), write);
    }

    /// <summary>A key that is known. Where its first request died before it could answer, the answer is made from what became of it.</summary>
    private async Task<StoredAnswer> RepeatAsync(BeginOutcome known, IdempotencyScope scope, AnswerWriter write, CancellationToken cancellationToken) =>
        known is BeginOutcome.CutOff { Booking: var booking }
            ? await RefuseAsync(scope, WhatBecameOf(booking), write, cancellationToken)
            : Repeat(known, write);

    private static BookingReply WhatBecameOf(Booking booking) => booking switch
    {
        { Status: BookingStatus.Failed } => new BookingReply.ProviderRefused("not_booked", "The provider has no such booking; the time is free again."),
        { SettleAt: null } => new BookingReply.Done(booking, IsNew: booking.History.Count <= 2),
        _ => new BookingReply.Unsettled(booking),
    };

    /// <summary>The provider gave the time to somebody else: its calendar is read again, so that nobody is named it any more.</summary>
    private async Task<IReadOnlyList<Alternative>> TakenElsewhereAsync(Workspace workspace, BookingRequest request, SlotAnswer before)
    {
        var again = await reader.ReadAsync(workspace, new SlotQuery(request.Source, MaxAge: TimeSpan.Zero), CancellationToken.None);
        return Alternatives(again.Slots is null ? before : again, request.Start);
    }

    private async Task<SlotAnswer> AgainAsync(Workspace workspace, CalendarSource source, CancellationToken cancellationToken) =>
        await reader.ReadAsync(workspace, new SlotQuery(source, RefreshIfStale: false), cancellationToken);

    private async Task<Calendars.Calendar> CalendarAsync(Booking booking, CancellationToken cancellationToken) =>
        await sync.FindCalendarAsync(booking.CalendarId, cancellationToken)
            ?? throw new InvalidOperationException("A booking's calendar is never deleted.");

    private static IReadOnlyList<Alternative> Alternatives(SlotAnswer answer, DateTimeOffset wanted) =>
        answer.Nearest(wanted, start => Wording.Label(start, answer.Workspace.TimeZone));

    private static StoredAnswer Repeat(BeginOutcome outcome, AnswerWriter write) => outcome switch
    {
        BeginOutcome.Replay replay => replay.Answer,
        BeginOutcome.InFlight => write(new BookingReply.InFlight()),
        BeginOutcome.KeyReused => write(new BookingReply.KeyReused()),
        BeginOutcome.CutOff { Booking: var booking } => write(WhatBecameOf(booking)),
        BeginOutcome.NotPossible { Booking: { } booking } => write(new BookingReply.WrongState(booking)),
        _ => throw new InvalidOperationException($"Not an outcome for this request: {outcome}."),
    };
}
