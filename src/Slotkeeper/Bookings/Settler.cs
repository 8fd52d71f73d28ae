using Microsoft.Extensions.Logging;
using Slotkeeper.Diagnostics;
using Slotkeeper.Invalidation;

namespace Slotkeeper.Bookings;

/// <summary>
/// Ends what was begun and not ended: bookings whose provider did not answer and bookings whose process died. Looks them up by our
/// reference and only then decides; never sends a call that books or moves. Each is leased to one node at a time.
/// </summary>
public sealed class Settler(
    IBookingStore bookings,
    IBookingProviders providers,
    CatalogSync sync,
    ResourceChanges changes,
    Invalidator invalidator,
    AnswerWriter write,
    TimeProvider clock,
    ILogger<Settler> logger)
{
    private readonly LeftoverWork leftovers = new(providers, clock);

    private const int AtOnce = 20;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (await SettleAsync(cancellationToken) == AtOnce)
                    continue;
            }
            catch (StorageUnavailableException exception)
            {
                Log.SettlingPaused(logger, exception.Message);
            }
            await Task.Delay(Look, clock, cancellationToken);
        }
    }

    /// <summary>Looks at those that are due.</summary>
    /// <returns>How many were.</returns>
    public async Task<int> SettleAsync(CancellationToken cancellationToken)
    {
        var due = await bookings.TakeDueAsync(Lease, AtOnce, cancellationToken);
        await Task.WhenAll(due.Select(booking => SettleAsync(booking, cancellationToken)));
        return due.Count;
    }

    private async Task SettleAsync(Booking booking, CancellationToken cancellationToken)
    {
        if (await sync.FindCalendarAsync(booking.CalendarId, cancellationToken) is not { } calendar)
            return;
        if (booking is { Action: BookingAction.None, Leftovers.Count: > 0 })
        {
            await ClearAsync(calendar, booking);
            return;
        }
        var found = await providers.FindAsync(calendar, booking.MovingAs is null ? booking : BookingRules.Successor(booking), cancellationToken);
        if (found is LookupResult.Cannot && booking.Action == BookingAction.Create)
            found = await ByTheSlotAsync(calendar, booking, cancellationToken);
        var now = clock.GetUtcNow();
        if (BookingRules.Settled(booking, found, now) is not { } settled)
        {
            await bookings.EndAsync(new BookingEnd(booking, Waiting(booking, now), null, null), cancellationToken);
            return;
        }
        var answer = write(BookingRules.Outcome(booking, settled));
        if (await bookings.EndAsync(new BookingEnd(booking, settled, null, answer), cancellationToken) == EndOutcome.Stored)
        {
            Log.Settled(logger, booking.Id, settled.Status.ToString());
            if (settled.Leftovers.Count > booking.Leftovers.Count)
                await ClearAsync(calendar, settled);
        }
        changes.Happened(calendar.ResourceId);
        invalidator.Announce(calendar.Id);
    }

    /// <summary>
    /// Cancels what a move has left at the provider. A cancellation is the one call the settler sends: it was decided when the new time was booked, and
    /// sending it again does no harm.
    /// </summary>
    private async Task ClearAsync(Calendars.Calendar calendar, Booking booking)
    {
        var cleared = await leftovers.CancelAsync(calendar, booking);
        if (await bookings.EndAsync(new BookingEnd(booking, cleared, null, null), CancellationToken.None) != EndOutcome.Stored)
            return;
        if (cleared.Leftovers.Count < booking.Leftovers.Count)
            Log.Settled(logger, booking.Id, cleared.Status.ToString());
        changes.Happened(calendar.ResourceId);
        invalidator.Announce(calendar.Id);
    }

    /// <summary>Its history grows only when its status changes: what cannot be found out is looked at for as long as it takes.</summary>
    private static Booking Waiting(Booking booking, DateTimeOffset now)
    {
        var later = booking with { SettleAt = now + BookingRules.NextLook(booking.Attempts) };
        return booking.Status != BookingStatus.Pending ? later : later with
        {
            Status = BookingStatus.Unknown,
            History = [.. booking.History, new BookingEvent(now, BookingStatus.Unknown, "Looked at the provider: still not known.")],
        };
    }

    /// <summary>
    /// A provider that cannot be asked for bookings still shows whether the time is free: if it is after the call has ended, nothing was
    /// booked. If it is not, it may be ours or somebody else's: not known.
    /// </summary>
    private async Task<LookupResult> ByTheSlotAsync(Calendars.Calendar calendar, Booking booking, CancellationToken cancellationToken) =>
        await providers.IsStillFreeAsync(calendar, booking.Start, cancellationToken) == true
            ? new LookupResult.Absent()
            : new LookupResult.NoAnswer("The time is no longer free at the provider, which cannot say whose it is.");
}
