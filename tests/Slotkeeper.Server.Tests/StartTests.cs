using System.Net;
using Slotkeeper.Server.Workers;
using Slotkeeper.Storage;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>What stops a start, and what it says.</summary>
public sealed class StartTests
{
    [Theory]
    [InlineData("AVAILABILITY_CACHE_TTL_MS", "4999", "5000 to 3600000")]
    [InlineData("AVAILABILITY_CACHE_TTL_MS", "3600001", "5000 to 3600000")]
    [InlineData("BOOKING_VERIFY_AGE_SECONDS", "901", "0 to 900")]
    [InlineData("BOOKING_VERIFY_AGE_SECONDS", "soon", "0 to 900")]
    [InlineData("AVAILABILITY_CRON_TIME_BUDGET_MS", "999", "1000 to 600000")]
    [InlineData("AVAILABILITY_CRON_CONCURRENCY", "0", "1 to 200")]
    [InlineData("AVAILABILITY_CRON_CONCURRENCY", "2.5", "1 to 200")]
    [InlineData("AVAILABILITY_CRON_LIMIT", "-1", "0 to 10000000")]
    [InlineData("AVAILABILITY_CRON_WORKSPACE_LIMIT", "many", "0 to 10000000")]
    [InlineData("AVAILABILITY_SCHEDULER", "maybe", "on or off")]
    [InlineData("Egress__AllowPrivateAddresses", "maybe", "true or false")]
    [InlineData("Providers__Calendly__BaseUrl", "calendly.com", "absolute http or https")]
    [InlineData("Providers__HighLevel__PublicBaseUrl", "ftp://x", "absolute http or https")]
    [InlineData("SLOTKEEPER_PUBLIC_URL", "example.com", "absolute http or https")]
    [InlineData("ASPNETCORE_URLS", "localhost", "address")]
    [InlineData("AUDIT_RETENTION_DAYS", "3651", "30 to 3650")]
    public void A_setting_out_of_range_is_named_with_its_value_and_range(string name, string value, string allowed)
    {
        var fault = Assert.Throws<SettingsException>(() => TestServer.Settings("/tmp/unused", new() { [name] = value }));
        Assert.Contains(name, fault.Message, StringComparison.Ordinal);
        Assert.Contains($"\"{value}\"", fault.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_named_at_once_and_no_secret_is_shown()
    {
        var fault = Assert.Throws<SettingsException>(() => TestServer.Settings("/tmp/unused", new()
        {
            ["DATABASE_URL"] = "mysql://user:hunter2@host/db",
            ["SLOTKEEPER_MASTER_KEY"] = "short-secret",
            ["AVAILABILITY_CRON_CONCURRENCY"] = "x",
        }));
        foreach (var name in new[] { "DATABASE_URL", "SLOTKEEPER_MASTER_KEY", "AVAILABILITY_CRON_CONCURRENCY" })
            Assert.Contains(name, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("short-secret", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_and_its_alias_mean_the_same_and_must_not_differ()
    {
        Assert.Equal(5, TestServer.Settings("/tmp/unused", new() { ["AVAILABILITY_CRON_WORKSPACE_LIMIT"] = "5" }).Availability.Limit);
        Assert.Equal(5, TestServer.Settings("/tmp/unused", new() { ["AVAILABILITY_CRON_LIMIT"] = "5" }).Availability.Limit);
        var fault = Assert.Throws<SettingsException>(() => TestServer.Settings("/tmp/unused", new() { ["AVAILABILITY_CRON_LIMIT"] = "5", ["AVAILABILITY_CRON_WORKSPACE_LIMIT"] = "6" }));
        Assert.Contains("AVAILABILITY_CRON_WORKSPACE_LIMIT", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stored_credentials_need_the_master_key_they_were_stored_with()
    {
        var folder = Directory.CreateTempSubdirectory("slotkeeper-master-").FullName;
        try
        {
            await using (var server = await TestServer.StartAsync(folder: folder))
                await server.CreateConnectionAsync(await server.CreateAgencyAsync());
            foreach (var key in new[] { null, new string('f', 64) })
            {
                var fault = await Assert.ThrowsAsync<MasterKeyException>(() => TestServer.StartAsync(new() { ["SLOTKEEPER_MASTER_KEY"] = key }, folder: folder));
                Assert.Contains("SLOTKEEPER_MASTER_KEY", fault.Message, StringComparison.Ordinal);
                Assert.Equal(
                    ExitCodes.MasterKey,
                    await ServeCommand.RunAsync(
                        TestServer.Settings(folder, new() { ["SLOTKEEPER_MASTER_KEY"] = key }),
                        new CompositionOverrides { LogLevel = Microsoft.Extensions.Logging.LogLevel.None },
                        TestContext.Current.CancellationToken));
            }
            await using (await TestServer.StartAsync(folder: folder))
            {
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Without_a_master_key_no_credential_is_taken()
    {
        await using var server = await TestServer.StartAsync(new() { ["SLOTKEEPER_MASTER_KEY"] = null });
        var agency = await server.CreateAgencyAsync();
        var reply = await server.PostAsync("/v1/connections", new { agencyId = agency, provider = "calcom", name = "c", credential = new { apiKey = "k" } });
        reply.ExpectProblem(HttpStatusCode.ServiceUnavailable, "not_configured");
        Assert.Contains("SLOTKEEPER_MASTER_KEY", reply.Text, StringComparison.Ordinal);
        Assert.Equal(0, (await server.GetAsync("/v1/connections")).Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_second_start_on_one_file_ends_with_its_reason_and_leaves_the_first_alone()
    {
        var folder = Directory.CreateTempSubdirectory("slotkeeper-second-").FullName;
        try
        {
            await using var first = await TestServer.StartAsync(folder: folder);
            await Assert.ThrowsAsync<StorageSetupException>(() => TestServer.StartAsync(folder: folder));
            (await first.GetAsync("/readyz", null)).Expect(HttpStatusCode.OK);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
