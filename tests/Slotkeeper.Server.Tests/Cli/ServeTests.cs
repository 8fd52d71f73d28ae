using Xunit;

namespace Slotkeeper.Server.Tests.Cli;

/// <summary>Serving as a process: the first start shows a key and the address, the second does not; wrong settings and a taken file end it.</summary>
public sealed class ServeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("slotkeeper-serve").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_first_start_shows_the_admin_key_once_and_says_where_it_listens()
    {
        await using (var first = new CliProcess(Variables()))
        {
            var text = await first.OutputWithAsync("http://127.0.0.1:");
            Assert.Contains("Admin key, shown only this once: sk_", text, StringComparison.Ordinal);
            await first.InterruptAsync();
            AssertEnded(await first.EndedAsync());
        }
        await using var second = new CliProcess(Variables(), "serve");
        var again = await second.OutputWithAsync("http://127.0.0.1:");
        Assert.DoesNotContain("Admin key", again, StringComparison.Ordinal);
        await second.InterruptAsync();
        AssertEnded(await second.EndedAsync());
    }

    [Fact]
    public async Task A_second_process_on_one_file_refuses_and_says_who_has_it()
    {
        await using var first = new CliProcess(Variables(), "serve");
        await first.OutputWithAsync("http://127.0.0.1:");
        await using var second = new CliProcess(Variables(), "serve");
        var run = await second.EndedAsync();
        Assert.Equal(Server.ExitCodes.Storage, run.Code);
        Assert.Contains("in use by process", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_setting_stops_it_with_name_value_and_range()
    {
        var variables = Variables();
        variables["AVAILABILITY_CACHE_TTL_MS"] = "12";
        await using var process = new CliProcess(variables, "serve");
        var run = await process.EndedAsync();
        Assert.Equal(2, run.Code);
        Assert.Contains("AVAILABILITY_CACHE_TTL_MS is \"12\"; it must be a whole number from 5000 to 3600000", run.Error, StringComparison.Ordinal);
    }

    private static void AssertEnded(CliRun run) => Assert.True(run.Code == 0, $"Ended with {run.Code}: {run.Out}{run.Error}");

    private Dictionary<string, string> Variables() => new()
    {
        ["SLOTKEEPER_DATA"] = folder,
        ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
    };
}
