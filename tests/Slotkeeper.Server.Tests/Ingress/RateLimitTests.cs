using System.Net;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Testing;
using Xunit;

namespace Slotkeeper.Server.Tests.Ingress;

/// <summary>Who may ask how much. Cases: a key, an agency, an address without a key, wrong cron secrets, wrong signatures; what is not counted; costs; proxies.</summary>
public sealed class RateLimitTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public async Task A_key_that_asks_too_much_waits_as_long_as_it_is_told_and_no_other_key_does()
    {
        await using var server = await StartAsync(("INGRESS_KEY_RATE", "10"), ("INGRESS_KEY_BURST", "20"));
        var agency = await server.CreateAgencyAsync();
        var workspace = await server.CreateWorkspaceAsync(agency);
        var (busy, calm) = (await server.CreateKeyAsync(agency, "agency"), await server.CreateKeyAsync(agency, "agency"));
        var path = $"/v1/workspaces/{workspace}";
        for (var i = 0; i < 20; i++)
            (await server.GetAsync(path, busy)).Expect(HttpStatusCode.OK);
        var refused = (await server.GetAsync(path, busy)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        Assert.Equal("1", refused.Headers["Retry-After"]);
        Assert.Contains("INGRESS_KEY_RATE", refused.Text, StringComparison.Ordinal);
        (await server.GetAsync(path, calm)).Expect(HttpStatusCode.OK);
        clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 10; i++)
            (await server.GetAsync(path, busy)).Expect(HttpStatusCode.OK);
        (await server.GetAsync(path, busy)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
    }

    [Fact]
    public async Task What_the_roles_of_a_key_forbid_is_paid_for_too()
    {
        await using var server = await StartAsync(("INGRESS_KEY_RATE", "1"), ("INGRESS_KEY_BURST", "9"));
        var agency = await server.CreateAgencyAsync();
        var key = await server.CreateKeyAsync(agency, "agent");
        for (var i = 0; i < 3; i++)
            (await server.GetAsync("/v1/runs", key)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await server.GetAsync("/v1/runs", key)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
    }

    [Fact]
    public async Task A_dear_call_takes_its_cost()
    {
        await using var server = await StartAsync(("INGRESS_KEY_RATE", "10"), ("INGRESS_KEY_BURST", "120"));
        var agency = await server.CreateAgencyAsync();
        var workspace = await server.CreateWorkspaceAsync(agency);
        await server.PutCalendarAsync(workspace);
        var key = await server.CreateKeyAsync(agency, "agency");
        for (var i = 0; i < 2; i++)
            (await server.PostAsync($"/v1/workspaces/{workspace}/refresh", key: key)).Expect(HttpStatusCode.OK);
        var refused = (await server.PostAsync($"/v1/workspaces/{workspace}/refresh", key: key)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        Assert.Equal("3", refused.Headers["Retry-After"]);
        // What is left is enough for small things.
        for (var i = 0; i < 20; i++)
            (await server.GetAsync($"/v1/workspaces/{workspace}/slots", key)).Expect(HttpStatusCode.OK);
        (await server.GetAsync($"/v1/workspaces/{workspace}/slots", key)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
    }

    [Fact]
    public async Task The_keys_of_an_agency_share_and_another_agency_notices_nothing()
    {
        await using var server = await StartAsync(("INGRESS_AGENCY_RATE", "10"), ("INGRESS_AGENCY_BURST", "20"));
        var agencies = new[] { await server.CreateAgencyAsync(), await server.CreateAgencyAsync("Another") };
        var workspaces = new[] { await server.CreateWorkspaceAsync(agencies[0]), await server.CreateWorkspaceAsync(agencies[1]) };
        var own = new[] { await server.CreateKeyAsync(agencies[0], "agency"), await server.CreateKeyAsync(agencies[0], "workspace", workspaces[0]) };
        for (var i = 0; i < 20; i++)
            (await server.GetAsync($"/v1/workspaces/{workspaces[0]}", own[i % 2])).Expect(HttpStatusCode.OK);
        foreach (var key in own)
            Assert.Contains("agency", (await server.GetAsync($"/v1/workspaces/{workspaces[0]}", key)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited").Text, StringComparison.Ordinal);
        (await server.GetAsync($"/v1/workspaces/{workspaces[1]}", await server.CreateKeyAsync(agencies[1], "agency"))).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_address_that_guesses_keys_is_stopped_while_known_keys_from_there_go_on()
    {
        await using var server = await StartAsync(("INGRESS_ADDRESS_RATE", "10"), ("INGRESS_ADDRESS_BURST", "20"));
        var agency = await server.CreateAgencyAsync();
        var (known, fresh) = (await server.CreateKeyAsync(agency, "agency"), await server.CreateKeyAsync(agency, "agency"));
        (await server.GetAsync("/v1/workspaces", known)).Expect(HttpStatusCode.OK);
        for (var i = 0; i < 20; i++)
            (await server.GetAsync("/v1/workspaces", i % 2 == 0 ? null : $"sk_{i:D10}_{new string('a', 32)}")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        foreach (var path in new[] { "/v1/workspaces", "/nowhere", "/openapi/v1.json", "/api/cron/availability" })
            (await server.GetAsync(path, null)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        (await server.GetAsync("/v1/workspaces", known)).Expect(HttpStatusCode.OK);
        (await server.GetAsync("/v1/agencies")).Expect(HttpStatusCode.OK);
        foreach (var path in new[] { "/healthz", "/metrics" })
            (await server.GetAsync(path, null)).Expect(HttpStatusCode.OK);
        // Not ready, as the clock of the test is years ahead; but answered.
        (await server.GetAsync("/readyz", null)).ExpectProblem(HttpStatusCode.ServiceUnavailable, "not_ready");
        // A key that is not remembered has to be looked up, which is what is protected: it waits.
        (await server.GetAsync("/v1/workspaces", fresh)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        clock.Advance(TimeSpan.FromSeconds(1));
        (await server.GetAsync("/v1/workspaces", fresh)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task H56_of_many_guesses_only_as_many_as_the_address_may_are_looked_up()
    {
        await using var server = await StartAsync(("INGRESS_ADDRESS_BURST", "50"));
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 200; i++)
            statuses.Add((await server.GetAsync("/v1/workspaces", $"sk_{i:D10}_{new string('b', 32)}")).Status);
        Assert.Equal(50, statuses.Count(status => status == HttpStatusCode.Unauthorized));
        Assert.Equal(150, statuses.Count(status => status == HttpStatusCode.TooManyRequests));
    }

    [Fact]
    public async Task Only_wrong_cron_secrets_and_wrong_signatures_are_counted_and_each_apart()
    {
        await using var server = await StartAsync(("INGRESS_ADDRESS_RATE", "1"), ("INGRESS_ADDRESS_BURST", "5"));
        var connection = await server.CreateConnectionAsync(await server.CreateAgencyAsync());
        for (var i = 0; i < 10; i++)
            (await server.GetAsync("/api/cron/availability", TestServer.CronSecret)).Expect(HttpStatusCode.OK);
        for (var i = 0; i < 5; i++)
            (await server.PostAsync($"/api/webhooks/calcom/{connection}", new { }, null)).ExpectProblem(HttpStatusCode.Unauthorized, "invalid_signature");
        (await server.PostAsync($"/api/webhooks/calcom/{connection}", new { }, null)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        for (var i = 0; i < 5; i++)
            (await server.GetAsync("/api/cron/availability", "wrong")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await server.GetAsync("/api/cron/availability", "wrong")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
    }

    [Fact]
    public async Task The_operators_keys_are_not_counted()
    {
        await using var server = await StartAsync(("INGRESS_KEY_RATE", "1"), ("INGRESS_KEY_BURST", "1"), ("INGRESS_ADDRESS_BURST", "1"), ("INGRESS_ADDRESS_RATE", "1"));
        for (var i = 0; i < 50; i++)
            (await server.GetAsync("/v1/agencies")).Expect(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("127.0.0.0/8", true)]
    [InlineData("127.0.0.1, ::1", true)]
    [InlineData("10.1.2.3", false)]
    [InlineData(null, false)]
    public async Task A_client_is_named_by_its_proxy_only_where_the_proxy_is_trusted(string? trusted, bool isNamed)
    {
        await using var server = await StartAsync(("INGRESS_ADDRESS_RATE", "1"), ("INGRESS_ADDRESS_BURST", "1"), ("INGRESS_TRUSTED_PROXIES", trusted));
        for (var i = 0; i < 5; i++)
        {
            var reply = await server.SendAsync(HttpMethod.Get, "/v1/workspaces", null, null, ("X-Forwarded-For", $"198.51.100.{i}"));
            reply.ExpectProblem(isNamed || i == 0 ? HttpStatusCode.Unauthorized : HttpStatusCode.TooManyRequests, isNamed || i == 0 ? "unauthenticated" : "rate_limited");
        }
        // What a client itself wrote before its proxy's entry names nobody.
        var forged = await server.SendAsync(HttpMethod.Get, "/v1/workspaces", null, null, ("X-Forwarded-For", "203.0.113.9, 198.51.100.1"));
        forged.ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
    }

    [Theory]
    [InlineData("INGRESS_KEY_RATE", "0", "1 to 10000000")]
    [InlineData("INGRESS_AGENCY_BURST", "lots", "1 to 10000000")]
    [InlineData("INGRESS_ADDRESS_RATE", "10000001", "1 to 10000000")]
    [InlineData("INGRESS_CONCURRENCY", "3", "4 to 100000")]
    [InlineData("INGRESS_QUEUE", "-1", "0 to 100000")]
    [InlineData("INGRESS_TRUSTED_PROXIES", "proxy.example", "an address or a network")]
    public void A_setting_out_of_range_is_named(string name, string value, string allowed)
    {
        var fault = Assert.Throws<SettingsException>(() => TestServer.Settings("/tmp/unused", new() { [name] = value }));
        Assert.Contains(name, fault.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_route_has_a_cost_and_what_may_ask_a_provider_or_moves_much_is_costly()
    {
        string[] free = ["/healthz", "/readyz", "/metrics"];
        string[] costly = ["/refresh", "/invalidate", "/import", "/export", "/holds", "/bookings", "/cancel", "/reschedule", "/preview", "/connections", "/test", "/replay"];
        // Agents' questions, answered from memory unless they ask for a hold.
        string[] questions = ["/v1/agent/{id}/check-availability", "/v1/agent/{id}/find-alternatives", "/v1/agent/{id}/current-context"];
        foreach (var route in RouteTable.Routes)
        {
            Assert.Equal(free.Contains(route.Pattern), route.Cost == 0);
            Assert.InRange(route.Cost, 0, 1000);
            if (route.Method is "POST" or "PUT" && !route.IsForCron && !route.IsForProviders && !questions.Contains(route.Pattern))
                Assert.True(route.Cost >= 5, $"{route.Method} {route.Pattern} changes something and costs {route.Cost}.");
            if (route.Method != "GET" && !route.Pattern.Contains("follow-ups", StringComparison.Ordinal) && costly.Any(end => route.Pattern.EndsWith(end, StringComparison.Ordinal)))
                Assert.True(route.Cost >= RouteAccess.Costly, $"{route.Method} {route.Pattern} costs {route.Cost}.");
        }
        // The read path is what tokens are measured in.
        Assert.Equal(1, RouteTable.Find("GET", "/v1/workspaces/{id}/slots")!.Cost);
    }

    private Task<TestServer> StartAsync(params (string Name, string? Value)[] settings) =>
        TestServer.StartAsync(settings.ToDictionary(one => one.Name, one => one.Value), clock);
}
