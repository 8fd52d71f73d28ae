using System.Security.Cryptography;
using System.Text.Json;

namespace Slotkeeper.Server.Api;

/// <summary>
/// The fields of a JSON object in a request. Every reader notes what is wrong and goes on with a stand-in, so that a handler reads
/// all fields first and then refuses with all faults at once. What was not read by the time of <see cref="Refusal"/> is unknown.
/// </summary>
internal sealed class Fields
{
    private const int MaximumDepth = 16;

    private readonly Dictionary<string, JsonElement> values = new(StringComparer.Ordinal);
    private readonly HashSet<string> known = new(StringComparer.Ordinal);
    private readonly List<Fields> parts = [];
    private readonly string path;

    private Fields(JsonElement from, string path, Faults faults)
    {
        this.path = path;
        Faults = faults;
        if (from.ValueKind != JsonValueKind.Object)
            return;
        foreach (var property in from.EnumerateObject())
        {
            if (NameOf(property) is not { } name)
                faults.Add(path.Length == 0 ? "body" : path.TrimEnd('.'), "has a field whose name is not valid Unicode");
            else if (!values.TryAdd(name, property.Value))
                faults.Add(path + name, "is given more than once");
        }
    }

    public Faults Faults { get; }

    /// <summary>Null when everything that was read is right and nothing else was given.</summary>
    public Refusal? Refusal
    {
        get
        {
            ReportUnknown();
            return Faults.Refusal;
        }
    }

    /// <summary>Reads the body of a request as one JSON object.</summary>
    public static async ValueTask<Fields> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var faults = new Faults();
        if (!request.HasJsonContentType())
        {
            faults.Refuse(Refusal.ForStatus(StatusCodes.Status415UnsupportedMediaType));
            return new Fields(default, "", faults);
        }
        return Parse(await BytesAsync(request, cancellationToken), faults);
    }

    /// <summary>Reads the body of a request as one JSON object, where all fields may be absent and so may the body.</summary>
    public static async ValueTask<Fields> ReadOptionalAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.HasJsonContentType())
            return await ReadAsync(request, cancellationToken);
        var faults = new Faults();
        if ((await BytesAsync(request, cancellationToken)).Length > 0)
            faults.Refuse(Refusal.ForStatus(StatusCodes.Status415UnsupportedMediaType));
        return new Fields(default, "", faults);
    }

    private static async ValueTask<ReadOnlyMemory<byte>> BytesAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    /// <summary>The arguments of a call that were read as JSON already.</summary>
    public static Fields Of(IReadOnlyDictionary<string, JsonElement> arguments) => new(JsonSerializer.SerializeToElement(arguments), "", new Faults());

    /// <summary>Reads one JSON object.</summary>
    public static Fields Parse(ReadOnlyMemory<byte> json, Faults faults)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaximumDepth });
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object)
                return new Fields(root.Clone(), "", faults);
            faults.Refuse(new Refusal(StatusCodes.Status400BadRequest, "malformed_json", "The body must be a JSON object."));
        }
        catch (JsonException fault)
        {
            faults.Refuse(new Refusal(
                StatusCodes.Status400BadRequest,
                "malformed_json",
                json.IsEmpty
                    ? "The body is empty; it must be a JSON object."
                    : $"The body is not JSON as far as line {(fault.LineNumber ?? 0) + 1}, byte {(fault.BytePositionInLine ?? 0) + 1}, or nested deeper than {MaximumDepth}."));
        }
        return new Fields(default, "", faults);
    }

    /// <summary>Whether the field was given at all, if only as null.</summary>
    public bool Has(string name)
    {
        known.Add(name);
        return values.ContainsKey(name);
    }

    /// <summary>Whether the field was given and is not null.</summary>
    public bool HasValue(string name) => Has(name) && values[name].ValueKind != JsonValueKind.Null;

    /// <summary>A text that must be there.</summary>
    public string Text(string name, int least, int most)
    {
        if (!HasValue(name))
        {
            Fault(name, "is required");
            return "";
        }
        return OptionalText(name, least, most) ?? "";
    }

    /// <summary>A text, or null when it is absent, null or wrong.</summary>
    public string? OptionalText(string name, int least, int most)
    {
        if (!HasValue(name))
            return null;
        if (Read(name) is not { } text)
            return null;
        if (text.Length < least || text.Length > most || (least > 0 && string.IsNullOrWhiteSpace(text)))
        {
            Fault(name, $"must be {least} to {most} characters long and not blank");
            return null;
        }
        // PostgreSQL stores no NUL, and none of the others belongs into a name or an address.
        if (text.AsSpan().ContainsAnyInRange('\0', '\u001f'))
        {
            Fault(name, "must not contain control characters");
            return null;
        }
        return text;
    }

    /// <summary>A text of several lines, or null.</summary>
    public string? OptionalLines(string name, int most)
    {
        if (!HasValue(name) || Read(name) is not { } text)
            return null;
        if (text.Length <= most && !text.Contains('\0', StringComparison.Ordinal))
            return text;
        Fault(name, $"must be at most {most} characters long, none of them NUL");
        return null;
    }

    /// <summary>One of a set of names, or null when it is absent, null or wrong.</summary>
    public T? Choice<T>(string name, Func<string, T?> parse, string allowed) where T : struct
    {
        if (!HasValue(name) || Read(name) is not { } text)
            return null;
        if (parse(text) is { } value)
            return value;
        Fault(name, $"must be one of {allowed}");
        return null;
    }

    /// <summary>A whole number in a range, or null when it is absent, null or wrong.</summary>
    public int? Whole(string name, int least, int most)
    {
        if (!HasValue(name))
            return null;
        if (values[name] is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) && value >= least && value <= most)
            return value;
        Fault(name, $"must be a whole number from {least} to {most}");
        return null;
    }

    /// <summary>A whole number of any size that fits, or null; a number that does not fit is out of range rather than malformed.</summary>
    public int? Number(string name)
    {
        if (!HasValue(name))
            return null;
        if (values[name].ValueKind != JsonValueKind.Number)
            Fault(name, "must be a whole number");
        else if (values[name].TryGetInt32(out var value))
            return value;
        else
            Faults.AddOutOfRange(path + name, $"is {Clip(values[name].GetRawText())}; it must be a whole number in its range");
        return null;
    }

    public bool? Flag(string name)
    {
        if (!HasValue(name))
            return null;
        if (values[name].ValueKind is JsonValueKind.True or JsonValueKind.False)
            return values[name].GetBoolean();
        Fault(name, "must be true or false");
        return null;
    }

    public DateTimeOffset? Instant(string name)
    {
        if (!HasValue(name) || Read(name) is not { } text)
            return null;
        if (Instants.TryParse(text, out var instant))
            return instant;
        Fault(name, Instants.Expected);
        return null;
    }

    /// <summary>A list of texts, or null when it is absent, null or wrong.</summary>
    public IReadOnlyList<string>? Texts(string name, int most)
    {
        if (!HasValue(name))
            return null;
        if (values[name].ValueKind != JsonValueKind.Array || values[name].EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
        {
            Fault(name, "must be a list of texts");
            return null;
        }
        var texts = new List<string>();
        foreach (var item in values[name].EnumerateArray())
        {
            if (TextOf(item) is not { Length: <= 200 } text || text.AsSpan().ContainsAnyInRange('\0', '\u001f'))
            {
                Fault(name, "must hold texts of at most 200 characters without control characters");
                return null;
            }
            texts.Add(text);
        }
        if (texts.Count <= most)
            return texts;
        Fault(name, $"must hold at most {most} texts");
        return null;
    }

    /// <summary>A list of instants; none when it is absent, null or wrong.</summary>
    public IReadOnlyList<DateTimeOffset> InstantList(string name, int most)
    {
        var found = new List<DateTimeOffset>();
        foreach (var text in Texts(name, most) ?? [])
        {
            if (!Instants.TryParse(text, out var instant))
            {
                Fault(name, "must hold instants: each " + Instants.Expected);
                return [];
            }
            found.Add(instant);
        }
        return found;
    }

    /// <summary>The texts of a nested object by their names; none when it is absent, null or wrong.</summary>
    /// <param name="name">Of the field.</param>
    /// <param name="most">Entries.</param>
    /// <param name="longest">Characters of a text.</param>
    public IReadOnlyDictionary<string, string> TextsByName(string name, int most, int longest)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var part = Part(name);
        if (part.values.Count > most)
            Fault(name, $"must have at most {most} entries");
        foreach (var key in part.values.Keys)
        {
            if (key.Length is 0 or > 200 || key.AsSpan().ContainsAnyInRange('\0', '\u001f'))
                Fault(name, "must have names of 1 to 200 characters without control characters");
            else if (part.OptionalLines(key, longest) is { } text)
                texts[key] = text;
            part.known.Add(key);
        }
        return texts;
    }

    /// <summary>
    /// SHA-256 of the object as it is meant: whatever the order of its fields and the blanks between them, the same content has the same.
    /// </summary>
    public byte[] Hash()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
            WriteObject(json, values);
        return SHA256.HashData(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));

        static void WriteObject(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, JsonElement>> fields)
        {
            json.WriteStartObject();
            // A field that is null says the same as one that is absent.
            foreach (var (name, value) in fields.Where(field => field.Value.ValueKind != JsonValueKind.Null).OrderBy(field => field.Key, StringComparer.Ordinal))
            {
                json.WritePropertyName(name);
                if (value.ValueKind == JsonValueKind.Object)
                    WriteObject(json, value.EnumerateObject().Select(field => KeyValuePair.Create(field.Name, field.Value)));
                else
                    value.WriteTo(json);
            }
            json.WriteEndObject();
        }
    }

    /// <summary>The fields of a nested object; none when it is absent or null.</summary>
    public Fields Part(string name)
    {
        if (!HasValue(name))
            return Nested(default, name + ".");
        if (values[name].ValueKind == JsonValueKind.Object)
            return Nested(values[name], name + ".");
        Fault(name, "must be an object");
        return Nested(default, name + ".");
    }

    /// <summary>The objects of a list; none when it is absent or null.</summary>
    public IReadOnlyList<Fields> Parts(string name, int most)
    {
        if (!HasValue(name))
            return [];
        if (values[name].ValueKind != JsonValueKind.Array || values[name].GetArrayLength() > most)
        {
            Fault(name, $"must be a list of at most {most} objects");
            return [];
        }
        var found = new List<Fields>();
        foreach (var item in values[name].EnumerateArray())
        {
            var place = $"{name}[{found.Count}]";
            if (item.ValueKind != JsonValueKind.Object)
                Fault(place, "must be an object");
            found.Add(Nested(item, place + "."));
        }
        return found;
    }

    public void Fault(string name, string fault) => Faults.Add(path + name, fault);

    private Fields Nested(JsonElement from, string step)
    {
        var part = new Fields(from, path + step, Faults);
        parts.Add(part);
        return part;
    }

    private void ReportUnknown()
    {
        var unknown = values.Keys.Where(name => !known.Contains(name)).ToList();
        if (unknown.Count > 0)
        {
            var names = string.Join(", ", known.Order(StringComparer.Ordinal));
            foreach (var name in unknown)
                Fault(Clip(name), names.Length == 0 ? "is not known here" : $"is not known here; known are {names}");
        }
        // Asking twice must not report twice.
        known.UnionWith(unknown);
        foreach (var part in parts)
            part.ReportUnknown();
    }

    private string? Read(string name)
    {
        if (values[name].ValueKind != JsonValueKind.String)
        {
            Fault(name, "must be a text");
            return null;
        }
        if (TextOf(values[name]) is { } text)
            return text;
        Fault(name, "is not valid Unicode");
        return null;
    }

    private static string? NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    private static string Clip(string text) => text.Length <= 60 ? text : text[..60] + "...";
}
