namespace Slotkeeper.Providers.Pipeline;

/// <summary>So many calls in so much time.</summary>
internal sealed record CallLimit(int Calls, TimeSpan Per);

/// <summary>
/// Counts calls over a sliding window, in parts. A bucket that refills could let through nearly twice the limit around the
/// moment it is full; here no stretch of the window's length ever holds more than the limit. Not safe for threads: its gate is.
/// </summary>
internal sealed class CallWindow
{
    private const int Parts = 20;

    private readonly TimeSpan part;
    private readonly int[] counts = new int[Parts + 1];
    private long current;

    public CallWindow(CallLimit limit)
    {
        Limit = limit;
        part = limit.Per / Parts;
    }

    public CallLimit Limit { get; }

    public int Used { get; private set; }

    /// <summary>How long until <paramref name="calls"/> more fit under <paramref name="most"/>; zero when they do now.</summary>
    /// <param name="now">Time since some fixed moment, never going back.</param>
    public TimeSpan WaitFor(int calls, int most, TimeSpan now)
    {
        Advance(now);
        var excess = Used + calls - most;
        if (excess <= 0)
            return TimeSpan.Zero;
        for (var oldest = current - Parts; oldest <= current; oldest++)
        {
            excess -= counts[Slot(oldest)];
            if (excess <= 0)
                return ((oldest + Parts + 1) * part) - now;
        }
        return Limit.Per;
    }

    public void Take(int calls, TimeSpan now)
    {
        Advance(now);
        counts[Slot(current)] += calls;
        Used += calls;
    }

    public void Advance(TimeSpan now)
    {
        var arrived = now.Ticks / part.Ticks;
        var steps = Math.Min(arrived - current, Parts + 1);
        for (var i = 1; i <= steps; i++)
        {
            var slot = Slot(arrived - steps + i);
            Used -= counts[slot];
            counts[slot] = 0;
        }
        if (arrived > current)
            current = arrived;
    }

    private static int Slot(long number) => (int)((number + Parts + 1) % (Parts + 1));
}
