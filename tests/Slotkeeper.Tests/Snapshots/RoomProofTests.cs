using Slotkeeper.Claims;
using Slotkeeper.Reading;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;
using Slotkeeper.Testing;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Tests.Snapshots;

// Proven: two fetches in a row, both late enough, name the very slot
// Not: one of them early; not named once; another length; another calendar's; already known; past; nothing stands there
public class RoomProofTests
{
    private static readonly DateTimeOffset Booked = Some.Now;
    private static readonly DateTimeOffset Slot = Some.Now.AddHours(5);
    private static readonly TimeSpan Late = RoomProof.Margin + TimeSpan.FromSeconds(1);

    [Fact]
    public void Two_fetches_in_a_row_that_name_a_booked_slot_late_enough_prove_that_it_leaves_room()
    {
        var proof = Find(Claim(), Booked + Late, true, Booked + Late + Some.Ttl, true)!;
        (proof.CalendarId, proof.ResourceId, proof.StandingBefore).ShouldBe(("cal_c", "res_c", Booked + Late - RoomProof.Margin));
        proof.ClaimIds.ShouldBe(["bkg_1"]);
        var elsewhere = Claim() with { State = ClaimState.External, Start = Slot.AddMinutes(-20), End = Slot.AddMinutes(20) };
        Find(elsewhere, Booked + Late, true, Booked + Late + Some.Ttl, true).ShouldNotBeNull("of another length, as others book");
        Find(elsewhere with { End = Slot }, Booked + Late, true, Booked + Late + Some.Ttl, true).ShouldBeNull();
    }

    [Fact]
    public void Whatever_is_missing_of_it_proves_nothing()
    {
        var (first, second) = (Booked + Late, Booked + Late + Some.Ttl);
        Find(Claim(), Booked + RoomProof.Margin, true, second, true).ShouldBeNull("the earlier one may have been a copy");
        Find(Claim(), first, false, second, true).ShouldBeNull();
        Find(Claim(), first, true, second, false).ShouldBeNull();
        Find(Claim(), first, true, first, true).ShouldBeNull("it is the same fetch");
        Find(Claim() with { End = Slot.AddMinutes(60) }, first, true, second, true).ShouldBeNull();
        Find(Claim() with { Start = Slot.AddMinutes(-30), End = Slot }, first, true, second, true).ShouldBeNull();
        Find(Claim() with { At = null }, first, true, second, true).ShouldBeNull();
        Find(Claim() with { At = new BookedAt("cal_other", Booked, false) }, first, true, second, true).ShouldBeNull();
        Find(Claim() with { At = new BookedAt("cal_c", Booked, true) }, first, true, second, true).ShouldBeNull();
        Find(Claim(), first, true, Slot, true).ShouldBeNull("it has begun");
    }

    [Theory]
    [InlineData(Keep.InMemory)]
    [InlineData(Keep.InSqlite)]
    public void A_time_that_its_provider_goes_on_naming_is_offered_again_there_and_nowhere_else(Keep keep) => World.Tell(keep, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 2, resource: "Ada");
        await world.Here.RunAsync();
        var (own, other) = (workspaces[0], workspaces[1]);
        var slot = (await world.Here.ReadAsync(own)).Starts[20];
        await world.BookAsync(own, DateTimeOffset.FromUnixTimeSeconds(slot));
        var payloads = world.Memory?.PayloadsWritten;
        var since = (await world.Claims.ListAsync(world.Here.Live(own).Calendar.ResourceId, default)).ShouldHaveSingleItem().At!.Since;
        await world.DelayAsync(since + RoomProof.Margin - TimeSpan.FromSeconds(70) - world.Now);
        await MinutesAsync(2);
        (await NamesAsync(own)).ShouldBeFalse("of the fetches so far one began late enough, and one is not two");
        var explained = await world.Here.Reader.ExplainAsync(own, CalendarSource.Default, DateTimeOffset.FromUnixTimeSeconds(slot), default);
        explained.Reasons.ShouldHaveSingleItem().Code.ShouldBe(SlotReasons.Booked);
        await MinutesAsync(1);
        (await NamesAsync(own)).ShouldBeTrue();
        (await NamesAsync(other)).ShouldBeFalse();
        explained = await world.Here.Reader.ExplainAsync(own, CalendarSource.Default, DateTimeOffset.FromUnixTimeSeconds(slot), default);
        explained.Offered.ShouldBeTrue();
        explained.Reasons.ShouldHaveSingleItem().Code.ShouldBe(SlotReasons.Free);
        explained.Claims.ShouldHaveSingleItem().LeavesRoomFor(own.DefaultCalendarId!).ShouldBeTrue();
        if (world.Memory is { } memory)
            memory.PayloadsWritten.ShouldBe(payloads!.Value, "nothing that was fetched has changed");
        var epoch = (await world.Here.StoredAsync(own)).State.Epoch;
        await MinutesAsync(3);
        (await world.Here.StoredAsync(own)).State.Epoch.ShouldBe(epoch, "it is proven once");

        // Another node, or this one after a restart, knows it from the database.
        var later = await world.StartNodeAsync();
        (await later.ReadAsync(own)).Starts.Contains(slot).ShouldBeTrue();
        (await later.ReadAsync(other)).Starts.Contains(slot).ShouldBeFalse();
        // Taken once more, until that is shown to leave room as well.
        await world.BookAsync(own, DateTimeOffset.FromUnixTimeSeconds(slot));
        (await NamesAsync(own)).ShouldBeFalse();

        async Task MinutesAsync(int minutes)
        {
            for (var i = 0; i < minutes; i++)
            {
                await world.DelayAsync(TimeSpan.FromSeconds(59));
                (await world.Here.RefreshAsync(own)).Kind.ShouldBe(RefreshKind.Unchanged);
                (await world.Here.RefreshAsync(other)).Kind.ShouldBe(RefreshKind.Unchanged);
            }
        }

        async Task<bool> NamesAsync(Workspace workspace) => (await world.Here.ReadAsync(workspace, refreshIfStale: false)).Starts.Contains(slot);
    }, start: keep == Keep.InSqlite ? RealClock.Instance.GetUtcNow() : null); // A file says by the machine's clock since when something stands.

    private static RoomProof? Find(Claim claim, DateTimeOffset first, bool named, DateTimeOffset second, bool namedAgain)
    {
        var picture = new CalendarPicture(Some.FetchedAt(first, 5), Names(named), [claim]);
        var write = new SnapshotWrite("cal_c", 5, Some.FetchedAt(second, named == namedAgain ? 5 : 6), named == namedAgain ? null : Names(namedAgain), null);
        return RoomProof.Find("cal_c", "res_c", picture, write);
    }

    private static Snapshot Names(bool slot) =>
        Some.SnapshotOf([.. new[] { Slot.AddHours(-1), Slot, Slot.AddHours(1) }.Where(start => slot || start != Slot).Select(start => start.ToUnixTimeSeconds())]);

    private static Claim Claim() => new("bkg_1", "res_c", 0, Slot, Slot.AddMinutes(30), ClaimState.Booked, null, null) { At = new BookedAt("cal_c", Booked, false) };
}
