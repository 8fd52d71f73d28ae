using System.Text.Unicode;

namespace Slotkeeper.Providers.Answers;

/// <summary>
/// Looks at texts of JSON as they stand between their quotes. The framework says by an exception that one cannot be read; a body full of such
/// texts would cost seconds, so they are found out beforehand.
/// </summary>
internal static class JsonText
{
    /// <summary>Whether it can become a string: UTF-8, and no half of a surrogate pair escaped alone.</summary>
    public static bool IsReadable(ReadOnlySpan<byte> raw)
    {
        if (!Utf8.IsValid(raw))
            return false;
        var open = false;
        for (var at = 0; at < raw.Length; at++)
        {
            var unit = -1;
            if (raw[at] == '\\')
            {
                if (raw[at + 1] == 'u')
                {
                    unit = Unit(raw[(at + 2)..]);
                    at += 4;
                }
                at++;
            }
            var low = unit is >= 0xdc00 and <= 0xdfff;
            if (open != low)
                return false;
            open = unit is >= 0xd800 and <= 0xdbff;
        }
        return !open;
    }

    /// <summary>Unescapes a text that holds nothing beyond ASCII.</summary>
    /// <param name="raw">As it stands between its quotes, in JSON that was found to be right.</param>
    /// <param name="plain">At least as long.</param>
    /// <returns>Its length; -1 when it holds anything else.</returns>
    public static int UnescapeAscii(ReadOnlySpan<byte> raw, Span<byte> plain)
    {
        var length = 0;
        for (var at = 0; at < raw.Length; at++)
        {
            int letter = raw[at];
            if (letter == '\\')
            {
                letter = raw[++at];
                if (letter == 'u')
                {
                    letter = Unit(raw[(at + 1)..]);
                    at += 4;
                }
                else if (letter is not ('"' or '\\' or '/'))
                {
                    // A control character.
                    letter = 0;
                }
            }
            if (letter is < 0 or > 0x7f)
                return -1;
            plain[length++] = (byte)letter;
        }
        return length;
    }

    private static int Unit(ReadOnlySpan<byte> digits)
    {
        var unit = 0;
        for (var i = 0; i < 4; i++)
        {
            var digit = i < digits.Length ? digits[i] : (byte)0;
            var value = digit switch
            {
                >= (byte)'0' and <= (byte)'9' => digit - '0',
                >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
                _ => -1,
            };
            if (value < 0)
                return -1;
            unit = (unit << 4) | value;
        }
        return unit;
    }
}
