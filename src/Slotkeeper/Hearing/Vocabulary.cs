using System.Collections.Frozen;
using System.Text;
using Slotkeeper.Offers;

namespace Slotkeeper.Hearing;

/// <summary>One word, number or mark of what was said.</summary>
/// <param name="Text">Folded; the digits of a number.</param>
/// <param name="Sense">What it does.</param>
/// <param name="Value">Of a number, an ordinal, or which of its kind.</param>
/// <param name="IsGlued">No space stands before it.</param>
internal readonly record struct HeardWord(string Text, Sense Sense, int Value, bool IsGlued)
{
    public bool IsDigits => Sense == Sense.Number && char.IsAsciiDigit(Text[0]);
}

/// <summary>
/// The words of all languages in one table, because callers mix them and transcripts do. Umlauts are folded ("übermorgen" is "uebermorgen"), so that both
/// spellings are one.
/// </summary>
internal static class Vocabulary
{
    public const int MostLetters = 200;

    /// <summary>In the order of <see cref="Locales.All"/>.</summary>
    public static readonly HearingWords[] Languages = [EnglishHearing.Table, GermanHearing.Table];

    private static readonly FrozenDictionary<string, (Sense Sense, int Value)> Known = Build();

    /// <summary>Language of words that one language alone has, as an index.</summary>
    private static readonly FrozenDictionary<string, int> Native = NativeWords();

    public static HearingWords For(string? tag)
    {
        var language = Locales.For(tag).Language;
        return Array.Find(Languages, words => words.Language == language) ?? Languages[0];
    }

    /// <summary>The language most of the words are of.</summary>
    public static HearingWords LanguageOf(IEnumerable<HeardWord> words, HearingWords otherwise)
    {
        Span<int> count = stackalloc int[Languages.Length];
        foreach (var word in words)
        {
            if (Native.TryGetValue(word.Text, out var language))
                count[language]++;
        }
        var best = otherwise;
        var most = count[Array.IndexOf(Languages, otherwise)];
        for (var i = 0; i < Languages.Length; i++)
        {
            if (count[i] > most)
                (best, most) = (Languages[i], count[i]);
        }
        return best;
    }

    /// <summary>Takes apart in one pass, without regular expressions: the text is a stranger's.</summary>
    public static List<HeardWord> Words(string text)
    {
        var words = new List<HeardWord>();
        var at = 0;
        while (at < text.Length)
        {
            var from = at;
            var isGlued = from > 0 && !char.IsWhiteSpace(text[from - 1]);
            if (char.IsAsciiDigit(text[at]))
            {
                while (at < text.Length && char.IsAsciiDigit(text[at]))
                    at++;
                AddNumber(words, text[from..at], isGlued);
            }
            else if (char.IsLetter(text[at]))
            {
                while (at < text.Length && (char.IsLetter(text[at]) || text[at] == '\u0308' || (text[at] is '\'' or '’' && at + 1 < text.Length && char.IsLetter(text[at + 1]))))
                    at++;
                AddWord(words, Fold(text.AsSpan(from, at - from)), isGlued);
            }
            else
            {
                var sense = text[at++] switch { '.' => Sense.Dot, ':' => Sense.Colon, '/' => Sense.Slash, '-' or '–' or '—' => Sense.Dash, _ => Sense.None };
                if (sense != Sense.None)
                    words.Add(new HeardWord(text[from..at], sense, 0, isGlued));
            }
        }
        return words;
    }

    /// <summary>Lower case with ae, oe, ue and ss for what has no key of its own everywhere; also of letters with a combining mark.</summary>
    public static string Fold(ReadOnlySpan<char> word)
    {
        var folded = new StringBuilder(word.Length + 2);
        foreach (var letter in word)
        {
            switch (char.ToLowerInvariant(letter))
            {
                case 'ä': folded.Append("ae"); break;
                case 'ö': folded.Append("oe"); break;
                case 'ü': folded.Append("ue"); break;
                case 'ß' or 'ẞ': folded.Append("ss"); break;
                case '\u0308': folded.Append('e'); break;
                case '’': folded.Append('\''); break;
                case var lower: folded.Append(lower); break;
            }
        }
        return folded.ToString();
    }

    private static void AddNumber(List<HeardWord> words, string digits, bool isGlued)
    {
        // More digits than a year is no time; it stays a number that nothing explains.
        words.Add(new HeardWord(digits, Sense.Number, digits.Length <= 4 ? int.Parse(digits) : int.MaxValue, isGlued));
    }

    private static void AddWord(List<HeardWord> words, string word, bool isGlued)
    {
        var hasLast = words.Count > 0;
        var last = hasLast ? words[^1] : default;
        if (hasLast && last.IsDigits && (isGlued || word is "te" or "ten" or "ter") && word is "st" or "nd" or "rd" or "th" or "te" or "ten" or "ter")
        {
            words[^1] = last with { Sense = Sense.Ordinal };
            return;
        }
        if (word == "h" && hasLast && last.IsDigits)
        {
            words.Add(new HeardWord(word, Sense.Clock, 0, isGlued));
            return;
        }
        // "p.m.", "p m"
        if (word == "m" && hasLast && (last.Text is "a" or "p" || (last.Sense == Sense.Dot && words.Count > 1 && words[^2].Text is "a" or "p")))
        {
            if (last.Sense == Sense.Dot)
                words.RemoveAt(words.Count - 1);
            var half = words[^1];
            words[^1] = new HeardWord(half.Text + "m", Sense.Meridiem, half.Text == "a" ? 0 : 1, half.IsGlued);
            return;
        }
        if (Known.TryGetValue(word, out var known))
        {
            // "twenty-first", "thirty five": tens and units are two words in English.
            var isDashed = last is { Sense: Sense.Dash, IsGlued: true } && isGlued && words.Count > 1;
            if (hasLast && known is { Sense: Sense.Number or Sense.Ordinal, Value: >= 1 and <= 9 } && EnglishHearing.Table.Numbers.TryGetValue(words[isDashed ? ^2 : ^1].Text, out var tens) && tens >= 20
                && (EnglishHearing.Table.Numbers.ContainsKey(word) || EnglishHearing.Table.Ordinals.ContainsKey(word)))
            {
                if (isDashed)
                    words.RemoveAt(words.Count - 1);
                words[^1] = new HeardWord(word, known.Sense, tens + known.Value, words[^1].IsGlued);
            }
            else
                words.Add(new HeardWord(word, known.Sense, known.Value, isGlued));
            return;
        }
        // "Dienstagnachmittag"
        for (var length = 2; length < word.Length - 2; length++)
        {
            if (Known.TryGetValue(word[..length], out var first) && first.Sense is Sense.Weekday && length > 5 && Known.TryGetValue(word[length..], out var second) && second.Sense is Sense.Part or Sense.Morrow)
            {
                words.Add(new HeardWord(word[..length], first.Sense, first.Value, isGlued));
                words.Add(new HeardWord(word[length..], second.Sense, second.Value, true));
                return;
            }
        }
        words.Add(new HeardWord(word, Sense.None, 0, isGlued));
    }

    private static FrozenDictionary<string, (Sense Sense, int Value)> Build()
    {
        var known = new Dictionary<string, (Sense, int)>(StringComparer.Ordinal);
        foreach (var (word, sense, value, _) in Entries())
            known[word] = (sense, value);
        // In German also "am", which is told apart where it stands.
        known["am"] = (Sense.Meridiem, 0);
        return known.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static FrozenDictionary<string, int> NativeWords() => Entries().Where(static entry => entry.Word != "am")
        .GroupBy(static entry => entry.Word, StringComparer.Ordinal)
        .Where(static group => group.Select(static entry => entry.Language).Distinct().Count() == 1)
        .ToFrozenDictionary(static group => group.Key, static group => group.First().Language, StringComparer.Ordinal);

    /// <summary>What people write in replies first; later entries replace earlier ones.</summary>
    private static IEnumerable<(string Word, Sense Sense, int Value, int Language)> Entries()
    {
        for (var language = 0; language < Languages.Length; language++)
        {
            var replies = Locales.For(Languages[language].Language).Replies;
            var own = Numbered(Sense.Weekday, replies.Weekdays).Concat(Numbered(Sense.Month, replies.Months))
                .Concat(replies.Today.Select(static word => (word, Sense.DayOffset, 0))).Concat(replies.Tomorrow.Select(static word => (word, Sense.DayOffset, 1)))
                .Concat(replies.DayAfterTomorrow.Select(static word => (word, Sense.DayOffset, 2))).Concat(replies.Between.Select(static word => (word, Sense.Between, 0)))
                .Concat(replies.And.Select(static word => (word, Sense.And, 0))).Concat(replies.Clock.Where(static word => word != "h").Select(static word => (word, Sense.Clock, 0)))
                .Concat(replies.No.Where(static word => !word.Contains(' ', StringComparison.Ordinal)).Select(static word => (word, Sense.Not, 0))).Concat(replies.Articles.Select(static word => (word, Sense.Article, 0)))
                .Concat(Languages[language].Numbers.Select(static number => (number.Key, Sense.Number, number.Value)))
                .Concat(Languages[language].Ordinals.Select(static ordinal => (ordinal.Key, Sense.Ordinal, ordinal.Value)))
                .Concat(Languages[language].Senses.SelectMany(static senses => senses.Words.Split(' ').Select(word => (word, senses.Sense, senses.Value))));
            foreach (var (word, sense, value) in own)
                yield return (Fold(word), sense, value, language);
        }

        static IEnumerable<(string, Sense, int)> Numbered(Sense sense, string[][] forms) => forms.SelectMany((words, i) => words.Select(word => (word, sense, i + 1)));
    }
}
