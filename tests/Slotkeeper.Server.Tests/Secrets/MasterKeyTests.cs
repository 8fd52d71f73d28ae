using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Slotkeeper.Calendars;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Server.Workers;
using Slotkeeper.Storage;
using Slotkeeper.Testing;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Secrets;

/// <summary>
/// The master key over its life. Cases: exchanged while the server runs; a key that is missing, named; secrets from before there were data keys; rows moved in the
/// database; pairs of settings that contradict each other.
/// </summary>
public sealed class MasterKeyTests : IDisposable
{
    private static readonly string Next = new('c', 64);

    private readonly string folder = Directory.CreateTempSubdirectory("slotkeeper-master-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_master_key_is_exchanged_while_the_server_runs_and_the_old_one_is_not_needed_any_more()
    {
        string path, secret;
        await using (var server = await TestServer.StartAsync(folder: folder))
            (path, secret) = await FillAsync(server);
        var both = new Dictionary<string, string?> { ["SLOTKEEPER_MASTER_KEY"] = Next, ["SLOTKEEPER_MASTER_KEY_PREVIOUS"] = TestServer.MasterKey };
        await using (var server = await TestServer.StartAsync(both, folder: folder))
        {
            Assert.Equal(HttpStatusCode.Accepted, await DeliverAsync(server, path, secret));
            await UnderAsync(server, Next);
            Assert.False((await server.Service<SecretKeeper>().PassAsync(Cancel)).PreviousIsNeeded);
            Assert.Equal(HttpStatusCode.Accepted, await DeliverAsync(server, path, secret));
        }
        await using (var server = await TestServer.StartAsync(new() { ["SLOTKEEPER_MASTER_KEY"] = Next }, folder: folder))
            Assert.Equal(HttpStatusCode.Accepted, await DeliverAsync(server, path, secret));
        var fault = await Assert.ThrowsAsync<MasterKeyException>(() => TestServer.StartAsync(folder: folder));
        Assert.Contains(IdOf(Next), fault.Message, StringComparison.Ordinal);
        Assert.Contains(IdOf(TestServer.MasterKey), fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(TestServer.MasterKey, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_voice_line_or_a_delivery_secret_alone_is_enough_to_need_its_key()
    {
        await using (var server = await TestServer.StartAsync(folder: folder))
        {
            var workspace = await server.CreateWorkspaceAsync(await server.CreateAgencyAsync());
            (await server.PutAsync($"/v1/workspaces/{workspace}/voice-line", new { secret = "secret-of-the-voice" })).Expect(HttpStatusCode.OK);
            (await server.PostAsync($"/v1/workspaces/{workspace}/delivery-secret")).Expect(HttpStatusCode.OK);
        }
        foreach (var key in new[] { null, Next })
        {
            var fault = await Assert.ThrowsAsync<MasterKeyException>(() => TestServer.StartAsync(new() { ["SLOTKEEPER_MASTER_KEY"] = key }, folder: folder));
            Assert.Contains($"The key with id {IdOf(TestServer.MasterKey)} is missing", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Secrets_from_before_there_were_data_keys_open_and_are_sealed_by_their_agencys_key_while_the_server_runs()
    {
        string path, secret;
        await using (var server = await TestServer.StartAsync(folder: folder))
            (path, secret) = await FillAsync(server);
        var connection = path.Split('/')[^1];
        await ExecuteAsync("DELETE FROM data_keys");
        await ExecuteAsync(
            "UPDATE connections SET sealed_credential = @credential, sealed_webhook_secret = @secret",
            ("credential", MemorySeals.SealAsBefore(TestServer.MasterKey, connection, "credential", """{"apiKey":"cal_live_secret"}""")),
            ("secret", MemorySeals.SealAsBefore(TestServer.MasterKey, connection, "webhook_secret", secret)));
        await ExecuteAsync("DELETE FROM voice_lines");
        await ExecuteAsync("DELETE FROM workspace_secrets");
        await ExecuteAsync("DELETE FROM webhook_endpoints");
        await using (var server = await TestServer.StartAsync(new() { ["SLOTKEEPER_MASTER_KEY"] = Next, ["SLOTKEEPER_MASTER_KEY_PREVIOUS"] = TestServer.MasterKey }, folder: folder))
        {
            Assert.Equal(HttpStatusCode.Accepted, await DeliverAsync(server, path, secret));
            await UnderAsync(server, Next);
            Assert.Empty(await server.Service<ISealStore>().ListOldAsync(10, Cancel));
            Assert.Equal(HttpStatusCode.Accepted, await DeliverAsync(server, path, secret));
        }
        await using var last = await TestServer.StartAsync(new() { ["SLOTKEEPER_MASTER_KEY"] = Next }, folder: folder);
        Assert.Equal(HttpStatusCode.Accepted, await DeliverAsync(last, path, secret));
        Assert.Equal("cal_live_secret", last.Service<ConnectionBook>().Find(connection)!.Credential["apiKey"]);
    }

    [Fact]
    public async Task A_connection_that_is_moved_to_another_agency_in_the_database_does_not_open()
    {
        await using (var server = await TestServer.StartAsync(folder: folder))
        {
            await server.CreateConnectionAsync(await server.CreateAgencyAsync());
            await server.CreateConnectionAsync(await server.CreateAgencyAsync("Another"));
        }
        // Whoever has the file also gets round the rule that nothing changes hands.
        await ExecuteAsync("DROP TRIGGER connections_stay");
        await ExecuteAsync("UPDATE connections SET agency_id = (SELECT MAX(agency_id) FROM connections)");
        var fault = await Assert.ThrowsAsync<MasterKeyException>(() => TestServer.StartAsync(folder: folder));
        Assert.Contains("the credentials of 1 of 2 connections", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SLOTKEEPER_MASTER_KEY")]
    [InlineData("SLOTKEEPER_ADMIN_KEY")]
    [InlineData("CRON_SECRET")]
    public void A_previous_secret_without_a_present_one_or_the_same_as_it_stops_the_start(string name)
    {
        foreach (var present in new[] { null, "the-same-value-of-both" })
        {
            var fault = Assert.Throws<SettingsException>(() => TestServer.Settings("/tmp/unused", new() { [name] = present, [name + "_PREVIOUS"] = "the-same-value-of-both" }));
            Assert.Contains($"{name}_PREVIOUS", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("the-same-value-of-both", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task While_cron_secret_and_admin_key_are_exchanged_both_open_and_a_third_does_not()
    {
        await using var server = await TestServer.StartAsync(new() { ["CRON_SECRET_PREVIOUS"] = "cron-before", ["SLOTKEEPER_ADMIN_KEY_PREVIOUS"] = "admin-before" });
        foreach (var (cron, admin, status) in new[] { (TestServer.CronSecret, TestServer.AdminKey, HttpStatusCode.OK), ("cron-before", "admin-before", HttpStatusCode.OK), ("cron", "admin", HttpStatusCode.Unauthorized) })
        {
            (await server.PostAsync("/api/cron/availability", key: cron)).Expect(status);
            (await server.GetAsync("/v1/agencies", admin)).Expect(status);
        }
    }

    /// <summary>Something in every place that holds secrets.</summary>
    /// <returns>Where webhooks of the connection come in, and what they are signed with.</returns>
    private static async Task<(string Path, string Secret)> FillAsync(TestServer server)
    {
        var agency = await server.CreateAgencyAsync();
        var workspace = await server.CreateWorkspaceAsync(agency);
        (await server.PutAsync($"/v1/workspaces/{workspace}/voice-line", new { secret = "secret-of-the-voice" })).Expect(HttpStatusCode.OK);
        (await server.PostAsync($"/v1/workspaces/{workspace}/delivery-secret")).Expect(HttpStatusCode.OK);
        (await server.PostAsync($"/v1/agencies/{agency}/webhooks", new { url = "https://a.example/", events = new[] { "booking.confirmed" } })).Expect(HttpStatusCode.Created);
        var connection = (await server.PostAsync("/v1/connections", new { agencyId = agency, provider = "calcom", name = "c", credential = new { apiKey = "cal_live_secret" } })).Expect(HttpStatusCode.Created).Json;
        return (new Uri(connection.GetProperty("webhookUrl").GetString()!).AbsolutePath, connection.GetProperty("webhookSecret").GetString()!);
    }

    private static async Task<HttpStatusCode> DeliverAsync(TestServer server, string path, string secret)
    {
        var body = JsonSerializer.Serialize(new { triggerEvent = "BOOKING_CREATED", createdAt = UtcText.Format(RealClock.Instance.GetUtcNow()), payload = new { uid = Guid.NewGuid().ToString() } });
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(body)));
        return (await server.SendAsync(HttpMethod.Post, path, null, body, ("x-cal-signature-256", signature))).Status;
    }

    /// <summary>Waits until the server itself has sealed everything by one master key.</summary>
    private static async Task UnderAsync(TestServer server, string masterKey)
    {
        IReadOnlyList<SealedUnder> present;
        var since = RealClock.Instance.GetTimestamp();
        do
        {
            Assert.True(RealClock.Instance.GetElapsedTime(since) < TimeSpan.FromSeconds(30), "Nothing is sealed anew.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), RealClock.Instance, Cancel);
            present = await server.Service<ISealStore>().CountAsync(Cancel);
        }
        while (present is not [{ Secrets: 0, DataKeys: 1 } one] || one.KeyId != IdOf(masterKey));
    }

    private static string IdOf(string masterKey) => Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(masterKey)).AsSpan(0, 4));

    private async Task ExecuteAsync(string sql, params (string Name, byte[] Value)[] arguments)
    {
        await using var database = new SqliteConnection($"Data Source={Path.Combine(folder, StorageSettings.SqliteFileName)};Pooling=False");
        await database.OpenAsync(Cancel);
        await using var command = database.CreateCommand();
#pragma warning disable CA2100 // Written in this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in arguments)
            command.Parameters.AddWithValue(name, value);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
