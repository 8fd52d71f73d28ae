using System.Globalization;
using Slotkeeper.Reading;

namespace Slotkeeper.Bookings;

/// <summary>
/// Decides, without doing anything, where a booking stands after a provider has answered or has been looked at. The service and the
/// settler obey.
/// </summary>
public static class BookingRules
{
    /// <summary>A call to a provider has ended by then, whatever happened to the process that made it.</summary>
    public static readonly TimeSpan CallEnds = TimeSpan.FromSeconds(45);

    /// <summary>First look after a call without an answer.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestTry = TimeSpan.FromHours(1);

    /// <summary>After the answer to a create.</summary>
    public static (Booking After, BookingReply Reply) Created(Booking intent, BookResult result, DateTimeOffset now, IReadOnlyList<Alternative> alternatives) => result switch
    {
        BookResult.Booked booked => Done(Confirm(intent, booked.ProviderBookingId, now, "The provider confirmed it.")),
        BookResult.Unknown unknown => Unsettled(intent, BookingStatus.Unknown, unknown.Detail, now),
        BookResult.Taken taken => (Fail(intent, now, $"The provider says that the time is taken: {taken.Detail}"), new BookingReply.Taken(alternatives)),
        BookResult.Cannot cannot => (Fail(intent, now, cannot.Detail), new BookingReply.ProviderCannot(cannot.Detail)),
        BookResult.Refused refused => (Fail(intent, now, $"{refused.Code}: {refused.Detail}"), new BookingReply.ProviderRefused(refused.Code, refused.Detail)),
        BookResult.RateLimited limited => (Fail(intent, now, "The provider's limit is reached."), new BookingReply.ProviderRefused("rate_limited", "The provider's limit is reached.", limited.Until)),
        BookResult.NotSent unsent => (Fail(intent, now, unsent.Detail), new BookingReply.ProviderRefused("not_sent", unsent.Detail)),
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "No such result."),
    };

    /// <summary>After the answer to a cancellation.</summary>
    public static (Booking After, BookingReply Reply) Cancelled(Booking booking, BookResult result, DateTimeOffset now) => result is BookResult.Booked
        ? Changed(Cancel(booking, now, "Cancelled at the provider."))
        : NotChanged(booking, result, now, []);

    /// <summary>After the answer to a move.</summary>
    public static (Booking After, BookingReply Reply) Moved(Booking booking, BookResult result, DateTimeOffset now, IReadOnlyList<Alternative> alternatives) =>
        result is BookResult.Booked booked
            ? Changed(Move(booking, booked.ProviderBookingId, now))
            : NotChanged(booking, result, now, alternatives);

    /// <summary>
    /// Before a move at a provider that has no call for it: the new time is to be booked under a reference of its own, so that what is found by
    /// it is this move's and no earlier one's.
    /// </summary>
    /// <param name="booking">With both intervals claimed.</param>
    /// <param name="now">UTC.</param>
    public static Booking Rebooking(Booking booking, DateTimeOffset now) => booking with
    {
        MovingAs = string.Create(CultureInfo.InvariantCulture, $"{booking.Id}.{booking.History.Count}"),
        History = [.. booking.History, new BookingEvent(now, booking.Status, "The provider cannot move it: the new time is to be booked, then the earlier one cancelled.")],
    };

    /// <summary>The booking of the new time as the provider is asked for it.</summary>
    /// <param name="booking">After <see cref="Rebooking"/>.</param>
    public static Booking Successor(Booking booking)
    {
        var start = booking.MovingTo ?? throw new ArgumentException("It is not being moved.", nameof(booking));
        return booking with
        {
            Start = start,
            End = start + (booking.End - booking.Start),
            MovingTo = null,
            Reference = booking.MovingAs ?? throw new ArgumentException("It is not being moved by booking anew.", nameof(booking)),
            ProviderBookingId = null,
            EarlierProviderIds = [],
        };
    }

    /// <summary>
    /// After the answer to the booking of the new time. Once that stands the booking is moved, whatever becomes of the earlier one:
    /// cancelling it is only what is left to do, and nobody is told of two.
    /// </summary>
    public static (Booking After, BookingReply Reply) Rebooked(Booking booking, BookResult result, DateTimeOffset now, IReadOnlyList<Alternative> alternatives) =>
        result is BookResult.Booked booked
            ? Changed(MoveOver(booking, booked.ProviderBookingId, now))
            : NotChanged(booking, result, now, alternatives);

    /// <summary>After a try to cancel the oldest leftover of a booking.</summary>
    /// <param name="booking">With leftovers.</param>
    /// <param name="result">Of the cancellation; null when its time has passed, and with it the need.</param>
    /// <param name="now">UTC.</param>
    public static Booking Cleared(Booking booking, BookResult? result, DateTimeOffset now)
    {
        var leftover = booking.Leftovers[0];
        var at = UtcText.Format(leftover.Start);
        if (result is null or BookResult.Booked)
        {
            var rest = booking with { Leftovers = [.. booking.Leftovers.Skip(1)] };
            return rest with
            {
                SettleAt = SettleLeftovers(rest, now),
                Attempts = 0,
                History = [.. booking.History, new BookingEvent(now, booking.Status, result is null
                    ? $"The earlier booking of {at} has passed; the provider never cancelled it."
                    : $"The earlier booking of {at} is cancelled at the provider.")],
            };
        }
        var reason = result switch
        {
            BookResult.Unknown unknown => unknown.Detail,
            BookResult.Refused refused => $"{refused.Code}: {refused.Detail}",
            BookResult.Cannot cannot => cannot.Detail,
            BookResult.NotSent unsent => unsent.Detail,
            BookResult.RateLimited => "the provider's limit is reached",
            BookResult.Taken taken => taken.Detail,
            _ => throw new ArgumentOutOfRangeException(nameof(result), result, "No such result."),
        };
        var pause = result is BookResult.RateLimited { Until: var until } && until > now + NextTry(leftover.Attempts) ? until - now : NextTry(leftover.Attempts);
        return booking with
        {
            // The next one first: one that never goes must not keep the others.
            Leftovers = [.. booking.Leftovers.Skip(1), leftover with { Attempts = leftover.Attempts + 1 }],
            SettleAt = now + pause,
            Attempts = 0,
            // The history grows at the first failure only: this goes on for as long as it takes.
            History = leftover.Attempts > 0 ? booking.History
                : [.. booking.History, new BookingEvent(now, booking.Status, $"The earlier booking of {at} is not cancelled at the provider yet, and is tried again until it is: {reason}")],
        };
    }

    /// <summary>How long to wait before a leftover is tried again: doubling from 3 s to 1 h.</summary>
    public static TimeSpan NextTry(int attempts)
    {
        var pause = FirstLook * Math.Pow(2, Math.Clamp(attempts, 0, 12));
        return pause < LongestTry ? pause : LongestTry;
    }

    /// <summary>After the settler has looked at the provider.</summary>
    /// <returns>Null when it is still not known; it is looked at again after <see cref="NextLook"/>.</returns>
    public static Booking? Settled(Booking booking, LookupResult found, DateTimeOffset now) => (booking.Action, found) switch
    {
        (_, LookupResult.NoAnswer or LookupResult.Cannot) => null,
        _ when !IsDone(booking.Action, booking, found) && now < booking.History[^1].At + CallEnds => null,
        (BookingAction.Create, LookupResult.Found { IsCancelled: false } there) => Confirm(booking, there.ProviderBookingId, now, "Found at the provider."),
        (BookingAction.Create, LookupResult.Found there) => Cancel(booking with { ProviderBookingId = there.ProviderBookingId }, now, "Found at the provider, cancelled."),
        (BookingAction.Create, _) => Fail(booking, now, "The provider has no such booking."),
        (BookingAction.Cancel, LookupResult.Found { IsCancelled: false }) => Rest(booking, now, "It was not cancelled at the provider."),
        (BookingAction.Cancel, _) => Cancel(booking, now, "It is cancelled at the provider."),
        // Looked up was the new time, by its own reference: the earlier booking stands whatever was found.
        (BookingAction.Reschedule, LookupResult.Found { IsCancelled: false } there) when booking.MovingAs is not null => MoveOver(booking, there.ProviderBookingId, now),
        (BookingAction.Reschedule, LookupResult.Found) when booking.MovingAs is not null => Rest(booking, now, "The new time was cancelled at the provider; the earlier booking stands."),
        (BookingAction.Reschedule, _) when booking.MovingAs is not null => Rest(booking, now, "The new time was not booked at the provider; the earlier booking stands."),
        (BookingAction.Reschedule, LookupResult.Found { IsCancelled: true }) => Cancel(booking, now, "It is cancelled at the provider."),
        (BookingAction.Reschedule, LookupResult.Found there) when there.Start == booking.MovingTo => Move(booking, there.ProviderBookingId, now),
        (BookingAction.Reschedule, LookupResult.Found) => Rest(booking, now, "It was not moved at the provider."),
        (BookingAction.Reschedule, _) => Cancel(booking, now, "The provider no longer has it."),
        _ => Rest(booking, now, "Nothing was under way."),
    };

    /// <summary>What the caller of an action is told when somebody else has ended it: the settler, or a webhook.</summary>
    /// <param name="before">With the action.</param>
    /// <param name="after">Without.</param>
    public static BookingReply Outcome(Booking before, Booking after) => before.Action switch
    {
        BookingAction.Cancel when after.Status != BookingStatus.Cancelled =>
            new BookingReply.ProviderRefused("not_cancelled", "The provider did not cancel it; the booking stands as it was."),
        BookingAction.Reschedule when after.Start != before.MovingTo || after.Status != BookingStatus.Confirmed =>
            new BookingReply.ProviderRefused("not_moved", "The provider did not move it."),
        _ when after.Status == BookingStatus.Failed =>
            new BookingReply.ProviderRefused("not_booked", "The provider has no such booking; the time is free again."),
        _ => new BookingReply.Done(after, IsNew: before.Action == BookingAction.Create),
    };

    /// <summary>After a provider has told of a booking that nothing is under way for, and it was looked at there.</summary>
    /// <param name="booking">As it is here.</param>
    /// <param name="there">As it is at the provider.</param>
    /// <param name="now">UTC.</param>
    /// <returns>Null when nothing is to be changed.</returns>
    public static Booking? Followed(Booking booking, LookupResult.Found there, DateTimeOffset now) => booking switch
    {
        { Action: not BookingAction.None } => null,
        { Status: BookingStatus.Confirmed } when there.IsCancelled => Cancel(booking, now, "It was cancelled at the provider."),
        { Status: BookingStatus.Confirmed } when there.Start != booking.Start || there.ProviderBookingId != booking.ProviderBookingId =>
            Move(booking with { MovingTo = there.Start }, there.ProviderBookingId, now),
        // Given up here, and it stands after all: better two people told than nobody.
        { Status: BookingStatus.Failed } when !there.IsCancelled => Move(booking with { MovingTo = there.Start }, there.ProviderBookingId, now),
        _ => null,
    };

    /// <summary>
    /// Whether the provider has done what was asked. That it has not proves nothing while the call may still be under way there, even if
    /// nobody waits for its answer any more.
    /// </summary>
    private static bool IsDone(BookingAction action, Booking booking, LookupResult found) => action switch
    {
        BookingAction.Create => found is LookupResult.Found,
        BookingAction.Cancel => found is LookupResult.Absent or LookupResult.Found { IsCancelled: true },
        BookingAction.Reschedule when booking.MovingAs is not null => found is LookupResult.Found,
        BookingAction.Reschedule => found is LookupResult.Found there && (there.IsCancelled || there.Start == booking.MovingTo),
        _ => true,
    };

    /// <summary>How long to wait before a booking is looked at again: doubling from 3 s to 5 min.</summary>
    public static TimeSpan NextLook(int attempts)
    {
        var pause = FirstLook * Math.Pow(2, Math.Clamp(attempts, 0, 10));
        return pause < LongestPause ? pause : LongestPause;
    }

    public static Booking Cancel(Booking booking, DateTimeOffset now, string note) =>
        Ended(booking, BookingStatus.Cancelled, now, note);

    private static Booking Confirm(Booking booking, string providerBookingId, DateTimeOffset now, string note) =>
        Ended(booking, BookingStatus.Confirmed, now, note) with { ProviderBookingId = providerBookingId };

    private static Booking Fail(Booking booking, DateTimeOffset now, string note) => Ended(booking, BookingStatus.Failed, now, note);

    /// <summary>It is as it was before the change was tried.</summary>
    private static Booking Rest(Booking booking, DateTimeOffset now, string note) => Ended(booking, booking.Status, now, note);

    private static Booking Move(Booking booking, string providerBookingId, DateTimeOffset now)
    {
        var start = booking.MovingTo ?? throw new ArgumentException("It is not being moved.", nameof(booking));
        var moved = Ended(booking, BookingStatus.Confirmed, now, $"Moved from {UtcText.Format(booking.Start)}.");
        return moved with
        {
            Start = start,
            End = start + (booking.End - booking.Start),
            ProviderBookingId = providerBookingId,
            EarlierProviderIds = booking.ProviderBookingId is { } earlier && earlier != providerBookingId
                ? [.. booking.EarlierProviderIds, earlier]
                : booking.EarlierProviderIds,
        };
    }

    /// <summary>Moved, with the booking that it was left to be cancelled. Its look comes only when whoever booked has had time to do that.</summary>
    private static Booking MoveOver(Booking booking, string providerBookingId, DateTimeOffset now)
    {
        var earlier = booking.ProviderBookingId is { } id ? new Leftover(id, booking.Start, 0) : null;
        var moved = Move(booking, providerBookingId, now);
        return earlier is null ? moved : moved with
        {
            Leftovers = [.. booking.Leftovers, earlier],
            SettleAt = now + IBookingStore.LongestAction,
        };
    }

    private static DateTimeOffset? SettleLeftovers(Booking booking, DateTimeOffset now) => booking.Leftovers.Count == 0 ? null : now + FirstLook;

    private static Booking Ended(Booking booking, BookingStatus status, DateTimeOffset now, string note) => booking with
    {
        Status = status,
        Action = BookingAction.None,
        MovingTo = null,
        MovingAs = null,
        SettleAt = SettleLeftovers(booking, now),
        Attempts = 0,
        History = [.. booking.History, new BookingEvent(now, status, note)],
    };

    private static (Booking After, BookingReply Reply) NotChanged(Booking booking, BookResult result, DateTimeOffset now, IReadOnlyList<Alternative> alternatives) => result switch
    {
        BookResult.Unknown unknown => Unsettled(booking, booking.Status, unknown.Detail, now),
        BookResult.Taken taken => (Rest(booking, now, $"Not changed: {taken.Detail}"), new BookingReply.Taken(alternatives)),
        BookResult.Cannot cannot => (Rest(booking, now, $"Not changed: {cannot.Detail}"), new BookingReply.ProviderCannot(cannot.Detail)),
        BookResult.Refused refused => (Rest(booking, now, $"Not changed: {refused.Code}"), new BookingReply.ProviderRefused(refused.Code, refused.Detail)),
        BookResult.RateLimited limited => (Rest(booking, now, "Not changed: the provider's limit is reached."), new BookingReply.ProviderRefused("rate_limited", "The provider's limit is reached.", limited.Until)),
        BookResult.NotSent unsent => (Rest(booking, now, $"Not changed: {unsent.Detail}"), new BookingReply.ProviderRefused("not_sent", unsent.Detail)),
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "No such result."),
    };

    private static (Booking After, BookingReply Reply) Unsettled(Booking booking, BookingStatus status, string detail, DateTimeOffset now)
    {
        var after = booking with
        {
            Status = status,
            SettleAt = now + FirstLook,
            History = [.. booking.History, new BookingEvent(now, status, $"No answer from the provider: {detail}")],
        };
        return (after, new BookingReply.Unsettled(after));
    }

    private static (Booking After, BookingReply Reply) Done(Booking after) => (after, new BookingReply.Done(after, IsNew: true));

    private static (Booking After, BookingReply Reply) Changed(Booking after) => (after, new BookingReply.Done(after, IsNew: false));
}
