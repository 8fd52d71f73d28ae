using Slotkeeper.Claims;
using Slotkeeper.Refresh;
using Slotkeeper.Testing;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Tests.Invalidation;

// A busy calendar: held and given back ten times a second. Answers follow at once; the provider hears nothing of it.
public class ChurnTests
{
    public static TheoryData<Keep> Both => [Keep.InMemory, Keep.InSqlite];

    [Theory]
    [MemberData(nameof(Both))]
    public void Holds_ten_times_a_second_let_every_fetch_land_and_cost_none(Keep keep) => World.Tell(keep, async world =>
    {
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromMilliseconds(300));
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        using var stop = new CancellationTokenSource();
        var schedule = world.Here.Schedule.RunAsync(stop.Token);
        await world.DelayAsync(TimeSpan.FromSeconds(2));
        var oldest = TimeSpan.Zero;
        for (var i = 0; i < 1000; i++)
        {
            var answer = await world.Here.ReadAsync(workspace, refreshIfStale: false);
            answer.Fresh.ShouldBeTrue($"after {i} holds, {answer.Age} old");
            oldest = answer.Age > oldest ? answer.Age.Value : oldest;
            var start = answer.Starts[1 + (i % 7)];
            var hold = await world.HoldAsync(workspace, DateTimeOffset.FromUnixTimeSeconds(start));
            (await world.Here.ReadAsync(workspace)).Starts.Contains(start).ShouldBeFalse();
            await world.DelayAsync(TimeSpan.FromMilliseconds(100));
            await world.ReleaseAsync(hold);
            (await world.Here.ReadAsync(workspace)).Starts.Contains(start).ShouldBeTrue();
        }
        oldest.ShouldBeGreaterThan(TimeSpan.FromSeconds(50));
        world.Providers.CallsOf(workspace.DefaultCalendarId!).ShouldBeLessThan(4);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => schedule);
    }, new AvailabilityOptions { CacheTtl = TimeSpan.FromSeconds(75) });

    [Theory]
    [MemberData(nameof(Both))]
    public void A_fetch_during_holds_is_stored_with_what_it_saw(Keep keep) => World.Tell(keep, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        world.Providers.Next(workspace.DefaultCalendarId!, Reply.EveryHours(3).After(TimeSpan.FromSeconds(3)));
        var fetch = world.Here.RefreshAsync(workspace);
        var starts = (await world.Here.ReadAsync(workspace, refreshIfStale: false)).Starts.ToArray();
        var held = starts.Last(start => start % (3 * 3600) == 0);
        for (var i = 0; i < 20; i++)
        {
            var hold = await world.HoldAsync(workspace, DateTimeOffset.FromUnixTimeSeconds(held));
            await world.DelayAsync(TimeSpan.FromMilliseconds(100));
            if (i < 19)
                await world.ReleaseAsync(hold);
        }

        (await fetch).Kind.ShouldBe(RefreshKind.Refreshed);

        var answer = await world.Here.ReadAsync(workspace, refreshIfStale: false);
        answer.Fresh.ShouldBeTrue();
        answer.Starts.ToArray().ShouldAllBe(start => start % (3 * 3600) == 0 && start != held);
        answer.RemovedClaimed.ShouldBe(1);
        world.Here.Live(workspace).Picture.State.ShouldBe((await world.Here.StoredAsync(workspace)).State);
    });

    [Fact]
    public void A_fetch_that_began_before_something_happened_at_the_provider_counts_but_is_not_the_last_word() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        var id = workspace.DefaultCalendarId!;
        await world.Here.RefreshAsync(workspace);
        // It saw a time as taken that is cancelled while its answer is on the way.
        world.Providers.Next(id, Reply.EveryHours(3).After(TimeSpan.FromSeconds(3)));
        var fetch = world.Here.RefreshAsync(workspace);
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        world.Memory.ChangeAtProvider(id);

        var outcome = await fetch;

        (outcome.Kind, outcome.IsDueAgain, outcome.IsOvertaken).ShouldBe((RefreshKind.Refreshed, true, true));
        (await world.Here.ReadAsync(workspace, refreshIfStale: false)).Fresh.ShouldBeFalse();
        world.Here.Live(workspace).Picture.State.ShouldBe((await world.Here.StoredAsync(workspace)).State);
        (await world.Here.RefreshAsync(workspace)).IsDueAgain.ShouldBeFalse();
        var answer = await world.Here.ReadAsync(workspace, refreshIfStale: false);
        answer.Fresh.ShouldBeTrue();
        answer.Starts.ToArray().ShouldContain(start => start % (3 * 3600) != 0);
    });

    [Fact]
    public void Of_two_nodes_that_fetch_one_calendar_the_one_that_found_it_unchanged_does_not_vouch_for_what_the_other_stored() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        var other = await world.StartNodeAsync();
        world.Providers.Next(workspace.DefaultCalendarId!, Reply.EveryHours(3).After(TimeSpan.FromSeconds(2)), Reply.Plenty.After(TimeSpan.FromSeconds(4)));
        var first = world.Here.RefreshAsync(workspace);
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        var second = other.RefreshAsync(workspace);

        (await first).Kind.ShouldBe(RefreshKind.Refreshed);
        (await second).Kind.ShouldBe(RefreshKind.Superseded);
    });
}
