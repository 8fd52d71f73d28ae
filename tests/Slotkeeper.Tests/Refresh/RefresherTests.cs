using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;
using Slotkeeper.Testing;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Tests.Refresh;

// Cases: many who wait; a run and readers; failures; sudden falls once, twice, with a failure between; invalidation while a fetch is
// under way; patience; storage that does not store.
public class RefresherTests
{
    public static TheoryData<Keep> Both => [Keep.InMemory, Keep.InSqlite];

    [Theory]
    [MemberData(nameof(Both))]
    public void Five_hundred_readers_and_a_run_ask_the_provider_once(Keep keep) => World.Tell(keep, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(2));
        var run = world.Here.RunAsync();
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        var readers = Enumerable.Range(0, 500).Select(_ => world.Here.ReadAsync(workspace)).ToList();

        foreach (var answer in await Task.WhenAll(readers))
            answer.Fresh.ShouldBeTrue();
        (await run).Refreshed.ShouldBe(1);
        world.Providers.Calls.Count.ShouldBe(1);
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void A_run_shares_the_fetch_of_readers(Keep keep) => World.Tell(keep, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(2));
        var readers = Enumerable.Range(0, 500).Select(_ => world.Here.ReadAsync(workspace)).ToList();
        var result = await world.Here.RunAsync();
        await Task.WhenAll(readers);
        result.Refreshed.ShouldBe(1);
        world.Providers.Calls.Count.ShouldBe(1);
    });

    [Fact]
    public void A_reader_that_joins_a_runs_fetch_is_not_kept_waiting_for_company() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(2));
        var run = world.Here.RunAsync();
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        var asked = world.Now;
        await world.Here.ReadAsync(workspace);
        (world.Now - asked).ShouldBe(TimeSpan.FromSeconds(1));
        await run;
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void A_failure_keeps_the_slots_and_success_attempt_and_error_are_three_facts(Keep keep) => World.Tell(keep, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        var succeeded = world.Now;
        var before = await world.Here.StoredAsync(workspace);
        world.Providers.Always(workspace.DefaultCalendarId!, Reply.Malformed);
        await world.DelayAsync(TimeSpan.FromSeconds(30));
        var failedFirst = world.Now;
        await world.Here.RefreshAsync(workspace);
        await world.DelayAsync(TimeSpan.FromSeconds(30));
        await world.Here.RefreshAsync(workspace);

        var after = await world.Here.StoredAsync(workspace);
        after.Snapshot!.Packed.ShouldBe(before.Snapshot!.Packed);
        after.State.Epoch.ShouldBe(before.State.Epoch);
        after.State.LastSuccessAt.ShouldBe(succeeded);
        after.State.LastAttemptAt.ShouldBe(world.Now);
        after.State.Error!.Code.ShouldBe(RefreshErrorCodes.MalformedAnswer);
        after.State.Error.Since.ShouldBe(failedFirst);
        after.State.Failures.ShouldBe(2);
        world.Here.Live(workspace).Picture.State.ShouldBe(after.State);
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void Slots_that_vanish_in_one_answer_and_are_there_in_the_next_never_vanish(Keep keep) => World.Tell(keep, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        var before = (await world.Here.StoredAsync(workspace)).Snapshot!;
        world.Providers.Next(workspace.DefaultCalendarId!, Reply.Empty);
        await world.DelayAsync(TimeSpan.FromSeconds(10));

        var outcome = await world.Here.RefreshAsync(workspace);

        outcome.Kind.ShouldBe(RefreshKind.Unchanged);
        world.Providers.Calls.Count.ShouldBe(3);
        var after = await world.Here.StoredAsync(workspace);
        after.Snapshot!.Packed.ShouldBe(before.Packed);
        after.State.Error.ShouldBeNull();
        after.State.LastSuccessAt.ShouldBe(world.Now);
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void Slots_that_vanish_in_two_answers_are_gone(Keep keep) => World.Tell(keep, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        world.Providers.Next(workspace.DefaultCalendarId!, Reply.Empty, Reply.Empty);
        var outcome = await world.Here.RefreshAsync(workspace);
        outcome.Kind.ShouldBe(RefreshKind.Refreshed);
        outcome.Removed.ShouldBeGreaterThan(300);
        var after = await world.Here.StoredAsync(workspace);
        after.Snapshot!.Count.ShouldBe(0);
        after.State.Epoch.ShouldBe(3);
        (await world.Here.ReadAsync(workspace)).Count.ShouldBe(0);
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void Slots_that_vanish_before_a_failure_are_kept_and_flagged_until_the_truth_comes(Keep keep) => World.Tell(keep, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        world.Providers.Next(workspace.DefaultCalendarId!, Reply.Empty, Reply.Unreachable);

        var outcome = await world.Here.RefreshAsync(workspace);

        outcome.Kind.ShouldBe(RefreshKind.Suspicious);
        var answer = await world.Here.ReadAsync(workspace);
        answer.Count.ShouldBeGreaterThan(300);
        answer.Error!.Code.ShouldBe(RefreshErrorCodes.SuspiciousAnswer);
        await world.DelayAsync(TimeSpan.FromSeconds(5));
        (await world.Here.RefreshAsync(workspace)).Kind.ShouldBe(RefreshKind.Unchanged);
        (await world.Here.ReadAsync(workspace)).Error.ShouldBeNull();
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void What_was_fetched_before_an_invalidation_is_thrown_away_and_the_calendar_stays_due(Keep keep) => World.Tell(keep, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        var before = await world.Here.StoredAsync(workspace);
        world.Providers.Next(workspace.DefaultCalendarId!, Reply.EveryHours(3).After(TimeSpan.FromSeconds(3)));
        var late = world.Here.RefreshAsync(workspace);
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        await world.Here.Invalidator.InvalidateAsync([workspace.DefaultCalendarId!], default);

        (await late).Kind.ShouldBe(RefreshKind.Superseded);

        var after = await world.Here.StoredAsync(workspace);
        after.Snapshot!.Packed.ShouldBe(before.Snapshot!.Packed);
        after.State.Epoch.ShouldBe(before.State.Epoch + 1);
        after.State.StaleAt.ShouldBeLessThan(world.Now);
        (await world.Here.ReadAsync(workspace, refreshIfStale: false)).Fresh.ShouldBeFalse();
        (await world.Here.ReadAsync(workspace)).Fresh.ShouldBeTrue();
    });

    [Fact]
    public void An_invalidation_at_the_moment_of_storing_wins_too() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        world.Here.Faults.BeforeWrite = async _ =>
        {
            world.Here.Faults.BeforeWrite = null;
            await world.Here.Invalidator.InvalidateAsync([workspace.DefaultCalendarId!], default);
        };
        world.Providers.Next(workspace.DefaultCalendarId!, Reply.EveryHours(3));
        (await world.Here.RefreshAsync(workspace)).Kind.ShouldBe(RefreshKind.Superseded);
        (await world.Here.ReadAsync(workspace, refreshIfStale: false)).Fresh.ShouldBeFalse();
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void Within_a_run_what_was_superseded_is_fetched_again(Keep keep) => World.Tell(keep, async world =>
    {
        var workspaces = await world.AddAsync("agy_a", 10);
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(2));
        var run = world.Here.RunAsync(concurrency: 10);
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        await world.Here.Invalidator.InvalidateAsync([workspaces[0].DefaultCalendarId!], default);
        var result = await run;
        result.Refreshed.ShouldBe(10);
        world.Providers.CallsOf(workspaces[0].DefaultCalendarId!).ShouldBe(2);
        (await world.Here.ReadAsync(workspaces[0], refreshIfStale: false)).Fresh.ShouldBeTrue();
    });

    [Fact]
    public void Patience_ends_the_wait_and_not_the_fetch() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(12));
        var outcome = await world.Here.Refresher.RefreshAsync(world.Here.Live(workspace), TimeSpan.FromSeconds(8), default);
        outcome.Kind.ShouldBe(RefreshKind.StillRunning);
        await world.DelayAsync(TimeSpan.FromSeconds(5));
        (await world.Here.ReadAsync(workspace, refreshIfStale: false)).Fresh.ShouldBeTrue();
    });

    [Fact]
    public void A_caller_that_goes_away_does_not_end_the_fetch_of_the_others() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(3));
        using var gone = new CancellationTokenSource(TimeSpan.FromSeconds(1), world.Clock);
        var leaving = world.Here.Refresher.RefreshAsync(world.Here.Live(workspace), TimeSpan.FromSeconds(8), gone.Token);
        var staying = world.Here.RefreshAsync(workspace);
        await Should.ThrowAsync<OperationCanceledException>(() => leaving);
        (await staying).IsSuccess.ShouldBeTrue();
        world.Providers.Calls.Count.ShouldBe(1);
    });

    [Fact]
    public void What_could_not_be_stored_is_not_believed_either() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        world.Here.Faults.RefusesWrites = true;
        (await world.Here.RefreshAsync(workspace)).Kind.ShouldBe(RefreshKind.NotStored);
        world.Here.Live(workspace).Picture.State.LastSuccessAt.ShouldBeNull();
        world.Here.Faults.RefusesWrites = false;
        (await world.Here.RefreshAsync(workspace)).Kind.ShouldBe(RefreshKind.Refreshed);
    });

    [Fact]
    public void Outcomes_of_a_run_share_transactions_and_unchanged_ones_store_no_slots() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 1000);
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromMilliseconds(150));
        await world.Here.RunAsync();
        world.Memory.PayloadsWritten.ShouldBe(1000);
        world.Memory.Batches.ShouldBeLessThanOrEqualTo(10);
        await world.Here.DelayAsync(60);
        await world.Here.RunAsync();
        world.Memory.PayloadsWritten.ShouldBe(1000);
    });

    [Fact]
    public void A_half_hour_that_goes_by_stores_no_slots_and_a_new_day_stores_them_once() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 1);
        await world.Here.RunAsync();
        for (var i = 0; i < 11; i++)
        {
            await world.DelayAsync(TimeSpan.FromHours(1));
            await world.Here.RunAsync();
        }
        world.Memory.PayloadsWritten.ShouldBe(1);
        await world.DelayAsync(TimeSpan.FromHours(2));
        await world.Here.RunAsync();
        world.Memory.PayloadsWritten.ShouldBe(2);
    });

    [Fact]
    public void Shared_calendars_are_fetched_once_for_all_their_workspaces() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 1);
        var shared = new Dictionary<CalendarSource, Calendars.CalendarRequest?> { [CalendarSource.Default] = World.Wanted("agy_a-0") };
        await world.Here.Workspaces.WriteAsync(
            [.. Enumerable.Range(0, 20).Select(i => new WorkspaceWrite(
                new Workspace($"ws_shared_{i}", "agy_a", "S", "UTC", "en", null, WorkspaceSettings.Defaults, null, null, world.Now), shared))],
            default);
        await world.Here.Sync.LoadAsync(default);
        (await world.Here.RunAsync()).Checked.ShouldBe(1);
        world.Providers.Calls.Count.ShouldBe(1);
    });
}
