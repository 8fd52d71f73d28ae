namespace Slotkeeper.Sandbox;

/// <summary>What became of an attempt to book, move or cancel.</summary>
public enum BookingVerdict
{
    Done,

    /// <summary>The start exists, but somebody else, a busy time or a hold is there.</summary>
    Taken,

    /// <summary>The calendar never had this start, or not for this duration, or it lies beyond the booking window.</summary>
    NotOffered,

    /// <summary>The start is not in the future.</summary>
    Past,

    /// <summary>There is no such booking.</summary>
    Unknown,

    /// <summary>The booking was cancelled, replaced or deleted before.</summary>
    AlreadyOver,
}

/// <summary>A verdict, with the booking it is about where there is one.</summary>
public readonly record struct BookingOutcome(BookingVerdict Verdict, SandboxBooking? Booking = null)
{
    public bool IsDone => Verdict == BookingVerdict.Done;
}
