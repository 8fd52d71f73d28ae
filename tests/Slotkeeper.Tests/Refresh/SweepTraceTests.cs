using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;
using Slotkeeper.Testing;

namespace Slotkeeper.Tests.Refresh;

/// <summary>What a run writes down of itself. Cases: nothing to do; quick, slow, failing ones; waits that end in time and that do not; no turn; more than is kept.</summary>
public class SweepTraceTests
{
    [Fact]
    public void A_run_without_calendars_writes_down_that_it_did_nothing() => World.Tell(Keep.InMemory, async world =>
    {
        var result = await world.Here.RunAsync(seconds: 55);
        result.Work.Providers.ShouldBeEmpty();
        result.Work.MostAtOnce.ShouldBe(0);
        (result.Work.TimeBudgetMs, result.Work.StartsEndMs).ShouldBe((55_000, 47_500));
        result.Trace.Fetches.ShouldBeEmpty();
    });

    [Fact]
    public void A_slow_calendar_is_seen_with_its_start_its_time_and_its_place() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 20);
        var slow = workspaces[7].DefaultCalendarId!;
        world.Providers.Otherwise = request => Reply.Plenty.After(TimeSpan.FromMilliseconds(request.Calendar.Id == slow ? 900 : 100));

        var result = await world.Here.RunAsync(concurrency: 4);

        var calendly = result.Work.Providers.ShouldHaveSingleItem();
        calendly.ShouldBe(new ProviderWork(Provider.Calendly, 20, 20, 0, 0, 0, 0, new LatencyPercentiles(100, 100, 900)));
        result.Work.MostAtOnce.ShouldBe(4);
        result.Trace.Lanes.ShouldBe(4);
        var one = result.Trace.Fetches.Single(fetch => fetch.Calendar.Id == slow);
        (one.AnswerMs, one.WaitMs, one.Code).ShouldBe((900, 0, null));
        result.Trace.Fetches.Select(fetch => fetch.StartMs).Distinct().Order().ShouldBe([0, 100, 200, 300, 400, 500]);
    });

    [Fact]
    public void What_failed_is_written_down_with_its_code_and_its_second_try() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 10);
        world.Providers.Next(workspaces[4].DefaultCalendarId!, Reply.Unreachable);
        world.Providers.Always(workspaces[5].DefaultCalendarId!, Reply.Unauthorized);
        var result = await world.Here.RunAsync();
        var calendly = result.Work.Providers.ShouldHaveSingleItem();
        (calendly.Calendars, calendly.Asked, calendly.Failed).ShouldBe((10, 11, 2));
        result.Trace.Fetches.Where(fetch => fetch.Calendar.Id == workspaces[4].DefaultCalendarId).Select(fetch => fetch.Code).ShouldBe([RefreshErrorCodes.ProviderUnreachable, null]);
        result.Trace.Fetches.Single(fetch => fetch.Failed && fetch.Calendar.Id == workspaces[5].DefaultCalendarId).Code.ShouldBe(RefreshErrorCodes.Unauthorized);
    });

    [Fact]
    public void A_wait_for_a_budget_that_ends_in_time_is_counted_once_however_often_it_was_refused() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 3);
        var waiting = workspaces[1].DefaultCalendarId!;
        world.Providers.Next(waiting, Reply.OverBudget(world.Clock, TimeSpan.FromSeconds(5)));
        world.Providers.Next(waiting, Reply.OverBudget(world.Clock, TimeSpan.FromSeconds(10)));
        var result = await world.Here.RunAsync();
        var calendly = result.Work.Providers.ShouldHaveSingleItem();
        (calendly.Asked, calendly.Failed, calendly.Waited, calendly.Left).ShouldBe((3, 0, 1, 0));
        calendly.WaitMs.ShouldBeInRange(15_000, 16_000);
        result.Trace.Fetches.Single(fetch => fetch.Calendar.Id == waiting).WaitMs.ShouldBe((int)calendly.WaitMs);
    });

    [Fact]
    public void What_is_left_is_told_apart_by_why() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 9);
        var waiting = workspaces.Take(2).Select(workspace => workspace.DefaultCalendarId!).ToHashSet();
        world.Providers.Otherwise = request => waiting.Contains(request.Calendar.Id) ? Reply.OverBudget(world.Clock, TimeSpan.FromMinutes(1)) : Reply.Plenty.After(TimeSpan.FromSeconds(1));
        var result = await world.Here.RunAsync(seconds: 10, concurrency: 1);
        result.NotAttempted.ShouldBe(result.Work.LeftWaiting + result.Work.LeftWithoutTurn);
        result.Work.LeftWaiting.ShouldBe(2);
        result.Work.LeftWithoutTurn.ShouldBeGreaterThan(0);
        result.Work.LostLease.ShouldBeFalse();
        result.Trace.Fetches.Where(fetch => fetch.WasLeft).Select(fetch => fetch.Calendar.Id).ToHashSet().ShouldBe(waiting);
    });

    [Fact]
    public void Beyond_what_is_kept_it_is_only_counted()
    {
        var recorder = new SweepRecorder([]);
        var calendar = new Calendar("cal_1", Provider.HubSpot, null, "e", null, null, "res_1", 1, null, null);
        for (var i = 0; i < 5; i++)
            recorder.End(calendar, new RefreshOutcome(RefreshKind.Refreshed), recorder.Begin(), i, 10 * i, null);
        var trace = recorder.Trace();
        // One place for a second try is kept for the smallest queue too.
        (trace.Fetches.Count, trace.Cut, trace.Lanes).ShouldBe((1, 4, 1));
        recorder.Work(TimeSpan.FromSeconds(55), TimeSpan.FromSeconds(47.5), false).Providers.ShouldHaveSingleItem().LatencyMs.ShouldBe(new LatencyPercentiles(20, 40, 40));
    }

    [Theory]
    [InlineData(new[] { 7 }, 7, 7, 7)]
    [InlineData(new[] { 2, 1 }, 1, 2, 2)]
    [InlineData(new[] { 5, 1, 3 }, 3, 5, 5)]
    public void Percentiles_are_values_that_there_were(int[] times, int p50, int p95, int max) =>
        LatencyPercentiles.Of([.. times]).ShouldBe(new LatencyPercentiles(p50, p95, max));

    [Fact]
    public void Of_nothing_there_are_no_percentiles() => LatencyPercentiles.Of([]).ShouldBeNull();

    [Fact]
    public void A_free_lane_is_the_lowest_one_and_none_is_given_twice()
    {
        var lanes = new FreeLanes();
        Enumerable.Range(0, 200).Select(_ => (int)lanes.Take()).ShouldBe(Enumerable.Range(0, 200));
        lanes.Give(130);
        lanes.Give(3);
        lanes.Take().ShouldBe((short)3);
        lanes.Take().ShouldBe((short)130);
        lanes.Take().ShouldBe((short)200);
        lanes.Used.ShouldBe(201);
    }
}
