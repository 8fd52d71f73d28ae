namespace Slotkeeper.Server.Ingress;

/// <summary>How fast buckets of one kind fill, and how much they hold.</summary>
internal sealed class TokenRate
{
    private readonly long frequency;
    private readonly int perSecond;
    private readonly int burst;

    /// <param name="perSecond">Tokens, at least 1.</param>
    /// <param name="burst">Tokens, at least 1.</param>
    /// <param name="clock">Whose timestamps are used.</param>
    public TokenRate(int perSecond, int burst, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perSecond, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(burst, 1);
        (this.perSecond, this.burst, frequency) = (perSecond, burst, clock.TimestampFrequency);
        FullTicks = TicksOf(burst);
    }

    /// <summary>The time in which an empty bucket fills, in timestamps.</summary>
    public long FullTicks { get; }

    /// <summary>The time in which so many tokens flow in, in timestamps. What costs more than a full bucket costs a full bucket, or it could never be had.</summary>
    public long TicksOf(int tokens) => Math.Min(tokens, burst) * frequency / perSecond;

    public TimeSpan TimeOf(long ticks) => TimeSpan.FromSeconds((double)ticks / frequency);
}

/// <summary>
/// A bucket of tokens as one number: the moment at which it would be full. Filling costs nothing, as the time does it; taking is one
/// compare-and-swap. Nothing is allocated and no timer runs, so that every request can afford it.
/// </summary>
internal sealed class TokenBucket(TokenRate rate)
{
    private long fullAt = long.MinValue;

    /// <param name="tokens">How many.</param>
    /// <param name="now">Timestamp of the clock that the rate was made with.</param>
    /// <param name="wait">When false: until so many are there.</param>
    public bool TryTake(int tokens, long now, out TimeSpan wait)
    {
        var cost = rate.TicksOf(tokens);
        while (true)
        {
            var seen = Volatile.Read(ref fullAt);
            var next = Math.Max(seen, now) + cost;
            if (next - now > rate.FullTicks)
            {
                wait = rate.TimeOf(next - now - rate.FullTicks);
                return false;
            }
            if (Interlocked.CompareExchange(ref fullAt, next, seen) != seen)
                continue;
            wait = default;
            return true;
        }
    }

    /// <summary>Puts back what was taken for nothing. A full bucket stays full.</summary>
    public void GiveBack(int tokens) => Interlocked.Add(ref fullAt, -rate.TicksOf(tokens));

    public bool IsFull(long now) => Volatile.Read(ref fullAt) <= now;
}
