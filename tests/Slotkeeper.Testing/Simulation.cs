using System.Diagnostics;

namespace Slotkeeper.Testing;

/// <summary>
/// Runs a story by a <see cref="FakeClock"/>: everything that can go on goes on, on one thread and in a fixed order; when nothing
/// can, the clock jumps to the next timer. Minutes pass in milliseconds, no test sleeps, and the same story goes the same way.
/// </summary>
public sealed class Simulation : SynchronizationContext, IDisposable
{
    /// <summary>Real time without any progress after which a story is taken to have stopped for good.</summary>
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(10);

    /// <summary>No story is this long: one that is goes round in circles.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3);

    private readonly FakeClock clock;
    private readonly Lock gate = new();
    private readonly Queue<(SendOrPostCallback Callback, object? State)> ready = new();
    private readonly ManualResetEventSlim arrived = new();
    private bool isOver;
    private int othersBusy;

    private Simulation(FakeClock clock)
    {
        this.clock = clock;
        othersBusy = Busy();
    }

    /// <summary>Tells a story to its end.</summary>
    public static void Run(FakeClock clock, Func<Task> story)
    {
        var before = Current;
        using var simulation = new Simulation(clock);
        SetSynchronizationContext(simulation);
        try
        {
            simulation.Tell(story);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public void Dispose()
    {
        lock (gate)
            isOver = true;
        arrived.Dispose();
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (gate)
        {
            // What was left behind on purpose, such as a call that nobody hears, has no story to go on in.
            if (isOver)
                return;
            ready.Enqueue((d, state));
            arrived.Set();
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing may wait for this thread.");

    private void Tell(Func<Task> story)
    {
        var told = story();
        var stuckSince = Stopwatch.GetTimestamp();
        var began = clock.GetTimestamp();
        while (true)
        {
            if (GoOn())
            {
                stuckSince = Stopwatch.GetTimestamp();
                continue;
            }
            if (told.IsCompleted)
                break;
            if (!IsQuiet(Stopwatch.GetElapsedTime(stuckSince)))
            {
                arrived.Wait(1);
                if (Stopwatch.GetElapsedTime(stuckSince) > StuckAfter)
                    throw new TimeoutException("Work outside the story did not come back.");
                continue;
            }
            if (clock.UntilNextTimer is not { } wait)
            {
                arrived.Wait(1);
                if (Stopwatch.GetElapsedTime(stuckSince) > StuckAfter)
                    throw new InvalidOperationException("The story waits for something that will never happen.");
                continue;
            }
            if (clock.GetElapsedTime(began) > Longest)
                throw new TimeoutException("The story goes on and on.");
            clock.Advance(wait);
            stuckSince = Stopwatch.GetTimestamp();
        }
        told.GetAwaiter().GetResult();
    }

    private bool GoOn()
    {
        var some = false;
        while (true)
        {
            (SendOrPostCallback Callback, object? State) next;
            lock (gate)
            {
                if (!ready.TryDequeue(out next))
                {
                    arrived.Reset();
                    return some;
                }
            }
            some = true;
            next.Callback(next.State);
        }
    }

    /// <summary>
    /// Whether nothing more will come by itself. Cancellations and semaphores of the base library take a step on the thread
    /// pool even here, so it has to be idle too, but for threads that were busy all the time. Databases that work on the
    /// calling thread (SQLite) need nothing more.
    /// </summary>
    private bool IsQuiet(TimeSpan unchangedFor)
    {
        if (ThreadPool.PendingWorkItemCount > 0)
            return false;
        var busy = Busy();
        // Threads that stay busy for long belong to the test runner.
        if (busy < othersBusy || unchangedFor > TimeSpan.FromSeconds(1))
            othersBusy = busy;
        if (busy > othersBusy)
            return false;
        lock (gate)
            return ready.Count == 0;
    }

    private static int Busy()
    {
        ThreadPool.GetMaxThreads(out var most, out _);
        ThreadPool.GetAvailableThreads(out var free, out _);
        return most - free;
    }
}
