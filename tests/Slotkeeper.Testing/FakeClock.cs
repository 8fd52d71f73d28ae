namespace Slotkeeper.Testing;

/// <summary>
/// A clock that stands still until it is told to move. It is two clocks, as real machines have: a monotonic one that drives
/// timers and <see cref="TimeProvider.GetElapsedTime(long)"/>, and a wall clock that may jump without any timer noticing.
/// </summary>
public sealed class FakeClock : TimeProvider
{
    /// <summary>A Monday in the middle of a month, far from every change of summer time, and ahead of any real database's clock.</summary>
    public static readonly DateTimeOffset DefaultStart = new(2035, 1, 15, 12, 0, 0, TimeSpan.Zero);

    private readonly Lock gate = new();
    private readonly List<Timer> timers = [];
    private TimeSpan monotonic;
    private DateTimeOffset wallAtZero;

    public FakeClock() : this(DefaultStart)
    {
    }

    public FakeClock(DateTimeOffset start) => wallAtZero = start.ToUniversalTime();

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
            return wallAtZero + monotonic;
    }

    public override long GetTimestamp()
    {
        lock (gate)
            return monotonic.Ticks;
    }

    /// <summary>How long until a timer fires; null when none is set.</summary>
    public TimeSpan? UntilNextTimer
    {
        get
        {
            lock (gate)
            {
                var due = TimeSpan.MaxValue;
                foreach (var timer in timers)
                    due = timer.Due < due ? timer.Due : due;
                return timers.Count == 0 ? null : due > monotonic ? due - monotonic : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Moves both clocks forward. Timers fire in the order of their due times, on this thread, each at its own time.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        TimeSpan until;
        lock (gate)
            until = monotonic + by;
        while (true)
        {
            Timer? next;
            lock (gate)
            {
                next = timers.Where(timer => timer.Due <= until).MinBy(timer => timer.Due);
                if (next is null)
                {
                    monotonic = until > monotonic ? until : monotonic;
                    return;
                }
                monotonic = next.Due > monotonic ? next.Due : monotonic;
                next.RescheduleLocked();
            }
            next.Fire();
        }
    }

    /// <summary>Sets the wall clock only, forwards or backwards, as an administrator or a time server would.</summary>
    public void JumpTo(DateTimeOffset wall)
    {
        lock (gate)
            wallAtZero = wall.ToUniversalTime() - monotonic;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(FakeClock clock, Action fire) : ITimer
    {
        private TimeSpan period;
        private bool disposed;

        public TimeSpan Due { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            lock (clock.gate)
            {
                if (disposed)
                    return false;
                clock.timers.Remove(this);
                period = newPeriod;
                if (dueTime >= TimeSpan.Zero)
                {
                    Due = clock.monotonic + dueTime;
                    clock.timers.Add(this);
                }
            }
            if (dueTime == TimeSpan.Zero)
                clock.Advance(TimeSpan.Zero);
            return true;
        }

        public void RescheduleLocked()
        {
            if (period > TimeSpan.Zero)
                Due += period;
            else
                clock.timers.Remove(this);
        }

        public void Dispose()
        {
            lock (clock.gate)
            {
                disposed = true;
                clock.timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
