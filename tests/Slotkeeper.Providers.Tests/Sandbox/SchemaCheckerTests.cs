using System.Text.Json;
using Shouldly;
using Xunit;

namespace Slotkeeper.Providers.Tests.Sandbox;

/// <summary>A checker that accepts everything would make the contract tests worthless.</summary>
public sealed class SchemaCheckerTests
{
    private const string Document = """
        {"components":{"schemas":{"Slot":{"type":"object","required":["start"],"additionalProperties":false,"properties":{
        "start":{"type":"string","format":"date-time"},"seats":{"type":"integer","nullable":true},"status":{"type":"string","enum":["free","busy"]},
        "place":{"oneOf":[{"type":"string"},{"type":"number"}]},"either":{"anyOf":[{"type":"string"},{"type":"boolean"}]}}}}}}
        """;

    private static readonly JsonElement List = JsonDocument.Parse("""{"type":"array","items":{"allOf":[{"$ref":"#/components/schemas/Slot"}]}}""").RootElement;

    [Theory]
    [InlineData("""[]""")]
    [InlineData("""[{"start":"2026-12-07T15:00:00Z","seats":null,"status":"free","place":"here","either":true}]""")]
    public void What_fits_is_accepted(string json) => Problems(json).ShouldBeEmpty();

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""[{}]""")]
    [InlineData("""[{"start":7}]""")]
    [InlineData("""[{"start":null}]""")]
    [InlineData("""[{"start":"soon"}]""")]
    [InlineData("""[{"start":"2026-12-07T15:00:00Z","seats":1.5}]""")]
    [InlineData("""[{"start":"2026-12-07T15:00:00Z","status":"gone"}]""")]
    [InlineData("""[{"start":"2026-12-07T15:00:00Z","place":true}]""")]
    [InlineData("""[{"start":"2026-12-07T15:00:00Z","either":1}]""")]
    [InlineData("""[{"start":"2026-12-07T15:00:00Z","other":1}]""")]
    public void What_does_not_fit_is_named(string json) => Problems(json).ShouldNotBeEmpty();

    private static IReadOnlyList<string> Problems(string json)
    {
        using var value = JsonDocument.Parse(json);
        return new SchemaChecker(JsonDocument.Parse(Document).RootElement).Check(List, value.RootElement);
    }
}
