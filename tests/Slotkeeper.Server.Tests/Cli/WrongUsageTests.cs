using Xunit;

namespace Slotkeeper.Server.Tests.Cli;

/// <summary>Wrong usage ends with 2, prints nothing on standard output, and names what is wrong and what is allowed.</summary>
public sealed class WrongUsageTests
{
    [Theory]
    [InlineData("serf", "'serf'")]
    [InlineData("plan", "--calendars")]
    [InlineData("plan --calendars many", "--calendars is \"many\"; it must be a whole number from 1 to")]
    [InlineData("plan --calendars 0", "--calendars is \"0\"")]
    [InlineData("plan --calendars 10 --provider outlook", "--provider is \"outlook\"; it must be one of calendly, hubspot, highlevel, calcom")]
    [InlineData("plan --calendars 10 --public --connections 3", "--connections")]
    [InlineData("plan --calendars 10 --evry 30", "'--evry'")]
    [InlineData("slots", "link")]
    [InlineData("slots https://calendly.com/a/b --days 40", "--days is \"40\"; it must be a whole number from 1 to 31")]
    [InlineData("slots https://calendly.com/a/b --zone Mars", "--zone is \"Mars\"")]
    [InlineData("slots https://example.com/page", "https://example.com/page")]
    [InlineData("sandbox --port 99999", "--port is \"99999\"")]
    [InlineData("sandbox --fault-rate 2", "--fault-rate is \"2\"; it must be a number from 0 to 1")]
    [InlineData("demo --workspaces 3", "--workspaces is \"3\"")]
    [InlineData("demo --fault-rate x", "--fault-rate is \"x\"")]
    [InlineData("import", "file")]
    [InlineData("import /no/such/file.csv --key k", "/no/such/file.csv")]
    [InlineData("import - ", "SLOTKEEPER_KEY")]
    [InlineData("import - --key k --server ftp://x", "--server is \"ftp://x\"")]
    [InlineData("import - --key k --format xml", "--format is \"xml\"; it must be one of ndjson, csv")]
    public async Task Wrong_usage_is_code_2_and_says_what_is_wrong(string line, string expected)
    {
        var run = await CliRun.Of(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, run.Code);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task A_setting_that_is_wrong_is_named()
    {
        var run = await CliRun.Of([new("Providers__Calendly__PublicBaseUrl", "banana")], "slots", "https://calendly.com/a/b");
        Assert.Equal(2, run.Code);
        Assert.Contains("Providers__Calendly__PublicBaseUrl is \"banana\"", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_to_standard_output_cannot_print_other_JSON()
    {
        var run = await CliRun.Of("export", "--key", "k", "--json");
        Assert.Equal(2, run.Code);
        Assert.Contains("--output", run.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_a_refusal_is_json_too()
    {
        var run = await CliRun.Of("slots", "https://example.com/page", "--json");
        Assert.Equal(2, run.Code);
        Assert.Equal("unsupported_calendar_link", run.Json.GetProperty("error").GetProperty("code").GetString());
    }
}
