using System.Globalization;
using System.Text.Json;

namespace Slotkeeper.Providers.Tests.Sandbox;

/// <summary>Checks JSON against the part of OpenAPI 3.0 schemas that the stored contracts use.</summary>
internal sealed class SchemaChecker(JsonElement document)
{
    public IReadOnlyList<string> Check(JsonElement schema, JsonElement value)
    {
        var problems = new List<string>();
        Check(schema, value, "$", problems);
        return problems;
    }

    public JsonElement Resolve(JsonElement element)
    {
        while (element.TryGetProperty("$ref", out var reference))
        {
            var target = document;
            foreach (var part in reference.GetString()!.TrimStart('#', '/').Split('/'))
                target = target.GetProperty(part.Replace("~1", "/").Replace("~0", "~"));
            element = target;
        }

        return element;
    }

    private void Check(JsonElement schema, JsonElement value, string at, List<string> problems)
    {
        schema = Resolve(schema);
        if (value.ValueKind == JsonValueKind.Null && schema.TryGetProperty("nullable", out var nullable) && nullable.GetBoolean())
            return;
        if (schema.TryGetProperty("type", out var type) && !HasType(type.GetString()!, value))
        {
            problems.Add($"{at} is {value.ValueKind}, not {type}");
            return;
        }

        if (schema.TryGetProperty("enum", out var allowed) && !allowed.EnumerateArray().Any(one => one.ToString() == value.ToString() && one.ValueKind == value.ValueKind))
            problems.Add($"{at} is {value}, not one of {allowed}");
        if (value.ValueKind == JsonValueKind.String && schema.TryGetProperty("format", out var format) && !HasFormat(format.GetString()!, value.GetString()!))
            problems.Add($"{at} is {value}, not a {format}");
        CheckChoices(schema, value, at, problems);
        if (value.ValueKind == JsonValueKind.Object)
            CheckObject(schema, value, at, problems);
        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
                Check(items, item, $"{at}[{index++}]", problems);
        }
    }

    private void CheckChoices(JsonElement schema, JsonElement value, string at, List<string> problems)
    {
        if (schema.TryGetProperty("allOf", out var all))
        {
            foreach (var part in all.EnumerateArray())
                Check(part, value, at, problems);
        }

        if (schema.TryGetProperty("anyOf", out var any) && any.EnumerateArray().All(part => Check(part, value).Count > 0))
            problems.Add($"{at} fits none of anyOf");
        if (schema.TryGetProperty("oneOf", out var one) && one.EnumerateArray().Count(part => Check(part, value).Count == 0) != 1)
            problems.Add($"{at} does not fit exactly one of oneOf");
    }

    private void CheckObject(JsonElement schema, JsonElement value, string at, List<string> problems)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray())
            {
                if (!value.TryGetProperty(name.GetString()!, out _))
                    problems.Add($"{at}.{name} is missing");
            }
        }

        var known = schema.TryGetProperty("properties", out var properties) ? properties : default;
        var hasMore = schema.TryGetProperty("additionalProperties", out var more);
        foreach (var property in value.EnumerateObject())
        {
            var path = $"{at}.{property.Name}";
            if (known.ValueKind == JsonValueKind.Object && known.TryGetProperty(property.Name, out var own))
                Check(own, property.Value, path, problems);
            else if (hasMore && more.ValueKind == JsonValueKind.Object)
                Check(more, property.Value, path, problems);
            else if (hasMore && more.ValueKind == JsonValueKind.False)
                problems.Add($"{path} is not allowed");
        }
    }

    private static bool HasType(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        _ => throw new InvalidOperationException($"The checker does not know the type {type}."),
    };

    private static bool HasFormat(string format, string text) => format switch
    {
        "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _),
        "uuid" => Guid.TryParse(text, out _),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
        "email" => text.Contains('@', StringComparison.Ordinal),
        _ => true,
    };
}
