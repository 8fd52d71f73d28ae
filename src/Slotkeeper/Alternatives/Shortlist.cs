namespace Slotkeeper.Alternatives;

/// <summary>The best starts found so far, best first, never more than asked for and none twice.</summary>
/// <param name="query">Who asks for what.</param>
/// <param name="hour">Wanted hour of the clock.</param>
internal readonly struct Shortlist(AlternativeQuery query, int hour)
{
    private const long Base = 10_000;

    private readonly AlternativeQuery query = query;
    private readonly List<(long Start, AlternativeKind Kind, long Score)> best = new(query.Most + 1);
    private readonly long now = SecondsUp(query.Now);
    private readonly long wantedMinute = query.Wanted is { } wanted ? MinuteOf(wanted.ToUnixTimeSeconds()) : long.MinValue;

    public bool IsFull => best.Count == query.Most;

    public bool IsEmpty => best.Count == 0;

    /// <summary>Whether a start may be named and is not yet.</summary>
    public bool MayTake(long start)
    {
        if (start < now || MinuteOf(start) == wantedMinute || OverlapsOwn(start))
            return false;
        foreach (var (named, _, _) in best)
        {
            if (named == start)
                return false;
        }
        return true;
    }

    /// <summary>Puts a start where it ranks; the least one falls out when there are too many.</summary>
    /// <param name="start">Only one that <see cref="MayTake"/>.</param>
    /// <param name="kind">How it was found.</param>
    /// <param name="distance">Minutes from what was wanted; null where the wish was moved to this very start, which then comes first.</param>
    public void Take(long start, AlternativeKind kind, long? distance)
    {
        var score = distance is { } minutes ? Base - minutes + Bonus(kind, hour) : long.MaxValue;
        var at = best.Count;
        while (at > 0 && (best[at - 1].Score < score || (best[at - 1].Score == score && best[at - 1].Start > start)))
            at--;
        if (at == query.Most)
            return;
        best.Insert(at, (start, kind, score));
        if (best.Count > query.Most)
            best.RemoveAt(query.Most);
    }

    public AlternativeFinding Finding(bool within) =>
        new(best.ConvertAll(static found => new FoundAlternative(DateTimeOffset.FromUnixTimeSeconds(found.Start), found.Kind)), within);

    public long this[int index] => best[index].Start;

    public int Count => best.Count;

    /// <summary>Who wants an afternoon can rather come later, who wants a morning rather earlier.</summary>
    private static int Bonus(AlternativeKind kind, int hour) => kind switch
    {
        AlternativeKind.SameDayEarlier => hour >= 12 ? 300 : 500,
        AlternativeKind.SameDayLater => hour >= 12 ? 500 : 300,
        AlternativeKind.NextWorkday => 250,
        AlternativeKind.NextWeek => 150,
        _ => 100,
    };

    private bool OverlapsOwn(long start)
    {
        var own = query.Own;
        for (var i = 0; i < own.Count; i++)
        {
            if (start < SecondsUp(own[i].End) && start + query.DurationSeconds > own[i].Start.ToUnixTimeSeconds())
                return true;
        }
        return false;
    }

    private static long MinuteOf(long seconds) => DivideDown(seconds, 60);

    private static long DivideDown(long value, long by) => (value / by) - (value % by < 0 ? 1 : 0);

    internal static long SecondsUp(DateTimeOffset instant) => instant.ToUnixTimeSeconds() + (instant.UtcTicks % TimeSpan.TicksPerSecond == 0 ? 0 : 1);
}
