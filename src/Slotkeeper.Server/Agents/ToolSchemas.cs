using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Agents;

/// <summary>JSON schemas of the tools, from the types that also describe the routes.</summary>
internal static class ToolSchemas
{
    private static readonly JsonSchemaExporterOptions Form = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Describe };

    public static JsonElement Of(Type type) => JsonSerializer.SerializeToElement(Options.GetJsonSchemaAsNode(type, Form));

    /// <summary>The schema of a tool with one more field, which stands first.</summary>
    public static JsonElement With(JsonElement schema, string name, string description)
    {
        var whole = JsonNode.Parse(schema.GetRawText())!.AsObject();
        var fields = whole["properties"]?.AsObject() ?? [];
        var more = new JsonObject { [name] = new JsonObject { ["type"] = new JsonArray("string", "null"), ["description"] = description } };
        foreach (var (field, node) in fields)
            more[field] = node?.DeepClone();
        whole["properties"] = more;
        return JsonSerializer.SerializeToElement(whole);
    }

    private static readonly JsonSerializerOptions Options = new(JsonForm.Options) { TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver() };

    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode node)
    {
        // Its converter hides from the exporter what an instant is.
        var schema = Nullable.GetUnderlyingType(context.TypeInfo.Type) is { } inner && inner == typeof(DateTimeOffset)
            ? new JsonObject { ["type"] = new JsonArray("string", "null") }
            : context.TypeInfo.Type == typeof(DateTimeOffset) ? new JsonObject { ["type"] = "string" } : node as JsonObject;
        if (schema is null)
            return node;
        if (schema.ContainsKey("properties"))
            schema["additionalProperties"] = false;
        if (context.PropertyInfo?.AttributeProvider?.GetCustomAttributes(typeof(DescriptionAttribute), inherit: true).FirstOrDefault() is DescriptionAttribute { Description: var text })
            schema["description"] = text;
        return schema;
    }
}
