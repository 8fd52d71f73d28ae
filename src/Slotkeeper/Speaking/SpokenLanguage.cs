using NodaTime;
using Slotkeeper.Alternatives;
using Slotkeeper.Offers;

namespace Slotkeeper.Speaking;

/// <summary>How one language speaks. A further language is one more file like <c>GermanSpeech.cs</c>, named in <see cref="All"/>.</summary>
internal abstract class SpokenLanguage
{
    private static readonly SpokenLanguage[] All = [new EnglishSpeech(), new GermanSpeech()];

    /// <summary>Of <see cref="Locale.Language"/>.</summary>
    public abstract string Tag { get; }

    /// <summary>A day after "on": "Montag, den 20. Oktober".</summary>
    public abstract LabelPattern Day { get; }

    /// <summary>A day after "is": "Montag, der 20. Oktober".</summary>
    public abstract LabelPattern Today { get; }

    public abstract LabelPattern Clock { get; }

    public abstract string On { get; }

    public abstract string At { get; }

    public abstract string SameDay { get; }

    public abstract string TodayWord { get; }

    public abstract string Tomorrow { get; }

    public abstract string DayAfterTomorrow { get; }

    /// <summary>Follow a time that the clock shows twice.</summary>
    public abstract string BeforeChange { get; }

    public abstract string AfterChange { get; }

    public static SpokenLanguage For(Locale locale) => Array.Find(All, language => language.Tag == locale.Language) ?? All[0];

    public abstract string Say(Spoken what, TimeWords words);

    /// <summary>A weekday of the next six days.</summary>
    public abstract string Weekday(string weekday);

    public abstract string NextWeek(string weekday);

    /// <summary>A full label where day words could stand as well.</summary>
    public abstract string Bare(string label);

    /// <summary>Whose clock it is; for zones that belong to no place, how far it is from the world's.</summary>
    public string Place(string zoneId, Offset offset)
    {
        var city = zoneId.StartsWith("Etc/", StringComparison.Ordinal) ? -1 : zoneId.LastIndexOf('/');
        return city > 0 ? Place(zoneId[(city + 1)..].Replace('_', ' ')) : FromUniversal(offset);
    }

    protected abstract string FromUniversal(Offset offset);

    protected abstract string Place(string city);

    /// <summary>Monday to Friday, or Monday, Wednesday and Friday, and the widest hours of them.</summary>
    protected static (bool IsRow, bool IsSame, LocalTime From, LocalTime Until) Hours(IReadOnlyList<OpeningTime> times)
    {
        var isRow = times.Count > 2 && times[^1].Weekday - times[0].Weekday == times.Count - 1;
        var isSame = times.All(time => time.From == times[0].From && time.Until == times[0].Until);
        return (isRow, isSame, times.Min(time => time.From), times.Any(time => time.Until == LocalTime.Midnight) ? LocalTime.Midnight : times.Max(time => time.Until));
    }

    /// <summary>Nobody counts the minutes of a day: whole hours or days, rounded down.</summary>
    protected static int Round(int minutes) => minutes >= 1440 ? minutes / 1440 * 1440 : minutes >= 60 ? minutes / 60 * 60 : minutes;

    protected static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
