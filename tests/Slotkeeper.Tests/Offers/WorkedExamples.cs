using System.Text.Json;

namespace Slotkeeper.Tests.Offers;

/// <summary>Worked examples from one file: inputs and outputs that the replaced systems gave or that a better rule gives, by name.</summary>
internal static class WorkedExamples
{
    private static readonly JsonDocument File = JsonDocument.Parse(typeof(WorkedExamples).Assembly.GetManifestResourceStream("worked-examples.json")!);

    /// <summary>The cases of a part, each as its name and its text.</summary>
    public static TheoryData<string, string> Of(string part)
    {
        var data = new TheoryData<string, string>();
        foreach (var example in File.RootElement.GetProperty(part).EnumerateArray())
            data.Add($"{example.GetProperty("example").GetString()} #{data.Count}", example.GetRawText());
        return data;
    }

    public static JsonElement Read(string text) => JsonDocument.Parse(text).RootElement;

    public static string? Text(this JsonElement example, string name) => example.TryGetProperty(name, out var value) ? value.GetString() : null;

    public static int? Number(this JsonElement example, string name) => example.TryGetProperty(name, out var value) ? value.GetInt32() : null;

    public static bool Flag(this JsonElement example, string name) => example.TryGetProperty(name, out var value) && value.GetBoolean();

    public static string[] Texts(this JsonElement example, string name) =>
        example.TryGetProperty(name, out var value) ? [.. value.EnumerateArray().Select(text => text.GetString()!)] : [];

    /// <summary>A whole instant, or month, day, hour and minute of 2026 in UTC.</summary>
    public static DateTimeOffset Instant(string text) =>
        DateTimeOffset.Parse(text.Length == 11 ? $"2026-{text}:00Z" : text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal);

    public static DateTimeOffset? Instant(this JsonElement example, string name) => example.Text(name) is { } text ? Instant(text) : null;
}
