namespace Slotkeeper.Providers.Bookings;

/// <summary>The codes of <see cref="Slotkeeper.Bookings.BookResult.Refused"/>. Callers may depend on them: none changes its meaning.</summary>
public static class Refusals
{
    /// <summary>The credential is wrong or has ended.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>The credential lacks a right.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>The account's plan lacks the call.</summary>
    public const string PlanRequired = "plan_required";

    /// <summary>There is no such event type or booking.</summary>
    public const string NotFound = "not_found";

    /// <summary>The time has passed.</summary>
    public const string InThePast = "in_the_past";

    /// <summary>Too soon or too far ahead for the event type.</summary>
    public const string OutsideWindow = "outside_booking_window";

    /// <summary>The event type needs an answer that was not given.</summary>
    public const string MissingAnswer = "missing_answer";

    /// <summary>An answer does not fit its question.</summary>
    public const string InvalidAnswer = "invalid_answer";

    public const string InvalidEmail = "invalid_email";

    public const string InvalidPhone = "invalid_phone";

    /// <summary>The event type needs a place, a number or a link that was not given.</summary>
    public const string MissingLocation = "missing_location";

    /// <summary>The event type takes no more bookings in this day, week or month.</summary>
    public const string BookingLimit = "booking_limit";

    /// <summary>This attendee has as many bookings as the event type allows.</summary>
    public const string AttendeeLimit = "attendee_limit";

    /// <summary>The event type is not booked for this length.</summary>
    public const string DurationNotOffered = "duration_not_offered";

    /// <summary>The provider has lost the host's calendar; nothing was put on it.</summary>
    public const string ProviderOffline = "provider_offline";

    /// <summary>The host turned it down.</summary>
    public const string TurnedDown = "turned_down";

    /// <summary>It is cancelled already and cannot be moved.</summary>
    public const string AlreadyCancelled = "already_cancelled";

    /// <summary>The provider's address answers with a redirect; calls that change something do not follow it.</summary>
    public const string Redirected = "redirected";

    /// <summary>For a reason of the provider's own.</summary>
    public const string Refused = "refused";
}
