using NodaTime;

namespace Slotkeeper.Hearing;

/// <summary>What the names of parts of a day stand for.</summary>
internal static class PartsOfDay
{
    public const int Forenoon = 0;
    public const int Morning = 1;
    public const int Early = 2;
    public const int Midday = 3;
    public const int Afternoon = 4;
    public const int Evening = 5;
    public const int Late = 6;
    public const int Night = 7;

    /// <summary>Hours to search in. The night has none: nobody is offered one, and people differ about the day it belongs to.</summary>
    private static readonly (int From, int Until)[] Windows = [(9, 12), (9, 12), (6, 9), (11, 14), (12, 18), (17, 21), (19, 22), (0, 0)];

    /// <summary>Hours that a clock time said with the part may have; wider, for "8 Uhr morgens" is one.</summary>
    private static readonly (int From, int Until)[] Spoken = [(0, 12), (0, 12), (0, 12), (11, 16), (12, 19), (17, 24), (17, 24), (18, 30)];

    public static bool Fits(int part, int minute) =>
        (minute >= Spoken[part].From * 60 && minute < Spoken[part].Until * 60) || (part == Night && minute < 6 * 60);

    /// <summary>Minutes of the day at which a part begins where it bounds: "ab mittags", "bis mittags".</summary>
    public static int Edge(int part) => part switch { Midday => 12 * 60, Night => 22 * 60, _ => Windows[part].From * 60 };

    /// <param name="parts">Different ones, at least one.</param>
    /// <param name="words">Language of the label.</param>
    /// <returns>Null when they are no one window: morning or afternoon, at night.</returns>
    public static TimeWindow? Window(IReadOnlyList<int> parts, HearingWords words)
    {
        var shade = parts.Where(static part => part is Early or Late).ToArray();
        var plain = parts.Where(static part => part is not (Early or Late)).ToArray();
        if (shade.Length > 1 || plain.Length > 1 || plain is [Night])
            return null;
        if (shade is [Early] && plain is [] or [Morning or Forenoon])
            return Named(Windows[Early].From * 60, Windows[Early].Until * 60, words.PartLabels[Early]);
        if (plain is [])
            return Named(Windows[shade[0]].From * 60, Windows[shade[0]].Until * 60, words.PartLabels[shade[0]]);
        var (from, until) = (Windows[plain[0]].From * 60, Windows[plain[0]].Until * 60);
        var (label, half) = (words.PartLabels[plain[0]], from + ((until - from) / 2));
        return shade switch
        {
            [Early] => Named(from, half, words.Early.Replace("{}", label, StringComparison.Ordinal)),
            [Late] => Named(half, until, words.Late.Replace("{}", label, StringComparison.Ordinal)),
            _ => Named(from, until, label),
        };
    }

    private static TimeWindow Named(int from, int until, string label) => new(LocalTime.FromMinutesSinceMidnight(from), LocalTime.FromMinutesSinceMidnight(until), WindowKind.PartOfDay, label);
}
