using System.Globalization;
using Slotkeeper.Bookings;
using Slotkeeper.Claims;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>
/// The claims of a booking. One has the booking's id and its interval for as long as the booking is live. While it is being moved, a
/// second one, <c>&lt;id&gt;:next</c>, has the interval it is to move to, because until the provider has answered it may be in either.
/// <para>
/// Both name their booking, and the constraint of the table compares owners: claims of one booking may overlap each other, so that 30
/// minutes can be moved by 15, and each of them excludes all others in full. The two ways not taken: one claim from the first start to
/// the last end also blocks what lies between, which may be somebody's; a second claim only for what is new of the interval
/// cannot say that the whole of it needs one seat.
/// </para>
/// When the provider has moved it, the first claim goes and the second one gets its id, in one transaction, so no moment exists in
/// which the new interval is free. What a move leaves at a provider, <c>&lt;id&gt;:left:&lt;start&gt;</c>, keeps its interval until it is cancelled there.
/// </summary>
internal static class BookingClaims
{
    /// <summary>Claims the interval of a booking that is about to be made and has none yet. Assumes the lock on the resource.</summary>
    public static Task<bool> TakeAsync(Session session, string resourceId, long capacity, Booking booking) =>
        InsertAsync(session, resourceId, capacity, booking, Main(booking)!);

    /// <summary>Makes the booking's claim out of a hold, which keeps its seat: nobody else can come between.</summary>
    /// <returns>Null when there is no such hold, or not for this, or it has expired.</returns>
    public static async Task<ConvertedHold?> ConvertHoldAsync(Session session, string resourceId, long capacity, string holdId, Booking booking)
    {
        var held = await session.FirstAsync(
            """
            SELECT calendar_id, reservation_id, reservation_calendar_id FROM claims
            WHERE id = @hold AND resource_id = @resource AND starts_at = @start AND ends_at = @end AND state = 'held' AND expires_at > {now}
            """,
            (ref Row row) =>
            {
                var isItsOwn = row.TextOrNull() == booking.CalendarId;
                return new ConvertedHold(
                    isItsOwn, row.TextOrNull() is { } id && row.TextOrNull() is { } calendarId ? new ClaimReservation(id, calendarId, booking.Start) : null);
            },
            ("hold", holdId), ("resource", resourceId), ("start", booking.Start), ("end", booking.End));
        if (held is null)
            return null;
        if (!held.IsItsOwn && await Seats.FindFreeAsync(session, resourceId, capacity, booking.Start, booking.End, holdId, booking.CalendarId) is null)
            return held;
        return await session.ExecuteAsync(
            """
            UPDATE claims SET id = @booking, booking_id = @booking, calendar_id = @calendar, state = @state, expires_at = NULL, token = NULL
            WHERE id = @hold AND state = 'held' AND expires_at > {now}
            """,
            ("booking", booking.Id), ("calendar", booking.CalendarId), ("state", Names.Of(Main(booking)!.State)), ("hold", holdId)) > 0
            ? held with { IsItsOwn = true } : null;
    }

    /// <summary>Makes the claims what the booking says, and tells the nodes if that changes any. Assumes the lock on the resource.</summary>
    /// <returns>False when an interval it needs is somebody else's; what was done until then is to be abandoned.</returns>
    /// <param name="session">In the transaction of the change.</param>
    /// <param name="resourceId">Of the booking.</param>
    /// <param name="capacity">Its seats.</param>
    /// <param name="booking">As it is now.</param>
    /// <param name="leftBefore">Its leftovers before.</param>
    public static async Task<bool> FollowAsync(Session session, string resourceId, long capacity, Booking booking, IReadOnlyList<Leftover> leftBefore)
    {
        var standing = await session.QueryAsync(
            $"SELECT {CalendarRows.Claim} FROM claims k WHERE k.id IN (@id, @next)",
            CalendarRows.ReadClaim,
            ("id", booking.Id), ("next", NextId(booking.Id)));
        var main = standing.Find(claim => claim.Id == booking.Id);
        var next = standing.Find(claim => claim.Id != booking.Id);
        var wanted = Main(booking);
        var wantedNext = Next(booking);

        if (wanted is not null && wantedNext is null && next is not null && wanted.IsAt(next) && (main is null || !wanted.IsAt(main)))
        {
            await session.ExecuteAsync("DELETE FROM claims WHERE id = @id", ("id", booking.Id));
            await SetAsync(session, next.Id, booking.Id, wanted.State);
        }
        else
        {
            var changes = new[]
            {
                await PlaceAsync(session, resourceId, capacity, booking, next, wantedNext),
                await PlaceAsync(session, resourceId, capacity, booking, main, wanted),
            };
            if (changes.Contains(Placed.Refused))
                return false;
            if (changes.All(change => change == Placed.AsItWas) && booking.Leftovers.Count == 0 && leftBefore.Count == 0)
                return true;
        }
        foreach (var id in leftBefore.Select(left => LeftId(booking.Id, left)).Except(booking.Leftovers.Select(left => LeftId(booking.Id, left)), StringComparer.Ordinal))
            await session.ExecuteAsync("DELETE FROM claims WHERE id = @id", ("id", id));
        foreach (var left in booking.Leftovers.Where(left => !leftBefore.Any(known => known.Start == left.Start)))
        {
            var wantedLeft = new Wanted(LeftId(booking.Id, left), left.Start, left.Start + (booking.End - booking.Start), ClaimState.Booked);
            if (!await InsertAsync(session, resourceId, capacity, booking, wantedLeft))
                return false;
        }
        // While something is under way nobody knows yet whether anything happened at the provider.
        await (booking.Action == BookingAction.None
            ? Epochs.ProviderChangedAsync(session, resourceId)
            : Epochs.ClaimsChangedAsync(session, resourceId));
        return true;
    }

    private const string StandsSince = "CASE WHEN @state = 'booked' THEN {now} END";

    private static string LeftId(string bookingId, Leftover left) =>
        string.Create(CultureInfo.InvariantCulture, $"{bookingId}:left:{left.Start.ToUnixTimeSeconds()}");

    private static string NextId(string bookingId) => bookingId + ":next";

    private static Wanted? Main(Booking booking) => State(booking.Status) is { } state
        ? new Wanted(booking.Id, booking.Start, booking.End, state)
        : null;

    private static Wanted? Next(Booking booking) =>
        State(booking.Status) is { } state && booking is { Action: BookingAction.Reschedule, MovingTo: { } start }
            ? new Wanted(NextId(booking.Id), start, start + (booking.End - booking.Start), state == ClaimState.Booked ? ClaimState.Pending : state)
            : null;

    private static ClaimState? State(BookingStatus status) => status switch
    {
        BookingStatus.Pending => ClaimState.Pending,
        BookingStatus.Unknown => ClaimState.Unknown,
        BookingStatus.Confirmed => ClaimState.Booked,
        _ => null,
    };

    private static async Task<Placed> PlaceAsync(
        Session session, string resourceId, long capacity, Booking booking, Claim? standing, Wanted? wanted)
    {
        if (wanted is null)
        {
            if (standing is null)
                return Placed.AsItWas;
            await session.ExecuteAsync("DELETE FROM claims WHERE id = @id", ("id", standing.Id));
            return Placed.Changed;
        }
        if (standing is not null && wanted.IsAt(standing))
        {
            if (standing.State == wanted.State)
                return Placed.AsItWas;
            await SetAsync(session, standing.Id, standing.Id, wanted.State);
            return Placed.Changed;
        }
        if (standing is not null)
            await session.ExecuteAsync("DELETE FROM claims WHERE id = @id", ("id", standing.Id));
        return await InsertAsync(session, resourceId, capacity, booking, wanted) ? Placed.Changed : Placed.Refused;
    }

    private static async Task<bool> InsertAsync(Session session, string resourceId, long capacity, Booking booking, Wanted wanted)
    {
        if (await Seats.FindFreeAsync(session, resourceId, capacity, wanted.Start, wanted.End, booking.Id, booking.CalendarId) is not { } seat)
            return false;
        await session.ExecuteAsync(
            $$"""
            INSERT INTO claims (id, resource_id, seat, starts_at, ends_at, state, booking_id, calendar_id, stands_since)
            VALUES (@id, @resource, @seat, @start, @end, @state, @booking, @calendar, {{StandsSince}})
            """,
            ("id", wanted.Id), ("resource", resourceId), ("seat", seat), ("start", wanted.Start), ("end", wanted.End),
            ("state", Names.Of(wanted.State)), ("booking", booking.Id), ("calendar", booking.CalendarId));
        return true;
    }

    /// <summary>What was shown of it in another state, or at another time, says nothing any more.</summary>
    private static Task SetAsync(Session session, string claimId, string newId, ClaimState state) => session.ExecuteAsync(
        $"UPDATE claims SET id = @new, state = @state, stands_since = {StandsSince}, proven_at = NULL WHERE id = @id",
        ("id", claimId), ("new", newId), ("state", Names.Of(state)));

    /// <param name="IsItsOwn">False when its seat is one that only another calendar has.</param>
    /// <param name="Reservation">What a provider keeps beside it; null when it keeps nothing.</param>
    internal sealed record ConvertedHold(bool IsItsOwn, ClaimReservation? Reservation);

    private enum Placed
    {
        AsItWas,
        Changed,
        Refused,
    }

    private sealed record Wanted(string Id, DateTimeOffset Start, DateTimeOffset End, ClaimState State)
    {
        public bool IsAt(Claim claim) => claim.Start == Start && claim.End == End;
    }
}
