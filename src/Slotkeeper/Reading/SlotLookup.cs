using Slotkeeper.Snapshots;

namespace Slotkeeper.Reading;

/// <summary>Where one start stands in an answer.</summary>
public enum SlotStanding
{
    /// <summary>It can be taken.</summary>
    Free,

    /// <summary>A claim takes it, whether or not the provider still names it.</summary>
    Claimed,

    /// <summary>The provider named it not long ago and does no more: it was taken there.</summary>
    Gone,

    /// <summary>Not a time of this calendar, as far as is known.</summary>
    NotASlot,
    InPast,
    InsideNotice,
    NoCalendar,
}

/// <summary>A free time named instead of one that is gone.</summary>
public sealed record Alternative(DateTimeOffset Start, string Label);

/// <summary>Looks a start up in an answer, by the same cuts that made it.</summary>
public static class SlotLookup
{
    /// <summary>Alternatives named with a refusal.</summary>
    public const int MostAlternatives = 3;

    /// <summary>What is farther from the wanted time is no alternative to it.</summary>
    public const int MostDays = 14;

    /// <param name="answer">Of the moment, without range and limit.</param>
    /// <param name="start">UTC.</param>
    public static SlotStanding Find(this in SlotAnswer answer, DateTimeOffset start)
    {
        if (answer.Slots is not { } slots)
            return SlotStanding.NoCalendar;
        if (start < answer.Now)
            return SlotStanding.InPast;
        var seconds = start.ToUnixTimeSeconds();
        var isWhole = start == DateTimeOffset.FromUnixTimeSeconds(seconds);
        if (isWhole && answer.Starts.BinarySearch(seconds) >= 0)
            return SlotStanding.Free;
        var isClaimed = isWhole && Array.BinarySearch(slots.Claimed, seconds) >= 0;
        var isKnown = isClaimed || (isWhole && Array.BinarySearch(slots.Free, seconds) >= 0);
        if (isKnown && start < answer.Now.AddMinutes(answer.Workspace.Settings.MinimumNoticeMinutes))
            return SlotStanding.InsideNotice;
        if (isClaimed || IsTaken(slots, start, answer.Now))
            return SlotStanding.Claimed;
        return isWhole && answer.Calendar!.Gone.Contains(seconds) ? SlotStanding.Gone : SlotStanding.NotASlot;
    }

    /// <summary>Once a provider was read again it no longer names what was booked, but that is no reason to call it unknown.</summary>
    private static bool IsTaken(FreeSlots slots, DateTimeOffset start, DateTimeOffset now)
    {
        var end = start.AddSeconds(slots.DurationSeconds);
        var seconds = now.ToUnixTimeSeconds();
        return slots.Picture.Claims.Any(claim => FreeSlots.IsLive(claim, seconds) && claim.Start < end && claim.End > start);
    }

    /// <summary>The free times nearest to one that is gone, at most <see cref="MostDays"/> away, in the order of time.</summary>
    /// <param name="answer">Of the moment.</param>
    /// <param name="wanted">UTC; never among the result.</param>
    /// <param name="label">Names a time for a person.</param>
    public static IReadOnlyList<Alternative> Nearest(this in SlotAnswer answer, DateTimeOffset wanted, Func<DateTimeOffset, string> label)
    {
        var starts = answer.Starts;
        var seconds = wanted.ToUnixTimeSeconds();
        var at = starts.BinarySearch(seconds);
        var after = at < 0 ? ~at : at;
        var before = after - 1;
        if (at >= 0)
            after++;
        var nearest = new List<long>(MostAlternatives);
        const long Farthest = MostDays * 86_400L;
        while (nearest.Count < MostAlternatives)
        {
            if (before >= 0 && seconds - starts[before] > Farthest)
                before = -1;
            if (after < starts.Length && starts[after] - seconds > Farthest)
                after = starts.Length;
            if (before < 0 && after >= starts.Length)
                break;
            // Of two that are equally near the later one comes first: somebody who asked for a time can rather come later.
            if (before < 0 || (after < starts.Length && starts[after] - seconds <= seconds - starts[before]))
                nearest.Add(starts[after++]);
            else
                nearest.Add(starts[before--]);
        }
        nearest.Sort();
        return nearest.ConvertAll(start => DateTimeOffset.FromUnixTimeSeconds(start)).ConvertAll(start => new Alternative(start, label(start)));
    }
}
