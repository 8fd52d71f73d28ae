using Slotkeeper.Server.Cli;
using Xunit;

namespace Slotkeeper.Server.Tests.Cli;

/// <summary>The sandbox prints what is needed to use it, says so when its port is taken, and ends cleanly.</summary>
public sealed class SandboxCommandTests
{
    [Fact]
    public async Task The_printed_settings_and_links_work_as_they_are()
    {
        await using var sandbox = CliRun.Begin([], "", "sandbox", "--port", "0", "--latency", "0");
        var text = await sandbox.OutputWithAsync("/_sandbox");
        var settings = text.Split('\n')
            .Where(line => line.StartsWith("  export ", StringComparison.Ordinal))
            .Select(line => line["  export ".Length..].Trim().Split('=', 2))
            .Select(pair => KeyValuePair.Create(pair[0], pair[1]))
            .ToList();
        var links = text.Split('\n').SkipWhile(line => !line.StartsWith("Sample booking links", StringComparison.Ordinal)).Skip(1).Take(4).Select(line => line.Trim()).ToList();
        Assert.Equal(10, settings.Count);
        foreach (var link in links)
        {
            var run = await CliRun.Of(settings, "slots", link, "--json");
            Assert.Equal(0, run.Code);
            Assert.NotEqual(0, run.Json.GetProperty("count").GetInt32());
        }
        Assert.Equal(0, (await sandbox.StopAsync()).Code);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_with_the_option_to_change()
    {
        await using var first = CliRun.Begin([], "", "sandbox", "--port", "0", "--json");
        await first.OutputWithAsync("\n}");
        var port = new Uri(System.Text.Json.JsonDocument.Parse(first.Out).RootElement.GetProperty("address").GetString()!).Port;
        var second = await CliRun.Of("sandbox", "--port", $"{port}");
        Assert.Equal(1, second.Code);
        Assert.Contains($"port {port}", second.Error, StringComparison.Ordinal);
        Assert.Contains("--port", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_ends_with_0_on_Ctrl_C()
    {
        await using var process = new CliProcess(new Dictionary<string, string>(), "sandbox", "--port", "0");
        await process.OutputWithAsync("/_sandbox");
        await process.InterruptAsync();
        var run = await process.EndedAsync();
        Assert.Equal(0, run.Code);
        Assert.Empty(run.Error);
        Assert.DoesNotContain('\u001b', run.Out);
    }

    [Fact]
    public async Task A_process_with_a_wrong_option_ends_with_2()
    {
        await using var process = new CliProcess(new Dictionary<string, string>(), "sandbox", "--latency", "-5");
        var run = await process.EndedAsync();
        Assert.Equal(ExitCode.WrongUsage, run.Code);
        Assert.Contains("--latency is \"-5\"", run.Error, StringComparison.Ordinal);
    }
}
