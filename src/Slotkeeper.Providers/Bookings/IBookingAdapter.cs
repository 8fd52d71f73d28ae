using Slotkeeper.Bookings;
using Slotkeeper.Calendars;

namespace Slotkeeper.Providers.Bookings;

/// <summary>What is particular to one provider: which calls book, cancel, move and find, and what their answers mean.</summary>
internal interface IBookingAdapter
{
    Provider Provider { get; }

    /// <summary>What this calendar lacks to be booked; null when nothing.</summary>
    string? Lacks(Calendar calendar, OpenedConnection? connection);

    Task<BookResult> BookAsync(Errand errand, BookCall call);

    /// <param name="errand">How to get there.</param>
    /// <param name="id">The booking's id at the provider.</param>
    /// <param name="booking">As it is here.</param>
    /// <param name="reason">Null or free text.</param>
    Task<BookResult> CancelAsync(Errand errand, string id, Booking booking, string? reason);

    Task<BookResult> RescheduleAsync(Errand errand, string id, Booking booking, DateTimeOffset start);

    Task<LookupResult> FindAsync(Errand errand, Booking booking);
}
