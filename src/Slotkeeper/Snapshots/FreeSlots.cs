using Slotkeeper.Calendars;
using Slotkeeper.Claims;

namespace Slotkeeper.Snapshots;

/// <summary>
/// The slots of one picture of a calendar, decoded, parted into free ones and ones that overlap claims. What time does to it
/// (past, notice, range) is left to the moment of answering. Immutable.
/// </summary>
public sealed class FreeSlots
{
    private const int RenderedLength = 23;

    private byte[]? rendered;

    private FreeSlots(CalendarPicture picture, long[] free, long[] claimed, long validFrom, long validUntil)
    {
        Picture = picture;
        Free = free;
        Claimed = claimed;
        ValidFrom = validFrom;
        ValidUntil = validUntil;
    }

    /// <summary>What it was made from.</summary>
    public CalendarPicture Picture { get; }

    /// <summary>Starts nothing overlaps, Unix seconds, ascending.</summary>
    public long[] Free { get; }

    /// <summary>Starts of slots that claims take, Unix seconds, ascending.</summary>
    public long[] Claimed { get; }

    /// <summary>When the last hold that was left out ran out, Unix seconds: a clock set back before it makes it count again.</summary>
    public long ValidFrom { get; }

    /// <summary>When a hold runs out and it has to be made again, Unix seconds.</summary>
    public long ValidUntil { get; }

    /// <summary>Length of each slot, seconds.</summary>
    public int DurationSeconds => (Picture.Snapshot ?? Snapshot.Empty).DurationSeconds;

    /// <summary>Decodes a picture.</summary>
    /// <param name="picture">Snapshot and claims.</param>
    /// <param name="calendar">Whose: its capacity says how many claims its resource bears at one time, those left out that leave room here.</param>
    /// <param name="now">Unix seconds, rounded down; holds that ran out before it do not count.</param>
    public static FreeSlots From(CalendarPicture picture, Calendar calendar, long now)
    {
        var snapshot = picture.Snapshot ?? Snapshot.Empty;
        var starts = SnapshotCodec.Unpack(snapshot.Packed, snapshot.Count);
        var claims = LiveIntervals(picture.Claims, calendar.Id, now, out var validFrom, out var validUntil);
        if (claims.Count == 0)
            return new FreeSlots(picture, starts, [], validFrom, validUntil);

        var claimed = new List<long>();
        var free = new long[starts.Length];
        var kept = 0;
        foreach (var start in starts)
        {
            if (IsTaken(claims, start, start + snapshot.DurationSeconds, calendar.Capacity))
                claimed.Add(start);
            else
                free[kept++] = start;
        }
        return new FreeSlots(picture, kept == free.Length ? free : free[..kept], [.. claimed], validFrom, validUntil);
    }

    /// <summary>
    /// The free starts from index <paramref name="first"/> on as JSON array elements, <c>"2026-02-12T15:00:00Z"</c> joined by
    /// commas. Rendered once: every start takes the same length, so any part of the list is a part of the text.
    /// </summary>
    public ReadOnlySpan<byte> Render(int first, int count)
    {
        if (count == 0)
            return [];
        var text = rendered ??= RenderAll(Free);
        return text.AsSpan(first * RenderedLength, (count * RenderedLength) - 1);
    }

    /// <summary>Whether a claim takes its interval, for a reader.</summary>
    /// <param name="claim">Which.</param>
    /// <param name="now">Unix seconds, rounded down.</param>
    public static bool IsLive(Claim claim, long now) => claim.State != ClaimState.Held || now < EndOfHold(claim);

    /// <summary>Whether claims leave no seat for an interval, counting the most that overlap each other inside it.</summary>
    private static bool IsTaken(List<(long Start, long End)> claims, long start, long end, int capacity)
    {
        var overlapping = 0;
        foreach (var claim in claims)
        {
            if (claim.Start >= end)
                break;
            if (claim.End > start)
                overlapping++;
        }
        if (overlapping < capacity)
            return false;
        if (capacity == 1)
            return true;
        // Several claims may overlap the slot one after the other and share a seat; what counts is how many at one instant.
        var most = 0;
        foreach (var at in claims)
        {
            var instant = Math.Max(at.Start, start);
            if (instant >= end || at.End <= start)
                continue;
            var together = 0;
            foreach (var other in claims)
            {
                if (other.Start <= instant && other.End > instant)
                    together++;
            }
            most = Math.Max(most, together);
        }
        return most >= capacity;
    }

    private static List<(long Start, long End)> LiveIntervals(IReadOnlyList<Claim> claims, string calendarId, long now, out long validFrom, out long validUntil)
    {
        var live = new List<(long Start, long End)>(claims.Count);
        validFrom = long.MinValue;
        validUntil = long.MaxValue;
        foreach (var claim in claims)
        {
            if (claim.LeavesRoomFor(calendarId))
                continue;
            if (!IsLive(claim, now))
            {
                validFrom = Math.Max(validFrom, EndOfHold(claim));
                continue;
            }
            if (claim.State == ClaimState.Held)
                validUntil = Math.Min(validUntil, EndOfHold(claim));
            live.Add((claim.Start.ToUnixTimeSeconds(), claim.End.ToUnixTimeSeconds()));
        }
        return live;
    }

    /// <summary>
    /// The database's clock ends a hold. A reader shows it taken to the end of the second in which it runs out, so that it never
    /// names a time a moment too early.
    /// </summary>
    private static long EndOfHold(Claim claim) =>
        claim.ExpiresAt is { } expiresAt ? expiresAt.ToUnixTimeSeconds() + 1 : long.MaxValue;

    private static byte[] RenderAll(long[] starts)
    {
        var text = new byte[starts.Length * RenderedLength];
        var target = text.AsSpan();
        foreach (var start in starts)
        {
            UtcText.WriteQuoted(start, target);
            target[RenderedLength - 1] = (byte)',';
            target = target[RenderedLength..];
        }
        return text;
    }
}
