using System.Buffers;
using System.Text.Json;

namespace Slotkeeper.Providers.Bookings;

/// <summary>Writes what goes out.</summary>
internal static class Texts
{
    public static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>At most so many characters, never half of a pair.</summary>
    public static string Cut(string text, int most)
    {
        if (text.Length <= most)
            return text;
        return text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
    }

    /// <summary>A number in the international form (plus sign and 7 to 15 digits); null when it is not certain to be one.</summary>
    public static string? International(string? phone)
    {
        if (phone is null)
            return null;
        var digits = new string(phone.Where(c => c is not (' ' or '-' or '.' or '(' or ')' or '/')).ToArray());
        if (digits.StartsWith("00", StringComparison.Ordinal))
            digits = string.Concat("+", digits.AsSpan(2));
        return digits.Length is >= 8 and <= 16 && digits[0] == '+' && digits.Skip(1).All(char.IsAsciiDigit) ? digits : null;
    }

    /// <summary>The last word of a name and what stands before it.</summary>
    public static (string First, string Last) Names(string name)
    {
        var whole = name.Trim();
        var gap = whole.LastIndexOf(' ');
        return gap < 0 ? (whole, "") : (whole[..gap].TrimEnd(), whole[(gap + 1)..]);
    }
}
