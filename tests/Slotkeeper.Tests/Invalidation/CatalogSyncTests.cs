using Slotkeeper.Claims;
using Slotkeeper.Invalidation;
using Slotkeeper.Snapshots;
using Slotkeeper.Testing;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Tests.Invalidation;

// Cases: a node starts; workspaces written, moved and deleted here and elsewhere; calendars invalidated here and elsewhere; changes
// missed; a database that is away.
public class CatalogSyncTests
{
    public static TheoryData<Keep> Both => [Keep.InMemory, Keep.InSqlite];

    [Theory]
    [MemberData(nameof(Both))]
    public void A_node_that_starts_knows_everything_that_is_used(Keep keep) => World.Tell(keep, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 3);
        await world.AddAsync("agy_b", 2, weight: 7);
        await world.Here.RunAsync();
        await world.Here.Workspaces.DeleteAsync(workspaces[2].Id, default);

        var other = await world.StartNodeAsync();

        other.Catalog.IsLoaded.ShouldBeTrue();
        other.Catalog.WorkspaceCount.ShouldBe(4);
        other.Catalog.CalendarCount.ShouldBe(4);
        other.Catalog.TryAgency("agy_b", out var agency).ShouldBeTrue();
        agency.Weight.ShouldBe(7);
        foreach (var workspace in workspaces.Take(2))
        {
            other.Live(workspace).Picture.State.ShouldBe(world.Here.Live(workspace).Picture.State);
            other.Live(workspace).Picture.Snapshot!.Packed.ShouldBe(world.Here.Live(workspace).Picture.Snapshot!.Packed);
            other.Live(workspace).AgencyId.ShouldBe("agy_a");
            other.Live(workspace).SharedBy.ShouldBe(1);
        }
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void A_workspace_that_gets_another_calendar_drops_the_one_nobody_uses(Keep keep) => World.Tell(keep, async world =>
    {
        var before = (await world.AddAsync("agy_a", 1))[0];
        var written = await world.Here.Workspaces.WriteAsync(
            [new(before, new Dictionary<CalendarSource, Calendars.CalendarRequest?> { [CalendarSource.Default] = World.Wanted("other") })], default);
        await world.Here.Sync.TakeOverAsync(written[0], before, default);

        var after = written[0].Workspace!;
        after.DefaultCalendarId.ShouldNotBe(before.DefaultCalendarId);
        world.Here.Catalog.TryCalendar(before.DefaultCalendarId!, out _).ShouldBeFalse();
        world.Here.Catalog.TryCalendar(after.DefaultCalendarId!, out _).ShouldBeTrue();
        world.Here.Catalog.TryWorkspace(before.Id, out var known).ShouldBeTrue();
        known.DefaultCalendarId.ShouldBe(after.DefaultCalendarId);
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void A_workspace_that_is_deleted_here_is_forgotten_with_its_calendar(Keep keep) => World.Tell(keep, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 2);
        await world.Here.Workspaces.DeleteAsync(workspaces[0].Id, default);
        await world.Here.Sync.ForgetWorkspaceAsync(workspaces[0], default);
        world.Here.Catalog.WorkspaceCount.ShouldBe(1);
        world.Here.Catalog.CalendarCount.ShouldBe(1);
        (await world.Here.RunAsync()).Checked.ShouldBe(1);
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void What_is_no_longer_there_at_a_later_load_is_forgotten(Keep keep) => World.Tell(keep, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 3);
        await world.Here.Workspaces.DeleteAsync(workspaces[1].Id, default);
        await world.Here.Sync.LoadAsync(default);
        world.Here.Catalog.WorkspaceCount.ShouldBe(2);
        world.Here.Catalog.CalendarCount.ShouldBe(2);
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void An_invalidation_raises_the_epoch_by_one_makes_due_and_names_what_it_touched(Keep keep) => World.Tell(keep, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 2);
        await world.Here.RunAsync();
        var due = new List<string>();
        world.Here.Invalidator.Due += due.Add;

        var done = await world.Here.Invalidator.InvalidateAsync([workspaces[0].DefaultCalendarId!, "cal_unknown"], default);

        done.Bumped.ShouldBe([new BumpedEpoch(workspaces[0].DefaultCalendarId!, 3)]);
        done.Workspaces.ShouldBe(1);
        due.ShouldBe([workspaces[0].DefaultCalendarId!]);
        world.Here.Live(workspaces[0]).Picture.State.Epoch.ShouldBe(3);
        (await world.Here.StoredAsync(workspaces[0])).State.Epoch.ShouldBe(3);
        (await world.Here.ReadAsync(workspaces[0], refreshIfStale: false)).Fresh.ShouldBeFalse();
        (await world.Here.ReadAsync(workspaces[1], refreshIfStale: false)).Fresh.ShouldBeTrue();
        (await world.Here.Invalidator.InvalidateAsync([], default)).Bumped.ShouldBeEmpty();
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void An_event_type_is_invalidated_for_all_who_use_it(Keep keep) => World.Tell(keep, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 2);
        var done = await world.Here.Invalidator.InvalidateEventTypeAsync(Calendars.Provider.Calendly, "https://calendly.com/acme/agy_a-1", default);
        done.Bumped.ShouldHaveSingleItem().CalendarId.ShouldBe(workspaces[1].DefaultCalendarId);
        (await world.Here.Invalidator.InvalidateEventTypeAsync(Calendars.Provider.HubSpot, "https://calendly.com/acme/agy_a-1", default)).Bumped.ShouldBeEmpty();
    });

    [Fact]
    public void What_another_node_changes_is_read_by_the_next_who_needs_it() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RunAsync();
        var other = await world.StartNodeAsync();
        var start = (await other.ReadAsync(workspace)).Starts[0];
        var at = DateTimeOffset.FromUnixTimeSeconds(start);
        world.Memory.Claim(new Claim("bkg_1", other.Live(workspace).Calendar.ResourceId, 0, at, at.AddMinutes(30), ClaimState.Booked, null, null));
        await world.DelayAsync(TimeSpan.FromMilliseconds(1));

        (await other.ReadAsync(workspace, refreshIfStale: false)).Starts.Contains(start).ShouldBeFalse();
        (await world.Here.ReadAsync(workspace, refreshIfStale: false)).Starts.Contains(start).ShouldBeFalse();
        other.Live(workspace).Picture.State.Epoch.ShouldBe(3);
    });

    [Fact]
    public void A_change_that_comes_while_a_copy_is_read_is_not_lost() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RunAsync();
        var live = world.Here.Live(workspace);
        var start = (await world.Here.ReadAsync(workspace)).Starts[0];
        var at = DateTimeOffset.FromUnixTimeSeconds(start);
        live.Distrust();
        world.Here.Faults.AfterLoad = async _ =>
        {
            world.Here.Faults.AfterLoad = null;
            world.Memory.Claim(new Claim("bkg_1", live.Calendar.ResourceId, 0, at, at.AddMinutes(30), ClaimState.Booked, null, null));
            await world.DelayAsync(TimeSpan.FromMilliseconds(1));
        };
        await world.Here.ReadAsync(workspace, refreshIfStale: false);
        (await world.Here.ReadAsync(workspace, refreshIfStale: false)).Starts.Contains(start).ShouldBeFalse();
    });

    [Fact]
    public void Workspaces_and_agencies_written_and_deleted_elsewhere_are_followed() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 1);
        var other = await world.StartNodeAsync();
        var heard = new List<Change>();
        other.Sync.OtherChanged += heard.Add;
        var added = await world.AddAsync("agy_b", 2);
        await world.Here.Agencies.UpdateAsync(new Agency("agy_b", "B", 5, world.Now), default);
        await world.DelayAsync(TimeSpan.FromMilliseconds(1));
        other.Catalog.WorkspaceCount.ShouldBe(3);
        other.Catalog.CalendarCount.ShouldBe(3);
        other.Catalog.TryAgency("agy_b", out var agency).ShouldBeTrue();
        agency.Weight.ShouldBe(5);
        heard.ShouldAllBe(change => change.Kind == ChangeKind.Agency);

        await world.Here.Workspaces.DeleteAsync(added[0].Id, default);
        await world.DelayAsync(TimeSpan.FromMilliseconds(1));
        other.Catalog.WorkspaceCount.ShouldBe(2);
        other.Catalog.CalendarCount.ShouldBe(2);
    });

    [Fact]
    public void After_changes_may_have_been_missed_everything_is_read_again() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 2);
        var other = await world.StartNodeAsync();
        var feed = (MemoryStorage.Node)other.Feed;
        var missed = 0;
        other.Sync.Missed += () => missed++;
        await world.Here.RunAsync();
        feed.Miss();
        await world.DelayAsync(TimeSpan.FromMilliseconds(1));
        missed.ShouldBe(1);
        workspaces.ShouldAllBe(workspace => other.Live(workspace).Picture.State.Epoch == 2);
    });

    [Fact]
    public void While_a_node_does_not_hear_it_reads_every_time() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RunAsync();
        ((MemoryStorage.Node)world.Here.Feed).IsTrusted = false;
        world.Here.Faults.Loads = 0;
        for (var i = 0; i < 3; i++)
            (await world.Here.ReadAsync(workspace)).Fresh.ShouldBeTrue();
        world.Here.Faults.Loads.ShouldBe(3);

        world.Here.Faults.IsAway = true;
        await Should.ThrowAsync<StorageUnavailableException>(() => world.Here.ReadAsync(workspace));
        ((MemoryStorage.Node)world.Here.Feed).IsTrusted = true;
        (await world.Here.ReadAsync(workspace)).Fresh.ShouldBeTrue();
    });

    [Fact]
    public void A_node_that_did_not_run_takes_over_how_fresh_the_others_made_the_fleet() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 3);
        await world.Here.RunAsync();
        var other = await world.StartNodeAsync();
        ((MemoryStorage.Node)other.Feed).IsShared = true;
        await world.DelayAsync(TimeSpan.FromMinutes(1));
        await world.Here.RunAsync();
        await world.DelayAsync(TimeSpan.FromSeconds(5));
        await other.Sync.ReloadFreshnessAsync(default);
        workspaces.ShouldAllBe(workspace => other.Live(workspace).Picture.State.LastSuccessAt == world.Here.Live(workspace).Picture.State.LastSuccessAt);
    });

    [Fact]
    public void A_reader_looks_whether_another_node_was_faster_before_it_asks_a_provider() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RunAsync();
        var other = await world.StartNodeAsync();
        ((MemoryStorage.Node)other.Feed).IsShared = true;
        await world.DelayAsync(TimeSpan.FromSeconds(70));
        await world.Here.RunAsync();
        var calls = world.Providers.Calls.Count;
        (await other.ReadAsync(workspace)).Fresh.ShouldBeTrue();
        world.Providers.Calls.Count.ShouldBe(calls);
    });
}
