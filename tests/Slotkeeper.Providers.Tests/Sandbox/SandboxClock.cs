namespace Slotkeeper.Providers.Tests.Sandbox;

/// <summary>A clock that stands until it is moved. Timers fire while it moves.</summary>
internal sealed class SandboxClock(DateTimeOffset now) : TimeProvider
{
    private readonly Lock changing = new();
    private readonly List<Timer> timers = [];
    private DateTimeOffset now = now;

    public int WaitingTimers
    {
        get
        {
            lock (changing)
                return timers.Count(timer => timer.Due is not null);
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (changing)
            return now;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        lock (changing)
            timers.Add(timer);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        List<Timer> due;
        lock (changing)
        {
            now += by;
            due = [.. timers.Where(timer => timer.Due <= now)];
            foreach (var timer in due)
                timer.Due = null;
        }

        foreach (var timer in due)
            timer.Fire();
    }

    private sealed class Timer(SandboxClock clock, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset? Due { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.changing)
                Due = dueTime < TimeSpan.Zero ? null : clock.now + dueTime;
            return true;
        }

        public void Dispose()
        {
            lock (clock.changing)
                clock.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
