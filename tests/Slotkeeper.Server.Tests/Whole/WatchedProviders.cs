using Slotkeeper.Bookings;
using Slotkeeper.Calendars;

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
public sealed class WatchedProviders : IBookingProviders
{
    internal IBookingProviders? Inner { get; set; }

    /// <summary>Called with <c>book</c>, <c>cancel</c> or <c>move</c>.</summary>
    public Action<string, CallMoment>? Heard { get; set; }

    private IBookingProviders Real => Inner ?? throw new InvalidOperationException("The server has not started.");

    public string? CannotBook(Calendar calendar) => Real.CannotBook(calendar);

    public Task<BookResult> BookAsync(BookCall call, CancellationToken cancellationToken) => WatchAsync("book", () => Real.BookAsync(call, cancellationToken));

    public Task<BookResult> CancelAsync(Calendar calendar, Booking booking, string? reason, CancellationToken cancellationToken) =>
        WatchAsync("cancel", () => Real.CancelAsync(calendar, booking, reason, cancellationToken));

    public Task<BookResult> RescheduleAsync(Calendar calendar, Booking booking, DateTimeOffset start, CancellationToken cancellationToken) =>
        WatchAsync("move", () => Real.RescheduleAsync(calendar, booking, start, cancellationToken));

    public Task<bool?> IsStillFreeAsync(Calendar calendar, DateTimeOffset start, CancellationToken cancellationToken) => Real.IsStillFreeAsync(calendar, start, cancellationToken);

    public Task<LookupResult> FindAsync(Calendar calendar, Booking booking, CancellationToken cancellationToken) => Real.FindAsync(calendar, booking, cancellationToken);

    private async Task<BookResult> WatchAsync(string call, Func<Task<BookResult>> send)
    {
        Heard?.Invoke(call, CallMoment.Before);
        var result = await send();
        Heard?.Invoke(call, CallMoment.After);
        return result;
    }
}
