namespace Slotkeeper.Sandbox;

internal enum BookingChangeKind
{
    Created,
    Cancelled,

    /// <summary>A new booking took the old one's place.</summary>
    Replaced,

    /// <summary>The same booking has another time.</summary>
    Moved,

    /// <summary>Something else about the booking changed.</summary>
    Edited,
    Deleted,
}

/// <summary>One entry of the ledger's history.</summary>
internal sealed record BookingChange(BookingChangeKind Kind, SandboxBooking Booking, SandboxBooking? Before, DateTimeOffset At);
