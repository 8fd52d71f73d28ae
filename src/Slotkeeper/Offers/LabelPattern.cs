using System.Globalization;
using System.Text;

namespace Slotkeeper.Offers;

/// <summary>What stands in a label.</summary>
/// <param name="Weekday">1 (Monday) to 7.</param>
/// <param name="Token">Null where no zone is named.</param>
internal readonly record struct LabelParts(int Month, int Day, int Weekday, int Hour, int Minute, string? Token);

/// <summary>One form of words for a time, that writes labels and reads them back. The language of patterns is told at <see cref="Locale"/>.</summary>
internal sealed class LabelPattern
{
    private const int MostToken = 9;

    private readonly Form[] forms;

    public LabelPattern(string pattern)
    {
        // Every bracket in or out gives a form without brackets; the fullest first, so that reading takes all that is there.
        var texts = new List<string> { pattern };
        while (texts.Exists(static text => text.Contains('[', StringComparison.Ordinal)))
            texts = texts.ConvertAll(static text => (Text: text, From: text.IndexOf('[', StringComparison.Ordinal), Until: text.IndexOf(']', StringComparison.Ordinal)))
                .SelectMany(static part => new[] { string.Concat(part.Text.AsSpan(0, part.From), part.Text.AsSpan(part.From + 1, part.Until - part.From - 1), part.Text.AsSpan(part.Until + 1)), part.Text.Remove(part.From, part.Until - part.From + 1) })
                .ToList();
        forms = [.. texts.Select(static text => new Form([.. Pieces(text)], text.Contains("{m", StringComparison.Ordinal), text.Contains("{zone}", StringComparison.Ordinal)))];
    }

    /// <param name="parts">With a token, whether or not it will be written.</param>
    /// <param name="needsZone">The time could be mistaken without its zone.</param>
    /// <param name="locale">Whose words.</param>
    public string Write(in LabelParts parts, bool needsZone, Locale locale)
    {
        var (minute, text) = (parts.Minute, new StringBuilder(48));
        var hasPlainZone = forms.All(static form => form.HasZone);
        var hasPlainMinute = forms.All(static form => form.HasMinute);
        var wanted = forms.First(form => (hasPlainZone || form.HasZone == needsZone) && (hasPlainMinute || form.HasMinute == (minute != 0)));
        foreach (var piece in wanted.Pieces)
            Append(text, piece, parts, locale);
        return text.ToString();
    }

    /// <summary>Reads a label that begins the text.</summary>
    /// <returns>Its length; 0 when the text begins with no such label.</returns>
    public int Read(ReadOnlySpan<char> text, Locale locale, out LabelParts parts)
    {
        foreach (var form in forms)
        {
            if (Match(form, text, locale, out parts) is > 0 and var length)
                return length;
        }
        parts = default;
        return 0;
    }

    private static IEnumerable<Piece> Pieces(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf('{', at);
            if (open != at)
                yield return new Piece("", text[at..(open < 0 ? text.Length : open)]);
            if (open < 0)
                yield break;
            var close = text.IndexOf('}', open);
            yield return new Piece(text[(open + 1)..close], "");
            at = close + 1;
        }
    }

    private static void Append(StringBuilder text, Piece piece, in LabelParts parts, Locale locale)
    {
        _ = piece.Name switch
        {
            "" => text.Append(piece.Literal),
            "h" => text.Append(parts.Hour % 12 == 0 ? 12 : parts.Hour % 12),
            "H" => text.Append(parts.Hour),
            "HH" => text.Append(CultureInfo.InvariantCulture, $"{parts.Hour:00}"),
            "hour" => text.Append(locale.SpokenHours[parts.Hour]),
            "mm" => text.Append(CultureInfo.InvariantCulture, $"{parts.Minute:00}"),
            "m" => text.Append(parts.Minute),
            "AM" => text.Append(parts.Hour < 12 ? "AM" : "PM"),
            "am" => text.Append(parts.Hour < 12 ? "am" : "pm"),
            "zone" => text.Append(parts.Token),
            "Www" => text.Append(locale.ShortWeekdays[parts.Weekday - 1]),
            "Weekday" => text.Append(locale.Weekdays[parts.Weekday - 1]),
            "Mmm" => text.Append(locale.ShortMonths[parts.Month - 1]),
            "Month" => text.Append(locale.Months[parts.Month - 1]),
            "d" => text.Append(parts.Day),
            "dth" => text.Append(locale.OrdinalDays[parts.Day - 1]),
            _ => throw new InvalidOperationException($"A pattern has the piece {{{piece.Name}}}, which there is not."),
        };
    }

    private static int Match(Form form, ReadOnlySpan<char> text, Locale locale, out LabelParts parts)
    {
        var (month, day, weekday, hour, minute, isAfternoon) = (0, 0, 0, -1, 0, (bool?)null);
        string? token = null;
        var rest = text;
        parts = default;
        foreach (var piece in form.Pieces)
        {
            var taken = piece.Name switch
            {
                "" => Literal(rest, piece.Literal),
                "h" or "H" or "HH" => Number(rest, out hour),
                "hour" => Word(rest, locale.SpokenHours, out hour),
                "mm" or "m" => Number(rest, out minute),
                "AM" => Half(rest, "AM", "PM", out isAfternoon),
                "am" => Half(rest, "am", "pm", out isAfternoon),
                "zone" => Token(rest, out token),
                "Www" => Word(rest, locale.ShortWeekdays, out weekday),
                "Weekday" => Word(rest, locale.Weekdays, out weekday),
                "Mmm" => Word(rest, locale.ShortMonths, out month),
                "Month" => Word(rest, locale.Months, out month),
                "d" => Number(rest, out day),
                _ => Word(rest, locale.OrdinalDays, out day),
            };
            if (taken == 0)
                return 0;
            if (piece.Name is "Www" or "Weekday")
                weekday++;
            else if (piece.Name is "Mmm" or "Month")
                month++;
            else if (piece.Name == "dth")
                day++;
            rest = rest[taken..];
        }
        if (isAfternoon is { } afternoon)
            hour = hour is < 1 or > 12 ? -1 : (hour % 12) + (afternoon ? 12 : 0);
        // "Feb 1" is not how "Feb 12" begins.
        var length = text.Length - rest.Length;
        if (hour is < 0 or > 23 || minute > 59 || day is < 1 or > 31 || (rest.Length > 0 && char.IsLetterOrDigit(text[length - 1]) && char.IsLetterOrDigit(rest[0])))
            return 0;
        parts = new LabelParts(month, day, weekday, hour, minute, token);
        return length;
    }

    private static int Literal(ReadOnlySpan<char> text, string literal)
    {
        if (text.Length < literal.Length)
            return 0;
        for (var i = 0; i < literal.Length; i++)
        {
            // Locale data of other systems puts narrow and fixed spaces before AM and PM.
            if (text[i] != literal[i] && !(literal[i] == ' ' && text[i] is '\u202f' or '\u00a0'))
                return 0;
        }
        return literal.Length;
    }

    private static int Number(ReadOnlySpan<char> text, out int number)
    {
        number = 0;
        var digits = 0;
        while (digits < text.Length && digits < 2 && char.IsAsciiDigit(text[digits]))
            number = (number * 10) + (text[digits++] - '0');
        return digits < text.Length && char.IsAsciiDigit(text[digits]) ? 0 : digits;
    }

    private static int Half(ReadOnlySpan<char> text, string morning, string afternoon, out bool? isAfternoon)
    {
        isAfternoon = text.StartsWith(afternoon, StringComparison.Ordinal);
        return isAfternoon.Value || text.StartsWith(morning, StringComparison.Ordinal) ? 2 : 0;
    }

    /// <summary>The longest word of the table, so that "14" is not taken for "1".</summary>
    private static int Word(ReadOnlySpan<char> text, string[] words, out int index)
    {
        index = -1;
        var length = 0;
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i].Length > length && text.StartsWith(words[i], StringComparison.Ordinal))
                (index, length) = (i, words[i].Length);
        }
        return length;
    }

    private static int Token(ReadOnlySpan<char> text, out string? token)
    {
        var length = 0;
        while (length < text.Length && length < MostToken && (char.IsAsciiLetterUpper(text[length]) || char.IsAsciiDigit(text[length]) || text[length] is '+' or '-' or ':'))
            length++;
        token = text[..length].ToString();
        return length > 0 && ZoneToken.OffsetOf(token) is not null ? length : 0;
    }

    private readonly record struct Piece(string Name, string Literal);

    private sealed record Form(Piece[] Pieces, bool HasMinute, bool HasZone);
}
