using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class BookingsInSqlite() : BookingStoreSpec(new SqliteTestDatabase());

public sealed class BookingsInPostgres(SharedPostgres postgres) : BookingStoreSpec(new PostgresTestDatabase(postgres));

// Begin: stands as asked; taken; no resource; hold converted, or expired, unknown, released, for another time or resource
// End: confirmed, unknown, failed; lost against another end; lost against the settler
// Cancel: under way still claims; cancelled frees; refused stays. Not possible: missing, pending, cancelled, under way
// Move: both, then one; refused; into itself; into others; provider moved it; provider moved it onto others
// Back: a cancelled booking that turns out to stand, free or not
// Find: by id, by provider id now and before, per connection; list by time, lead, status, page
// Settle: due by the database's clock, by one node, again after the lease
public abstract class BookingStoreSpec(TestDatabase database) : BookingSpec(database)
{
    [Fact]
    public async Task A_booking_that_is_begun_is_pending_and_takes_its_interval()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var intent = Intent(calendar, Some.Monday);
        var before = (await Storage.CheckAsync(Token)).DatabaseTime!.Value;

        var begun = Begun(await Storage.Bookings.BeginCreateAsync(intent, calendar.ResourceId, null, Key(), Token));

        var after = (await Storage.CheckAsync(Token)).DatabaseTime!.Value;
        Text(begun).ShouldBe(Text(intent with { SettleAt = begun.SettleAt, History = begun.History }));
        begun.History.ShouldBe([intent.History[0] with { At = Some.Monday.AddTicks(1_234_560) }], "microseconds are kept");
        begun.SettleAt!.Value.ShouldBeInRange(before + IBookingStore.LongestAction, after + IBookingStore.LongestAction);
        Text(await Storage.Bookings.FindAsync(intent.Id, Token)).ShouldBe(Text(begun));
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.Pending));
        (await EpochAsync(calendar)).ShouldBe(2);
    }

    [Fact]
    public async Task Of_sixty_four_who_begin_to_book_one_interval_exactly_one_does_and_nobody_fails()
    {
        var calendar = await Some.CalendarAsync(Storage);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(() =>
            Storage.Bookings.BeginCreateAsync(Intent(calendar, Some.Monday.AddMinutes(i % 7)), calendar.ResourceId, null, Key(), Token))));

        outcomes.OfType<BeginOutcome.Begun>().Count().ShouldBe(1);
        outcomes.OfType<BeginOutcome.Taken>().Count().ShouldBe(63);
        (await NumberAsync("SELECT count(*) FROM claims")).ShouldBe(1);
        (await NumberAsync("SELECT count(*) FROM bookings")).ShouldBe(1);
        (await NumberAsync("SELECT count(*) FROM booking_answers")).ShouldBe(1, "who loses leaves nothing behind");
        (await EpochAsync(calendar)).ShouldBe(2);
    }

    [Fact]
    public async Task There_is_no_booking_on_a_resource_or_calendar_that_does_not_exist()
    {
        var calendar = await Some.CalendarAsync(Storage);

        (await Storage.Bookings.BeginCreateAsync(Intent(calendar, Some.Monday), "res_none", null, Key(), Token))
            .ShouldBe(new BeginOutcome.NotPossible(null));
        (await Storage.Bookings.BeginCreateAsync(Intent(calendar with { Id = "cal_none" }, Some.Monday), calendar.ResourceId, null, Key(), Token))
            .ShouldBe(new BeginOutcome.NotPossible(null));
        await ShouldClaimAsync(calendar);
    }

    [Fact]
    public async Task A_hold_becomes_the_claim_of_the_booking_on_the_seat_it_has()
    {
        var calendar = await Some.CalendarAsync(Storage, Some.Link(capacity: 2));
        await Storage.Claims.TakeAsync(Some.Booking(calendar.ResourceId, Some.Monday), Token);
        var hold = await HeldAsync(calendar);

        var begun = Begun(await Storage.Bookings.BeginCreateAsync(Intent(calendar, Some.Monday), calendar.ResourceId, hold.Id, Key(), Token));

        var claim = (await Storage.Claims.ListAsync(calendar.ResourceId, Token)).Single(one => one.Id == begun.Id);
        claim.ShouldBe(new Claim(begun.Id, calendar.ResourceId, 1, begun.Start, begun.End, ClaimState.Pending, null, null));
        (await NumberAsync("SELECT count(*) FROM claims")).ShouldBe(2, "the hold is no claim of its own any more");
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("unknown")]
    [InlineData("released")]
    [InlineData("for another start")]
    [InlineData("for another end")]
    [InlineData("on another resource")]
    [InlineData("a booking")]
    public async Task A_hold_that_is_not_right_books_nothing(string wrong)
    {
        var calendar = await Some.CalendarAsync(Storage);
        var other = await Some.CalendarAsync(Storage);
        var hold = wrong switch
        {
            "expired" => await HeldAsync(calendar, holdFor: TimeSpan.FromMicroseconds(1)),
            "for another start" => await HeldAsync(calendar, Some.Monday.AddMinutes(15), 15),
            "for another end" => await HeldAsync(calendar, minutes: 45),
            "on another resource" => await HeldAsync(other),
            "a booking" => (await Storage.Claims.TakeAsync(Some.Booking(calendar.ResourceId, Some.Monday), Token))
                .ShouldBeOfType<ClaimOutcome.Taken>().Claim,
            _ => await HeldAsync(calendar),
        };
        if (wrong == "released")
            await Storage.Claims.ReleaseAsync(hold.Id, Token);
        await ClockTickAsync();
        var scope = Key();

        var outcome = await Storage.Bookings.BeginCreateAsync(
            Intent(calendar, Some.Monday), calendar.ResourceId, wrong == "unknown" ? "hld_none" : hold.Id, scope, Token);

        outcome.ShouldBeOfType<BeginOutcome.HoldExpired>();
        (await NumberAsync("SELECT count(*) FROM bookings")).ShouldBe(0);
        (await NumberAsync("SELECT count(*) FROM claims WHERE state = 'pending'")).ShouldBe(0);
        (await Storage.Bookings.FindAnswerAsync(scope, Token)).ShouldBeNull();
    }

    [Theory]
    [InlineData(BookingStatus.Confirmed, ClaimState.Booked)]
    [InlineData(BookingStatus.Unknown, ClaimState.Unknown)]
    [InlineData(BookingStatus.Failed, null)]
    [InlineData(BookingStatus.Cancelled, null)]
    public async Task The_claim_of_a_booking_follows_its_status(BookingStatus status, ClaimState? state)
    {
        var calendar = await Some.CalendarAsync(Storage);
        var begun = await BegunAsync(calendar, Some.Monday);
        var epoch = await EpochAsync(calendar);
        var ended = Ended(begun, status) with { ProviderBookingId = "p1", SettleAt = Some.Monday, Attempts = 3 };

        Text(await EndedAsync(begun, ended)).ShouldBe(Text(ended));

        await ShouldClaimAsync(calendar, state is { } live ? [(Some.Monday, 30, live)] : []);
        (await EpochAsync(calendar)).ShouldBe(epoch + 1);
    }

    [Fact]
    public async Task Of_two_who_end_an_action_the_second_changes_nothing()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var begun = await BegunAsync(calendar, Some.Monday);
        var first = await EndedAsync(begun, Ended(begun, BookingStatus.Confirmed));
        var epoch = await EpochAsync(calendar);

        var outcome = await Storage.Bookings.EndAsync(new BookingEnd(begun, Ended(begun, BookingStatus.Failed), null, null), Token);

        outcome.ShouldBe(EndOutcome.Changed);
        Text(await Storage.Bookings.FindAsync(begun.Id, Token)).ShouldBe(Text(first));
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.Booked));
        (await EpochAsync(calendar)).ShouldBe(epoch);
    }

    [Fact]
    public async Task Who_read_a_booking_before_the_settler_took_it_or_before_it_went_there_and_back_ends_nothing()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var begun = await BegunAsync(calendar, Some.Monday);
        await Database.SqlAsync("UPDATE bookings SET settle_at = 0");
        var settled = (await Storage.Bookings.TakeDueAsync(TimeSpan.FromMinutes(1), 10, Token)).Single();
        (await Storage.Bookings.EndAsync(new BookingEnd(begun, Ended(begun, BookingStatus.Failed), null, null), Token)).ShouldBe(EndOutcome.Changed);
        var booked = await EndedAsync(settled, Ended(settled, BookingStatus.Confirmed) with { Attempts = 0 });

        // Cancelling was tried and refused: status, action and attempts are what they were.
        var cancelling = await ChangingAsync(booked, BookingAction.Cancel);
        await EndedAsync(cancelling, Ended(cancelling, BookingStatus.Confirmed));

        (await Storage.Bookings.EndAsync(new BookingEnd(booked, Ended(booked, BookingStatus.Cancelled), null, null), Token)).ShouldBe(EndOutcome.Changed);
    }

    [Fact]
    public async Task A_booking_keeps_its_interval_until_the_provider_has_cancelled_it()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var booked = await BookedAsync(calendar, Some.Monday);
        var epoch = await EpochAsync(calendar);

        var begun = await ChangingAsync(booked, BookingAction.Cancel);
        begun.Status.ShouldBe(BookingStatus.Confirmed);
        begun.Action.ShouldBe(BookingAction.Cancel);
        begun.SettleAt.ShouldNotBeNull();
        begun.History.Count.ShouldBe(booked.History.Count + 1);
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.Booked));
        (await EpochAsync(calendar)).ShouldBe(epoch);

        await EndedAsync(begun, Ended(begun, BookingStatus.Cancelled));
        await ShouldClaimAsync(calendar);
        (await EpochAsync(calendar)).ShouldBe(epoch + 1);
        await BegunAsync(calendar, Some.Monday);
    }

    [Fact]
    public async Task Only_a_confirmed_booking_with_nothing_under_way_can_be_changed()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var pending = await BegunAsync(calendar, Some.Monday);
        (await NotPossibleAsync("bkg_none")).ShouldBeNull();
        Text(await NotPossibleAsync(pending.Id)).ShouldBe(Text(pending));

        var booked = await EndedAsync(pending, Ended(pending, BookingStatus.Confirmed));
        var moving = await ChangingAsync(booked, BookingAction.Reschedule, Some.Monday.AddHours(1));
        Text(await NotPossibleAsync(pending.Id)).ShouldBe(Text(moving));

        var back = await EndedAsync(moving, Ended(moving, BookingStatus.Confirmed));
        var cancelling = await ChangingAsync(back, BookingAction.Cancel);
        await EndedAsync(cancelling, Ended(cancelling, BookingStatus.Cancelled));
        (await NotPossibleAsync(pending.Id))!.Status.ShouldBe(BookingStatus.Cancelled);

        async Task<Booking?> NotPossibleAsync(string id)
        {
            var scope = Key();
            var outcome = await Storage.Bookings.BeginChangeAsync(id, BookingAction.Cancel, null, scope, Token);
            (await Storage.Bookings.FindAnswerAsync(scope, Token)).ShouldBeNull();
            return outcome.ShouldBeOfType<BeginOutcome.NotPossible>().Booking;
        }
    }

    [Fact]
    public async Task A_booking_that_is_being_moved_takes_both_intervals_and_then_the_new_one()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var booked = await BookedAsync(calendar, Some.Monday);
        var epoch = await EpochAsync(calendar);

        var moving = await ChangingAsync(booked, BookingAction.Reschedule, Some.Monday.AddHours(2));
        moving.MovingTo.ShouldBe(Some.Monday.AddHours(2));
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.Booked), (Some.Monday.AddHours(2), 30, ClaimState.Pending));
        (await EpochAsync(calendar)).ShouldBe(epoch + 1);

        await EndedAsync(moving, Moved(moving, Some.Monday.AddHours(2)));
        await ShouldClaimAsync(calendar, (Some.Monday.AddHours(2), 30, ClaimState.Booked));
        (await EpochAsync(calendar)).ShouldBe(epoch + 2);
        (await NumberAsync($"SELECT count(*) FROM claims WHERE id = '{booked.Id}'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_booking_whose_move_was_refused_or_has_no_answer_yet_keeps_its_old_interval()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var booked = await BookedAsync(calendar, Some.Monday);
        var moving = await ChangingAsync(booked, BookingAction.Reschedule, Some.Monday.AddHours(2));

        var unknown = await EndedAsync(moving, moving with
        {
            Status = BookingStatus.Unknown,
            History = [.. moving.History, new BookingEvent(Some.Monday, BookingStatus.Unknown, "No answer.")],
        });
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.Unknown), (Some.Monday.AddHours(2), 30, ClaimState.Unknown));

        await EndedAsync(unknown, Ended(unknown, BookingStatus.Confirmed));
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.Booked));
    }

    [Fact]
    public async Task A_move_by_booking_anew_keeps_both_intervals_until_what_is_left_is_cancelled()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var booked = await BookedAsync(calendar, Some.Monday, "old");
        var there = Some.Monday.AddHours(2);
        var moving = await ChangingAsync(booked, BookingAction.Reschedule, there);

        var rebooking = await EndedAsync(moving, BookingRules.Rebooking(moving, Some.Monday));
        rebooking.MovingAs.ShouldNotBeNull();
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.Booked), (there, 30, ClaimState.Pending));

        var (after, _) = BookingRules.Rebooked(rebooking, new BookResult.Booked("new", there), Some.Monday, []);
        var moved = await EndedAsync(rebooking, after);
        Text(moved).ShouldBe(Text(after));
        moved.Leftovers.ShouldBe([new Leftover("old", Some.Monday, 0)]);
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.Booked), (there, 30, ClaimState.Booked));
        (await NumberAsync($"SELECT count(*) FROM claims WHERE id = '{booked.Id}'")).ShouldBe(1);
        foreach (var start in new[] { Some.Monday.AddMinutes(10), there.AddMinutes(-10) })
            (await Storage.Bookings.BeginCreateAsync(Intent(calendar, start), calendar.ResourceId, null, Key(), Token)).ShouldBeOfType<BeginOutcome.Taken>();
        foreach (var id in new[] { "old", "new" })
            (await Storage.Bookings.FindByProviderIdAsync(calendar.Provider, null, id, Token))!.Id.ShouldBe(booked.Id);

        var epoch = await EpochAsync(calendar);
        var stuck = await EndedAsync(moved, BookingRules.Cleared(moved, new BookResult.Unknown("reset"), Some.Monday));
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.Booked), (there, 30, ClaimState.Booked));
        await EndedAsync(stuck, BookingRules.Cleared(stuck, new BookResult.Booked("old", Some.Monday), Some.Monday));
        await ShouldClaimAsync(calendar, (there, 30, ClaimState.Booked));
        (await EpochAsync(calendar)).ShouldBeGreaterThan(epoch);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(120)]
    public async Task What_is_left_of_a_move_keeps_its_interval_through_a_cancellation_and_the_next_move(int minutes)
    {
        var calendar = await Some.CalendarAsync(Storage);
        var booked = await BookedAsync(calendar, Some.Monday, "old");
        var there = Some.Monday.AddMinutes(minutes);
        var moving = await ChangingAsync(booked, BookingAction.Reschedule, there);
        var moved = await EndedAsync(moving, BookingRules.Rebooked(BookingRules.Rebooking(moving, Some.Monday), new BookResult.Booked("new", there), Some.Monday, []).After);

        // Back to where the first one is still to be cancelled: two of them share one interval.
        var back = await ChangingAsync(moved, BookingAction.Reschedule, Some.Monday);
        var returned = await EndedAsync(back, BookingRules.Rebooked(BookingRules.Rebooking(back, Some.Monday), new BookResult.Booked("newer", Some.Monday), Some.Monday, []).After);
        returned.Leftovers.Count.ShouldBe(2);
        (await Storage.Bookings.BeginCreateAsync(Intent(calendar, there.AddMinutes(20)), calendar.ResourceId, null, Key(), Token)).ShouldBeOfType<BeginOutcome.Taken>();

        var cancelling = await ChangingAsync(returned, BookingAction.Cancel);
        var cancelled = await EndedAsync(cancelling, BookingRules.Cancel(cancelling, Some.Monday, "Cancelled."));
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.Booked), (there, 30, ClaimState.Booked));
        var one = await EndedAsync(cancelled, BookingRules.Cleared(cancelled, new BookResult.Booked("old", Some.Monday), Some.Monday));
        await ShouldClaimAsync(calendar, (there, 30, ClaimState.Booked));
        await EndedAsync(one, BookingRules.Cleared(one, new BookResult.Booked("new", there), Some.Monday));
        await ShouldClaimAsync(calendar);
    }

    [Fact]
    public async Task What_a_provider_keeps_beside_a_hold_is_handed_to_the_booking_that_takes_it_over()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var hold = await HeldAsync(calendar);
        var kept = new ClaimReservation("uid", calendar.Id, hold.Start);
        (await Storage.Claims.FindReservationAsync(hold.Id, Token)).ShouldBeNull();
        var epoch = await EpochAsync(calendar);
        (await Storage.Claims.KeepReservationAsync(hold.Id, kept, Token)).ShouldBeTrue();
        (await Storage.Claims.FindReservationAsync(hold.Id, Token)).ShouldBe(kept);
        (await EpochAsync(calendar)).ShouldBe(epoch, "nothing that anybody reads has changed");

        (await Storage.Bookings.BeginCreateAsync(Intent(calendar, Some.Monday), calendar.ResourceId, hold.Id, Key(), Token))
            .ShouldBeOfType<BeginOutcome.Begun>().Reservation.ShouldBe(kept);
        (await Storage.Claims.KeepReservationAsync(hold.Id, kept, Token)).ShouldBeFalse("the hold has become a booking");

        var expired = await HeldAsync(calendar, Some.Monday.AddHours(1), holdFor: TimeSpan.FromMicroseconds(1));
        await ClockTickAsync();
        (await Storage.Claims.KeepReservationAsync(expired.Id, kept, Token)).ShouldBeFalse();
        var plain = await HeldAsync(calendar, Some.Monday.AddHours(2));
        (await Storage.Bookings.BeginCreateAsync(Intent(calendar, plain.Start), calendar.ResourceId, plain.Id, Key(), Token))
            .ShouldBeOfType<BeginOutcome.Begun>().Reservation.ShouldBeNull();
    }

    [Theory]
    [InlineData(15)]
    [InlineData(-15)]
    [InlineData(0)]
    public async Task A_booking_may_move_into_its_own_interval_and_everybody_else_is_kept_out_of_both(int minutes)
    {
        var calendar = await Some.CalendarAsync(Storage);
        var booked = await BookedAsync(calendar, Some.Monday);
        var there = Some.Monday.AddMinutes(minutes);

        var moving = await ChangingAsync(booked, BookingAction.Reschedule, there);

        foreach (var start in new[] { Some.Monday, there, there.AddMinutes(29), Some.Monday.AddMinutes(-29) })
        {
            (await Storage.Bookings.BeginCreateAsync(Intent(calendar, start), calendar.ResourceId, null, Key(), Token)).ShouldBeOfType<BeginOutcome.Taken>();
            (await Storage.Claims.TakeAsync(Some.Hold(calendar.ResourceId, start), Token)).ShouldBeOfType<ClaimOutcome.Overlaps>();
        }
        var raw = () => Database.SqlAsync(
            $"""
            INSERT INTO claims (id, resource_id, seat, starts_at, ends_at, state)
            SELECT 'raw', resource_id, seat, starts_at, ends_at, 'external' FROM claims WHERE id = '{booked.Id}:next'
            """);
        (await raw.ShouldThrowAsync<System.Data.Common.DbException>()).Message.ShouldContain("claims_do_not_overlap");

        await EndedAsync(moving, Moved(moving, there));
        await ShouldClaimAsync(calendar, (there, 30, ClaimState.Booked));
    }

    [Fact]
    public async Task A_booking_cannot_move_where_somebody_else_is_and_stays_as_it_was()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var booked = await BookedAsync(calendar, Some.Monday);
        var other = await BookedAsync(calendar, Some.Monday.AddMinutes(45));
        var epoch = await EpochAsync(calendar);
        var scope = Key();

        (await Storage.Bookings.BeginChangeAsync(booked.Id, BookingAction.Reschedule, Some.Monday.AddMinutes(16), scope, Token))
            .ShouldBeOfType<BeginOutcome.Taken>();

        Text(await Storage.Bookings.FindAsync(booked.Id, Token)).ShouldBe(Text(booked));
        (await Storage.Bookings.FindAnswerAsync(scope, Token)).ShouldBeNull();
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.Booked), (other.Start, 30, ClaimState.Booked));
        (await EpochAsync(calendar)).ShouldBe(epoch);
        await ChangingAsync(booked, BookingAction.Reschedule, Some.Monday.AddMinutes(15));
    }

    [Fact]
    public async Task A_booking_that_the_provider_has_moved_takes_its_new_interval_unless_somebody_else_has_it()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var booked = await BookedAsync(calendar, Some.Monday);
        var other = await BookedAsync(calendar, Some.Monday.AddHours(1));

        var moved = await EndedAsync(booked, Moved(booked, Some.Monday.AddMinutes(15)));
        await ShouldClaimAsync(calendar, (Some.Monday.AddMinutes(15), 30, ClaimState.Booked), (other.Start, 30, ClaimState.Booked));
        var epoch = await EpochAsync(calendar);

        (await Storage.Bookings.EndAsync(new BookingEnd(moved, Moved(moved, other.Start), null, null), Token)).ShouldBe(EndOutcome.Taken);
        Text(await Storage.Bookings.FindAsync(booked.Id, Token)).ShouldBe(Text(moved));
        await ShouldClaimAsync(calendar, (Some.Monday.AddMinutes(15), 30, ClaimState.Booked), (other.Start, 30, ClaimState.Booked));
        (await EpochAsync(calendar)).ShouldBe(epoch);
    }

    [Fact]
    public async Task A_booking_that_was_given_up_stands_again_only_where_nobody_else_is()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var begun = await BegunAsync(calendar, Some.Monday);
        var failed = await EndedAsync(begun, Ended(begun, BookingStatus.Failed));
        var other = await BookedAsync(calendar, Some.Monday.AddMinutes(10));

        (await Storage.Bookings.EndAsync(new BookingEnd(failed, Ended(failed, BookingStatus.Confirmed), null, null), Token)).ShouldBe(EndOutcome.Taken);
        Text(await Storage.Bookings.FindAsync(begun.Id, Token)).ShouldBe(Text(failed));
        await ShouldClaimAsync(calendar, (other.Start, 30, ClaimState.Booked));

        await EndedAsync(other, Ended(other, BookingStatus.Cancelled));
        await EndedAsync(failed, Ended(failed, BookingStatus.Confirmed));
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.Booked));
    }

    [Fact]
    public async Task A_booking_is_found_by_every_id_its_provider_gave_it_within_its_connection()
    {
        var agency = await Some.AgencyAsync(Storage);
        var connection = await Some.ConnectionAsync(Storage, agency.Id);
        OwnAgency = agency.Id;
        var calendar = await Some.CalendarAsync(Storage, Some.Link() with { ConnectionId = connection.Id }, agency.Id);
        var publicly = await Some.CalendarAsync(Storage);
        var booked = await BookedAsync(calendar, Some.Monday, "first");
        var elsewhere = await BookedAsync(publicly, Some.Monday, "first");
        var moved = await EndedAsync(booked, Moved(booked, Some.Monday.AddHours(1)) with { ProviderBookingId = "second", EarlierProviderIds = ["first"] });
        var cancelled = await EndedAsync(elsewhere, Ended(elsewhere, BookingStatus.Cancelled));
        var again = await BookedAsync(publicly, Some.Monday, "third");
        again = await EndedAsync(again, Ended(again, BookingStatus.Confirmed) with { ProviderBookingId = "fourth", EarlierProviderIds = ["third", "first"] });

        (await FindAsync(connection.Id, "first")).ShouldBe(Text(moved));
        (await FindAsync(connection.Id, "second")).ShouldBe(Text(moved));
        (await FindAsync(connection.Id, "third")).ShouldBe(Text(null));
        (await FindAsync(null, "first")).ShouldBe(Text(cancelled), "whose id it is now counts before whose it was");
        (await FindAsync(null, "third")).ShouldBe(Text(again));
        Text(await Storage.Bookings.FindByProviderIdAsync(Provider.HubSpot, null, "first", Token)).ShouldBe(Text(null));

        async Task<string> FindAsync(string? connectionId, string id) =>
            Text(await Storage.Bookings.FindByProviderIdAsync(Provider.Calendly, connectionId, id, Token));
    }

    [Fact]
    public async Task Bookings_are_listed_by_workspace_time_lead_and_status_page_by_page()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var bookings = new List<Booking>();
        for (var hour = 0; hour < 5; hour++)
        {
            var intent = Intent(calendar, Some.Monday.AddHours(hour), workspaceId: "ws_1", leadId: hour == 3 ? "lead" : null);
            bookings.Add(Begun(await Storage.Bookings.BeginCreateAsync(intent, calendar.ResourceId, null, Key(), Token)));
        }
        await BegunAsync(calendar, Some.Monday.AddHours(8));
        bookings[1] = await EndedAsync(bookings[1], Ended(bookings[1], BookingStatus.Failed));
        var all = bookings.OrderBy(booking => booking.Id, StringComparer.Ordinal).ToList();

        await ShouldListAsync(all, null, null);
        await ShouldListAsync([bookings[1], bookings[2]], Some.Monday.AddMinutes(30), Some.Monday.AddHours(3));
        await ShouldListAsync([bookings[3]], null, null, leadId: "lead");
        await ShouldListAsync([bookings[1]], null, null, status: BookingStatus.Failed);
        await ShouldListAsync([all[2], all[3]], null, null, afterId: all[1].Id, limit: 2);

        async Task ShouldListAsync(
            List<Booking> expected, DateTimeOffset? from, DateTimeOffset? to, string? leadId = null, BookingStatus? status = null, string? afterId = null, int limit = 100) =>
            (await Storage.Bookings.ListAsync("ws_1", from, to, leadId, status, afterId, limit, Token)).Select(Text)
                .ShouldBe(expected.OrderBy(booking => booking.Id, StringComparer.Ordinal).Select(Text));
    }

    [Fact]
    public async Task What_is_due_is_taken_by_one_node_and_comes_again_when_its_lease_has_run_out()
    {
        var calendar = await Some.CalendarAsync(Storage);
        for (var i = 0; i < 20; i++)
            await BegunAsync(calendar, Some.Monday.AddHours(i));
        (await TakeAsync(Storage, TimeSpan.FromMinutes(1))).ShouldBeEmpty("their calls may still be under way");
        await Database.SqlAsync("UPDATE bookings SET settle_at = created_at - created_at");
        await using var other = Database.IsShared ? await OpenAsync() : null;

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            Task.Run(() => TakeAsync(i % 2 == 0 ? Storage : other ?? Storage, TimeSpan.FromMinutes(1)))));

        taken.ShouldAllBe(one => one.Count <= 5);
        taken.Sum(one => one.Count).ShouldBe(20);
        taken.SelectMany(one => one).DistinctBy(booking => booking.Id).Count().ShouldBe(20);
        taken.SelectMany(one => one).ShouldAllBe(booking => booking.Attempts == 1);
        (await TakeAsync(Storage, TimeSpan.FromMinutes(1))).ShouldBeEmpty();

        await Database.SqlAsync($"UPDATE bookings SET settle_at = 1 WHERE id = '{taken.SelectMany(one => one).First().Id}'");
        (await TakeAsync(Storage, TimeSpan.FromMicroseconds(1))).Single().Attempts.ShouldBe(2);
        await ClockTickAsync();
        (await TakeAsync(Storage, TimeSpan.FromMinutes(1))).Single().Attempts.ShouldBe(3);

        Task<IReadOnlyList<Booking>> TakeAsync(DatabaseStorage node, TimeSpan lease) => node.Bookings.TakeDueAsync(lease, 5, Token);
    }

    private async Task<Claim> HeldAsync(Calendar calendar, DateTimeOffset? start = null, int minutes = 30, TimeSpan? holdFor = null) =>
        (await Storage.Claims.TakeAsync(Some.Hold(calendar.ResourceId, start ?? Some.Monday, minutes, holdFor), Token))
            .ShouldBeOfType<ClaimOutcome.Taken>().Claim;
}
