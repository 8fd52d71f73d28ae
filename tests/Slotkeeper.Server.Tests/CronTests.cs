using System.Net;
using System.Text.Json;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>The cron route: who may call it, what it takes, what it answers.</summary>
public sealed class CronTests : IAsyncLifetime
{
    private const string Path = "/api/cron/availability";

    private TestServer server = null!;

    public async ValueTask InitializeAsync() => server = await TestServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task The_secret_is_taken_from_either_header_and_nothing_else_is()
    {
        (await server.GetAsync(Path, TestServer.CronSecret)).Expect(HttpStatusCode.OK);
        (await server.PostAsync(Path, key: TestServer.CronSecret)).Expect(HttpStatusCode.OK);
        (await server.SendAsync(HttpMethod.Get, Path, null, null, ("x-cron-secret", TestServer.CronSecret))).Expect(HttpStatusCode.OK);
        foreach (var wrong in new[] { null, "", "wrong", TestServer.CronSecret + " x", TestServer.AdminKey })
            (await server.GetAsync(Path, wrong)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await server.SendAsync(HttpMethod.Get, $"{Path}?secret={TestServer.CronSecret}", null)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Without_the_setting_the_route_is_closed()
    {
        await using var closed = await TestServer.StartAsync(new() { ["CRON_SECRET"] = null });
        var reply = (await closed.GetAsync(Path, "")).ExpectProblem(HttpStatusCode.ServiceUnavailable, "not_configured");
        Assert.Contains("CRON_SECRET", reply.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mode", "some")]
    [InlineData("limit", "-1")]
    [InlineData("limit", "1.0")]
    [InlineData("limit", "1e3")]
    [InlineData("limit", "")]
    [InlineData("limit", "10000001")]
    [InlineData("limit", "99999999999999999999")]
    [InlineData("timeBudgetMs", "999")]
    [InlineData("timeBudgetMs", "600001")]
    [InlineData("timeBudgetMs", "NaN")]
    [InlineData("concurrency", "0")]
    [InlineData("concurrency", "201")]
    [InlineData("concurrency", "%204")]
    public async Task A_bad_parameter_is_400_with_its_name_and_range(string name, string value) =>
        (await server.GetAsync($"{Path}?{name}={value}", TestServer.CronSecret)).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault(name, "must be");

    [Fact]
    public async Task A_run_answers_with_every_field_of_the_contract_and_is_kept()
    {
        var agency = await server.CreateAgencyAsync();
        var good = await server.CreateWorkspaceAsync(agency);
        await server.CreateWorkspaceAsync(agency);
        await server.PutCalendarAsync(good);
        var run = (await server.GetAsync($"{Path}?mode=all&concurrency=4&timeBudgetMs=20000", TestServer.CronSecret)).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(
            [
                "success", "invocationId", "mode", "checked", "attempted", "refreshed", "unchanged", "skippedNoDefault", "skippedUnsupportedDuration", "skippedBackoff",
                "skippedNotConfigured", "notAttempted", "errors", "errorCount", "finishedWithinBudget", "metrics", "durationMs", "timestamp", "work",
            ],
            run.EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            ["totalCaches", "dueCaches", "erroringCaches", "neverFetched", "oldestSuccessfulRangeStartAgeMinutes", "oldestSuccessfulCalendarId", "ageSeconds"],
            run.GetProperty("metrics").EnumerateObject().Select(property => property.Name));
        Assert.Equal(["p50", "p95", "p99", "max"], run.GetProperty("metrics").GetProperty("ageSeconds").EnumerateObject().Select(property => property.Name));
        var work = run.GetProperty("work");
        Assert.Equal(20_000, work.GetProperty("timeBudgetMs").GetInt32());
        var calendly = Assert.Single(work.GetProperty("providers").EnumerateArray());
        Assert.Equal(("calendly", 1, 0), (calendly.GetProperty("provider").GetString(), calendly.GetProperty("asked").GetInt32(), calendly.GetProperty("failed").GetInt32()));
        Assert.Equal((1, 1, 1), (run.GetProperty("checked").GetInt32(), run.GetProperty("refreshed").GetInt32(), run.GetProperty("skippedNoDefault").GetInt32()));

        var kept = (await server.GetAsync("/v1/runs")).Expect(HttpStatusCode.OK).Json.GetProperty("items");
        Assert.Contains(kept.EnumerateArray(), item => item.GetProperty("id").GetString() == run.GetProperty("invocationId").GetString()
            && item.GetProperty("trigger").GetString() == "cron" && item.GetProperty("result").GetProperty("refreshed").GetInt32() == 1);
    }

    [Fact]
    public async Task A_limit_of_zero_disables_the_run()
    {
        var reply = (await server.GetAsync($"{Path}?limit=0", TestServer.CronSecret)).Expect(HttpStatusCode.OK).Json;
        Assert.Equal((true, true, "disabled"), (reply.GetProperty("success").GetBoolean(), reply.GetProperty("skipped").GetBoolean(), reply.GetProperty("reason").GetString()));
        Assert.Equal(JsonValueKind.String, reply.GetProperty("timestamp").ValueKind);
    }

    [Fact]
    public async Task Whoever_comes_second_is_told_so()
    {
        var taken = await server.Service<ILeaseStore>().TryAcquireAsync(SweepRunner.LeaseName, "somebody", TimeSpan.FromMinutes(1), TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.IsType<LeaseOutcome.Acquired>(taken);
        var reply = (await server.GetAsync(Path, TestServer.CronSecret)).Expect(HttpStatusCode.OK).Json;
        Assert.Equal((true, "locked"), (reply.GetProperty("skipped").GetBoolean(), reply.GetProperty("reason").GetString()));
    }
}
