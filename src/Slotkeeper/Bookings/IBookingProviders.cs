using Slotkeeper.Calendars;

namespace Slotkeeper.Bookings;

/// <summary>What a provider's answer to a booking call means. A closed set; no case is retried blindly.</summary>
public abstract record BookResult
{
    private BookResult()
    {
    }

    /// <summary>It is in the provider's calendar.</summary>
    /// <param name="ProviderBookingId">By which it is looked up, cancelled and moved.</param>
    /// <param name="Start">As the provider has it, UTC.</param>
    public sealed record Booked(string ProviderBookingId, DateTimeOffset Start) : BookResult
    {
        /// <summary>The time is taken, but the host has yet to accept it: it is not a meeting before that.</summary>
        public bool AwaitsHost { get; init; }
    }

    /// <summary>Somebody else has the time. A business answer: never trips the breaker.</summary>
    public sealed record Taken(string Detail) : BookResult;

    /// <summary>Understood and refused for another reason: a missing answer, a wrong address, a plan that lacks the call.</summary>
    public sealed record Refused(string Code, string Detail) : BookResult;

    /// <summary>The provider has no such call; the code is <c>provider_cannot</c>.</summary>
    public sealed record Cannot(string Detail) : BookResult
    {
        /// <summary>
        /// Only for a move: the same is reached by booking the new time and then cancelling this booking, as two intents that are
        /// written down and settled each by itself.
        /// </summary>
        public bool RebookInstead { get; init; }
    }

    /// <summary>Refused for quantity; nothing was done.</summary>
    public sealed record RateLimited(DateTimeOffset Until) : BookResult;

    /// <summary>For certain nothing was done: no connection, breaker open, not configured.</summary>
    public sealed record NotSent(string Detail) : BookResult;

    /// <summary>It was sent and no usable answer came: it may have been done.</summary>
    public sealed record Unknown(string Detail) : BookResult;
}

/// <summary>What looking a booking up came to.</summary>
public abstract record LookupResult
{
    private LookupResult()
    {
    }

    /// <summary>There it is.</summary>
    /// <param name="ProviderBookingId">Its id now.</param>
    /// <param name="Start">UTC.</param>
    /// <param name="IsCancelled">Whether the provider has cancelled it.</param>
    public sealed record Found(string ProviderBookingId, DateTimeOffset Start, bool IsCancelled) : LookupResult;

    /// <summary>The provider answered, and has none.</summary>
    public sealed record Absent : LookupResult;

    /// <summary>No usable answer: look again later.</summary>
    public sealed record NoAnswer(string Detail) : LookupResult;

    /// <summary>The provider cannot be asked for bookings by reference or id.</summary>
    public sealed record Cannot(string Detail) : LookupResult;
}

/// <summary>What to book.</summary>
/// <param name="Calendar">Where.</param>
/// <param name="Booking">The intent as written down.</param>
/// <param name="Answers">Question to answer.</param>
/// <param name="Notes">Null or free text.</param>
/// <param name="Metadata">The caller's own pairs.</param>
/// <param name="Locale">Null for the workspace's.</param>
/// <param name="TimeZone">The attendee's zone, IANA.</param>
public sealed record BookCall(
    Calendar Calendar,
    Booking Booking,
    IReadOnlyDictionary<string, string> Answers,
    string? Notes,
    IReadOnlyDictionary<string, string> Metadata,
    string? Locale,
    string TimeZone);

/// <summary>
/// Booking at the providers, as the core sees it. Never throws for anything a provider or the network does. Every call is sent at
/// most once; <see cref="OperationCanceledException"/> is thrown only before anything was sent.
/// </summary>
public interface IBookingProviders
{
    /// <summary>Whether the provider can book this calendar at all, and what it lacks otherwise (null when it can).</summary>
    string? CannotBook(Calendar calendar);

    Task<BookResult> BookAsync(BookCall call, CancellationToken cancellationToken);

    Task<BookResult> CancelAsync(Calendar calendar, Booking booking, string? reason, CancellationToken cancellationToken);

    /// <summary>Moves a booking. <see cref="BookResult.Booked"/> carries the id it has from then on, which may be a new one.</summary>
    Task<BookResult> RescheduleAsync(Calendar calendar, Booking booking, DateTimeOffset start, CancellationToken cancellationToken);

    /// <summary>
    /// Whether the provider still offers the time: one narrow look past every snapshot. Null when no usable answer came. A
    /// reservation of our own may make its time look taken.
    /// </summary>
    Task<bool?> IsStillFreeAsync(Calendar calendar, DateTimeOffset start, CancellationToken cancellationToken);

    /// <summary>Finds a booking by its provider id, or by our reference where it has none yet.</summary>
    Task<LookupResult> FindAsync(Calendar calendar, Booking booking, CancellationToken cancellationToken);
}
