using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Cli;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Cli;

/// <summary>
/// The doctor finds nothing wrong where nothing is wrong, names every wrong setting at once, leaves databases as they are, and notices a
/// wrong master key, a provider that is away and a folder that cannot be used.
/// </summary>
public sealed class DoctorTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("slotkeeper-doctor").FullName;
    private SandboxServer sandbox = null!;

    public async ValueTask InitializeAsync() =>
        sandbox = await SandboxServer.StartAsync(new SandboxOptions { CalendarsPerProvider = 10 }, RealClock.Instance, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await sandbox.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_fresh_machine_has_nothing_wrong_and_stays_as_it_was()
    {
        var run = await Doctor();
        Assert.Equal(0, run.Code);
        Assert.True(run.Json.GetProperty("ok").GetBoolean());
        Assert.Contains("the first start makes it", Finding(run, "database"), StringComparison.Ordinal);
        Assert.StartsWith("answers (", Finding(run, "provider 127.0.0.1"), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public async Task All_wrong_settings_are_named_at_once()
    {
        var run = await CliRun.Of(
            [new("AVAILABILITY_CACHE_TTL_MS", "1"), new("AVAILABILITY_SCHEDULER", "maybe"), new("Providers__HubSpot__BaseUrl", "banana"), new("DATABASE_URL", "mysql://x")],
            "doctor", "--json");
        Assert.Equal(1, run.Code);
        var findings = string.Join('\n', run.Json.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("finding").GetString()));
        Assert.Contains("AVAILABILITY_CACHE_TTL_MS is \"1\"", findings, StringComparison.Ordinal);
        Assert.Contains("AVAILABILITY_SCHEDULER is \"maybe\"", findings, StringComparison.Ordinal);
        Assert.Contains("Providers__HubSpot__BaseUrl is \"banana\"", findings, StringComparison.Ordinal);
        Assert.Contains("DATABASE_URL", findings, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_server_keeps_its_file()
    {
        await using var server = await ServerUnderTest.StartAsync();
        var run = await Doctor(new("SLOTKEEPER_DATA", server.Folder), new("SLOTKEEPER_MASTER_KEY", ServerUnderTest.MasterKey));
        Assert.Equal(0, run.Code);
        Assert.Contains($"in use by process {Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}", Finding(run, "database"), StringComparison.Ordinal);
        using var alive = await server.Http.GetAsync("/v1/agencies", TestContext.Current.CancellationToken);
        Assert.True(alive.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Stored_credentials_are_tried_with_the_master_key()
    {
        await StoreConnectionAsync();
        var right = await Doctor(new KeyValuePair<string, string>("SLOTKEEPER_MASTER_KEY", ServerUnderTest.MasterKey));
        Assert.Equal(0, right.Code);
        Assert.Equal("1 of 1 can be opened", Finding(right, "credentials"));
        Assert.Contains("schema step", Finding(right, "database"), StringComparison.Ordinal);

        var other = await Doctor(new KeyValuePair<string, string>("SLOTKEEPER_MASTER_KEY", new string('f', 64)));
        Assert.Equal(1, other.Code);
        Assert.Equal("0 of 1 can be opened", Finding(other, "credentials"));

        var missing = await Doctor();
        Assert.Equal(1, missing.Code);
        Assert.Contains("SLOTKEEPER_MASTER_KEY is not set", Finding(missing, "credentials"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whether_the_previous_master_key_is_still_needed_is_said()
    {
        await StoreConnectionAsync();
        var next = new string('f', 64);
        var before = await Doctor(new("SLOTKEEPER_MASTER_KEY", next), new("SLOTKEEPER_MASTER_KEY_PREVIOUS", ServerUnderTest.MasterKey));
        Assert.Equal(0, before.Code);
        Assert.Equal("1 of 1 can be opened", Finding(before, "credentials"));
        Assert.Contains("1 data keys and 0 secrets still need the previous one", Finding(before, "master key"), StringComparison.Ordinal);
        var after = await Doctor(new("SLOTKEEPER_MASTER_KEY", ServerUnderTest.MasterKey), new("SLOTKEEPER_MASTER_KEY_PREVIOUS", next));
        Assert.Contains("is not needed any more", Finding(after, "master key"), StringComparison.Ordinal);
        var neither = await Doctor(new KeyValuePair<string, string>("SLOTKEEPER_MASTER_KEY", next));
        Assert.Equal(1, neither.Code);
        Assert.Contains("1 data keys and 0 secrets need it", Finding(neither, "master key"), StringComparison.Ordinal);
        Assert.DoesNotContain(next, neither.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_noticed()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "slotkeeper.db"), new string('x', 5000), TestContext.Current.CancellationToken);
        var run = await Doctor();
        Assert.Equal(1, run.Code);
        Assert.Contains("not a database", Finding(run, "database"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_is_away_is_named_with_its_setting()
    {
        var run = await Doctor(new KeyValuePair<string, string>("Providers__Calendly__BaseUrl", "http://127.0.0.2:9"));
        Assert.Equal(1, run.Code);
        Assert.Contains("no connection", Finding(run, "provider 127.0.0.2"), StringComparison.Ordinal);
        Assert.Contains("Providers__Calendly__BaseUrl", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_a_file_is_named()
    {
        var file = Path.Combine(folder, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        var run = await Doctor(new KeyValuePair<string, string>("SLOTKEEPER_DATA", Path.Combine(file, "data")));
        Assert.Equal(1, run.Code);
        Assert.Contains("SLOTKEEPER_DATA", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task People_get_lines_in_a_pipe_and_no_secret()
    {
        var run = await CliRun.Of([.. Settings(), new("SLOTKEEPER_MASTER_KEY", "secret-secret-secret"), new("CRON_SECRET", "hidden-hidden")], "doctor");
        Assert.Equal(0, run.Code);
        Assert.DoesNotContain('\u001b', run.Out);
        Assert.DoesNotContain("secret-secret", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-hidden", run.Out, StringComparison.Ordinal);
        Assert.EndsWith("Nothing is wrong.\n", run.Out, StringComparison.Ordinal);
    }

    private static string Finding(CliRun run, string name) =>
        run.Json.GetProperty("checks").EnumerateArray().First(check => check.GetProperty("name").GetString() == name).GetProperty("finding").GetString()!;

    private List<KeyValuePair<string, string>> Settings() => [new("SLOTKEEPER_DATA", folder), .. SandboxSettings.For(sandbox.BaseAddress)];

    /// <summary>Later variables replace earlier ones.</summary>
    private Task<CliRun> Doctor(params KeyValuePair<string, string>[] more) =>
        CliRun.Of([.. Settings().Where(setting => more.All(other => other.Key != setting.Key)), .. more], "doctor", "--json");

    private async Task StoreConnectionAsync()
    {
        await using var server = await ServerUnderTest.StartAsync();
        using var response = await server.Http.PostAsJsonAsync(
            "/v1/connections",
            new { agencyId = server.AgencyId, provider = "calcom", name = "One", credential = new { apiKey = "cal_x" } },
            TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        await server.StopAsync();
        foreach (var file in Directory.GetFiles(server.Folder))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }
}
