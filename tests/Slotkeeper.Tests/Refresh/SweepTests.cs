using Slotkeeper.Refresh;
using Slotkeeper.Testing;

namespace Slotkeeper.Tests.Refresh;

// Cases: a budget too short; fetches that hang, that are slow, that do not hear; limits; failures of every kind; retries; back-off.
public class SweepTests
{
    public static TheoryData<Keep> Both => [Keep.InMemory, Keep.InSqlite];

    [Theory]
    [MemberData(nameof(Both))]
    public void A_run_fetches_every_calendar_and_every_answer_is_stored(Keep keep) => World.Tell(keep, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 30);
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromMilliseconds(150));
        var result = await world.Here.RunAsync();

        result.Checked.ShouldBe(30);
        result.Attempted.ShouldBe(30);
        result.Refreshed.ShouldBe(30);
        result.Unchanged.ShouldBe(0);
        result.FinishedWithinBudget.ShouldBeTrue();
        result.Metrics.NeverFetched.ShouldBe(30);
        foreach (var workspace in workspaces)
        {
            var stored = await world.Here.StoredAsync(workspace);
            stored.Snapshot!.Count.ShouldBeGreaterThan(300);
            stored.State.Epoch.ShouldBe(2);
            world.Here.Live(workspace).Picture.State.ShouldBe(stored.State);
        }
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void A_second_run_finds_the_same_and_keeps_the_epochs(Keep keep) => World.Tell(keep, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 5);
        await world.Here.RunAsync();
        await world.Here.DelayAsync(60);
        var result = await world.Here.RunAsync();
        result.Refreshed.ShouldBe(5);
        result.Unchanged.ShouldBe(5);
        (await world.Here.StoredAsync(workspaces[0])).State.Epoch.ShouldBe(2);
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void Starts_end_seven_and_a_half_seconds_before_the_deadline_and_what_was_left_is_counted(Keep keep) => World.Tell(keep, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 8);
        world.Providers.Always(workspaces[0].DefaultCalendarId!, Reply.RateLimited(world.Clock, TimeSpan.FromHours(1)));
        await world.Here.RefreshAsync(workspaces[0]);
        world.Providers.Calls.Clear();
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(1.5));
        var started = world.Now;

        var result = await world.Here.RunAsync(seconds: 10, concurrency: 1);

        result.Checked.ShouldBe(8);
        result.SkippedBackoff.ShouldBe(1);
        result.Attempted.ShouldBe(2);
        result.NotAttempted.ShouldBe(5);
        result.FinishedWithinBudget.ShouldBeFalse();
        world.Providers.Calls.Select(call => (call.At - started).TotalSeconds).ShouldBe([0, 1.5]);
    });

    [Fact]
    public void What_was_not_attempted_is_first_in_line_next_time() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 8);
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(1.5));
        await world.Here.RunAsync(seconds: 10, concurrency: 1);
        var first = world.Providers.Calls.Select(call => call.CalendarId).ToList();
        await world.Here.RunAsync(seconds: 55, concurrency: 1);
        world.Providers.Calls.Skip(first.Count).Take(6).Select(call => call.CalendarId).ShouldNotContain(id => first.Contains(id));
    });

    [Theory]
    [InlineData(1, 0.25)]
    [InlineData(4, 1)]
    public void A_budget_shorter_than_ten_seconds_starts_for_a_quarter_of_it(double budget, double lastStart) => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 500);
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromMilliseconds(50));
        var started = world.Now;
        var result = await world.Here.RunAsync(budget, concurrency: 1);
        result.NotAttempted.ShouldBeGreaterThan(0);
        (world.Providers.Calls[^1].At - started).TotalSeconds.ShouldBeInRange(lastStart - 0.05, lastStart);
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void Fetches_under_way_are_cancelled_at_the_deadline_and_the_run_ends_on_time(Keep keep) => World.Tell(keep, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 5);
        await world.Here.RunAsync();
        var before = await world.Here.StoredAsync(workspaces[0]);
        world.Providers.Otherwise = _ => Reply.Silence;
        await world.Here.DelayAsync(60);

        var result = await world.Here.RunAsync(seconds: 20, concurrency: 5);

        result.Attempted.ShouldBe(5);
        result.ErrorCount.ShouldBe(5);
        result.DurationMs.ShouldBeInRange(20_000, 21_000);
        world.Providers.Cancelled.ShouldBe(5);
        var after = await world.Here.StoredAsync(workspaces[0]);
        after.Snapshot!.Packed.ShouldBe(before.Snapshot!.Packed);
        after.State.LastSuccessAt.ShouldBe(before.State.LastSuccessAt);
    });

    [Fact]
    public void A_run_does_not_wait_beyond_its_deadline_for_a_fetch_that_a_reader_began() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 3);
        world.Providers.Always(workspaces[0].DefaultCalendarId!, Reply.Silence);
        var reader = world.Here.ReadAsync(workspaces[0]);

        var result = await world.Here.RunAsync(seconds: 20);

        result.DurationMs.ShouldBeLessThanOrEqualTo(21_000);
        result.Refreshed.ShouldBe(2);
        result.ErrorCount.ShouldBe(1);
        (await reader).Fresh.ShouldBeFalse();
    });

    [Fact]
    public void A_run_does_not_wait_beyond_its_deadline_for_an_adapter_that_does_not_hear() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 3);
        world.Providers.Always(workspaces[0].DefaultCalendarId!, Reply.Plenty.After(TimeSpan.FromMinutes(10)).Deaf());
        var result = await world.Here.RunAsync(seconds: 20);
        result.DurationMs.ShouldBeLessThanOrEqualTo(21_000);
        result.Refreshed.ShouldBe(2);
        result.ErrorCount.ShouldBe(1);
    });

    [Fact]
    public void A_fetch_that_a_reader_began_and_that_hangs_ends_some_time() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 1);
        world.Providers.Next(workspaces[0].DefaultCalendarId!, Reply.Silence);
        (await world.Here.ReadAsync(workspaces[0])).Fresh.ShouldBeFalse();
        await world.DelayAsync(TimeSpan.FromMinutes(2));
        (await world.Here.ReadAsync(workspaces[0])).Fresh.ShouldBeTrue();
        world.Providers.Calls.Count.ShouldBe(2);
    });

    [Fact]
    public void A_limit_bounds_a_run_and_zero_switches_it_off() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 20);
        var result = await world.Here.RunAsync(limit: 7);
        result.Checked.ShouldBe(7);
        world.Providers.Calls.Count.ShouldBe(7);
        (await world.Here.Runner.RunAsync(new SweepRequest(SweepMode.All, SweepTrigger.Cron, 0, TimeSpan.FromSeconds(55), null), default))
            .ShouldBeOfType<SweepOutcome.Disabled>();
        world.Providers.Calls.Count.ShouldBe(7);
    });

    [Fact]
    public void Due_mode_leaves_fresh_ones_alone() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 4);
        await world.Here.RunAsync();
        await world.Here.DelayAsync(30);
        await world.Here.Invalidator.InvalidateAsync([workspaces[2].DefaultCalendarId!], default);
        var result = await world.Here.RunAsync(mode: SweepMode.Due);
        result.Checked.ShouldBe(1);
        world.Providers.Calls[^1].CalendarId.ShouldBe(workspaces[2].DefaultCalendarId);
    });

    [Fact]
    public void Slow_calendars_do_not_delay_quick_ones() => World.Tell(Keep.InMemory, async world =>
    {
        // Two places; as many calendars take 20 s as would hold both for the whole run.
        var workspaces = await world.AddAsync("agy_a", 60);
        var slow = workspaces.Take(6).Select(workspace => workspace.DefaultCalendarId!).ToHashSet();
        world.Providers.Otherwise = request => Reply.Plenty.After(TimeSpan.FromSeconds(slow.Contains(request.Calendar.Id) ? 20 : 0.2));
        await world.Here.RunAsync(concurrency: 2);
        await world.Here.DelayAsync(10);

        world.Providers.Calls.Clear();
        var started = world.Now;
        var result = await world.Here.RunAsync(concurrency: 2);

        var quick = world.Providers.Calls.Where(call => !slow.Contains(call.CalendarId)).ToList();
        quick.Count.ShouldBe(54);
        (quick[^1].At - started).TotalSeconds.ShouldBeLessThan(8);
        result.DurationMs.ShouldBeLessThanOrEqualTo(56_000);
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void A_provider_that_hangs_on_100_of_1000_leaves_the_other_900_refreshed(Keep keep) => World.Tell(keep, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 1000);
        var hung = workspaces.Where((_, i) => i % 10 == 3).Select(workspace => workspace.DefaultCalendarId!).ToHashSet();
        world.Providers.Otherwise = request => hung.Contains(request.Calendar.Id) ? Reply.Silence : Reply.Plenty.After(TimeSpan.FromMilliseconds(150));

        for (var run = 0; run < 3; run++)
        {
            var result = await world.Here.RunAsync();
            result.Refreshed.ShouldBe(900, $"run {run}");
            result.ErrorCount.ShouldBe(100 - result.NotAttempted);
            result.DurationMs.ShouldBeLessThanOrEqualTo(56_000);
            await world.Here.DelayAsync(5);
        }
        workspaces.Where(workspace => !hung.Contains(workspace.DefaultCalendarId!))
            .ShouldAllBe(workspace => world.Here.Live(workspace).Picture.State.LastSuccessAt > world.Now.AddSeconds(-62));
    });

    [Fact]
    public void A_failure_that_passes_is_tried_again_within_the_run() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 10);
        world.Providers.Next(workspaces[4].DefaultCalendarId!, Reply.Unreachable);
        var result = await world.Here.RunAsync();
        result.Refreshed.ShouldBe(10);
        result.ErrorCount.ShouldBe(0);
        result.Attempted.ShouldBe(10);
        world.Providers.CallsOf(workspaces[4].DefaultCalendarId!).ShouldBe(2);
    });

    [Fact]
    public void One_that_our_budget_never_allows_is_not_attempted() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 3);
        world.Providers.Always(workspaces[0].DefaultCalendarId!, Reply.OverBudget(world.Clock, TimeSpan.FromSeconds(30)));
        var result = await world.Here.RunAsync();
        result.NotAttempted.ShouldBe(1);
        result.Attempted.ShouldBe(2);
        result.FinishedWithinBudget.ShouldBeFalse();
        (await world.Here.StoredAsync(workspaces[0])).State.Failures.ShouldBe(0);
    });

    [Fact]
    public void A_bug_in_an_adapter_costs_one_calendar_only() => World.Tell(Keep.InMemory, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 10);
        world.Providers.Always(workspaces[0].DefaultCalendarId!, Reply.Bug);
        var result = await world.Here.RunAsync();
        result.Refreshed.ShouldBe(9);
        result.ErrorCount.ShouldBe(1);
        result.Errors.ShouldHaveSingleItem().ShouldStartWith(workspaces[0].DefaultCalendarId!);
    });

    [Fact]
    public void Workspaces_without_a_calendar_are_counted_apart() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 2);
        await world.Here.Workspaces.WriteAsync(
            [new(new("ws_none", "agy_a", "N", "UTC", "en", null, Workspaces.WorkspaceSettings.Defaults, null, null, world.Now), Workspaces.WorkspaceWrite.AsTheyAre)], default);
        await world.Here.Sync.LoadAsync(default);
        var result = await world.Here.RunAsync();
        result.SkippedNoDefault.ShouldBe(1);
        result.Checked.ShouldBe(2);
    });

    [Theory]
    [InlineData(Keep.InMemory, 60)]
    [InlineData(Keep.InSqlite, 6)]
    public void Every_calendar_is_counted_exactly_once_whatever_the_providers_do(Keep keep, int cases) => Properties.Hold(cases, random =>
        World.Tell(keep, async world =>
        {
            for (var agency = random.Next(1, 4); agency > 0; agency--)
                await world.AddAsync($"agy_{agency}", random.Next(1, 40));
            var count = world.Here.Catalog.CalendarCount;
            Reply[] replies =
            [
                Reply.Plenty, Reply.Plenty, Reply.Plenty, Reply.EveryHours(3), Reply.Empty, Reply.Unchanged, Reply.Unreachable, Reply.Malformed, Reply.Unauthorized,
                Reply.NotFound, Reply.UnsupportedDuration, Reply.NotConfigured, Reply.Bug, Reply.Silence,
                Reply.RateLimited(world.Clock, TimeSpan.FromSeconds(random.Next(1, 90))), Reply.OverBudget(world.Clock, TimeSpan.FromSeconds(random.Next(1, 90))),
            ];
            world.Providers.Otherwise = _ => replies[random.Next(replies.Length)].After(TimeSpan.FromMilliseconds(random.Next(3000)));

            for (var run = 0; run < 3; run++)
            {
                var before = world.Providers.Calls.Count;
                var limit = random.Next(3) == 0 ? random.Next(1, count + 2) : (int?)null;
                int? concurrency = random.Next(2) == 0 ? random.Next(1, 20) : null;
                var mode = random.Next(2) == 0 ? SweepMode.All : SweepMode.Due;
                var seconds = random.Next(1, 60);
                var result = await world.Here.RunAsync(seconds, concurrency, limit, mode);

                result.Checked.ShouldBe(result.Attempted + result.SkippedBackoff + result.SkippedNotConfigured + result.NotAttempted);
                result.Attempted.ShouldBe(result.Refreshed + result.SkippedUnsupportedDuration + result.ErrorCount);
                result.Unchanged.ShouldBeLessThanOrEqualTo(result.Refreshed);
                result.Errors.Count.ShouldBe(Math.Min(result.ErrorCount, SweepResult.MaximumErrors));
                result.FinishedWithinBudget.ShouldBe(result.NotAttempted == 0);
                result.DurationMs.ShouldBeLessThanOrEqualTo((seconds * 1000) + 1000);
                if (mode == SweepMode.All && limit is null)
                    result.Checked.ShouldBe(count);
                result.Work.Providers.Sum(one => one.Calendars).ShouldBe(result.Checked - result.SkippedBackoff);
                result.Work.Providers.Sum(one => one.Left).ShouldBe(result.NotAttempted);
                (result.Work.LeftWaiting + result.Work.LeftWithoutTurn).ShouldBe(result.NotAttempted);
                result.Trace.Cut.ShouldBe(0);
                result.Trace.Fetches.Count(fetch => !fetch.WasLeft).ShouldBe(result.Work.Providers.Sum(one => one.Asked));
                result.Trace.Fetches.Count(fetch => fetch.WasLeft).ShouldBe(result.Work.LeftWaiting);
                foreach (var lane in result.Trace.Fetches.Where(fetch => !fetch.WasLeft).GroupBy(fetch => fetch.Lane))
                    lane.OrderBy(fetch => fetch.StartMs).Zip(lane.OrderBy(fetch => fetch.StartMs).Skip(1)).ShouldAllBe(pair => pair.First.StartMs + pair.First.AnswerMs <= pair.Second.StartMs + 1);
                world.Providers.UnderWay.ShouldBe(0);
                // A retry for every tenth calendar, and a second read of what looked suspicious.
                (world.Providers.Calls.Count - before).ShouldBeGreaterThanOrEqualTo(result.Attempted);
                await world.Here.DelayAsync(random.Next(1, 120));
            }
        }));
}
