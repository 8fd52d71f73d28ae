using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Snapshots;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class RoomProofsInSqlite() : RoomProofSpec(new SqliteTestDatabase());

public sealed class RoomProofsInPostgres(SharedPostgres postgres) : RoomProofSpec(new PostgresTestDatabase(postgres));

// Proven: booked, elsewhere; not: held, pending, unknown, another calendar's, too young, moved since, proven before
// On a proven slot: one more at its calendar, none at others; then none; after a cancellation one again; holds; 64 at once
public abstract class RoomProofSpec(TestDatabase database) : BookingSpec(database)
{
    /// <summary>Pairs of claims on one seat that overlap and are not of one booking.</summary>
    private const string Overlaps =
        """
        SELECT count(*) FROM claims a JOIN claims b ON a.resource_id = b.resource_id AND a.seat = b.seat AND a.id < b.id
          AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at AND COALESCE(a.booking_id, a.id) <> COALESCE(b.booking_id, b.id)
        """;

    /// <summary>Later than everything that stands.</summary>
    private static readonly DateTimeOffset Later = Some.Monday;

    [Fact]
    public async Task A_proof_changes_the_answers_of_its_calendar_and_of_no_other_and_is_told_once()
    {
        var (own, other) = await CalendarsAsync();
        var booking = await BookedAsync(own, Some.Monday);
        var (ownEpoch, otherEpoch) = (await EpochAsync(own), await EpochAsync(other));
        var before = (await Storage.Snapshots.LoadAsync(own.Id, Token))!.State;

        (await ProveAsync(own, booking.Id)).ShouldBeTrue();

        var claim = (await Storage.Snapshots.LoadAsync(other.Id, Token))!.Claims.ShouldHaveSingleItem();
        claim.LeavesRoomFor(own.Id).ShouldBeTrue();
        claim.LeavesRoomFor(other.Id).ShouldBeFalse();
        (await Storage.Snapshots.LoadAsync(own.Id, Token))!.State.ShouldBe(before with { Epoch = ownEpoch + 1 });
        (await EpochAsync(other)).ShouldBe(otherEpoch);
        (await ProveAsync(own, booking.Id)).ShouldBeFalse();
        (await EpochAsync(own)).ShouldBe(ownEpoch + 1);
        await using var again = Database.IsShared ? await OpenAsync() : null;
        (await (again ?? Storage).Claims.ListAsync(own.ResourceId, Token)).ShouldBe([claim]);
    }

    [Fact]
    public async Task Only_what_stands_at_the_calendar_for_long_enough_is_proven_to_leave_room()
    {
        var (own, other) = await CalendarsAsync();
        var booked = await BookedAsync(own, Some.Monday);
        var begun = await BegunAsync(own, Some.Monday.AddHours(1));
        var unknown = await BegunAsync(own, Some.Monday.AddHours(2));
        await EndedAsync(unknown, unknown with { Status = BookingStatus.Unknown, History = [.. unknown.History, new BookingEvent(Some.Monday, BookingStatus.Unknown, "No answer.")] });
        var held = (ClaimOutcome.Taken)await Storage.Claims.TakeAsync(Some.Hold(own.ResourceId, Some.Monday.AddHours(3)) with { CalendarId = own.Id }, Token);
        var since = (await Storage.Claims.ListAsync(own.ResourceId, Token))[0].At!.Since;

        (await ProveAsync(own, begun.Id, unknown.Id, held.Claim.Id)).ShouldBeFalse();
        (await ProveAsync(other, booked.Id)).ShouldBeFalse();
        (await Storage.Snapshots.ProveRoomAsync(new RoomProof(own.Id, own.ResourceId, [booked.Id], since), Token)).ShouldBeFalse();
        (await ProveAsync(own, "bkg_none")).ShouldBeFalse();
        (await Storage.Snapshots.ProveRoomAsync(new RoomProof(own.Id, own.ResourceId, [booked.Id], since.AddTicks(10)), Token)).ShouldBeTrue();
    }

    [Fact]
    public async Task On_a_slot_with_room_its_calendar_books_one_more_and_no_other_calendar_does()
    {
        var (own, other) = await CalendarsAsync();
        var first = await BookedAsync(own, Some.Monday);
        await ShouldBeTakenAsync(own);
        await ProveAsync(own, first.Id);

        await ShouldBeTakenAsync(other);
        (await Storage.Claims.TakeAsync(Some.Hold(own.ResourceId, Some.Monday), Token)).ShouldBeOfType<ClaimOutcome.Overlaps>();
        (await Storage.ExternalClaims.TakeExternalAsync(own.ResourceId, other.Id, "p1", Some.Monday, Some.Monday.AddMinutes(30), Token)).ShouldBeOfType<ClaimOutcome.Overlaps>();
        var second = await BookedAsync(own, Some.Monday);
        await ShouldBeTakenAsync(own);
        (await Storage.Claims.ListAsync(own.ResourceId, Token)).Select(claim => (claim.Id, claim.Seat)).ShouldBe([(first.Id, 0), (second.Id, 1)]);

        // A third host or seat, and then the first one's booking goes.
        await ProveAsync(own, first.Id, second.Id);
        await BookedAsync(own, Some.Monday);
        await ShouldBeTakenAsync(own);
        var cancelled = await EndedAsync(first, Ended(first, BookingStatus.Cancelled));
        cancelled.Status.ShouldBe(BookingStatus.Cancelled);
        await ShouldBeTakenAsync(own);
        await ShouldBeTakenAsync(other);
    }

    [Fact]
    public async Task A_booking_that_is_moved_takes_its_new_time_whole()
    {
        var (own, _) = await CalendarsAsync();
        var first = await BookedAsync(own, Some.Monday);
        await ProveAsync(own, first.Id);
        var moving = await ChangingAsync(first, BookingAction.Reschedule, Some.Monday.AddHours(1));
        (await ProveAsync(own, moving.Id + ":next")).ShouldBeFalse("nobody knows yet whether it stands there");

        await EndedAsync(moving, Moved(moving, Some.Monday.AddHours(1)));

        var claim = (await Storage.Claims.ListAsync(own.ResourceId, Token)).ShouldHaveSingleItem();
        (claim.Id, claim.LeavesRoomFor(own.Id)).ShouldBe((first.Id, false));
        await ShouldBeTakenAsync(own, Some.Monday.AddHours(1));
    }

    [Fact]
    public async Task A_hold_on_a_seat_that_only_one_calendar_has_is_no_way_for_another_to_it()
    {
        var (own, other) = await CalendarsAsync();
        await ProveAsync(own, (await BookedAsync(own, Some.Monday)).Id);
        var hold = ((ClaimOutcome.Taken)await Storage.Claims.TakeAsync(Some.Hold(own.ResourceId, Some.Monday) with { CalendarId = own.Id }, Token)).Claim;
        hold.Seat.ShouldBe(1);
        await ShouldBeTakenAsync(own);

        (await Storage.Bookings.BeginCreateAsync(Intent(other, Some.Monday), own.ResourceId, hold.Id, Key(), Token)).ShouldBeOfType<BeginOutcome.Taken>();

        (await Storage.Bookings.BeginCreateAsync(Intent(own, Some.Monday), own.ResourceId, hold.Id, Key(), Token)).ShouldBeOfType<BeginOutcome.Begun>();
        var elsewhere = ((ClaimOutcome.Taken)await Storage.Claims.TakeAsync(Some.Hold(own.ResourceId, Some.Monday.AddHours(1)) with { CalendarId = own.Id }, Token)).Claim;
        (await Storage.Bookings.BeginCreateAsync(Intent(other, Some.Monday.AddHours(1)), own.ResourceId, elsewhere.Id, Key(), Token))
            .ShouldBeOfType<BeginOutcome.Begun>("where there is a seat for both");
    }

    [Fact]
    public async Task What_was_booked_elsewhere_leaves_room_as_well_when_its_calendar_shows_it()
    {
        var (own, other) = await CalendarsAsync();
        var claim = ((ClaimOutcome.Taken)await Storage.ExternalClaims.TakeExternalAsync(own.ResourceId, own.Id, "p1", Some.Monday, Some.Monday.AddMinutes(30), Token)).Claim;
        await ShouldBeTakenAsync(own);

        (await ProveAsync(own, claim.Id)).ShouldBeTrue();

        await ShouldBeTakenAsync(other);
        await BookedAsync(own, Some.Monday);
        await ShouldBeTakenAsync(own);
    }

    [Fact]
    public async Task Of_sixty_four_who_want_a_slot_with_room_at_once_exactly_one_gets_it()
    {
        var (own, other) = await CalendarsAsync();
        await ProveAsync(own, (await BookedAsync(own, Some.Monday)).Id);
        await using var second = Database.IsShared ? await OpenAsync() : null;

        var won = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(async () =>
        {
            var node = i % 2 == 0 ? Storage : second ?? Storage;
            var calendar = i % 8 == 0 ? other : own;
            var wins = i % 3 == 0
                ? await node.Claims.TakeAsync(Some.Hold(own.ResourceId, Some.Monday) with { CalendarId = calendar.Id }, Token) is ClaimOutcome.Taken
                : await node.Bookings.BeginCreateAsync(Intent(calendar, Some.Monday), own.ResourceId, null, Key(), Token) is BeginOutcome.Begun;
            return (Wins: wins, calendar.Id);
        })));

        won.Where(one => one.Wins).ShouldHaveSingleItem().Id.ShouldBe(own.Id);
        (await NumberAsync("SELECT count(*) FROM claims")).ShouldBe(2);
        (await NumberAsync(Overlaps)).ShouldBe(0);
    }

    [Fact]
    public async Task Fifteen_hundred_random_bookings_and_proofs_come_out_as_an_oracle_in_memory_says()
    {
        const int capacity = 2;
        var (own, other) = await CalendarsAsync(capacity);
        var random = new Random(20353);
        var standing = new List<(Booking Booking, Calendar At, bool LeavesRoom)>();
        int refused = 0, extra = 0;
        for (var i = 0; i < 1500; i++)
        {
            var chosen = standing.Count == 0 ? -1 : random.Next(standing.Count);
            switch (random.Next(6))
            {
                case 0 when chosen >= 0:
                    await EndedAsync(standing[chosen].Booking, Ended(standing[chosen].Booking, BookingStatus.Cancelled));
                    standing.RemoveAt(chosen);
                    break;
                case 1 when chosen >= 0:
                    var (booking, at, leavesRoom) = standing[chosen];
                    var by = random.Next(3) == 0 ? other : own;
                    (await ProveAsync(by, booking.Id)).ShouldBe(by == at && !leavesRoom);
                    standing[chosen] = (booking, at, leavesRoom || by == at);
                    break;
                default:
                    var calendar = random.Next(2) == 0 ? own : other;
                    var start = Some.Monday.AddMinutes(15 * random.Next(60));
                    var minutes = 15 * random.Next(1, 4);
                    var overlapping = standing.FindAll(one => one.Booking.Start < start.AddMinutes(minutes) && one.Booking.End > start);
                    var seats = (await Storage.Claims.ListAsync(own.ResourceId, Token)).ToDictionary(claim => claim.Id, claim => claim.Seat, StringComparer.Ordinal);
                    var counted = overlapping.Where(one => !(one.LeavesRoom && one.At == calendar)).Select(one => seats[one.Booking.Id]).Distinct().Count();
                    if (counted < capacity)
                    {
                        standing.Add((await BookedAsync(calendar, start, minutes: minutes), calendar, false));
                        extra += overlapping.Count >= capacity ? 1 : 0;
                        continue;
                    }
                    (await Storage.Bookings.BeginCreateAsync(Intent(calendar, start, minutes), own.ResourceId, null, Key(), Token)).ShouldBeOfType<BeginOutcome.Taken>();
                    refused++;
                    break;
            }
        }
        (await NumberAsync(Overlaps)).ShouldBe(0);
        (await Storage.Claims.ListAsync(own.ResourceId, Token)).Select(claim => (claim.Id, claim.At!.LeavesRoom)).Order()
            .ShouldBe(standing.Select(one => (one.Booking.Id, one.LeavesRoom)).Order());
        refused.ShouldBeGreaterThan(50);
        extra.ShouldBeGreaterThan(50);
    }

    /// <summary>Two calendars of one resource.</summary>
    private async Task<(Calendar Own, Calendar Other)> CalendarsAsync(int? capacity = null)
    {
        var agency = await Some.AgencyAsync(Storage);
        return (await Some.CalendarAsync(Storage, Some.Link("Ada", capacity), agency.Id), await Some.CalendarAsync(Storage, Some.Link("Ada", capacity), agency.Id));
    }

    private Task<bool> ProveAsync(Calendar calendar, params string[] claimIds) =>
        Storage.Snapshots.ProveRoomAsync(new RoomProof(calendar.Id, calendar.ResourceId, claimIds, Later), Token);

    private async Task ShouldBeTakenAsync(Calendar calendar, DateTimeOffset? start = null)
    {
        var at = start ?? Some.Monday;
        (await Storage.Bookings.BeginCreateAsync(Intent(calendar, at), calendar.ResourceId, null, Key(), Token)).ShouldBeOfType<BeginOutcome.Taken>();
        (await Storage.Claims.TakeAsync(Some.Hold(calendar.ResourceId, at) with { CalendarId = calendar.Id }, Token)).ShouldBeOfType<ClaimOutcome.Overlaps>();
    }
}
