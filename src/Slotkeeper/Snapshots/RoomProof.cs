using Slotkeeper.Claims;

namespace Slotkeeper.Snapshots;

/// <summary>Bookings of one calendar that were shown to leave room for another one at the same time.</summary>
/// <param name="CalendarId">Whose fetches showed it.</param>
/// <param name="ResourceId">What they occupy.</param>
/// <param name="ClaimIds">Of the bookings.</param>
/// <param name="StandingBefore">Only for those that stood before this, UTC.</param>
public sealed record RoomProof(string CalendarId, string ResourceId, IReadOnlyList<string> ClaimIds, DateTimeOffset StandingBefore)
{
    /// <summary>
    /// Providers go on naming a time for some minutes after it was booked, from copies of their own. What a fetch shows of a booking counts when
    /// it began this much later.
    /// </summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Finds what a fetch proves: a booking of the calendar itself, of exactly one slot, leaves room when two successful fetches in a row name that
    /// slot and both began more than <see cref="Margin"/> after the booking stood. What was booked elsewhere may have another length: there it is any
    /// slot that overlaps. The earlier one is the stored snapshot, so that nothing has to
    /// be remembered in between, on no node.
    /// </summary>
    /// <param name="calendarId">Whose fetch.</param>
    /// <param name="resourceId">What its bookings occupy.</param>
    /// <param name="picture">As it was when the fetch began.</param>
    /// <param name="write">A fetch that succeeded.</param>
    /// <returns>Null when there is nothing new, as nearly always.</returns>
    public static RoomProof? Find(string calendarId, string resourceId, CalendarPicture picture, SnapshotWrite write)
    {
        if (picture is not { Snapshot: { } earlier, State.LastSuccessAt: { } before } || write.State.LastSuccessAt is not { } now || now <= before)
            return null;
        var standingBefore = before - Margin;
        var later = write.NewSnapshot ?? earlier;
        if (later.DurationSeconds != earlier.DurationSeconds)
            return null;
        List<string>? found = null;
        long[]? first = null, second = null;
        foreach (var claim in picture.Claims)
        {
            if (claim.At is not { LeavesRoom: false } at || at.CalendarId != calendarId || at.Since >= standingBefore || claim.Start <= now)
                continue;
            second ??= SnapshotCodec.Unpack(later.Packed, later.Count);
            if (!Names(second, later.DurationSeconds, claim))
                continue;
            first ??= ReferenceEquals(earlier, later) ? second : SnapshotCodec.Unpack(earlier.Packed, earlier.Count);
            if (Names(first, earlier.DurationSeconds, claim))
                (found ??= []).Add(claim.Id);
        }
        return found is null ? null : new RoomProof(calendarId, resourceId, found, standingBefore);
    }

    private static bool Names(long[] starts, int seconds, Claim claim)
    {
        var (start, end) = (claim.Start.ToUnixTimeSeconds(), claim.End.ToUnixTimeSeconds());
        if (claim.State == ClaimState.Booked)
            return end - start == seconds && Array.BinarySearch(starts, start) >= 0;
        var at = Array.BinarySearch(starts, start - seconds + 1);
        at = at < 0 ? ~at : at;
        return at < starts.Length && starts[at] < end;
    }
}
