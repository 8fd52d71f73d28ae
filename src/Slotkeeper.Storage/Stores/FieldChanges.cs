using System.Text.Json.Nodes;

namespace Slotkeeper.Storage.Stores;

/// <summary>The fields that a change is about, as they were and as they are, for the audit. What is equal leaves no trace.</summary>
internal sealed class FieldChanges
{
    /// <summary>Stands for a value that must not be told.</summary>
    private const string Changed = "changed";

    private JsonObject? before;
    private JsonObject? after;

    public bool IsEmpty => before is null && after is null;

    /// <summary>ASCII, so that its bytes are the same on every way.</summary>
    public string? Before => before?.ToJsonString();

    /// <inheritdoc cref="Before"/>
    public string? After => after?.ToJsonString();

    /// <summary>Of something new. Nulls are left out.</summary>
    public static FieldChanges Made(params ReadOnlySpan<(string Name, JsonNode? Value)> fields)
    {
        var changes = new FieldChanges();
        foreach (var (name, value) in fields)
            changes.Set(name, null, value);
        return changes;
    }

    /// <summary>Of something that is gone. Nulls are left out.</summary>
    public static FieldChanges Gone(params ReadOnlySpan<(string Name, JsonNode? Value)> fields)
    {
        var changes = new FieldChanges();
        foreach (var (name, value) in fields)
            changes.Set(name, value, null);
        return changes;
    }

    /// <summary>One field. A null beside a value is written, where the other side has a value.</summary>
    public FieldChanges Set(string name, JsonNode? was, JsonNode? value)
    {
        if (JsonNode.DeepEquals(was, value))
            return this;
        if (was is not null)
            (before ??= [])[name] = was;
        if (value is not null)
            (after ??= [])[name] = value;
        return this;
    }

    /// <summary>A secret, or a text that may name somebody: only that it is another.</summary>
    public FieldChanges Hidden(string name, bool isChanged)
    {
        if (isChanged)
            (after ??= [])[name] = Changed;
        return this;
    }

    /// <summary>An address somebody gave: path and query may hold a secret, so only where it leads is told.</summary>
    public FieldChanges Address(string name, string? was, string? value) =>
        was == value ? this
        : Origin(was) == Origin(value) ? Hidden(name, isChanged: true)
        : Set(name, Origin(was), Origin(value));

    public static string? Origin(string? address) => address is null ? null
        : Uri.TryCreate(address, UriKind.Absolute, out var uri) ? $"{uri.Scheme}://{uri.Authority[(uri.Authority.IndexOf('@', StringComparison.Ordinal) + 1)..]}" : Changed;

    public static JsonNode? Instant(DateTimeOffset? instant) => instant is { } value ? UtcText.Format(value) : null;

    public static JsonNode? List(IEnumerable<string>? items) => items is null ? null : new JsonArray([.. items.Select(item => JsonValue.Create(item))]);
}
