using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;

namespace Slotkeeper.Server.Tests.Whole;

/// <summary>Where a process can die around a call to a provider.</summary>
public enum CallMoment
{
    Before,
    After,
}

/// <summary>
/// The real providers, with an ear before and after every call that changes something. One that throws is a process that dies there: nothing
/// after it is done.
/// </summary>
public sealed class WatchedProviders : IBookingProviders, IProviderReservations
{
    internal ProviderBookings? Inner { get; set; }

    /// <summary>Called with <c>book</c>, <c>cancel</c> or <c>move</c>.</summary>
    public Action<string, CallMoment>? Heard { get; set; }

    private ProviderBookings Real => Inner ?? throw new InvalidOperationException("The server has not started.");

    public string? CannotBook(Calendar calendar) => Real.CannotBook(calendar);

    public Task<BookResult> BookAsync(BookCall call, CancellationToken cancellationToken) => WatchAsync("book", () => Real.BookAsync(call, cancellationToken));

    public Task<BookResult> CancelAsync(Calendar calendar, Booking booking, string? reason, CancellationToken cancellationToken) =>
        WatchAsync("cancel", () => Real.CancelAsync(calendar, booking, reason, cancellationToken));

    public Task<BookResult> RescheduleAsync(Calendar calendar, Booking booking, DateTimeOffset start, CancellationToken cancellationToken) =>
        WatchAsync("move", () => Real.RescheduleAsync(calendar, booking, start, cancellationToken));

    public Task<bool?> IsStillFreeAsync(Calendar calendar, DateTimeOffset start, CancellationToken cancellationToken) => Real.IsStillFreeAsync(calendar, start, cancellationToken);

    public Task<LookupResult> FindAsync(Calendar calendar, Booking booking, CancellationToken cancellationToken) => Real.FindAsync(calendar, booking, cancellationToken);

    public bool CanReserve(Calendar calendar) => Real.CanReserve(calendar);

    public Task<ReserveResult> ReserveAsync(Calendar calendar, DateTimeOffset start, TimeSpan duration) => Real.ReserveAsync(calendar, start, duration);

    public Task ReleaseReservationAsync(Calendar calendar, string reservationId) => Real.ReleaseReservationAsync(calendar, reservationId);

    private async Task<BookResult> WatchAsync(string call, Func<Task<BookResult>> send)
    {
        Heard?.Invoke(call, CallMoment.Before);
        var result = await send();
        Heard?.Invoke(call, CallMoment.After);
        return result;
    }
}
