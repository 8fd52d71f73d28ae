using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Claims;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class ExternalClaimsInSqlite() : ExternalClaimStoreSpec(new SqliteTestDatabase());

public sealed class ExternalClaimsInPostgres(SharedPostgres postgres) : ExternalClaimStoreSpec(new PostgresTestDatabase(postgres));

// Taken: at once; repeated; moved. Overlaps: somebody's; moved onto somebody; ours. Missing. Released: once; when it turns out to be ours
public abstract class ExternalClaimStoreSpec(TestDatabase database) : BookingSpec(database)
{
    [Fact]
    public async Task What_was_booked_elsewhere_takes_its_interval_at_once_and_once()
    {
        var calendar = await Some.CalendarAsync(Storage, Some.Link(capacity: 2));
        var first = await TakenAsync(calendar.ResourceId, "p1", Some.Monday);
        first.State.ShouldBe(ClaimState.External);
        var heardAt = (await Storage.ExternalClaims.ListExternalAsync(calendar.ResourceId, Token)).Single().HeardAt;
        await ClockTickAsync();

        (await TakenAsync(calendar.ResourceId, "p1", Some.Monday)).ShouldBe(first);

        var listed = (await Storage.ExternalClaims.ListExternalAsync(calendar.ResourceId, Token)).Single();
        listed.ProviderBookingId.ShouldBe("p1");
        listed.Claim.ShouldBe(first);
        listed.HeardAt.ShouldBeGreaterThan(heardAt);
        (await EpochAsync(calendar)).ShouldBe(2, "nothing changed by the repeat");
        (await TakenAsync(calendar.ResourceId, "p2", Some.Monday)).Seat.ShouldBe(1);
    }

    [Fact]
    public async Task A_claim_from_elsewhere_moves_with_its_booking_and_gives_way_to_what_stands()
    {
        var calendar = await Some.CalendarAsync(Storage);
        await TakenAsync(calendar.ResourceId, "p1", Some.Monday);
        var moved = await TakenAsync(calendar.ResourceId, "p1", Some.Monday.AddMinutes(15));
        (await Storage.Claims.ListAsync(calendar.ResourceId, Token)).ShouldBe([moved]);
        var booked = await BookedAsync(calendar, Some.Monday.AddHours(1));

        (await TakeAsync(calendar.ResourceId, "p1", booked.Start)).ShouldBeOfType<ClaimOutcome.Overlaps>();

        await ShouldClaimAsync(calendar, (booked.Start, 30, ClaimState.Booked));
        (await TakeAsync("res_none", "p1", Some.Monday)).ShouldBeOfType<ClaimOutcome.Missing>();
    }

    [Fact]
    public async Task A_claim_from_elsewhere_is_released_once()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var other = await Some.CalendarAsync(Storage);
        await TakenAsync(calendar.ResourceId, "p1", Some.Monday);
        await TakenAsync(other.ResourceId, "p1", Some.Monday);

        (await Storage.ExternalClaims.ReleaseExternalAsync(calendar.ResourceId, "p2", Token)).ShouldBeFalse();
        (await Storage.ExternalClaims.ReleaseExternalAsync(calendar.ResourceId, "p1", Token)).ShouldBeTrue();
        (await Storage.ExternalClaims.ReleaseExternalAsync(calendar.ResourceId, "p1", Token)).ShouldBeFalse();

        await ShouldClaimAsync(calendar);
        (await EpochAsync(calendar)).ShouldBe(3);
        (await Storage.ExternalClaims.ListExternalAsync(calendar.ResourceId, Token)).ShouldBeEmpty();
        (await Storage.ExternalClaims.ListExternalAsync(other.ResourceId, Token)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_booking_of_ours_that_was_heard_of_too_early_or_is_heard_of_again_is_claimed_once()
    {
        var calendar = await Some.CalendarAsync(Storage, Some.Link(capacity: 2));
        var begun = await BegunAsync(calendar, Some.Monday);
        await TakenAsync(calendar.ResourceId, "p1", Some.Monday);

        var booked = await EndedAsync(begun, Ended(begun, BookingStatus.Confirmed) with { ProviderBookingId = "p1" });
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.Booked));

        (await TakeAsync(calendar.ResourceId, "p1", Some.Monday.AddHours(3))).ShouldBeOfType<ClaimOutcome.Overlaps>();
        await ShouldClaimAsync(calendar, (booked.Start, 30, ClaimState.Booked));
    }

    [Fact]
    public async Task Of_many_webhooks_for_one_interval_each_booking_is_claimed_at_most_once()
    {
        var calendar = await Some.CalendarAsync(Storage);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(() => TakeAsync(calendar.ResourceId, $"p{i % 4}", Some.Monday))));

        outcomes.OfType<ClaimOutcome.Taken>().Select(taken => taken.Claim).Distinct().Count().ShouldBe(1);
        await ShouldClaimAsync(calendar, (Some.Monday, 30, ClaimState.External));
    }

    private Task<ClaimOutcome> TakeAsync(string resourceId, string providerBookingId, DateTimeOffset start) =>
        Storage.ExternalClaims.TakeExternalAsync(resourceId, "cal_x", providerBookingId, start, start.AddMinutes(30), Token);

    private async Task<Claim> TakenAsync(string resourceId, string providerBookingId, DateTimeOffset start) =>
        (await TakeAsync(resourceId, providerBookingId, start)).ShouldBeOfType<ClaimOutcome.Taken>().Claim;
}
