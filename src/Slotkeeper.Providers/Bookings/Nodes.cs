using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Slotkeeper.Providers.Answers;

namespace Slotkeeper.Providers.Bookings;

/// <summary>Looks into an answer that may hold anything: what is not there, or is something else, is null.</summary>
internal static class Nodes
{
    private const int MaximumDepth = 32;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaximumDepth, AllowDuplicateProperties = false };

    /// <returns>Null when it is no JSON, or JSON that says a thing twice.</returns>
    public static JsonElement? Parse(ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith("\uFEFF"u8))
            body = body[3..];
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    public static JsonElement? At(this JsonElement? node, string name) => node is { } element ? element.At(name) : null;

    public static JsonElement? At(this JsonElement node, string name) =>
        node.ValueKind == JsonValueKind.Object && node.TryGetProperty(name, out var found) && found.ValueKind != JsonValueKind.Null ? found : null;

    /// <summary>The items of a list; none when it is no list.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement? node) => node is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    public static string? Text(this JsonElement? node, string name) => node.At(name).Text();

    public static string? Text(this JsonElement node, string name) => node.At(name).Text();

    /// <summary>Null for an empty text too.</summary>
    public static string? Text(this JsonElement? node)
    {
        if (node is not { ValueKind: JsonValueKind.String } element || !JsonText.IsReadable(JsonMarshal.GetRawUtf8Value(element)[1..^1]))
            return null;
        return element.GetString() is { Length: > 0 } text ? text : null;
    }

    /// <summary>A text, or a number as text: providers are not of one mind about ids.</summary>
    public static string? Id(this JsonElement? node, string name) => node.At(name) switch
    {
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var value) && value > 0 => value.ToString(System.Globalization.CultureInfo.InvariantCulture),
        var other => other.Text(),
    };

    public static string? Id(this JsonElement node, string name) => Id((JsonElement?)node, name);

    public static bool Is(this JsonElement? node, string name) => node.At(name) is { ValueKind: JsonValueKind.True };

    public static bool Is(this JsonElement node, string name) => Is((JsonElement?)node, name);

    public static long? Whole(this JsonElement? node, string name) => node.At(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

    /// <summary>An instant as text with an offset, or as milliseconds of Unix time.</summary>
    public static DateTimeOffset? Instant(this JsonElement? node, string name)
    {
        if (node.Whole(name) is { } millis)
            return millis is >= 0 and < 253_402_300_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds(millis) : null;
        return Instant(node.Text(name));
    }

    public static DateTimeOffset? Instant(this JsonElement node, string name) => Instant((JsonElement?)node, name);

    /// <summary>An instant in whole seconds.</summary>
    public static DateTimeOffset? Instant(string? text)
    {
        if (text is null || text.Length > Iso8601.MaximumLength)
            return null;
        return Iso8601.TryParse(Encoding.UTF8.GetBytes(text), out var seconds) && seconds is >= 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
    }
}
