using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.Answers;

/// <summary>Reads one body into a state; throws <see cref="JsonException"/> for a body that is not what was asked for.</summary>
internal delegate void BodyReader<TState>(ReadOnlySpan<byte> body, TState state);

/// <summary>
/// The strict parts of reading an answer: a known member has the right type and comes once, nothing follows the end, nesting
/// is bounded. Members that are not known are passed over.
/// </summary>
internal static class AnswerJson
{
    private const int MaximumDepth = 32;
    private const int MaximumMessageLength = 200;

    /// <returns>Null when the body was read, else what is wrong with it.</returns>
    public static FetchResult.Malformed? Read<TState>(Reply reply, TState state, BodyReader<TState> read)
    {
        try
        {
            read(reply.Body, state);
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            return new FetchResult.Malformed(e is JsonException ? $"The answer cannot be read: {Clean(e.Message)}" : "The answer holds text that cannot be read.");
        }
    }

    public static Utf8JsonReader Open(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith("\uFEFF"u8))
            body = body[3..];
        // The reader itself lets bytes pass that are no text, wherever nobody looks.
        if (!Utf8.IsValid(body))
            throw new JsonException("It is not UTF-8.");
        return new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaximumDepth });
    }

    /// <summary>Reads the start of the root.</summary>
    public static void Root(ref Utf8JsonReader reader, JsonTokenType start)
    {
        if (!reader.Read())
            throw new JsonException("It is empty.");
        Expect(ref reader, start, "root");
    }

    /// <summary>Makes sure that nothing follows the root.</summary>
    public static void End(ref Utf8JsonReader reader)
    {
        if (reader.Read())
            throw new JsonException("Something follows its end.");
    }

    public static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType != type)
            throw new JsonException($"{what} is {reader.TokenType}, expected was {type}.");
    }

    /// <summary>Moves to the next member of an object, and onto its value. False at the object's end.</summary>
    public static bool NextMember(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType != JsonTokenType.EndObject;
    }

    /// <summary>Marks a known member as seen.</summary>
    /// <exception cref="JsonException">It was seen before in the same object.</exception>
    public static void Once(ref bool seen, string what)
    {
        if (seen)
            throw new JsonException($"{what} occurs twice.");
        seen = true;
    }

    public static void Require(bool seen, string what)
    {
        if (!seen)
            throw new JsonException($"{what} is missing.");
    }

    /// <summary>Passes over a member of the root that is not known. One that reports an error makes the whole answer one.</summary>
    public static void SkipUnknownOfRoot(ref Utf8JsonReader reader)
    {
        var error = reader.ValueTextEquals("error"u8) || reader.ValueTextEquals("errors"u8);
        reader.Read();
        if (error && reader.TokenType is not (JsonTokenType.Null or JsonTokenType.False))
        {
            if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
                throw new JsonException("It reports an error.");
            var depth = reader.CurrentDepth;
            reader.Read();
            if (reader.CurrentDepth != depth || reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
                throw new JsonException("It reports an error.");
            return;
        }
        reader.Skip();
    }

    public static void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    /// <summary>The text at the reader, null for JSON null.</summary>
    public static string? Text(ref Utf8JsonReader reader, string what)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        Expect(ref reader, JsonTokenType.String, what);
        return reader.GetString();
    }

    /// <summary>The number at the reader if it is a whole one in range, else null.</summary>
    public static long? Whole(ref Utf8JsonReader reader, long least, long most)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value >= least && value <= most)
            return value;
        reader.Skip();
        return null;
    }

    /// <summary>What an error answer says for people, made safe to show; null when it says nothing.</summary>
    public static string? Message(ReadOnlySpan<byte> body)
    {
        string? best = null;
        try
        {
            var reader = Open(body);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth > 2)
                    continue;
                var message = reader.ValueTextEquals("message"u8);
                var title = reader.ValueTextEquals("title"u8) || reader.ValueTextEquals("detail"u8) || reader.ValueTextEquals("error"u8);
                if (!message && !title)
                    continue;
                reader.Read();
                if (reader.TokenType != JsonTokenType.String)
                    continue;
                if (message)
                {
                    best = reader.GetString();
                    break;
                }
                best ??= reader.GetString();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A broken error body says no more than its status.
        }
        return best is null ? null : Clean(best);
    }

    /// <summary>Without control characters, and short.</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(Math.Min(text.Length, MaximumMessageLength));
        foreach (var letter in text)
        {
            if (clean.Length == MaximumMessageLength)
                break;
            if (!char.IsControl(letter) && !char.IsSurrogate(letter))
                clean.Append(letter);
        }
        return clean.ToString().Trim();
    }
}
