using Slotkeeper.Calendars;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Bookings;

/// <summary>Where a booking stands. Only <see cref="Pending"/>, <see cref="Unknown"/> and <see cref="Confirmed"/> take their interval.</summary>
public enum BookingStatus
{
    /// <summary>The intent is written down; the provider is being called.</summary>
    Pending,

    /// <summary>The provider did not answer: the interval stays taken until the settler knows.</summary>
    Unknown,

    /// <summary>The provider said yes.</summary>
    Confirmed,

    /// <summary>Cancelled, here or at the provider.</summary>
    Cancelled,

    /// <summary>The provider said no, or was never reached.</summary>
    Failed,
}

/// <summary>Who comes.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Email">A mail address.</param>
/// <param name="Phone">Null or as given.</param>
/// <param name="TimeZone">IANA id; null for the workspace's.</param>
public sealed record Attendee(string Name, string Email, string? Phone, string? TimeZone);

/// <summary>One line of a booking's history.</summary>
/// <param name="At">UTC.</param>
/// <param name="Status">After it.</param>
/// <param name="Note">Why, for people; no personal data.</param>
public sealed record BookingEvent(DateTimeOffset At, BookingStatus Status, string Note);

/// <summary>What is being done to a booking at the provider just now, written down before it is done.</summary>
public enum BookingAction
{
    /// <summary>Nothing.</summary>
    None,
    Create,
    Cancel,
    Reschedule,
}

/// <summary>
/// What a move has left at a provider that cannot move: the earlier booking, which is still to be cancelled there. It takes its time until
/// that has been done.
/// </summary>
/// <param name="ProviderBookingId">The provider's.</param>
/// <param name="Start">UTC; as long as the booking.</param>
/// <param name="Attempts">Tries to cancel it so far.</param>
public sealed record Leftover(string ProviderBookingId, DateTimeOffset Start, int Attempts);

/// <summary>One booking, at Slotkeeper and at the provider.</summary>
/// <param name="Id">Prefix <c>bkg_</c>.</param>
/// <param name="WorkspaceId">Whose.</param>
/// <param name="AgencyId">Its tenant.</param>
/// <param name="CalendarId">At which calendar.</param>
/// <param name="Provider">Who keeps it.</param>
/// <param name="Source">The source it was booked through.</param>
/// <param name="Start">UTC.</param>
/// <param name="End">UTC.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Action">What is under way at the provider; the settler ends it after a crash.</param>
/// <param name="MovingTo">The new start while it is being rescheduled; else null.</param>
/// <param name="Attendee">Who comes.</param>
/// <param name="LeadId">Null when no lead was named.</param>
/// <param name="Request">Answers, notes, metadata and locale as JSON, as they came.</param>
/// <param name="Reference">Ours, sent to the provider wherever it can carry one, and what it is looked up by.</param>
/// <param name="ProviderBookingId">The provider's, by which it is cancelled and moved; null before it said yes.</param>
/// <param name="EarlierProviderIds">Ids it had before the provider gave it a new one at a reschedule.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="SettleAt">When the settler looks next, UTC; null when nothing is to be settled.</param>
/// <param name="Attempts">Looks of the settler so far.</param>
/// <param name="History">Oldest first.</param>
public sealed record Booking(
    string Id,
    string WorkspaceId,
    string AgencyId,
    string CalendarId,
    Provider Provider,
    CalendarSource Source,
    DateTimeOffset Start,
    DateTimeOffset End,
    BookingStatus Status,
    BookingAction Action,
    DateTimeOffset? MovingTo,
    Attendee Attendee,
    string? LeadId,
    string Request,
    string Reference,
    string? ProviderBookingId,
    IReadOnlyList<string> EarlierProviderIds,
    DateTimeOffset CreatedAt,
    DateTimeOffset? SettleAt,
    int Attempts,
    IReadOnlyList<BookingEvent> History)
{
    /// <summary>
    /// While it is being moved by booking the new time and then cancelling the old one: our reference of the new one, by which the settler finds
    /// it. Else null.
    /// </summary>
    public string? MovingAs { get; init; }

    /// <summary>Earlier bookings of moves that are still to be cancelled at the provider, oldest first. The booking itself is not concerned.</summary>
    public IReadOnlyList<Leftover> Leftovers { get; init; } = [];
}
