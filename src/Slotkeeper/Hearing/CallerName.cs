using Slotkeeper.Offers;

namespace Slotkeeper.Hearing;

/// <summary>What is to be thought of a heard name.</summary>
public enum NameJudgement
{
    Fine,

    /// <summary>Nothing was said.</summary>
    Missing,

    /// <summary>Fewer than two letters.</summary>
    TooShort,

    /// <summary>Longer than <see cref="CallerName.MostLetters"/>.</summary>
    TooLong,

    /// <summary>"anonym", "Gast": stands for a name.</summary>
    Placeholder,

    /// <summary>"Acht Uhr", "morgen": belongs to the time.</summary>
    TimeWord,

    /// <summary>"bei Maria": says who should serve, not who calls.</summary>
    StaffWish,

    /// <summary>The name of a member of staff, heard as the caller's.</summary>
    StaffName,
}

/// <summary>Judges names as they come from speech.</summary>
public static class CallerName
{
    public const int MostLetters = 200;

    private static readonly HashSet<string> Placeholders = new(
        ["anonym", "anonymer", "anonyme", "anonymous", "unbekannt", "unbekannter", "unbekannte", "unknown", "gast", "guest", "kunde", "kundin", "customer", "client", "caller", "anrufer", "anruferin", "niemand", "nobody", "n/a", "na", "none", "null", "undefined", "keine angabe", "kein name", "no name", "name", "user", "nutzer", "test", "herr", "frau", "mr", "mrs", "ms"],
        StringComparer.Ordinal);

    private static readonly HashSet<string> StaffPrefixes = new(["bei", "zu", "mit", "zur", "zum", "with", "by"], StringComparer.Ordinal);

    /// <param name="heard">As a caller or an agent gave it.</param>
    /// <param name="staff">Names of those who serve, if they are known.</param>
    public static NameJudgement Judge(string? heard, IReadOnlyCollection<string>? staff = null)
    {
        if (string.IsNullOrWhiteSpace(heard))
            return NameJudgement.Missing;
        if (heard.Length > MostLetters)
            return NameJudgement.TooLong;
        var name = Vocabulary.Fold(heard.AsSpan().Trim().Trim(".,!?;:\"'"));
        var words = name.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        name = string.Join(' ', words);
        if (Placeholders.Contains(name) || (words.Length > 1 && Array.TrueForAll(words, Placeholders.Contains)))
            return NameJudgement.Placeholder;
        if (name.Count(char.IsLetter) < 2)
            return name.Any(char.IsAsciiDigit) ? NameJudgement.TimeWord : NameJudgement.TooShort;
        if (words.Length > 1 && StaffPrefixes.Contains(words[0]))
            return NameJudgement.StaffWish;
        if (IsTime(heard))
            return NameJudgement.TimeWord;
        return staff is not null && staff.Any(one => Vocabulary.Fold(one.AsSpan().Trim()) == name) ? NameJudgement.StaffName : NameJudgement.Fine;
    }

    /// <summary>Every word belongs to a time, and not only because people are called so: April, May, August, Freitag and Sonntag are names.</summary>
    private static bool IsTime(string heard)
    {
        var words = Vocabulary.Words(heard);
        return words.Count > 0 && words.TrueForAll(static word => word.Sense is not Sense.None) && words.Exists(static word =>
            word.Sense is Sense.Clock or Sense.DayOffset or Sense.Morrow or Sense.WeekUnit or Sense.DayUnit or Sense.HourUnit or Sense.Meridiem or Sense.Weekend or Sense.Number or Sense.Part or Sense.Tonight or Sense.Noon or Sense.Midnight or Sense.Half or Sense.Quarter or Sense.Weekday)
            && !(words.Count == 1 && words[0].Sense is Sense.Number && !words[0].IsDigits);
    }
}
