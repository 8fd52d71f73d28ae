using Slotkeeper.Refresh;
using Slotkeeper.Testing;

namespace Slotkeeper.Tests.Refresh;

// Cases: two runners; a lease lost; a holder that dies; storage away before, during and after; the minute schedule on one node and two.
public class SweepRunnerTests
{
    private static readonly SweepRequest Now = new(SweepMode.All, SweepTrigger.Cron, null, TimeSpan.FromSeconds(55), null);

    public static TheoryData<Keep> Both => [Keep.InMemory, Keep.InSqlite];

    [Theory]
    [MemberData(nameof(Both))]
    public void Of_two_runners_on_one_database_one_runs_and_the_other_is_told_so(Keep keep) => World.Tell(keep, async world =>
    {
        await world.AddAsync("agy_a", 5);
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(2));
        var other = await world.StartNodeAsync();
        var first = world.Here.RunAsync();
        var second = await other.Runner.RunAsync(Now, default);

        second.ShouldBeOfType<SweepOutcome.Locked>().RetryIn.ShouldNotBeNull().ShouldBeInRange(TimeSpan.Zero, SweepRunner.LeaseDuration);
        (await first).Refreshed.ShouldBe(5);
        world.Providers.Calls.Count.ShouldBe(5);
        (await other.Runner.RunAsync(Now, default)).ShouldBeOfType<SweepOutcome.Ran>();
    });

    [Fact]
    public void A_run_longer_than_its_lease_keeps_it() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 5);
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(10));
        var other = await world.StartNodeAsync();
        var first = world.Here.RunAsync(concurrency: 1);
        for (var i = 0; i < 5; i++)
        {
            await world.DelayAsync(TimeSpan.FromSeconds(4));
            (await other.Runner.RunAsync(Now, default)).ShouldBeOfType<SweepOutcome.Locked>();
        }
        (await first).Refreshed.ShouldBe(5);
    });

    [Fact]
    public void A_run_that_loses_its_lease_stops_its_fetches_and_writes_nothing_more() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 40);
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(20));
        var run = world.Here.RunAsync(concurrency: 10);
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        world.Memory.StealLease(SweepRunner.LeaseName);
        var batches = world.Memory.Batches;

        var result = await run;

        result.DurationMs.ShouldBeLessThanOrEqualTo(6_000);
        result.Refreshed.ShouldBe(0);
        // Ten, and ten more once those were put aside; the heartbeat finds out at five seconds.
        result.ErrorCount.ShouldBe(20);
        result.NotAttempted.ShouldBe(20);
        result.Errors.ShouldAllBe(error => error.Contains("fenced"));
        world.Memory.Batches.ShouldBe(batches);
        workspaces.ShouldAllBe(workspace => world.Memory.Stored(workspace.DefaultCalendarId!).State.LastAttemptAt == null);
        workspaces.ShouldAllBe(workspace => world.Here.Live(workspace).Picture.State.LastAttemptAt == null);
    });

    [Fact]
    public void The_heartbeat_of_a_run_ends_with_it() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 1);
        await world.Here.RunAsync();
        (await world.Here.Leases.TryAcquireAsync(SweepRunner.LeaseName, "somebody", TimeSpan.FromSeconds(15), TimeSpan.Zero, default)).ShouldBeOfType<LeaseOutcome.Acquired>();
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void A_run_without_a_database_says_so_and_the_next_one_succeeds(Keep keep) => World.Tell(keep, async world =>
    {
        await world.AddAsync("agy_a", 3);
        world.Here.Faults.IsAway = true;
        await Should.ThrowAsync<StorageUnavailableException>(() => world.Here.Runner.RunAsync(Now, default));
        world.Providers.Calls.ShouldBeEmpty();
        world.Here.Faults.IsAway = false;
        (await world.Here.RunAsync()).Refreshed.ShouldBe(3);
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void A_database_that_goes_away_in_the_middle_costs_what_could_not_be_stored(Keep keep) => World.Tell(keep, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 6);
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(3));
        var run = world.Here.RunAsync(concurrency: 2);
        await world.DelayAsync(TimeSpan.FromSeconds(4));
        world.Here.Faults.IsAway = true;
        var result = await run;

        result.Refreshed.ShouldBe(2);
        result.ErrorCount.ShouldBe(4);
        result.Errors.ShouldAllBe(error => error.Contains("storage_unavailable"));
        world.Here.Faults.IsAway = false;
        workspaces.Count(workspace => world.Here.Live(workspace).Picture.State.LastSuccessAt is not null).ShouldBe(2);
        if (keep == Keep.InMemory)
            await world.DelayAsync(SweepRunner.LeaseDuration);
        else
            return; // The file's lease runs out by the machine's clock.
        (await world.Here.RunAsync()).Refreshed.ShouldBe(6);
    });

    [Fact]
    public void A_run_is_cancelled_with_the_process_and_gives_its_lease_back() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 3);
        world.Providers.Otherwise = _ => Reply.Silence;
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(3), world.Clock);
        await Should.ThrowAsync<OperationCanceledException>(() => world.Here.Runner.RunAsync(Now, stop.Token));
        world.Providers.UnderWay.ShouldBe(0);
        world.Providers.Otherwise = _ => Reply.Plenty;
        (await world.Here.RunAsync()).Refreshed.ShouldBe(3);
    });

    [Fact]
    public void The_schedule_runs_every_minute_to_the_tick_for_an_hour() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 1);
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(3));
        var started = world.Now;
        await ScheduleAsync(world, world.Here, TimeSpan.FromMinutes(60) - TimeSpan.FromSeconds(1));
        world.Providers.Calls.Select(call => call.At - started).ShouldBe(Enumerable.Range(0, 60).Select(i => TimeSpan.FromMinutes(i)));
    });

    [Fact]
    public void A_run_that_takes_longer_than_a_minute_is_followed_at_once() => World.Tell(
        Keep.InMemory,
        async world =>
        {
            await world.AddAsync("agy_a", 1);
            world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(80));
            await ScheduleAsync(world, world.Here, TimeSpan.FromMinutes(5));
            world.Providers.Calls.Count.ShouldBeInRange(3, 4);
        },
        new AvailabilityOptions { TimeBudget = TimeSpan.FromSeconds(100) });

    [Fact]
    public void Of_two_nodes_one_keeps_the_schedule_and_when_it_stops_the_other_takes_over() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 1);
        var other = await world.StartNodeAsync();
        var started = world.Now;
        var first = ScheduleAsync(world, world.Here, TimeSpan.FromMinutes(10.5));
        var second = ScheduleAsync(world, other, TimeSpan.FromMinutes(20));
        await Task.WhenAll(first, second);

        var gaps = Gaps(world.Providers.Calls);
        gaps.Take(10).ShouldAllBe(gap => gap == TimeSpan.FromMinutes(1));
        gaps[10].ShouldBeInRange(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(67));
        gaps.Skip(11).ShouldAllBe(gap => gap == TimeSpan.FromMinutes(1));
        (world.Providers.Calls[0].At - started).ShouldBe(TimeSpan.Zero);
    });

    [Fact]
    public void A_node_that_dies_in_the_middle_of_a_run_is_followed_within_twenty_seconds() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 2);
        world.Providers.Otherwise = _ => Reply.Silence;
        var other = await world.StartNodeAsync();
        _ = ScheduleAsync(world, world.Here, TimeSpan.FromMinutes(2));
        var second = ScheduleAsync(world, other, TimeSpan.FromMinutes(2));
        await world.DelayAsync(TimeSpan.FromSeconds(7));
        var died = world.Now;
        world.Here.Faults.IsAway = true;
        world.Providers.Calls.Clear();
        world.Providers.Otherwise = _ => Reply.Plenty;
        await second;
        (world.Providers.Calls[0].At - died).ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromSeconds(20));
        world.Here.Faults.IsAway = false;
    });

    [Fact]
    public void The_schedule_survives_a_database_that_is_away_for_a_while() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 1);
        var schedule = ScheduleAsync(world, world.Here, TimeSpan.FromMinutes(10));
        await world.DelayAsync(TimeSpan.FromMinutes(2.5));
        world.Here.Faults.IsAway = true;
        await world.DelayAsync(TimeSpan.FromMinutes(2));
        world.Here.Faults.IsAway = false;
        var back = world.Now;
        await schedule;
        world.Providers.Calls.Count(call => call.At < back).ShouldBe(3);
        (world.Providers.Calls.First(call => call.At >= back).At - back).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(5));
    });

    private static async Task ScheduleAsync(World world, Node node, TimeSpan time)
    {
        using var stop = new CancellationTokenSource(time, world.Clock);
        await Should.ThrowAsync<OperationCanceledException>(() => node.Schedule.RunAsync(stop.Token));
    }

    private static List<TimeSpan> Gaps(IReadOnlyList<ProviderCall> calls) => [.. calls.Zip(calls.Skip(1), (one, next) => next.At - one.At)];
}
