namespace Slotkeeper.Snapshots;

/// <summary>
/// Packs ascending starts into bytes: a version, the unit (60 s where every start is a whole minute, else 1 s), the first
/// start, then steps; equal steps in a row are one step and a count. 480 half-hour slots of a month take about 200 bytes, so
/// a row stays inline in its database page and a calendar stays small in memory.
/// </summary>
public static class SnapshotCodec
{
    /// <summary>A start in every second of the longest window, 31 days.</summary>
    public const int MaximumCount = 31 * 24 * 3600;

    private const byte Version = 1;

    /// <summary>The last second of the year 9999.</summary>
    private const long LastStart = 253_402_300_799;

    /// <summary>Packs starts, Unix seconds, strictly ascending, from 1970 to the year 9999, at most <see cref="MaximumCount"/>.</summary>
    /// <exception cref="ArgumentException">They are not so.</exception>
    public static byte[] Pack(ReadOnlySpan<long> starts)
    {
        if (starts.IsEmpty)
            return [];
        if (starts[0] < 0 || starts[^1] > LastStart || starts.Length > MaximumCount)
            throw new ArgumentException($"Starts must lie between 1970 and the year 9999, and be at most {MaximumCount}.", nameof(starts));
        var unit = 60L;
        foreach (var start in starts)
        {
            if (start % 60 == 0) continue;
            unit = 1;
            break;
        }
        var rented = System.Buffers.ArrayPool<byte>.Shared.Rent(12 + (starts.Length * 20));
        try
        {
            var length = 0;
            rented[length++] = Version;
            rented[length++] = (byte)unit;
            Write(rented, ref length, (ulong)(starts[0] / unit));
            for (var i = 1; i < starts.Length;)
            {
                var step = Step(starts, i, unit);
                var run = 1;
                while (i + run < starts.Length && Step(starts, i + run, unit) == step)
                    run++;
                Write(rented, ref length, ((ulong)step << 1) | (run > 1 ? 1UL : 0UL));
                if (run > 1)
                    Write(rented, ref length, (ulong)run);
                i += run;
            }
            return rented.AsSpan(0, length).ToArray();
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The starts, Unix seconds, ascending.</summary>
    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Pack"/> writes.</exception>
    public static long[] Unpack(ReadOnlySpan<byte> packed, int count)
    {
        if (packed.IsEmpty)
            return count == 0 ? [] : throw Broken();
        if (count is < 1 or > MaximumCount)
            throw Broken();
        var starts = new long[count];
        var reader = new Reader(packed);
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryNext(out starts[i]))
                throw Broken();
        }
        if (reader.TryNext(out _))
            throw Broken();
        return starts;
    }

    /// <summary>Whether the packed starts that are not before <paramref name="from"/> are exactly <paramref name="starts"/>. Allocates nothing.</summary>
    public static bool SameFrom(ReadOnlySpan<byte> packed, long from, ReadOnlySpan<long> starts)
    {
        var at = 0;
        if (!packed.IsEmpty)
        {
            var reader = new Reader(packed);
            while (reader.TryNext(out var start))
            {
                if (start < from) continue;
                if (at >= starts.Length || starts[at] != start)
                    return false;
                at++;
            }
        }
        return at == starts.Length;
    }

    /// <summary>How many packed starts are not before <paramref name="from"/>.</summary>
    public static int CountFrom(ReadOnlySpan<byte> packed, long from)
    {
        var count = 0;
        if (packed.IsEmpty)
            return count;
        var reader = new Reader(packed);
        while (reader.TryNext(out var start))
        {
            if (start >= from)
                count++;
        }
        return count;
    }

    private static long Step(ReadOnlySpan<long> starts, int i, long unit)
    {
        var step = (starts[i] - starts[i - 1]) / unit;
        return step > 0 ? step : throw new ArgumentException("Starts must be strictly ascending.", nameof(starts));
    }

    private static void Write(byte[] target, ref int length, ulong value)
    {
        while (value >= 0x80)
        {
            target[length++] = (byte)(value & 0x7F | 0x80);
            value >>= 7;
        }
        target[length++] = (byte)value;
    }

    private static InvalidDataException Broken() => new("A stored snapshot is not in a form this version can read.");

    private ref struct Reader
    {
        private readonly ReadOnlySpan<byte> bytes;
        private readonly long unit;
        private int at;
        private long last;
        private long step;
        private ulong left;
        private bool started;

        public Reader(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length < 3 || bytes[0] != Version || bytes[1] is not (1 or 60))
                throw Broken();
            this.bytes = bytes;
            unit = bytes[1];
            at = 2;
        }

        public bool TryNext(out long start)
        {
            if (!started)
            {
                started = true;
                last = Seconds(Next());
                start = last;
                return true;
            }
            if (left == 0)
            {
                if (at >= bytes.Length)
                {
                    start = 0;
                    return false;
                }
                var token = Next();
                step = Seconds(token >> 1);
                left = (token & 1) == 1 ? Next() : 1;
                // Checked once a run: broken bytes must not keep a reader busy for ever, nor run out of the calendar.
                if (step == 0 || left is 0 or > MaximumCount || step > (LastStart - last) / (long)left)
                    throw Broken();
            }
            left--;
            last += step;
            start = last;
            return true;
        }

        private long Seconds(ulong units) => units <= (ulong)(LastStart / unit) ? (long)units * unit : throw Broken();

        private ulong Next()
        {
            var value = 0UL;
            for (var shift = 0; shift < 63 && at < bytes.Length; shift += 7)
            {
                var part = bytes[at++];
                value |= (ulong)(part & 0x7F) << shift;
                if (part < 0x80)
                    return value;
            }
            throw Broken();
        }
    }
}
