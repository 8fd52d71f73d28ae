using Slotkeeper.Claims;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>Tells what looks like a booking made elsewhere from what time alone takes away.</summary>
public static class BookedElsewhere
{
    /// <summary>
    /// Whether a slot is gone that lies behind one that is still there, and that no claim of ours explains. The first slots of a
    /// calendar go by themselves, with its minimum notice; a calendar without any slot left says nothing of bookings.
    /// </summary>
    /// <param name="before">What was known.</param>
    /// <param name="after">What a fetch brought.</param>
    /// <param name="claims">Claims on the resource now: webhooks took theirs before the calendar was read.</param>
    public static bool Shows(Snapshot? before, Snapshot? after, IReadOnlyList<Claim> claims)
    {
        if (before is null || after is null || after.Count == 0 || before.DurationSeconds != after.DurationSeconds)
            return false;
        var left = SnapshotCodec.Unpack(after.Packed, after.Count);
        var next = 0;
        foreach (var start in SnapshotCodec.Unpack(before.Packed, before.Count))
        {
            if (start < left[0])
                continue;
            while (next < left.Length && left[next] < start)
                next++;
            if (next < left.Length && left[next] == start)
                continue;
            var end = start + before.DurationSeconds;
            if (!claims.Any(claim => claim.Start.ToUnixTimeSeconds() < end && claim.End.ToUnixTimeSeconds() > start))
                return true;
        }
        return false;
    }
}
