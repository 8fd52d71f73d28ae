using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.CalCom;
using Slotkeeper.Providers.Calendly;
using Slotkeeper.Providers.HighLevel;
using Slotkeeper.Providers.HubSpot;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.Bookings;

/// <summary>Booking at all providers behind one door.</summary>
public sealed class ProviderBookings : IBookingProviders, IProviderReservations
{
    /// <summary>To either side of a start that is looked at: a day, as providers judge dates in zones of their own.</summary>
    private static readonly TimeSpan HalfADay = TimeSpan.FromHours(12);

    private readonly ErrandOffice office;
    private readonly TimeProvider clock;
    private readonly Func<FetchRequest, CancellationToken, ValueTask<FetchResult>> fetch;
    private readonly IBookingAdapter?[] adapters = new IBookingAdapter?[Enum.GetValues<Provider>().Length];
    private readonly CalComReservations reservations;

    internal ProviderBookings(ErrandOffice office, ErrandSender sender, ProviderOptions options, TimeProvider clock, Func<FetchRequest, CancellationToken, ValueTask<FetchResult>> fetch)
    {
        this.office = office;
        this.clock = clock;
        this.fetch = fetch;
        reservations = new CalComReservations(sender);
        Add(new CalComBooking(sender));
        Add(new CalendlyBooking(sender, options, clock));
        Add(new HighLevelBooking(sender, clock));
        Add(new HubSpotBooking(sender, options, clock));
    }

    public string? CannotBook(Calendar calendar) => Open(calendar, CancellationToken.None, out var lacks) is null ? lacks : null;

    public async Task<BookResult> BookAsync(BookCall call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Open(call.Calendar, cancellationToken, out var lacks) is not { } way)
            return new BookResult.NotSent(lacks!);
        var errand = way.Errand with { Private = PrivateOf(call.Booking) };
        return call.Booking.Start <= clock.GetUtcNow()
            ? new BookResult.Refused(Refusals.InThePast, "The time has passed.")
            : await way.Adapter.BookAsync(errand, call);
    }

    public async Task<BookResult> CancelAsync(Calendar calendar, Booking booking, string? reason, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Open(calendar, cancellationToken, out var lacks) is not { } way)
            return new BookResult.NotSent(lacks!);
        return booking.ProviderBookingId is { Length: > 0 } id
            ? await way.Adapter.CancelAsync(way.Errand with { Private = PrivateOf(booking) }, id, booking, reason)
            : new BookResult.NotSent("The booking has no id at its provider.");
    }

    public async Task<BookResult> RescheduleAsync(Calendar calendar, Booking booking, DateTimeOffset start, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Open(calendar, cancellationToken, out var lacks) is not { } way)
            return new BookResult.NotSent(lacks!);
        if (booking.ProviderBookingId is not { Length: > 0 } id)
            return new BookResult.NotSent("The booking has no id at its provider.");
        return start <= clock.GetUtcNow()
            ? new BookResult.Refused(Refusals.InThePast, "The time has passed.")
            : await way.Adapter.RescheduleAsync(way.Errand with { Private = PrivateOf(booking) }, id, booking, start);
    }

    public async Task<LookupResult> FindAsync(Calendar calendar, Booking booking, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Open(calendar, cancellationToken, out var lacks) is { } way
            ? await way.Adapter.FindAsync(way.Errand with { Private = PrivateOf(booking) }, booking)
            : new LookupResult.NoAnswer(lacks!);
    }

    public async Task<bool?> IsStillFreeAsync(Calendar calendar, DateTimeOffset start, CancellationToken cancellationToken)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds());
        if (start <= now)
            return false;
        // HubSpot counts months from the present one, so its window begins today.
        var from = calendar.Provider == Provider.HubSpot || start - HalfADay < now ? now : start - HalfADay;
        var result = await fetch(new FetchRequest(calendar, from, start + HalfADay), cancellationToken);
        return result is FetchResult.Fetched fetched ? Array.BinarySearch(fetched.Starts, start.ToUnixTimeSeconds()) >= 0 : null;
    }

    /// <summary>Cal.com's, by a key and an event type's number: a link would have to be looked up first, which no best effort is worth.</summary>
    public bool CanReserve(Calendar calendar) => calendar is { Provider: Provider.CalCom, ConnectionId: not null } && CalComBooking.EventTypeId(calendar) is not null;

    public async Task<ReserveResult> ReserveAsync(Calendar calendar, DateTimeOffset start, TimeSpan duration) =>
        CanReserve(calendar) && office.Open(calendar, CancellationToken.None, out _) is { } errand
            ? await reservations.ReserveAsync(errand, start, duration)
            : new ReserveResult.None();

    public async Task ReleaseReservationAsync(Calendar calendar, string reservationId)
    {
        if (CanReserve(calendar) && office.Open(calendar, CancellationToken.None, out _) is { } errand)
            await reservations.ReleaseAsync(errand, reservationId);
    }

    private (Errand Errand, IBookingAdapter Adapter)? Open(Calendar calendar, CancellationToken cancellationToken, out string? lacks)
    {
        if (adapters[(int)calendar.Provider] is not { } adapter)
        {
            lacks = $"Calendars at {calendar.Provider.ToName()} cannot be booked.";
            return null;
        }
        if (office.Open(calendar, cancellationToken, out lacks) is not { } errand)
            return null;
        lacks = adapter.Lacks(calendar, errand.Connection);
        return lacks is null ? (errand, adapter) : null;
    }

    private void Add(IBookingAdapter adapter) => adapters[(int)adapter.Provider] = adapter;

    private static string[] PrivateOf(Booking booking) =>
        booking.Attendee.Phone is { } phone ? [booking.Attendee.Email, phone, booking.Attendee.Name] : [booking.Attendee.Email, booking.Attendee.Name];
}
