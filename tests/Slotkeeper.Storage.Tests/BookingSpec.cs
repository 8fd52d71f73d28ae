using System.Text.Json;
using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Tests;

/// <summary>What the specifications of bookings have in common.</summary>
public abstract class BookingSpec(TestDatabase database) : StorageSpec(database)
{
    protected static readonly StoredAnswer Created = new(201, """{"id":"bkg_1","status":"confirmed"}""");

    protected static Booking Intent(Calendar calendar, DateTimeOffset start, int minutes = 30, string? workspaceId = null, string? leadId = null)
    {
        var id = Ids.New(Ids.Booking);
        return new Booking(
            id, workspaceId ?? Ids.New(Ids.Workspace), Ids.New(Ids.Agency), calendar.Id, calendar.Provider, CalendarSource.Default, start,
            start.AddMinutes(minutes), BookingStatus.Pending, BookingAction.Create, null,
            new Attendee("Zoë Ångström", "zoe@example.org", null, "Europe/Berlin"), leadId, """{"answers":{"Why?":"\u0000 because"}}""", id, null, [],
            Some.Monday, null, 0, [new BookingEvent(Some.Monday.AddTicks(1_234_567), BookingStatus.Pending, "Begun.")]);
    }

    /// <summary>Whose bookings are; nobody's in particular unless a test sets it.</summary>
    protected string OwnAgency { get; set; } = Ids.New(Ids.Agency);

    /// <summary>A key nobody has used, for a body.</summary>
    protected static IdempotencyScope Key(byte body = 1) => new("agy_1", "POST /v1/workspaces/ws_1/bookings", Ids.New(Ids.Key), [body, 2, 3]);

    /// <summary>The booking when what was under way has ended.</summary>
    protected static Booking Ended(Booking booking, BookingStatus status) => booking with
    {
        Status = status,
        Action = BookingAction.None,
        MovingTo = null,
        SettleAt = null,
        History = [.. booking.History, new BookingEvent(Some.Monday, status, $"Is {status} now.")],
    };

    /// <summary>The booking when the provider has moved it.</summary>
    protected static Booking Moved(Booking booking, DateTimeOffset start) =>
        Ended(booking, BookingStatus.Confirmed) with { Start = start, End = start + (booking.End - booking.Start) };

    protected async Task<Booking> BegunAsync(Calendar calendar, DateTimeOffset start, IdempotencyScope? scope = null, int minutes = 30) =>
        Begun(await Storage.Bookings.BeginCreateAsync(Intent(calendar, start, minutes) with { AgencyId = OwnAgency }, calendar.ResourceId, null, scope ?? Key(), Token));

    /// <summary>A confirmed booking.</summary>
    protected async Task<Booking> BookedAsync(Calendar calendar, DateTimeOffset start, string? providerId = null, int minutes = 30)
    {
        var begun = await BegunAsync(calendar, start, minutes: minutes);
        return await EndedAsync(begun, Ended(begun, BookingStatus.Confirmed) with { ProviderBookingId = providerId ?? Ids.New("prv_") });
    }

    protected async Task<Booking> ChangingAsync(Booking booking, BookingAction action, DateTimeOffset? movingTo = null) =>
        Begun(await Storage.Bookings.BeginChangeAsync(booking.Id, action, movingTo, Key(), Token));

    /// <summary>Stores how it ended and gives it as it is stored.</summary>
    protected async Task<Booking> EndedAsync(Booking expected, Booking booking)
    {
        (await Storage.Bookings.EndAsync(new BookingEnd(expected, booking, null, null), Token)).ShouldBe(EndOutcome.Stored);
        return (await Storage.Bookings.FindAsync(booking.Id, Token))!;
    }

    protected static Booking Begun(BeginOutcome outcome) => outcome.ShouldBeOfType<BeginOutcome.Begun>().Booking;

    protected async Task ShouldClaimAsync(Calendar calendar, params (DateTimeOffset Start, int Minutes, ClaimState State)[] expected) =>
        (await Storage.Claims.ListAsync(calendar.ResourceId, Token))
            .Select(claim => (claim.Start, (int)(claim.End - claim.Start).TotalMinutes, claim.State)).ShouldBe(expected);

    protected async Task<long> EpochAsync(Calendar calendar) => (await Storage.Snapshots.LoadAsync(calendar.Id, Token))!.State.Epoch;

    /// <summary>All of it, by value: bookings hold lists, and lists compare by reference.</summary>
    protected static string Text(Booking? booking) => JsonSerializer.Serialize(booking);

    /// <summary>Until the database's clock, which may count in milliseconds, shows another time.</summary>
    protected async Task ClockTickAsync()
    {
        var then = (await Storage.CheckAsync(Token)).DatabaseTime;
        while ((await Storage.CheckAsync(Token)).DatabaseTime <= then)
            await Task.Yield();
    }
}
