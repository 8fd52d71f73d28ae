using System.Collections.Concurrent;

namespace Slotkeeper.Server.Ingress;

/// <summary>A bucket for each of many. Bounded: when there are too many, full ones are dropped, which loses nothing, and whoever finds no room shares one bucket with the others.</summary>
internal sealed class Buckets<TKey>(TokenRate rate, TimeProvider clock)
    where TKey : notnull
{
    /// <summary>A hundred bytes each.</summary>
    private const int Most = 50_000;

    private readonly ConcurrentDictionary<TKey, TokenBucket> all = new();
    private readonly TokenBucket shared = new(rate);
    private long sweptAt = long.MinValue;
    private int count;

    public TokenBucket Of(TKey key)
    {
        if (all.TryGetValue(key, out var bucket))
            return bucket;
        if (Volatile.Read(ref count) >= Most && !Sweep())
            return shared;
        bucket = new TokenBucket(rate);
        if (!all.TryAdd(key, bucket))
            return all.GetValueOrDefault(key) ?? shared;
        Interlocked.Increment(ref count);
        return bucket;
    }

    /// <summary>Once a second at most: a flood of addresses must not cost a walk each.</summary>
    private bool Sweep()
    {
        var now = clock.GetTimestamp();
        var last = Volatile.Read(ref sweptAt);
        if ((last != long.MinValue && now - last < clock.TimestampFrequency) || Interlocked.CompareExchange(ref sweptAt, now, last) != last)
            return false;
        foreach (var (key, bucket) in all)
        {
            if (bucket.IsFull(now) && all.TryRemove(key, out _))
                Interlocked.Decrement(ref count);
        }
        return Volatile.Read(ref count) < Most;
    }
}
