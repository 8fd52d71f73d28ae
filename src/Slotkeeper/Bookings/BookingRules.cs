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

    private static Booking Ended(Booking booking, BookingStatus status, DateTimeOffset now, string note) => booking with
    {
        Status = status,
        Action = BookingAction.None,
        MovingTo = null,
        SettleAt = null,
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
