namespace Slotkeeper.Hearing;

/// <summary>Phone numbers as callers and records have them.</summary>
public static class PhoneNumbers
{
    /// <summary>Fewer significant digits are an extension or a town's short number, which many people share.</summary>
    private const int LeastDigits = 8;

    private const int MostCountryCode = 3;

    private static readonly HashSet<string> Withheld = new(
        ["anonymous", "anonym", "hidden", "private", "privat", "unknown", "unbekannt", "withheld", "restricted", "unavailable", "blocked", "unterdrueckt", "none", "null", "undefined", "no number", "keine nummer"],
        StringComparer.Ordinal);

    /// <summary>
    /// Whether two numbers are the same one, however they are written: the digits of one, without the zeros that only dial, end the other; there are eight of them at least,
    /// and the other has no more in front than a country code. Two numbers with a country code have to agree wholly.
    /// </summary>
    public static bool AreSame(string? one, string? other)
    {
        if (Significant(one) is not var (digits, form) || Significant(other) is not var (others, otherForm))
            return false;
        if (form == otherForm && form != Form.Bare)
            return digits == others;
        // What the longer has in front can only be a country code; behind one, Italy keeps the zero that dials.
        var (part, whole) = digits.Length <= others.Length ? (digits, others) : (others, digits);
        return whole.Length - part.Length <= (form == Form.Bare || otherForm == Form.Bare ? MostCountryCode : MostCountryCode + 1) && whole.EndsWith(part, StringComparison.Ordinal)
            && (part.Length == whole.Length || (digits.Length < others.Length ? form : otherForm) != Form.Worldwide);
    }

    /// <summary>There is no number: anonymous, hidden, empty, or a text without digits.</summary>
    public static bool IsWithheld(string? number)
    {
        if (string.IsNullOrWhiteSpace(number))
            return true;
        var text = Vocabulary.Fold(number.AsSpan().Trim());
        // Some networks send a SIP address for it.
        return Withheld.Contains(text) || text.StartsWith("anonymous@", StringComparison.Ordinal) || text.StartsWith("sip:anonymous", StringComparison.Ordinal) || !text.Any(char.IsAsciiDigit) || text.All(static letter => letter is '0' or '+' or ' ');
    }

    /// <summary>Digits without the signs between them, the "(0)" of an address book and the zeros that only dial.</summary>
    /// <returns>Null when it is no number that could be somebody's.</returns>
    private static (string Digits, Form Form)? Significant(string? number)
    {
        if (number is null || number.Length > 40 || IsWithheld(number))
            return null;
        var text = number.Trim();
        if (text.StartsWith("tel:", StringComparison.OrdinalIgnoreCase))
            text = text[4..].Trim();
        text = text.Replace("(0)", "", StringComparison.Ordinal);
        if (text.Any(static letter => !(char.IsAsciiDigit(letter) || letter is ' ' or '+' or '-' or '/' or '(' or ')' or '.' or '\u00a0' or '\u202f')) || text.LastIndexOf('+') > text.IndexOfAny(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']))
            return null;
        var digits = string.Concat(text.Where(char.IsAsciiDigit));
        var form = text.Contains('+', StringComparison.Ordinal) || digits.StartsWith("00", StringComparison.Ordinal) ? Form.Worldwide : digits.StartsWith('0') ? Form.National : Form.Bare;
        digits = digits.TrimStart('0');
        return digits.Length is >= LeastDigits and <= 15 ? (digits, form) : null;
    }

    private enum Form
    {
        /// <summary>Begins with neither a zero nor a plus: with or without a country code.</summary>
        Bare,
        National,
        Worldwide,
    }
}
