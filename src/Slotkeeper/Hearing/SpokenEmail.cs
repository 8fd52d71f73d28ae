using System.Text;

namespace Slotkeeper.Hearing;

/// <summary>E-mail addresses as they are spelled on the phone.</summary>
public static class SpokenEmail
{
    private const int MostLetters = 254;

    /// <summary>Words for the signs of an address, in both languages, folded.</summary>
    private static readonly Dictionary<string, string> Signs = new(StringComparer.Ordinal)
    {
        ["at"] = "@", ["aet"] = "@", ["ett"] = "@", ["klammeraffe"] = "@", ["affenschwanz"] = "@", ["punkt"] = ".", ["dot"] = ".", ["period"] = ".", ["minus"] = "-", ["bindestrich"] = "-", ["strich"] = "-", ["hyphen"] = "-", ["dash"] = "-",
        ["unterstrich"] = "_", ["underscore"] = "_", ["plus"] = "+",
    };

    private static readonly Dictionary<string, string> Digits = GermanHearing.Table.Numbers.Concat(EnglishHearing.Table.Numbers).Where(static number => number.Value < 10 && number.Key != "ein")
        .ToDictionary(static number => Vocabulary.Fold(number.Key), static number => number.Value.ToString(), StringComparer.Ordinal);

    private static readonly HashSet<string> Endings = new(["de", "com", "net", "org", "at", "ch", "eu", "info", "io", "uk"], StringComparer.Ordinal);

    /// <param name="heard">For example "max punkt mueller at web punkt de".</param>
    /// <returns>The address; as it came where it is one already. Null when none comes of it.</returns>
    public static string? Repair(string heard)
    {
        if (string.IsNullOrWhiteSpace(heard) || heard.Length > 2 * MostLetters)
            return null;
        var plain = heard.Trim().TrimEnd(',', ';', '.', '!', '?');
        if (IsAddress(plain))
            return plain;
        var words = plain.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var at = AtSign(words);
        var address = new StringBuilder(plain.Length);
        for (var i = 0; i < words.Length; i++)
        {
            var (spoken, word) = (words[i].Trim(',').ToLowerInvariant(), Vocabulary.Fold(words[i].Trim(',')));
            if (i == at)
                address.Append('@');
            else if (Signs.TryGetValue(word, out var sign) && !(sign == "@" && word == "at" && i > at && i == words.Length - 1))
                // A second "at" is the ending of Austria, last of all, or one sign too many.
                address.Append(sign);
            else
                // An umlaut stays one, so that the whole is none: whether it is written "ue" or "u" has to be asked.
                address.Append(Digits.TryGetValue(word, out var digit) ? digit : spoken);
        }
        // "web de": the dot before the ending goes unsaid.
        if (words.Length > 1 && address.ToString().IndexOf('@', StringComparison.Ordinal) is > 0 and var sep && Vocabulary.Fold(words[^1]) is var last && Endings.Contains(last)
            && address.Length - last.Length - 1 > sep && address[address.Length - last.Length - 1] != '.')
            address.Insert(address.Length - last.Length, '.');
        var repaired = address.ToString();
        return IsAddress(repaired) ? repaired : null;
    }

    /// <summary>Which word is the sign: "punkt at" and "dot at" end Austrian addresses. -1 when the sign itself is there, or none.</summary>
    private static int AtSign(string[] words)
    {
        if (Array.Exists(words, static word => word.Contains('@', StringComparison.Ordinal)))
            return -1;
        return Array.FindIndex(words, 0, word => Signs.GetValueOrDefault(Vocabulary.Fold(word)) == "@") is > 0 and var found ? found : -1;
    }

    /// <summary>One @ with a name and a domain of letters, digits, dots and dashes around it; not all that the standard allows, but what people have.</summary>
    private static bool IsAddress(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (text.Length > MostLetters || at is < 1 or > 64 || text.LastIndexOf('@') != at)
            return false;
        var (name, domain) = (text[..at], text[(at + 1)..]);
        if (!name.All(static letter => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+/=?^_`{|}~.-".Contains(letter, StringComparison.Ordinal)) || name[0] == '.' || name[^1] == '.' || text.Contains("..", StringComparison.Ordinal))
            return false;
        var labels = domain.Split('.');
        return labels.Length > 1 && Array.TrueForAll(labels, static label => label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'))
            && labels[^1].Length > 1 && labels[^1].All(char.IsAsciiLetter);
    }
}
