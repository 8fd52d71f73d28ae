namespace Slotkeeper.Bookings;

/// <summary>Cancels at the provider what a move has left there.</summary>
internal sealed class LeftoverWork(IBookingProviders providers, TimeProvider clock)
{
    private const string Reason = "Moved to another time";

    /// <summary>One try for the oldest one.</summary>
    /// <returns>The booking afterwards, to be stored.</returns>
    public async Task<Booking> CancelAsync(Calendars.Calendar calendar, Booking booking)
    {
        var leftover = booking.Leftovers[0];
        var end = leftover.Start + (booking.End - booking.Start);
        if (end <= clock.GetUtcNow())
            return BookingRules.Cleared(booking, null, clock.GetUtcNow());
        var earlier = booking with { Start = leftover.Start, End = end, ProviderBookingId = leftover.ProviderBookingId };
        var result = await providers.CancelAsync(calendar, earlier, Reason, CancellationToken.None);
        return BookingRules.Cleared(booking, result, clock.GetUtcNow());
    }
}
