using System.Buffers;
using System.Text.Json;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.Answers;

/// <summary>Gathers the starts of one fetch, cut to its window, and makes the result of them.</summary>
internal sealed class SlotCollector : IDisposable
{
    /// <summary>
    /// A free slot that has begun cannot be booked, however coarsely the provider was asked (Calendly by date, HubSpot by
    /// month), so any start before the window is a fault of the provider. Clocks differ a little and answers take a moment:
    /// a start this close before the window is left out without being held against it.
    /// </summary>
    private const long ClockGraceSeconds = 60;

    private readonly long from;
    private readonly long to;
    private readonly int most;
    private long[] starts = ArrayPool<long>.Shared.Rent(512);
    private int count;
    private int seen;
    private bool ascending = true;

    /// <param name="from">Unix seconds, the first that counts.</param>
    /// <param name="to">Unix seconds, the first that does not.</param>
    /// <param name="most">Slots allowed in one fetch, before cutting.</param>
    public SlotCollector(long from, long to, int most)
    {
        this.from = from;
        this.to = to;
        this.most = most;
    }

    public int Unreadable { get; private set; }

    public int Past { get; private set; }

    /// <summary>Adds a start, Unix seconds.</summary>
    /// <exception cref="JsonException">More than the most slots.</exception>
    public void Add(long start)
    {
        CountOne();
        if (start < from)
        {
            if (start < from - ClockGraceSeconds)
                Past++;
            return;
        }
        if (start >= to)
            return;
        if (count == starts.Length)
            Grow();
        ascending &= count == 0 || start > starts[count - 1];
        starts[count++] = start;
    }

    /// <summary>Adds a start as it stands at the reader: a string with an instant. Anything else counts as unreadable.</summary>
    public void AddInstant(ref Utf8JsonReader reader)
    {
        if (TryReadInstant(ref reader, out var start))
            Add(start);
        else
            AddUnreadable();
    }

    public void AddUnreadable()
    {
        CountOne();
        Unreadable++;
    }

    /// <summary>The instant at the reader. The reader does not move, except past a value that is no string.</summary>
    public static bool TryReadInstant(ref Utf8JsonReader reader, out long unixSeconds)
    {
        unixSeconds = 0;
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return false;
        }
        if (!reader.ValueIsEscaped)
            return Iso8601.TryParse(reader.ValueSpan, out unixSeconds);
        // Six bytes for each character is the longest that escaping can make of it.
        if (reader.ValueSpan.Length > Iso8601.MaximumLength * 6)
            return false;
        Span<byte> plain = stackalloc byte[Iso8601.MaximumLength * 6];
        // Half of a surrogate pair, or what is no ASCII: one unreadable slot, not an unreadable answer.
        return JsonText.UnescapeAscii(reader.ValueSpan, plain) is >= 0 and var length && Iso8601.TryParse(plain[..length], out unixSeconds);
    }

    public FetchResult Finish(int durationMinutes, ResolvedIds? resolved)
    {
        if (Unreadable > 0 && Unreadable == seen)
            return new FetchResult.Malformed($"None of the {seen} slots in the answer could be read.");
        var slots = starts.AsSpan(0, count);
        if (!ascending)
        {
            slots.Sort();
            slots = slots[..Distinct(slots)];
        }
        return new FetchResult.Fetched(slots.ToArray(), durationMinutes * 60, resolved) { Unreadable = Unreadable, Past = Past };
    }

    /// <summary>Takes over what another collector of the same fetch left out, so that it is reported.</summary>
    public void CountLeftOut(SlotCollector other)
    {
        Unreadable += other.Unreadable;
        Past += other.Past;
    }

    /// <summary>Forgets what was gathered, for an answer that another call replaces.</summary>
    public void Clear()
    {
        count = 0;
        seen = 0;
        Unreadable = 0;
        Past = 0;
        ascending = true;
    }

    public void Dispose()
    {
        ArrayPool<long>.Shared.Return(starts);
        starts = [];
        count = 0;
    }

    private static int Distinct(Span<long> sorted)
    {
        var kept = 0;
        foreach (var start in sorted)
        {
            if (kept == 0 || sorted[kept - 1] != start)
                sorted[kept++] = start;
        }
        return kept;
    }

    private void CountOne()
    {
        if (++seen > most)
            throw new JsonException($"The answer has more than {most} slots.");
    }

    private void Grow()
    {
        var larger = ArrayPool<long>.Shared.Rent(starts.Length * 2);
        starts.AsSpan(0, count).CopyTo(larger);
        ArrayPool<long>.Shared.Return(starts);
        starts = larger;
    }
}
