namespace Slotkeeper.Sandbox.World;

/// <summary>A list of starts in milliseconds that is reused from request to request.</summary>
internal sealed class SlotBuffer
{
    private long[] items = new long[1_024];

    public int Count { get; private set; }

    public ReadOnlySpan<long> Starts => items.AsSpan(0, Count);

    public Span<long> Writable => items.AsSpan(0, Count);

    public void Add(long start)
    {
        if (Count == items.Length)
            Array.Resize(ref items, items.Length * 2);
        items[Count++] = start;
    }

    public void Clear() => Count = 0;

    public void Truncate(int count) => Count = count;

    public void Replace(ReadOnlySpan<long> starts)
    {
        Clear();
        foreach (var start in starts)
            Add(start);
    }
}
