using System.Diagnostics;
using System.Net;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>PostgreSQL that is away at the start or goes away later: bounded waits, 503 with Retry-After, and back without a restart.</summary>
public sealed class DatabaseAwayTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_starts_without_its_database_serves_once_it_is_there()
    {
        RequirePostgres();
        await using var postgres = await PostgresServer.StartNewAsync(Cancel);
        var database = await postgres.CreateDatabaseAsync(null, Cancel);
        await postgres.StopAsync(Cancel);
        await using var server = await TestServer.StartAsync(new() { ["DATABASE_URL"] = postgres.Url(database) });
        (await server.GetAsync("/healthz", null)).Expect(HttpStatusCode.OK);
        (await server.GetAsync("/readyz", null)).ExpectProblem(HttpStatusCode.ServiceUnavailable, "not_ready");
        var refused = (await server.GetAsync("/v1/agencies")).ExpectProblem(HttpStatusCode.ServiceUnavailable, "storage_unavailable");
        Assert.True(int.Parse(refused.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture) > 0);

        await postgres.StartAsync(Cancel);
        await Eventually.TrueAsync(async () => (await server.GetAsync("/readyz", null)).Status == HttpStatusCode.OK);
        await server.CreateAgencyAsync();
    }

    [Fact]
    public async Task A_database_that_goes_away_and_comes_back_needs_no_restart()
    {
        RequirePostgres();
        await using var postgres = await PostgresServer.StartNewAsync(Cancel);
        await using var server = await TestServer.StartAsync(new() { ["DATABASE_URL"] = postgres.Url(await postgres.CreateDatabaseAsync(null, Cancel)) });
        var agency = await server.CreateAgencyAsync();
        var workspace = await server.CreateWorkspaceAsync(agency);
        await server.PutCalendarAsync(workspace);
        var key = await server.CreateKeyAsync(agency, "agency");
        await Eventually.TrueAsync(async () => (await server.GetAsync($"/v1/workspaces/{workspace}/slots", key)).Json.GetProperty("slots").GetArrayLength() == 10);

        await postgres.StopAsync(Cancel);
        foreach (var (method, path, body) in new (HttpMethod, string, object?)[]
        {
            (HttpMethod.Get, "/v1/agencies", null),
            (HttpMethod.Post, "/v1/workspaces", new { agencyId = agency, name = "w", timeZone = "UTC" }),
            (HttpMethod.Get, $"/v1/workspaces/{workspace}/slots?maxAge=0", null),
        })
        {
            var clock = Stopwatch.StartNew();
            var reply = (await server.SendAsync(method, path, body: body)).ExpectProblem(HttpStatusCode.ServiceUnavailable, "storage_unavailable");
            Assert.True(reply.Headers.ContainsKey("Retry-After"));
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{path} took {clock.Elapsed}");
        }
        (await server.GetAsync("/healthz", null)).Expect(HttpStatusCode.OK);
        (await server.GetAsync("/readyz", null)).ExpectProblem(HttpStatusCode.ServiceUnavailable, "not_ready");

        await postgres.StartAsync(Cancel);
        await Eventually.TrueAsync(async () => (await server.GetAsync("/readyz", null)).Status == HttpStatusCode.OK);
        await Eventually.TrueAsync(async () => (await server.GetAsync($"/v1/workspaces/{workspace}/slots", key)).Status == HttpStatusCode.OK);
        await server.CreateWorkspaceAsync(agency);
    }

    [Fact]
    public async Task What_one_node_revokes_or_changes_the_other_knows()
    {
        RequirePostgres();
        await using var postgres = await PostgresServer.StartNewAsync(Cancel);
        var settings = new Dictionary<string, string?> { ["DATABASE_URL"] = postgres.Url(await postgres.CreateDatabaseAsync(null, Cancel)) };
        await using var one = await TestServer.StartAsync(settings);
        await using var two = await TestServer.StartAsync(settings);
        var agency = await one.CreateAgencyAsync();
        var workspace = await one.CreateWorkspaceAsync(agency);
        await one.PutCalendarAsync(workspace);
        var created = await one.PostAsync($"/v1/agencies/{agency}/keys", new { name = "k", role = "agency" });
        var key = created.Json.GetProperty("key").GetString();

        // Read at once, whether or not the message has come.
        (await two.GetAsync($"/v1/workspaces/{workspace}/slots", key)).Expect(HttpStatusCode.OK);
        await Eventually.TrueAsync(async () => (await two.GetAsync($"/v1/workspaces/{workspace}/slots", key)).Json.GetProperty("slots").GetArrayLength() == 10);
        await one.DeleteAsync($"/v1/keys/{created.Json.GetProperty("id").GetString()}");
        await Eventually.TrueAsync(async () => (await two.GetAsync($"/v1/workspaces/{workspace}/slots", key)).Status == HttpStatusCode.Unauthorized, seconds: 5);
    }

    private static void RequirePostgres()
    {
        if (PostgresServer.MissingBecause is { } missing && !PostgresServer.IsRequired)
            Assert.Skip(missing);
    }
}
