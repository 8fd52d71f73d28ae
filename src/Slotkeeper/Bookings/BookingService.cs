using System.Globalization;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Invalidation;
using Slotkeeper.Offers;
using Slotkeeper.Reading;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;
using Calendar = Slotkeeper.Calendars.Calendar;

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
    IProviderReservations reservations,
    CatalogSync sync,
    ResourceChanges changes,
    Invalidator invalidator,
    AvailabilityOptions options,
    TimeProvider clock)
{
    /// <summary>A booking waits no longer than this for a reservation to be given back.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly LeftoverWork leftovers = new(providers, clock);

    /// <summary>Books a time.</summary>
    /// <returns>The answer; for a repeat the first one, byte for byte.</returns>
    public async Task<StoredAnswer> CreateAsync(Workspace workspace, BookingRequest request, IdempotencyScope scope, AnswerWriter write, CancellationToken cancellationToken)
    {
        if (await bookings.FindAnswerAsync(scope, cancellationToken) is { } repeated)
            return await RepeatAsync(repeated, scope, write, cancellationToken);

        // What somebody has here no provider has to be asked about: of a thousand for one time, all but one end here.
        if (request.HoldId is null && await AgainAsync(workspace, request.Source, cancellationToken) is var known && known.Find(request.Start) == SlotStanding.Claimed)
            return await RefuseAsync(scope, new BookingReply.Taken(Alternatives(known, request.Start)), write, cancellationToken);
        // Older data is read again first: that is the live check of the time at the provider.
        var answer = await reader.ReadAsync(workspace, new SlotQuery(request.Source, MaxAge: options.BookingVerifyAge), cancellationToken);
        var standing = answer.Find(request.Start);
        if (standing == SlotStanding.Gone)
        {
            answer = await LookAgainAsync(workspace, request.Source, cancellationToken);
            standing = answer.Find(request.Start);
        }
        var ownsIt = request.HoldId is not null && standing == SlotStanding.Claimed;
        if (standing is SlotStanding.Claimed or SlotStanding.Gone && !ownsIt)
            return await RefuseAsync(scope, new BookingReply.Taken(Alternatives(answer, request.Start)), write, cancellationToken);
        if (request.HoldId is null && Unverified(answer, standing) is { } unverified)
            return await RefuseAsync(scope, unverified, write, cancellationToken);
        if (standing != SlotStanding.Free && !ownsIt)
            return await RefuseAsync(scope, NotBookable(answer, standing, request.Start), write, cancellationToken);
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
                // Ours would make the time look taken, to our own booking as well.
                if (begun.Reservation is { } kept)
                    await GiveBackAsync(kept);
                // From here on nobody's patience counts: what was begun is ended.
                var result = await providers.BookAsync(call, CancellationToken.None);
                var alternatives = result is BookResult.Taken ? await TakenElsewhereAsync(workspace, request.Source, request.Start, answer) : [];
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
        if (standing == SlotStanding.Gone)
        {
            answer = await LookAgainAsync(workspace, booking.Source, cancellationToken);
            standing = answer.Find(start);
        }
        // The booking's own claim may be what takes the new time; the store knows.
        var mayBeOwn = standing == SlotStanding.Claimed && start < booking.End && start + (booking.End - booking.Start) > booking.Start;
        if (standing is SlotStanding.Claimed or SlotStanding.Gone && !mayBeOwn)
            return await RefuseAsync(scope, new BookingReply.Taken(Alternatives(answer, start)), write, cancellationToken);
        if (Unverified(answer, standing) is { } unverified)
            return await RefuseAsync(scope, unverified, write, cancellationToken);
        if (standing != SlotStanding.Free && !mayBeOwn)
            return await RefuseAsync(scope, NotBookable(answer, standing, start), write, cancellationToken);
        var calendar = await CalendarAsync(booking, cancellationToken);
        switch (await bookings.BeginChangeAsync(booking.Id, BookingAction.Reschedule, start, scope, cancellationToken))
        {
            case BeginOutcome.Begun { Booking: var begun }:
                changes.Happened(calendar.ResourceId);
                var result = await providers.RescheduleAsync(calendar, begun, start, CancellationToken.None);
                if (result is BookResult.Cannot { RebookInstead: true })
                    return await RebookAsync(workspace, begun, calendar, scope, write);
                var alternatives = result is BookResult.Taken ? await TakenElsewhereAsync(workspace, booking.Source, start, answer) : [];
                var (after, reply) = BookingRules.Moved(begun, result, clock.GetUtcNow(), alternatives);
                return await EndAsync(begun, after, reply, calendar, scope, write);
            case BeginOutcome.Taken:
                changes.Happened(calendar.ResourceId);
                return await RefuseAsync(scope, new BookingReply.Taken(Alternatives(await AgainAsync(workspace, booking.Source, cancellationToken), start)), write, cancellationToken);
            case var other:
                return Repeat(other, write);
        }
    }

    /// <summary>
    /// Moves a booking at a provider that has no call for it: books the new time and then cancels the old one. What is about to be done is stored before
    /// each call, so that wherever this ends the settler goes on: with the old booking until the new one is known to stand, with the new one
    /// from then on. The caller is answered with that moment's outcome, which is stored with it.
    /// </summary>
    private async Task<StoredAnswer> RebookAsync(Workspace workspace, Booking begun, Calendar calendar, IdempotencyScope scope, AnswerWriter write)
    {
        var intent = BookingRules.Rebooking(begun, clock.GetUtcNow());
        if (await bookings.EndAsync(new BookingEnd(begun, intent, null, null), CancellationToken.None) != EndOutcome.Stored)
            return await OvertakenAsync(begun, scope, write);
        var result = await providers.BookAsync(BookRequests.Again(calendar, BookingRules.Successor(intent), workspace), CancellationToken.None);
        var alternatives = result is BookResult.Taken ? await TakenElsewhereAsync(workspace, begun.Source, begun.MovingTo!.Value, null) : [];
        var (after, reply) = BookingRules.Rebooked(intent, result, clock.GetUtcNow(), alternatives);
        var answer = write(reply);
        if (await bookings.EndAsync(new BookingEnd(intent, after, scope, answer), CancellationToken.None) != EndOutcome.Stored)
            return await OvertakenAsync(begun, scope, write);
        changes.Happened(calendar.ResourceId);
        if (after.Leftovers.Count > begun.Leftovers.Count)
        {
            var cleared = await leftovers.CancelAsync(calendar, after);
            await bookings.EndAsync(new BookingEnd(after, cleared, null, null), CancellationToken.None);
            changes.Happened(calendar.ResourceId);
        }
        invalidator.Announce(calendar.Id);
        return answer;
    }

    private async Task<StoredAnswer> EndAsync(Booking begun, Booking after, BookingReply reply, Calendar calendar, IdempotencyScope scope, AnswerWriter write)
    {
        var answer = write(reply);
        var ended = await bookings.EndAsync(new BookingEnd(begun, after, scope, answer), CancellationToken.None);
        changes.Happened(calendar.ResourceId);
        invalidator.Announce(calendar.Id);
        if (ended == EndOutcome.Stored)
            return answer;
        return await OvertakenAsync(begun, scope, write);
    }

    /// <summary>The settler was faster: what it found is what holds, and what a repeat gets.</summary>
    private async Task<StoredAnswer> OvertakenAsync(Booking begun, IdempotencyScope scope, AnswerWriter write)
    {
        if (await bookings.FindAnswerAsync(scope, CancellationToken.None) is BeginOutcome.Replay { Answer: var settlers })
            return settlers;
        var settled = await bookings.FindAsync(begun.Id, CancellationToken.None) ?? begun;
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
        { Action: BookingAction.None } => new BookingReply.Done(booking, IsNew: booking.History.Count <= 2),
        _ => new BookingReply.Unsettled(booking),
    };

    /// <summary>The provider gave the time to somebody else: its calendar is read again, so that nobody is named it any more.</summary>
    private async Task<IReadOnlyList<Alternative>> TakenElsewhereAsync(Workspace workspace, CalendarSource source, DateTimeOffset wanted, SlotAnswer? before)
    {
        var again = await reader.ReadAsync(workspace, new SlotQuery(source, MaxAge: TimeSpan.Zero), CancellationToken.None);
        return Alternatives(again.Slots is null && before is { } known ? known : again, wanted);
    }

    private async Task GiveBackAsync(ClaimReservation kept)
    {
        if (await sync.FindCalendarAsync(kept.CalendarId, CancellationToken.None) is not { } calendar)
            return;
        try
        {
            await reservations.ReleaseReservationAsync(calendar, kept.Id).WaitAsync(Patience, clock);
        }
        catch (TimeoutException)
        {
            // On its way; and it ends by itself.
        }
    }

    /// <summary>A time that vanished not long ago may be back: a hold ran out, somebody cancelled.</summary>
    private async Task<SlotAnswer> LookAgainAsync(Workspace workspace, CalendarSource source, CancellationToken cancellationToken) =>
        await reader.ReadAsync(workspace, new SlotQuery(source, MaxAge: AvailabilityOptions.GoneRecheckAge), cancellationToken);

    private async Task<SlotAnswer> AgainAsync(Workspace workspace, CalendarSource source, CancellationToken cancellationToken) =>
        await reader.ReadAsync(workspace, new SlotQuery(source, RefreshIfStale: false), cancellationToken);

    private async Task<Calendar> CalendarAsync(Booking booking, CancellationToken cancellationToken) =>
        await sync.FindCalendarAsync(booking.CalendarId, cancellationToken)
            ?? throw new InvalidOperationException("A booking's calendar is never deleted.");

    /// <summary>
    /// A live check that got no answer is no reason to refuse: the provider's answer to the booking call decides. But data older than the
    /// workspace's hard limit says nothing about a time any more, and with a provider that does not answer, all that could come of a call is a time
    /// that is taken until it is settled. A hold was promised, so that its owner asks the provider whatever the age.
    /// </summary>
    private static BookingReply.ProviderRefused? Unverified(SlotAnswer answer, SlotStanding standing)
    {
        if (answer.Fresh || standing is not (SlotStanding.Free or SlotStanding.NotASlot))
            return null;
        var limit = answer.Workspace.Settings.MaxOfferAgeSeconds;
        if (answer.Age is { } age && age.TotalSeconds <= limit)
            return null;
        return new BookingReply.ProviderRefused(
            "not_verified",
            answer.Age is { } old
                ? string.Create(CultureInfo.InvariantCulture, $"The provider did not answer the live check, and what is known of the calendar is {(long)old.TotalSeconds} s old; the workspace's maxOfferAgeSeconds is {limit}. Nothing was booked.")
                : "The provider has not answered for this calendar yet, so nothing is known of it. Nothing was booked.");
    }

    private static BookingReply.NotBookable NotBookable(SlotAnswer answer, SlotStanding standing, DateTimeOffset wanted) =>
        new(standing) { Alternatives = standing == SlotStanding.NoCalendar ? null : Alternatives(answer, wanted) };

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
