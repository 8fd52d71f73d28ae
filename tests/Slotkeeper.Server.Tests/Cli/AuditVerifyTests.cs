using System.Globalization;
using System.Net.Http.Json;
using Microsoft.Data.Sqlite;
using Slotkeeper.Server.Cli;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Cli;

/// <summary>
/// Verifying from the command line: beside a running server and without one, on both databases; a record that was edited, deleted or chopped off past the program is
/// named with its agency and place; no database, none of ours, an agency that is not there, wrong settings; help.
/// </summary>
public sealed class AuditVerifyTests(SharedPostgres postgres)
{
    [Fact]
    public async Task A_good_audit_is_found_good_beside_the_running_server_and_stays_the_servers()
    {
        await using var server = await ServerUnderTest.StartAsync();
        var run = await VerifyAsync(server.Folder, "--json");
        Assert.True(run.Code == 0, run.Out + run.Error);
        Assert.True(run.Json.GetProperty("ok").GetBoolean());
        var chain = Assert.Single(run.Json.GetProperty("chains").EnumerateArray());
        Assert.Equal((server.AgencyId, 1, 1, 64), (
            chain.GetProperty("agencyId").GetString(), chain.GetProperty("sequence").GetInt32(), chain.GetProperty("checked").GetInt32(), chain.GetProperty("hash").GetString()!.Length));

        await server.AddAgencyAsync("Two");
        Assert.Equal("2 records in 2 chains: all as they were written.\n", (await VerifyAsync(server.Folder)).Out);
        Assert.Equal("1 records in 1 chains: all as they were written.\n", (await VerifyAsync(server.Folder, "--agency", server.AgencyId)).Out);
    }

    [Theory]
    [InlineData("DROP TRIGGER audit_records_are_not_changed; UPDATE audit_records SET actor_id = 'somebody else' WHERE sequence = 2", 2, "altered")]
    [InlineData("DROP TRIGGER audit_records_are_not_deleted; DELETE FROM audit_records WHERE sequence = 2", 2, "missing")]
    [InlineData("DROP TRIGGER audit_records_are_not_deleted; DELETE FROM audit_records WHERE sequence = 3", 3, "chopped")]
    public async Task What_was_tampered_with_in_a_file_is_named_with_its_place(string sql, int sequence, string code)
    {
        await using var server = await ServerUnderTest.StartAsync();
        foreach (var weight in new[] { 2, 3 })
        {
            using var changed = await server.Http.PatchAsJsonAsync($"/v1/agencies/{server.AgencyId}", new { weight }, TestContext.Current.CancellationToken);
            Assert.True(changed.IsSuccessStatusCode);
        }
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(server.Folder, "slotkeeper.db")};Pooling=False"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Written above.
            command.CommandText = sql;
#pragma warning restore CA2100
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var run = await VerifyAsync(server.Folder);
        Assert.Equal(1, run.Code);
        Assert.StartsWith($"{server.AgencyId}, record {sequence.ToString(CultureInfo.InvariantCulture)}: ", run.Out, StringComparison.Ordinal);
        Assert.EndsWith("1 of the chains were tampered with.\n", run.Out, StringComparison.Ordinal);
        var fault = (await VerifyAsync(server.Folder, "--json")).Json.GetProperty("chains")[0].GetProperty("faults")[0];
        Assert.Equal((sequence, code), (fault.GetProperty("sequence").GetInt32(), fault.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task On_postgres_it_is_the_same_at_any_time()
    {
        if (PostgresServer.MissingBecause is { } reason && !PostgresServer.IsRequired)
            Assert.Skip(reason);
        var there = await postgres.ServerAsync(TestContext.Current.CancellationToken);
        var database = await there.CreateDatabaseAsync(null, TestContext.Current.CancellationToken);
        KeyValuePair<string, string>[] settings = [new("DATABASE_URL", there.Url(database))];
        var empty = await CliRun.Of(settings, "audit", "verify", "--json");
        Assert.Equal((1, "no_audit"), (empty.Code, empty.Json.GetProperty("error").GetProperty("code").GetString()));

        await using var server = await TestServer.StartAsync(new() { ["DATABASE_URL"] = there.Url(database) });
        var agency = await server.CreateAgencyAsync();
        await server.CreateKeyAsync(agency, "agency");
        Assert.Equal(0, (await CliRun.Of(settings, "audit", "verify")).Code);

        await there.ExecuteAsync(
            database, "ALTER TABLE audit_records DISABLE TRIGGER USER; UPDATE audit_records SET after = replace(after, 'agency', 'admin') WHERE sequence = 2", TestContext.Current.CancellationToken);
        var run = await CliRun.Of(settings, "audit", "verify");
        Assert.Equal(1, run.Code);
        Assert.StartsWith($"{agency}, record 2: ", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_audit_to_look_at_it_says_what_is_missing()
    {
        var folder = Directory.CreateTempSubdirectory("slotkeeper-audit").FullName;
        try
        {
            var none = await VerifyAsync(folder);
            Assert.Equal(1, none.Code);
            Assert.Contains("There is no database at", none.Error, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(folder));

            await using (var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "slotkeeper.db")};Pooling=False"))
            {
                await connection.OpenAsync(TestContext.Current.CancellationToken);
                await using var command = connection.CreateCommand();
                command.CommandText = "CREATE TABLE agencies (id text)";
                await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }
            Assert.Contains("keeps no audit yet", (await VerifyAsync(folder)).Error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        await using var server = await ServerUnderTest.StartAsync();
        Assert.Contains("no agency agy_none", (await VerifyAsync(server.Folder, "--agency", "agy_none")).Error, StringComparison.Ordinal);
        var wrong = await CliRun.Of([new("SLOTKEEPER_DATA", server.Folder), new("AUDIT_RETENTION_DAYS", "29")], "audit", "verify");
        Assert.Equal(2, wrong.Code);
        Assert.Contains("AUDIT_RETENTION_DAYS is \"29\"; it must be a whole number from 30 to 3650", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_shows_how_to_call_it_and_how_it_can_end()
    {
        Assert.Contains("verify", (await CliRun.Of("audit", "--help")).Out, StringComparison.Ordinal);
        Assert.Contains("\n  audit", (await CliRun.Of("--help")).Out, StringComparison.Ordinal);
        var run = await CliRun.Of("audit", "verify", "--help");
        var command = CommandLine.Root(Terminal.OfProcess(RealClock.Instance)).Subcommands.Single(one => one.Name == "audit").Subcommands.OfType<CliCommand>().Single();
        Assert.All(command.Examples, example => Assert.Contains($"  slotkeeper {example}", run.Out, StringComparison.Ordinal));
        Assert.All(command.ExitCodes, exit => Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"\n  {exit.Code,-4} {exit.Meaning}"), run.Out, StringComparison.Ordinal));
        Assert.Contains("Try: slotkeeper audit verify --help", (await CliRun.Of("audit", "verify", "--nonsense")).Error, StringComparison.Ordinal);
    }

    private static Task<CliRun> VerifyAsync(string folder, params string[] arguments) =>
        CliRun.Of([new("SLOTKEEPER_DATA", folder)], ["audit", "verify", .. arguments]);
}
