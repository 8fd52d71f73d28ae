using System.Collections.Concurrent;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Invalidation;

namespace Slotkeeper.Holds;

/// <summary>
/// What a provider keeps beside our holds, where it can: its own page does not offer the time meanwhile. It helps, and is never waited for longer
/// than <see cref="Patience"/>, needed, or believed about ourselves. One whose reply was lost ends by itself.
/// </summary>
public sealed class HoldReservations(IProviderReservations providers, IClaimStore claims, CatalogSync sync, TimeProvider clock)
{
    /// <summary>A hold is not kept waiting longer than this, nor is a booking.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>By how much a provider's reservation may begin, and so end, later than the hold.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(30);

    /// <summary>Above so many, those that have ended are forgotten.</summary>
    private const int ManyAsked = 1000;

    /// <summary>What this node has asked for and may still stand, with its end: a time that looks reserved may be so by ourselves.</summary>
    private readonly ConcurrentDictionary<(string CalendarId, DateTimeOffset Start), DateTimeOffset> asked = new();

    public bool CanKeep(Calendar calendar) => providers.CanReserve(calendar);

    /// <summary>Has the provider keep the time of a hold. Holds no database connection while it is asked.</summary>
    /// <returns>False when the provider says that the time is somebody else's.</returns>
    public async Task<bool> KeepAsync(Calendar calendar, Claim hold, TimeSpan duration)
    {
        Forget();
        var now = clock.GetUtcNow();
        var time = (calendar.Id, hold.Start);
        var mayBeOurs = asked.TryGetValue(time, out var until) && until > now;
        // It begins when the provider has heard.
        var end = now + duration + Late;
        asked[time] = mayBeOurs && until > end ? until : end;
        var asking = AskAsync(calendar, hold, duration);
        try
        {
            return await asking.WaitAsync(Patience, clock) switch
            {
                ReserveResult.Booked => false,
                ReserveResult.Reserving => mayBeOurs,
                _ => true,
            };
        }
        catch (TimeoutException)
        {
            // The reply is still heard: its reservation is noted, or given back where the hold has gone meanwhile.
            return true;
        }
    }

    /// <summary>Gives one back and waits for that, but not for long. When it does not come to it, it ends by itself.</summary>
    public async Task GiveBackAsync(ClaimReservation reservation)
    {
        if (await sync.FindCalendarAsync(reservation.CalendarId, CancellationToken.None) is not { } calendar)
            return;
        try
        {
            await providers.ReleaseReservationAsync(calendar, reservation.Id).WaitAsync(Patience, clock);
            asked.TryRemove((calendar.Id, reservation.Start), out _);
        }
        catch (TimeoutException)
        {
            // It is on its way; whether it arrives is not waited for.
        }
    }

    private async Task<ReserveResult> AskAsync(Calendar calendar, Claim hold, TimeSpan duration)
    {
        var result = await providers.ReserveAsync(calendar, hold.Start, duration);
        if (result is not ReserveResult.Reserved reserved)
            return result;
        var reservation = new ClaimReservation(reserved.Id, calendar.Id, hold.Start);
        try
        {
            if (!await claims.KeepReservationAsync(hold.Id, reservation, CancellationToken.None))
                await GiveBackAsync(reservation);
        }
        catch (StorageUnavailableException)
        {
            // Nobody will give it back: it ends by itself.
        }
        return result;
    }

    private void Forget()
    {
        if (asked.Count <= ManyAsked)
            return;
        var now = clock.GetUtcNow();
        foreach (var (time, until) in asked)
        {
            if (until <= now)
                asked.TryRemove(time, out _);
        }
    }
}
