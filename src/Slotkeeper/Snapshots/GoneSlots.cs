namespace Slotkeeper.Snapshots;

/// <summary>
/// Coming starts that a calendar's provider named not long ago and names no more: somebody took them, or they are not given any longer. Who was
/// offered one is told that it is taken, not that it never was a time. Of this node's memory, since its start. Immutable.
/// </summary>
public sealed class GoneSlots
{
    public static readonly GoneSlots None = new([]);

    /// <summary>The earliest ones are kept.</summary>
    public const int Most = 500;

    private readonly long[] starts;

    private GoneSlots(long[] starts) => this.starts = starts;

    public int Count => starts.Length;

    /// <param name="start">Unix seconds.</param>
    public bool Contains(long start) => Array.BinarySearch(starts, start) >= 0;

    /// <summary>After one snapshot has taken the place of another.</summary>
    /// <param name="before">Null when there was none.</param>
    /// <param name="after">Null when there is none.</param>
    /// <param name="now">Unix seconds; what began before it is forgotten.</param>
    public GoneSlots Following(Snapshot? before, Snapshot? after, long now)
    {
        // Slots of another length are other slots.
        if (before is null || after is null || before.DurationSeconds != after.DurationSeconds)
            return None;
        if (before.Count == after.Count && before.Packed.AsSpan().SequenceEqual(after.Packed))
            return this;
        var named = SnapshotCodec.Unpack(after.Packed, after.Count);
        var gone = starts.Concat(SnapshotCodec.Unpack(before.Packed, before.Count))
            .Where(start => start > now && Array.BinarySearch(named, start) < 0).Distinct().Order().Take(Most).ToArray();
        return gone.Length == 0 ? None : new GoneSlots(gone);
    }
}
