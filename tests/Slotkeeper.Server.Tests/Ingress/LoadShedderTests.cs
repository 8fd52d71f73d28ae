using System.Net;
using Microsoft.AspNetCore.Http;
using Slotkeeper.Server.Ingress;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Testing;
using Xunit;

namespace Slotkeeper.Server.Tests.Ingress;

// Cases: places free; places full and the queue has room; a place in time, none in time; the queue full; costly ones full; a call that throws; who waits is first; who goes away.
public sealed class LoadShedderTests
{
    private static readonly RouteAccess Usual = new("GET", "/usual", Callers.Everyone);
    private static readonly RouteAccess Database = new("POST", "/database", Callers.Everyone, RouteAccess.Database);
    private static readonly RouteAccess Costly = new("POST", "/costly", Callers.Everyone, RouteAccess.Costly);
    private static readonly RouteAccess Free = new("GET", "/free", Callers.Anybody, 0);

    private readonly FakeClock clock = new();
    private readonly List<TaskCompletionSource> inside = [];

    [Fact]
    public async Task Whoever_finds_no_place_waits_a_second_and_is_then_told_to_come_back()
    {
        var shedder = Make(places: 4, queue: 2);
        var working = Enumerable.Range(0, 4).Select(_ => Call(shedder, Usual)).ToList();
        var (late, later) = (Call(shedder, Usual), Call(shedder, Usual));
        Assert.Equal(4, inside.Count);
        var turnedAway = Call(shedder, Usual);
        await turnedAway.Done;
        Assert.Equal((503, "1"), (turnedAway.Context.Response.StatusCode, turnedAway.Context.Response.Headers.RetryAfter.ToString()));

        // One ends, and the first of those who wait comes in; the other's patience ends.
        inside[0].SetResult();
        await working[0].Done;
        await UntilAsync(() => inside.Count == 5);
        clock.Advance(TimeSpan.FromSeconds(1));
        await Task.WhenAny(late.Done, later.Done);
        var refused = late.Done.IsCompleted ? late : later;
        await refused.Done;
        Assert.Equal(503, refused.Context.Response.StatusCode);
        Assert.Equal(4, inside.Count(one => !one.Task.IsCompleted));

        foreach (var one in inside)
            one.TrySetResult();
        await Task.WhenAll(working.Append(late).Append(later).Select(call => call.Done));
        var after = Call(shedder, Usual);
        inside[^1].SetResult();
        await after.Done;
        Assert.Equal(200, after.Context.Response.StatusCode);
    }

    [Fact]
    public async Task Costly_calls_that_hang_leave_the_usual_ones_alone_and_the_operators_tools_always_come_in()
    {
        var shedder = Make(places: 4, queue: 0);
        var hanging = Enumerable.Range(0, 4).Select(_ => Call(shedder, Costly)).ToList();
        var more = Call(shedder, Costly);
        await more.Done;
        Assert.Equal(503, more.Context.Response.StatusCode);
        for (var i = 0; i < 4; i++)
        {
            Call(shedder, Usual);
            Call(shedder, Database);
        }
        Assert.Equal(12, inside.Count);
        Call(shedder, Free);
        Assert.Equal(13, inside.Count);
        Assert.All(hanging, call => Assert.False(call.Done.IsCompleted));
    }

    [Fact]
    public async Task A_place_comes_back_however_a_call_ends()
    {
        var ends = new Queue<Func<Task>>([
            () => throw new InvalidOperationException("At once."),
            () => Task.FromException(new InvalidOperationException("At once, as a task.")),
            async () => { await Task.Yield(); throw new InvalidOperationException("Later."); },
            () => Task.CompletedTask,
        ]);
        var shedder = new LoadShedder(_ => ends.Count > 0 ? ends.Dequeue()() : Task.CompletedTask, Settings(4, 0), new IngressMetrics(), clock);
        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<InvalidOperationException>(() => shedder.InvokeAsync(Context(Usual)));
        for (var i = 0; i < 10; i++)
        {
            var context = Context(Usual);
            await shedder.InvokeAsync(context);
            Assert.Equal(200, context.Response.StatusCode);
        }
    }

    [Fact]
    public async Task Whoever_goes_away_while_waiting_takes_no_place()
    {
        var shedder = Make(places: 4, queue: 4);
        for (var i = 0; i < 4; i++)
            Call(shedder, Usual);
        using var gone = new CancellationTokenSource();
        var context = Context(Usual);
        context.RequestAborted = gone.Token;
        var waiting = shedder.InvokeAsync(context);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        inside[0].SetResult();
        var next = Call(shedder, Usual);
        await UntilAsync(() => inside.Count == 5);
        inside[4].SetResult();
        await next.Done;
        Assert.Equal(200, next.Context.Response.StatusCode);
    }

    private static async Task UntilAsync(Func<bool> there)
    {
        while (!there())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static ServerSettings Settings(int places, int queue) => TestServer.Settings("/tmp/unused", new()
    {
        ["INGRESS_CONCURRENCY"] = places.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["INGRESS_DATABASE_CONCURRENCY"] = places.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["INGRESS_COSTLY_CONCURRENCY"] = places.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["INGRESS_QUEUE"] = queue.ToString(System.Globalization.CultureInfo.InvariantCulture),
    });

    private static DefaultHttpContext Context(RouteAccess access)
    {
        var context = new DefaultHttpContext();
        context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(access), access.Pattern));
        return context;
    }

    private LoadShedder Make(int places, int queue) => new(
        _ =>
        {
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (inside)
                inside.Add(end);
            return end.Task;
        },
        Settings(places, queue),
        new IngressMetrics(),
        clock);

    private static (Task Done, HttpContext Context) Call(LoadShedder shedder, RouteAccess access)
    {
        var context = Context(access);
        return (shedder.InvokeAsync(context), context);
    }
}
