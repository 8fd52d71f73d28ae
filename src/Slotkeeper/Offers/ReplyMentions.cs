using System.Globalization;
using NodaTime;

namespace Slotkeeper.Offers;

/// <summary>A clock time somebody wrote, or the end of a stretch of time.</summary>
/// <param name="Minutes">Minutes of the day it may mean: "at 3" is 03:00 or 15:00.</param>
/// <param name="Bound">What it bounds.</param>
/// <param name="Zone">Null for the lead's own.</param>
internal readonly record struct ClockMention(int[] Minutes, ClockBound Bound, DateTimeZone? Zone);

internal enum ClockBound
{
    Exactly,
    From,
    Before,
}

/// <summary>What the words of a reply point at.</summary>
internal sealed class ReplyMentions
{
    private const int MostPlaces = 5;

    private static readonly ReplyWords[] Languages = [.. Locales.All.Select(static locale => locale.Replies)];

    /// <summary>Zones people name that are no tokens: they mean whatever the clock there shows.</summary>
    private static readonly Dictionary<string, string> SpokenZones = new(StringComparer.Ordinal)
    {
        ["et"] = "America/New_York", ["ct"] = "America/Chicago", ["mt"] = "America/Denver", ["pt"] = "America/Los_Angeles",
        ["cet"] = "Europe/Berlin", ["cest"] = "Europe/Berlin", ["mez"] = "Europe/Berlin", ["mesz"] = "Europe/Berlin",
    };

    public HashSet<int> Indexes { get; } = [];

    /// <summary>1 (Monday) to 7.</summary>
    public HashSet<int> Weekdays { get; } = [];

    /// <summary>Month, or 0 where only the day is named, and day.</summary>
    public HashSet<(int Month, int Day)> Dates { get; } = [];

    /// <summary>Days of the month that may be meant where <see cref="Indexes"/> has the place.</summary>
    public HashSet<int> PerhapsDays { get; } = [];

    /// <summary>Days from today.</summary>
    public HashSet<int> DaysAhead { get; } = [];

    /// <summary>0 morning, 1 afternoon, 2 evening.</summary>
    public HashSet<int> PartsOfDay { get; } = [];

    public List<ClockMention> Clocks { get; } = [];

    public bool HasTime => Weekdays.Count + Dates.Count + DaysAhead.Count + WeeksAhead.Count + PartsOfDay.Count + Clocks.Count > 0;

    public bool IsEmpty => !HasTime && Indexes.Count == 0;

    /// <summary>0 this week, 1 the next, from Monday on.</summary>
    public HashSet<int> WeeksAhead { get; } = [];

    /// <summary>Adds what a part names.</summary>
    public void Add(ReplyPart part)
    {
        foreach (var language in Languages)
        {
            if (Array.Exists(language.ThisWeek, phrase => ReplyPart.Says(part.Phrase, phrase)))
                WeeksAhead.Add(0);
            if (Array.Exists(language.NextWeek, phrase => ReplyPart.Says(part.Phrase, phrase)))
                WeeksAhead.Add(1);
        }
        var words = part.Words;
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i].IsNumber)
                i = Number(words, i);
            else if (IsClockWord(At(words, i + 1)) && SpokenHour(words[i].Text) is >= 0 and var hour)
                i = Clock(words, i, hour, 0);
            else
                Word(words, i);
        }
    }

    public void Add(ReplyMentions other)
    {
        Indexes.UnionWith(other.Indexes);
        PerhapsDays.UnionWith(other.PerhapsDays);
        Weekdays.UnionWith(other.Weekdays);
        Dates.UnionWith(other.Dates);
        DaysAhead.UnionWith(other.DaysAhead);
        WeeksAhead.UnionWith(other.WeeksAhead);
        PartsOfDay.UnionWith(other.PartsOfDay);
        Clocks.AddRange(other.Clocks);
    }

    private void Word(List<ReplyWord> words, int i)
    {
        var word = words[i].Text;
        var before = At(words, i - 1);
        foreach (var language in Languages)
        {
            if (IndexIn(language.Weekdays, word) is >= 0 and var weekday)
                Weekdays.Add(weekday + 1);
            if (IndexIn(language.Parts, word) is >= 0 and var part && !(before is "good" or "guten"))
                PartsOfDay.Add(part);
            if (language.Today.Contains(word))
                DaysAhead.Add(0);
            // "Dienstag morgen" is a morning, "guten Morgen" is nothing.
            if (language.Tomorrow.Contains(word) && before is not ("guten" or "good"))
            {
                if (word == "morgen" && (IndexIn(language.Weekdays, before) >= 0 || before is "am" or "heute"))
                    PartsOfDay.Add(0);
                else
                    DaysAhead.Add(1);
            }
            if (language.DayAfterTomorrow.Contains(word))
                DaysAhead.Add(2);
            if (language.Noon.Contains(word))
                Clocks.Add(new ClockMention([12 * 60], BoundOf(words, i), null));
            if (IndexIn(language.Ordinals, word) is >= 0 and var ordinal && MeansOne(words, i))
                Indexes.Add(ordinal);
        }
    }

    /// <returns>The place of the last word that was part of it.</returns>
    private int Number(List<ReplyWord> words, int i)
    {
        var text = words[i].Text;
        var (before, next) = (At(words, i - 1), At(words, i + 1));
        if (text.Contains('/', StringComparison.Ordinal))
        {
            // 2/12 is February where 12 may be a day, and December elsewhere; offers decide.
            if (Split(text, '/') is [var one, var other, ..])
                AddDates((one, other), (other, one));
            return i;
        }
        if (text.Contains(':', StringComparison.Ordinal))
            return Split(text, ':') is [var hour, var minute] ? Clock(words, i, hour, minute) : i;
        if (text.Contains('.', StringComparison.Ordinal))
        {
            if (Split(text, '.') is not [var first, var second, ..] numbers)
                return i;
            if (numbers.Length == 2 && !words[i].HasDot && second <= 59 && text.Length - text.IndexOf('.', StringComparison.Ordinal) == 3 && (IsClockWord(next) || IsHalf(next) || IsBeforeClock(before)))
                return Clock(words, i, first, second);
            AddDates((second, first), (0, 0));
            return i;
        }
        if (text.Length > 2)
            return i;
        var number = int.Parse(text, CultureInfo.InvariantCulture);
        if (next is "st" or "nd" or "rd" or "th")
        {
            var monthOfDay = MonthNear(words, i - 1, i + 2);
            var thing = At(words, i + 2);
            if (monthOfDay == 0 && thing is not null && Array.Exists(Languages, language => language.Things.Contains(thing)))
            {
                Indexes.Add(number - 1);
            }
            else if (monthOfDay == 0 && IsChoice(thing) && number <= MostPlaces)
            {
                // "The 2nd works" is the second time, unless there is one on a 2nd.
                Indexes.Add(number - 1);
                PerhapsDays.Add(number);
            }
            else
                AddDates((monthOfDay, number), (0, 0));
            return i + 1;
        }
        if (IsHalf(next) && number is >= 1 and <= 12 || IsClockWord(next))
            return Clock(words, i, number, 0);
        if (MonthNear(words, i - 1, i + 1) is > 0 and var month)
            AddDates((month, number), (0, 0));
        else if (IsBeforeClock(before) || (before is not null && IsAnd(before) && Clocks.Count > 0 && Clocks[^1].Bound == ClockBound.From))
            return Clock(words, i, number, 0);
        else if (words[i].StandsAlone || (i == 0 && IsChoice(next)) || (before is not null && Array.Exists(Languages, language => language.BeforeIndex.Contains(before))))
            Indexes.Add(number - 1);
        else if (words[i].HasDot && before is "am" or "den" or "der" or "dem")
            AddDates((0, number), (0, 0));
        return i;
    }

    private int Clock(List<ReplyWord> words, int i, int hour, int minute)
    {
        var bound = BoundOf(words, i);
        var last = i;
        var next = At(words, i + 1);
        int[] hours = [hour];
        if (IsHalf(next) && hour is >= 1 and <= 12)
        {
            hours = [(hour % 12) + (next == "pm" ? 12 : 0)];
            last++;
        }
        else if (IsClockWord(next))
        {
            last++;
            // "15 Uhr 30"
            if (minute == 0 && last + 1 < words.Count && words[last + 1].Text.Length <= 2 && words[last + 1].IsNumber && !words[last + 1].HasDot)
                minute = int.Parse(words[++last].Text, CultureInfo.InvariantCulture);
        }
        else if (hour is >= 1 and <= 12 && words[i].Text[0] != '0')
        {
            // Of a bound only one hour can be meant, and hardly anybody meets before seven.
            hours = bound == ClockBound.Exactly ? [hour % 12, (hour % 12) + 12] : [hour < 7 ? hour + 12 : hour];
        }
        if (hours[^1] > 23 || minute > 59)
            return last;
        DateTimeZone? zone = null;
        if (At(words, last + 1) is { } name && ZoneNamed(name) is { } named)
        {
            zone = named;
            last++;
        }
        Clocks.Add(new ClockMention([.. hours.Select(one => (one * 60) + minute)], bound, zone));
        return last;
    }

    private static DateTimeZone? ZoneNamed(string name) =>
        SpokenZones.TryGetValue(name, out var id) ? Zones.Get(id) : name.Length is >= 3 and <= 9 ? ZoneToken.ZoneOf(name.StartsWith("utc", StringComparison.Ordinal) && name.Length > 3 ? $"GMT{name.AsSpan(3)}" : name.ToUpperInvariant()) : null;

    private ClockBound BoundOf(List<ReplyWord> words, int i)
    {
        if (At(words, i - 1) is not { } before)
            return ClockBound.Exactly;
        foreach (var language in Languages)
        {
            if (language.After.Contains(before) || language.Between.Contains(before))
                return ClockBound.From;
            if (language.Before.Contains(before))
                return ClockBound.Before;
            if (language.And.Contains(before) && Clocks.Count > 0 && Clocks[^1].Bound == ClockBound.From && words.Exists(word => language.Between.Contains(word.Text)))
                return ClockBound.Before;
        }
        return ClockBound.Exactly;
    }

    private void AddDates((int Month, int Day) one, (int Month, int Day) other)
    {
        foreach (var (month, day) in new[] { one, other })
        {
            if (month is >= 0 and <= 12 && day is >= 1 and <= 31)
                Dates.Add((month, day));
        }
    }

    /// <summary>"The first", "first one", but not "let me look first".</summary>
    private static bool MeansOne(List<ReplyWord> words, int i)
    {
        var (before, next) = (At(words, i - 1), At(words, i + 1));
        if (next is not null && Array.Exists(Languages, language => language.Things.Contains(next)))
            return true;
        return (before is null || Array.Exists(Languages, language => language.Articles.Contains(before))) && (next is null || IsChoice(next));
    }

    private static int MonthNear(List<ReplyWord> words, int before, int after)
    {
        if (At(words, after) == "of")
            after++;
        foreach (var language in Languages)
        {
            if (IndexIn(language.Months, At(words, before)) is >= 0 and var one)
                return one + 1;
            if (IndexIn(language.Months, At(words, after)) is >= 0 and var other)
                return other + 1;
        }
        return 0;
    }

    private static string? At(List<ReplyWord> words, int i) => i >= 0 && i < words.Count ? words[i].Text : null;

    private static int IndexIn(string[][] forms, string? word) => word is null ? -1 : Array.FindIndex(forms, form => form.Contains(word));

    /// <summary>"Ein Uhr"; -1 for words that are no hour.</summary>
    private static int SpokenHour(string word) => Locales.All.Max(locale => Array.IndexOf(locale.SpokenHours, word));

    private static bool IsHalf(string? word) => word is "am" or "pm";

    private static bool IsClockWord(string? word) => word is not null && Array.Exists(Languages, language => language.Clock.Contains(word));

    private static bool IsChoice(string? word) => word is not null && Array.Exists(Languages, language => language.Choices.Contains(word));

    private static bool IsAnd(string word) => Array.Exists(Languages, language => language.And.Contains(word));

    private static bool IsBeforeClock(string? word) => word is not null
        && Array.Exists(Languages, language => language.At.Contains(word) || language.After.Contains(word) || language.Before.Contains(word) || language.Between.Contains(word));

    private static int[]? Split(string text, char mark)
    {
        var numbers = text.Split(mark);
        return numbers.Length is 2 or 3 && Array.TrueForAll(numbers, static number => number.Length is 1 or 2 or 4 && number.All(char.IsAsciiDigit))
            ? Array.ConvertAll(numbers, static number => int.Parse(number, CultureInfo.InvariantCulture))
            : null;
    }
}
