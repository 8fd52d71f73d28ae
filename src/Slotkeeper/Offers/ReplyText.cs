using System.Text;

namespace Slotkeeper.Offers;

/// <summary>One word or number of a reply: lower case, or digits with the marks inside them.</summary>
/// <param name="Text">Never empty.</param>
/// <param name="HasDot">A dot follows at once, as behind German ordinals.</param>
/// <param name="StandsAlone">The only word of its line, apart from a mark such as ")" or "#".</param>
internal readonly record struct ReplyWord(string Text, bool HasDot, bool StandsAlone)
{
    public bool IsNumber => char.IsAsciiDigit(Text[0]);
}

/// <summary>A part of a reply that says one thing.</summary>
/// <param name="Words">In their order.</param>
/// <param name="IsQuestion">It ends with a question mark.</param>
internal sealed record ReplyPart(List<ReplyWord> Words, bool IsQuestion)
{
    /// <summary>The words with single spaces, also at both ends, so that a phrase is found whole.</summary>
    public string Phrase { get; } = Join(Words);

    /// <summary>Finds a phrase whole; both in lower case.</summary>
    public static bool Says(string text, string phrase)
    {
        for (var at = text.IndexOf(phrase, StringComparison.Ordinal); at >= 0; at = text.IndexOf(phrase, at + 1, StringComparison.Ordinal))
        {
            var end = at + phrase.Length;
            if ((at == 0 || text[at - 1] == ' ') && (end == text.Length || text[end] == ' '))
                return true;
        }
        return false;
    }

    private static string Join(List<ReplyWord> words)
    {
        var text = new StringBuilder(words.Count * 7);
        foreach (var word in words)
            text.Append(' ').Append(word.Text);
        return text.Append(' ').ToString();
    }
}

/// <summary>Takes a reply apart into parts and words, in one pass and without regular expressions: the text is a stranger's.</summary>
internal static class ReplyText
{
    public static List<ReplyPart> Parts(string text)
    {
        var parts = new List<ReplyPart>();
        var words = new List<ReplyWord>();
        var turns = Locales.All.SelectMany(static locale => locale.Replies.But).ToHashSet(StringComparer.Ordinal);
        var (lineWords, lineFrom) = (0, 0);
        var at = 0;
        while (at < text.Length)
        {
            var letter = text[at];
            if (char.IsLetter(letter) || char.IsAsciiDigit(letter))
            {
                var from = at;
                at = char.IsAsciiDigit(letter) ? NumberEnd(text, at) : WordEnd(text, at);
                var word = Normal(text.AsSpan(from, at - from));
                if (word is "a" or "p" && at + 1 < text.Length && text[at] == '.' && text[at + 1] is 'm' or 'M')
                {
                    word += "m";
                    at += at + 2 < text.Length && text[at + 2] == '.' ? 3 : 2;
                }
                if (turns.Contains(word))
                {
                    End(false);
                    continue;
                }
                words.Add(new ReplyWord(word, at < text.Length && text[at] == '.', false));
                lineWords++;
                continue;
            }
            // A dot behind a number is an ordinal or a date as often as an end: "am 12. um 15 Uhr".
            if (letter is '!' or '?' or ';' or '\n' || (letter == '.' && !(words.Count > 0 && words[^1].IsNumber && words[^1].HasDot)))
                End(letter == '?');
            if (letter == '\n')
                EndLine();
            at++;
        }
        End(false);
        EndLine();
        return parts;

        void End(bool isQuestion)
        {
            if (words.Count > 0)
                parts.Add(new ReplyPart(words, isQuestion));
            words = [];
        }

        void EndLine()
        {
            if (lineWords == 1 && parts.Count > lineFrom)
            {
                var only = parts[^1];
                parts[^1] = new ReplyPart([only.Words[0] with { StandsAlone = true }], only.IsQuestion);
            }
            (lineWords, lineFrom) = (0, parts.Count);
        }
    }

    private static int NumberEnd(string text, int at)
    {
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || (text[at] is ':' or '.' or '/' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]))))
            at++;
        return at;
    }

    private static int WordEnd(string text, int at)
    {
        var from = at;
        while (at < text.Length && (char.IsLetter(text[at]) || (text[at] is '\'' or '’' && at + 1 < text.Length && char.IsLetter(text[at + 1]))))
            at++;
        // "GMT+5:30" is one word.
        if (at - from == 3 && at + 1 < text.Length && text[at] is '+' or '-' && char.IsAsciiDigit(text[at + 1]) && text.AsSpan(from, 3).ToString().ToUpperInvariant() is "GMT" or "UTC")
            at = NumberEnd(text, at + 1);
        return at;
    }

    private static string Normal(ReadOnlySpan<char> word) => word.ToString().ToLowerInvariant().Replace('’', '\'');
}
