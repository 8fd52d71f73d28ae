using Shouldly;
using Slotkeeper.Claims;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class ClaimsInSqlite() : ClaimStoreSpec(new SqliteTestDatabase());

public sealed class ClaimsInPostgres(SharedPostgres postgres) : ClaimStoreSpec(new PostgresTestDatabase(postgres));

// Taken: free; back to back; another seat; another resource; over an expired hold
// Overlaps: equal, inside, around, across either end; every seat taken
// Missing: no resource
public abstract class ClaimStoreSpec(TestDatabase database) : StorageSpec(database)
{
    [Fact]
    public async Task A_free_interval_is_taken_on_the_first_seat_and_stands_as_asked()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var request = Some.Hold(calendar.ResourceId, Some.Monday);

        var claim = (await Storage.Claims.TakeAsync(request, Token)).ShouldBeOfType<ClaimOutcome.Taken>().Claim;

        claim.ShouldBe(new Claim(
            request.Id, calendar.ResourceId, 0, request.Start, request.End, ClaimState.Held, claim.ExpiresAt, "secret"));
        (await Storage.Claims.ListAsync(calendar.ResourceId, Token)).ShouldBe([claim]);
    }

    [Fact]
    public async Task A_hold_expires_by_the_clock_of_the_database()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var before = (await Storage.CheckAsync(Token)).DatabaseTime!.Value;

        var claim = await TakenAsync(Some.Hold(calendar.ResourceId, Some.Monday, holdFor: TimeSpan.FromSeconds(90)));

        var after = (await Storage.CheckAsync(Token)).DatabaseTime!.Value;
        claim.ExpiresAt!.Value.ShouldBeInRange(before.AddSeconds(90), after.AddSeconds(90));
    }

    [Theory]
    [InlineData(0, 30)]
    [InlineData(10, 10)]
    [InlineData(-10, 60)]
    [InlineData(-15, 30)]
    [InlineData(15, 30)]
    public async Task What_overlaps_a_claim_is_refused(int minutesLater, int minutes)
    {
        var calendar = await Some.CalendarAsync(Storage);
        await TakenAsync(Some.Booking(calendar.ResourceId, Some.Monday));

        var outcome = await Storage.Claims.TakeAsync(Some.Hold(calendar.ResourceId, Some.Monday.AddMinutes(minutesLater), minutes), Token);

        outcome.ShouldBeOfType<ClaimOutcome.Overlaps>();
    }

    [Fact]
    public async Task Claims_may_stand_back_to_back()
    {
        var calendar = await Some.CalendarAsync(Storage);
        await TakenAsync(Some.Booking(calendar.ResourceId, Some.Monday));

        await TakenAsync(Some.Booking(calendar.ResourceId, Some.Monday.AddMinutes(30)));
        await TakenAsync(Some.Booking(calendar.ResourceId, Some.Monday.AddMinutes(-30)));

        (await Storage.Claims.ListAsync(calendar.ResourceId, Token)).Select(claim => claim.Start)
            .ShouldBe([Some.Monday.AddMinutes(-30), Some.Monday, Some.Monday.AddMinutes(30)]);
    }

    [Fact]
    public async Task A_resource_takes_as_many_claims_at_one_time_as_it_has_seats_lowest_first()
    {
        var calendar = await Some.CalendarAsync(Storage, Some.Link(capacity: 3));
        var claims = new List<Claim>();
        for (var i = 0; i < 3; i++)
            claims.Add(await TakenAsync(Some.Booking(calendar.ResourceId, Some.Monday)));
        claims.Select(claim => claim.Seat).ShouldBe([0, 1, 2]);

        (await Storage.Claims.TakeAsync(Some.Booking(calendar.ResourceId, Some.Monday), Token)).ShouldBeOfType<ClaimOutcome.Overlaps>();

        await Storage.Claims.ReleaseAsync(claims[1].Id, Token);
        (await TakenAsync(Some.Booking(calendar.ResourceId, Some.Monday))).Seat.ShouldBe(1);
    }

    [Fact]
    public async Task Calendars_of_one_resource_exclude_each_other_and_others_do_not()
    {
        var agency = await Some.AgencyAsync(Storage);
        var first = await Some.CalendarAsync(Storage, Some.Link("Ada"), agency.Id);
        var second = await Some.CalendarAsync(Storage, Some.Link("Ada"), agency.Id);
        var other = await Some.CalendarAsync(Storage, Some.Link("Ada"));
        await TakenAsync(Some.Booking(first.ResourceId, Some.Monday));

        (await Storage.Claims.TakeAsync(Some.Booking(second.ResourceId, Some.Monday), Token)).ShouldBeOfType<ClaimOutcome.Overlaps>();
        await TakenAsync(Some.Booking(other.ResourceId, Some.Monday));
    }

    [Fact]
    public async Task Of_sixty_four_who_want_one_interval_at_once_exactly_one_gets_it_and_nobody_fails()
    {
        var calendar = await Some.CalendarAsync(Storage);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 64).Select(i =>
            Task.Run(() => Storage.Claims.TakeAsync(Some.Hold(calendar.ResourceId, Some.Monday.AddMinutes(i % 7)), Token))));

        outcomes.OfType<ClaimOutcome.Taken>().Count().ShouldBe(1);
        outcomes.OfType<ClaimOutcome.Overlaps>().Count().ShouldBe(63);
    }

    [Fact]
    public async Task The_database_itself_refuses_an_overlap_whoever_asks()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var claim = await TakenAsync(Some.Booking(calendar.ResourceId, Some.Monday));
        var next = await TakenAsync(Some.Booking(calendar.ResourceId, Some.Monday.AddMinutes(30)));

        var insert = () => Database.SqlAsync(
            $"""
            INSERT INTO claims (id, resource_id, seat, starts_at, ends_at, state)
            SELECT 'raw', resource_id, seat, starts_at + 1, ends_at + 1, 'external' FROM claims WHERE id = '{claim.Id}'
            """);
        var update = () => Database.SqlAsync($"UPDATE claims SET starts_at = starts_at - 1 WHERE id = '{next.Id}'");

        (await insert.ShouldThrowAsync<System.Data.Common.DbException>()).Message.ShouldContain("claims_do_not_overlap");
        (await update.ShouldThrowAsync<System.Data.Common.DbException>()).Message.ShouldContain("claims_do_not_overlap");
        (await Storage.Claims.ListAsync(calendar.ResourceId, Token)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_expired_hold_is_no_claim_and_gives_way()
    {
        var calendar = await Some.CalendarAsync(Storage);
        await TakenAsync(Some.Hold(calendar.ResourceId, Some.Monday, holdFor: TimeSpan.FromMicroseconds(1)));
        await ClockTickAsync();

        (await Storage.Claims.ListAsync(calendar.ResourceId, Token)).ShouldBeEmpty();
        await TakenAsync(Some.Booking(calendar.ResourceId, Some.Monday.AddMinutes(10)));
    }

    [Fact]
    public async Task A_claim_is_given_back_once_and_its_interval_is_free_again()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var claim = await TakenAsync(Some.Booking(calendar.ResourceId, Some.Monday));

        (await Storage.Claims.ReleaseAsync(claim.Id, Token)).ShouldBeTrue();
        (await Storage.Claims.ReleaseAsync(claim.Id, Token)).ShouldBeFalse();
        await TakenAsync(Some.Booking(calendar.ResourceId, Some.Monday));
    }

    [Fact]
    public async Task There_is_no_claim_on_a_resource_that_does_not_exist() =>
        (await Storage.Claims.TakeAsync(Some.Booking("res_none", Some.Monday), Token)).ShouldBeOfType<ClaimOutcome.Missing>();

    [Fact]
    public async Task Every_change_of_a_claim_adds_one_to_the_epoch_of_each_calendar_on_the_resource_and_makes_none_due()
    {
        var agency = await Some.AgencyAsync(Storage);
        var first = await Some.CalendarAsync(Storage, Some.Link("Ada"), agency.Id);
        var second = await Some.CalendarAsync(Storage, Some.Link("Ada"), agency.Id);
        await Storage.Snapshots.WriteAsync(
            [Some.Fetched(first.Id, 1, Some.Monday, null), Some.Fetched(second.Id, 1, Some.Monday, null)], null, Token);

        var hold = await TakenAsync(Some.Hold(first.ResourceId, Some.Monday));
        await ShouldBeAtAsync(2);
        await Storage.Claims.TakeAsync(Some.Hold(first.ResourceId, Some.Monday), Token);
        await ShouldBeAtAsync(2);
        await Storage.Claims.ReleaseAsync(hold.Id, Token);
        await ShouldBeAtAsync(3);

        async Task ShouldBeAtAsync(long epoch)
        {
            foreach (var calendar in new[] { first, second })
                (await Storage.Snapshots.LoadAsync(calendar.Id, Token))!.State.ShouldBe(Some.Fetched(calendar.Id, 1, Some.Monday, null).State with { Epoch = epoch });
        }
    }

    [Fact]
    public async Task Two_thousand_random_claims_come_out_as_an_oracle_in_memory_says()
    {
        const int capacity = 2;
        var calendar = await Some.CalendarAsync(Storage, Some.Link(capacity: capacity));
        var random = new Random(20351);
        var standing = new List<Claim>();
        for (var i = 0; i < 2000; i++)
        {
            if (standing.Count > 0 && random.Next(10) == 0)
            {
                var victim = standing[random.Next(standing.Count)];
                (await Storage.Claims.ReleaseAsync(victim.Id, Token)).ShouldBeTrue();
                standing.Remove(victim);
                continue;
            }
            var request = Some.Booking(calendar.ResourceId, Some.Monday.AddMinutes(5 * random.Next(2000)), 5 * random.Next(1, 24));
            var taken = standing.FindAll(claim => claim.Start < request.End && claim.End > request.Start).ConvertAll(claim => claim.Seat);
            var seat = Enumerable.Range(0, capacity).Cast<int?>().FirstOrDefault(free => !taken.Contains(free!.Value));

            var outcome = await Storage.Claims.TakeAsync(request, Token);

            if (seat is null)
            {
                outcome.ShouldBeOfType<ClaimOutcome.Overlaps>();
                continue;
            }
            var claim = outcome.ShouldBeOfType<ClaimOutcome.Taken>().Claim;
            claim.Seat.ShouldBe(seat.Value);
            standing.Add(claim);
        }
        (await Storage.Claims.ListAsync(calendar.ResourceId, Token)).Select(claim => claim.Id).ShouldBe(
            standing.OrderBy(claim => claim.Start).ThenBy(claim => claim.Seat).Select(claim => claim.Id));
    }

    private async Task<Claim> TakenAsync(ClaimRequest request) =>
        (await Storage.Claims.TakeAsync(request, Token)).ShouldBeOfType<ClaimOutcome.Taken>().Claim;

    /// <summary>Until the database's clock, which may count in milliseconds, shows another time.</summary>
    private async Task ClockTickAsync()
    {
        var then = (await Storage.CheckAsync(Token)).DatabaseTime;
        while ((await Storage.CheckAsync(Token)).DatabaseTime <= then)
            await Task.Yield();
    }
}
