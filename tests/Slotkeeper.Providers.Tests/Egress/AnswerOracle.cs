using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Slotkeeper.Providers.Tests.Egress;

/// <summary>What a body says, read in another way than the product reads it: slow, and without knowing any provider.</summary>
internal static partial class AnswerOracle
{
    /// <summary>Every instant in it, in whatever place: texts that are one, numbers as milliseconds. Unix seconds, cut down.</summary>
    /// <returns>Null when it is no JSON in UTF-8, or nested deeper than 32.</returns>
    public static HashSet<long>? Instants(byte[] body)
    {
        try
        {
            // Bytes that are no text make it none, wherever they stand.
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(body);
            using var document = JsonDocument.Parse(WithoutMark(body), new JsonDocumentOptions { MaxDepth = 32 });
            var found = new HashSet<long>();
            Gather(document.RootElement, found);
            return found;
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>JSON that says nothing twice.</summary>
    public static bool IsJson(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(WithoutMark(body), new JsonDocumentOptions { MaxDepth = 32 });
            return SaysAllOnce(document.RootElement);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static ReadOnlyMemory<byte> WithoutMark(byte[] body) => body.AsSpan().StartsWith("\uFEFF"u8) ? body.AsMemory(3) : body;

    private static bool SaysAllOnce(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Select(Name).Distinct(StringComparer.Ordinal).Count() == element.EnumerateObject().Count()
            && element.EnumerateObject().All(member => SaysAllOnce(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().All(SaysAllOnce),
        _ => true,
    };

    /// <summary>A name that cannot be shown is its bytes.</summary>
    private static string Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return Convert.ToHexString(JsonMarshal.GetRawUtf8PropertyName(member));
        }
    }

    private static void Gather(JsonElement element, HashSet<long> found)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                    Gather(member.Value, found);
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    Gather(item, found);
                break;
            case JsonValueKind.Number when element.TryGetInt64(out var milliseconds):
                found.Add((long)Math.Floor(milliseconds / 1000m));
                break;
            case JsonValueKind.String:
                if (Text(element) is { } text && Seconds(text) is { } seconds)
                    found.Add(seconds);
                break;
        }
    }

    private static string? Text(JsonElement element)
    {
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static long? Seconds(string text)
    {
        var match = Instant().Match(text);
        if (!match.Success)
            return null;
        var parts = Enumerable.Range(1, 6).Select(group => match.Groups[group].Success ? int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0).ToArray();
        try
        {
            var at = new DateTimeOffset(parts[0], parts[1], parts[2], 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds() + (parts[3] * 3600L) + (parts[4] * 60L) + parts[5];
            if (!match.Groups[7].Success)
                return at;
            var offset = (int.Parse(match.Groups[8].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) * 3600L)
                + (match.Groups[9].Success ? int.Parse(match.Groups[9].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) * 60L : 0);
            return match.Groups[7].ValueSpan[0] == '-' ? at + offset : at - offset;
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^(?<1>[0-9]{4})-(?<2>[0-9]{2})-(?<3>[0-9]{2})[Tt](?<4>[0-9]{2}):(?<5>[0-9]{2})(:(?<6>[0-9]{2})([.,][0-9]+)?)?([Zz]|(?<7>[+-])(?<8>[0-9]{2})(:?(?<9>[0-9]{2}))?)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Instant();
}
