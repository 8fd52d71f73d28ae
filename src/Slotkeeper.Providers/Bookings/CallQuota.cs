using Slotkeeper.Providers.Pipeline;

namespace Slotkeeper.Providers.Bookings;

/// <summary>
/// A limit of one kind of call, beside its account's. A refusal of the provider pauses these calls alone: reading goes on.
/// Lives in memory, so after a restart the provider's own count decides.
/// </summary>
internal sealed class CallQuota
{
    private readonly Lock sync = new();
    private readonly TimeProvider clock;
    private readonly CallWindow[] windows;
    private readonly long started;
    private DateTimeOffset pausedUntil;

    public CallQuota(IEnumerable<CallLimit> limits, TimeProvider clock)
    {
        this.clock = clock;
        windows = limits.Select(limit => new CallWindow(limit)).ToArray();
        started = clock.GetTimestamp();
    }

    /// <returns>When one more call fits; null when it does now, and is counted.</returns>
    public DateTimeOffset? Take()
    {
        lock (sync)
        {
            var now = clock.GetUtcNow();
            if (pausedUntil > now)
                return pausedUntil;
            var elapsed = clock.GetElapsedTime(started);
            var wait = windows.Max(window => window.WaitFor(1, window.Limit.Calls, elapsed));
            if (wait > TimeSpan.Zero)
                return now + wait;
            foreach (var window in windows)
                window.Take(1, elapsed);
            return null;
        }
    }

    public void Pause(DateTimeOffset until)
    {
        lock (sync)
        {
            if (until > pausedUntil)
                pausedUntil = until;
        }
    }
}
