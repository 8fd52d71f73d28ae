using Microsoft.Extensions.Logging.Abstractions;
using Slotkeeper.Agents;
using Slotkeeper.Testing;

namespace Slotkeeper.Tests.Agents;

public class ErrandsTests
{
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(800);

    private readonly FakeClock clock = new();
    private readonly Errands errands;

    public ErrandsTests() => errands = new Errands(clock, NullLogger<Errands>.Instance);

    [Fact]
    public async Task What_ends_in_time_is_answered_and_done_anew_the_next_time()
    {
        (await errands.RunAsync("a", () => Task.FromResult("one"), Budget, default)).ShouldBe("one");
        (await errands.RunAsync("a", () => Task.FromResult("two"), Budget, default)).ShouldBe("two");
    }

    [Fact]
    public async Task What_takes_longer_goes_on_and_whoever_asks_again_gets_what_came_of_it()
    {
        var work = new TaskCompletionSource<string>();
        var waiting = errands.RunAsync("a", () => work.Task, Budget, default);
        clock.Advance(Budget);
        (await waiting).ShouldBeNull();
        var again = errands.RunAsync<string>("a", () => throw new InvalidOperationException("It runs already."), Budget, default);
        work.SetResult("done");
        (await again).ShouldBe("done");
    }

    [Fact]
    public async Task What_ended_while_nobody_waited_is_kept_for_two_minutes_and_no_longer()
    {
        foreach (var (later, expected) in new[] { (Errands.Kept, "first"), (Errands.Kept + TimeSpan.FromSeconds(1), "second") })
        {
            var work = new TaskCompletionSource<string>();
            var waiting = errands.RunAsync("a", () => work.Task, Budget, default);
            clock.Advance(Budget);
            (await waiting).ShouldBeNull();
            work.SetResult("first");
            clock.Advance(later);
            (await errands.RunAsync("a", () => Task.FromResult("second"), Budget, default)).ShouldBe(expected);
        }
    }

    [Fact]
    public async Task Errands_of_others_are_others()
    {
        var work = new TaskCompletionSource<string>();
        var waiting = errands.RunAsync("a", () => work.Task, Budget, default);
        (await errands.RunAsync("b", () => Task.FromResult("b"), Budget, default)).ShouldBe("b");
        work.SetResult("a");
        (await waiting).ShouldBe("a");
    }

    [Fact]
    public async Task A_fault_is_told_to_who_waits_and_tried_again_by_who_asks_again()
    {
        await Should.ThrowAsync<IOException>(() => errands.RunAsync<string>("a", () => Task.FromException<string>(new IOException()), Budget, default));
        (await errands.RunAsync("a", () => Task.FromResult("fine"), Budget, default)).ShouldBe("fine");
    }

    [Fact]
    public async Task Who_hangs_up_ends_the_wait_and_not_the_work()
    {
        using var caller = new CancellationTokenSource();
        var work = new TaskCompletionSource<string>();
        var waiting = errands.RunAsync("a", () => work.Task, Budget, caller.Token);
        await caller.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        var again = errands.RunAsync<string>("a", () => throw new InvalidOperationException("It runs already."), Budget, default);
        work.SetResult("done");
        (await again).ShouldBe("done");
    }
}
