using System.Net;
using Slotkeeper.Testing;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>People in a browser sign in with a key.</summary>
public sealed class SessionTests : IAsyncLifetime
{
    private readonly FakeClock clock = new();
    private TestServer server = null!;
    private string agency = "";
    private string key = "";

    public async ValueTask InitializeAsync()
    {
        server = await TestServer.StartAsync(clock: clock);
        agency = await server.CreateAgencyAsync();
        key = await server.CreateKeyAsync(agency, "agency");
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task The_cookie_is_for_this_site_only_out_of_reach_of_scripts_and_holds_nothing_of_the_key()
    {
        var reply = (await server.PostAsync("/v1/session", new { key }, null)).Expect(HttpStatusCode.OK);
        var cookie = reply.Headers["Set-Cookie"];
        Assert.StartsWith("__Host-slotkeeper=", cookie, StringComparison.Ordinal);
        foreach (var part in new[] { "path=/", "secure", "httponly", "samesite=strict" })
            Assert.Contains(part, cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(key[3..12], cookie + reply.Text, StringComparison.Ordinal);
        Assert.Equal("agency", reply.Json.GetProperty("role").GetString());
        Assert.Equal(agency, reply.Json.GetProperty("agencyId").GetString());
    }

    [Fact]
    public async Task A_session_may_what_its_key_may_and_no_more()
    {
        var (cookie, proof) = await SignInAsync(key);
        Assert.Contains(agency, (await CallAsync(HttpMethod.Get, "/v1/agencies", cookie)).Expect(HttpStatusCode.OK).Text, StringComparison.Ordinal);
        (await CallAsync(HttpMethod.Get, "/v1/runs", cookie)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await CallAsync(HttpMethod.Post, "/v1/workspaces", cookie, proof, new { name = "w", timeZone = "UTC" })).Expect(HttpStatusCode.Created);
        var foreign = await server.CreateWorkspaceAsync(await server.CreateAgencyAsync("Another"));
        (await CallAsync(HttpMethod.Get, $"/v1/workspaces/{foreign}", cookie)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        var (admin, _) = await SignInAsync(TestServer.AdminKey);
        (await CallAsync(HttpMethod.Get, "/v1/runs", admin)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_changes_something_needs_the_proof_that_another_site_cannot_read()
    {
        var (cookie, proof) = await SignInAsync(key);
        foreach (var wrong in new[] { null, "", "x", proof[..^1], proof + "A" })
            (await CallAsync(HttpMethod.Post, "/v1/workspaces", cookie, wrong, new { name = "w", timeZone = "UTC" })).ExpectProblem(HttpStatusCode.Forbidden, "proof_missing");
        Assert.Equal(proof, (await CallAsync(HttpMethod.Get, "/v1/session", cookie)).Expect(HttpStatusCode.OK).Json.GetProperty("proof").GetString());
        var (_, other) = await SignInAsync(key);
        (await CallAsync(HttpMethod.Delete, "/v1/session", cookie, other)).ExpectProblem(HttpStatusCode.Forbidden, "proof_missing");
        (await server.SendAsync(HttpMethod.Post, "/v1/session", null, new { key }, ("Origin", "https://evil.example"))).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task It_ends_when_nobody_asks_for_half_an_hour_and_after_twelve_hours_whatever_was_asked()
    {
        var (idle, _) = await SignInAsync(key);
        clock.Advance(TimeSpan.FromMinutes(29));
        (await CallAsync(HttpMethod.Get, "/v1/session", idle)).Expect(HttpStatusCode.OK);
        clock.Advance(TimeSpan.FromMinutes(29));
        (await CallAsync(HttpMethod.Get, "/v1/session", idle)).Expect(HttpStatusCode.OK);
        clock.Advance(TimeSpan.FromMinutes(31));
        var over = (await CallAsync(HttpMethod.Get, "/v1/session", idle)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Contains("__Host-slotkeeper=;", over.Headers["Set-Cookie"], StringComparison.Ordinal);

        var (busy, _) = await SignInAsync(key);
        for (var quarters = 0; quarters < 47; quarters++)
        {
            clock.Advance(TimeSpan.FromMinutes(15));
            (await CallAsync(HttpMethod.Get, "/v1/session", busy)).Expect(HttpStatusCode.OK);
        }
        clock.Advance(TimeSpan.FromMinutes(15));
        (await CallAsync(HttpMethod.Get, "/v1/session", busy)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task It_ends_with_its_key_and_when_the_person_signs_out()
    {
        var (first, proof) = await SignInAsync(key);
        (await CallAsync(HttpMethod.Delete, "/v1/session", first, proof)).Expect(HttpStatusCode.NoContent);
        (await CallAsync(HttpMethod.Get, "/v1/session", first)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        var (second, _) = await SignInAsync(key);
        var keys = (await server.GetAsync($"/v1/agencies/{agency}/keys")).Json.GetProperty("items");
        (await server.DeleteAsync($"/v1/keys/{keys[0].GetProperty("id").GetString()}")).Expect(HttpStatusCode.NoContent);
        (await CallAsync(HttpMethod.Get, "/v1/session", second)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await server.PostAsync("/v1/session", new { key }, null)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        var audited = (await server.GetAsync($"/v1/audit?agencyId={agency}")).Expect(HttpStatusCode.OK).Text;
        Assert.Contains("session.opened", audited, StringComparison.Ordinal);
        Assert.Contains("session.closed", audited, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_altered_cookie_is_a_session()
    {
        var (cookie, _) = await SignInAsync(key);
        foreach (var wrong in new[] { "", "x", cookie[..^1], cookie + "A", (cookie[0] == 'A' ? 'B' : 'A') + cookie[1..], new string('A', 43), new string('%', 43), new string('A', 5000) })
            (await CallAsync(HttpMethod.Get, "/v1/session", wrong)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await server.PostAsync("/v1/session", new { key = "nonsense" }, null)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await server.PostAsync("/v1/session", new { }, null)).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request");
    }

    private async Task<(string Cookie, string Proof)> SignInAsync(string with)
    {
        var reply = (await server.PostAsync("/v1/session", new { key = with }, null)).Expect(HttpStatusCode.OK);
        return (reply.Headers["Set-Cookie"].Split(';')[0]["__Host-slotkeeper=".Length..], reply.Json.GetProperty("proof").GetString()!);
    }

    private Task<Reply> CallAsync(HttpMethod method, string path, string cookie, string? proof = null, object? body = null) => server.SendAsync(
        method, path, null, body, proof is null ? [("Cookie", $"__Host-slotkeeper={cookie}")] : [("Cookie", $"__Host-slotkeeper={cookie}"), ("X-Slotkeeper-Proof", proof)]);
}
