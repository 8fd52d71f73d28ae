using Slotkeeper.Reading;

namespace Slotkeeper.Bookings;

/// <summary>What a request for a booking, a cancellation or a move came to. Each becomes one answer over HTTP.</summary>
public abstract record BookingReply
{
    private BookingReply()
    {
    }

    /// <summary>Done, at the provider too.</summary>
    /// <param name="Booking">As it is now.</param>
    /// <param name="IsNew">Whether it was made by this request.</param>
    public sealed record Done(Booking Booking, bool IsNew) : BookingReply;

    /// <summary>The provider did not answer; it is being settled.</summary>
    public sealed record Unsettled(Booking Booking) : BookingReply;

    /// <summary>Somebody else has the time.</summary>
    public sealed record Taken(IReadOnlyList<Alternative> Alternatives) : BookingReply;

    /// <summary>It is no time that could be booked.</summary>
    public sealed record NotBookable(SlotStanding Standing) : BookingReply
    {
        /// <summary>What could be booked instead; null where there is no calendar.</summary>
        public IReadOnlyList<Alternative>? Alternatives { get; init; }
    }

    public sealed record HoldExpired : BookingReply;

    /// <summary>The first request with this key has not ended yet.</summary>
    public sealed record InFlight : BookingReply;

    /// <summary>The key belongs to another body.</summary>
    public sealed record KeyReused : BookingReply;

    /// <summary>The booking is not in a state for this.</summary>
    public sealed record WrongState(Booking Booking) : BookingReply;

    /// <summary>The provider has no such call.</summary>
    public sealed record ProviderCannot(string Detail) : BookingReply;

    /// <summary>The provider said no, or could not be asked; nothing was done.</summary>
    /// <param name="Code">The provider's reason as a stable word.</param>
    /// <param name="RetryAt">When to try again, UTC; null for no particular time.</param>
    public sealed record ProviderRefused(string Code, string Detail, DateTimeOffset? RetryAt = null) : BookingReply;
}

/// <summary>A booking somebody asks for, checked where it came in.</summary>
/// <param name="Request">Answers, notes, metadata and locale as JSON, to be kept with the booking.</param>
public sealed record BookingRequest(
    Workspaces.CalendarSource Source,
    DateTimeOffset Start,
    string? HoldId,
    Attendee Attendee,
    string? LeadId,
    IReadOnlyDictionary<string, string> Answers,
    string? Notes,
    IReadOnlyDictionary<string, string> Metadata,
    string? Locale,
    string Request);
