using System.Net;
using System.Text.RegularExpressions;
using Slotkeeper.Testing;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>API keys: shown once, kept as hashes, ended at once.</summary>
public sealed class KeyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_revoked_key_ends_at_once_though_it_is_remembered()
    {
        await using var server = await TestServer.StartAsync();
        var agency = await server.CreateAgencyAsync();
        var created = (await server.PostAsync($"/v1/agencies/{agency}/keys", new { name = "k", role = "agency" })).Expect(HttpStatusCode.Created);
        var key = created.Json.GetProperty("key").GetString()!;
        (await server.GetAsync("/v1/workspaces", key)).Expect(HttpStatusCode.OK);
        (await server.GetAsync("/v1/workspaces", key)).Expect(HttpStatusCode.OK);
        var id = created.Json.GetProperty("id").GetString();
        (await server.DeleteAsync($"/v1/keys/{id}")).Expect(HttpStatusCode.NoContent);
        (await server.GetAsync("/v1/workspaces", key)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await server.DeleteAsync($"/v1/keys/{id}")).Expect(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_workspaces_key_cannot_say_where_its_agencys_credential_is_sent()
    {
        await using var server = await TestServer.StartAsync();
        var agency = await server.CreateAgencyAsync();
        var workspace = await server.CreateWorkspaceAsync(agency);
        var (own, agencys) = (await server.CreateKeyAsync(agency, "workspace", workspace), await server.CreateKeyAsync(agency, "agency"));
        var path = $"/v1/workspaces/{workspace}";
        var elsewhere = new { settings = new { emailBison = new { baseUrl = "https://elsewhere.example.com" } } };
        (await server.SendAsync(HttpMethod.Patch, path, own, elsewhere)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await server.SendAsync(HttpMethod.Patch, path, own, new { settings = new { emailBison = new { connectionId = "con_1" } } })).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await server.SendAsync(HttpMethod.Patch, path, agencys, elsewhere)).Expect(HttpStatusCode.OK);
        (await server.SendAsync(HttpMethod.Patch, path, own, new { settings = new { emailBison = (object?)null } })).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await server.SendAsync(HttpMethod.Patch, path, own, new { settings = new { offerCount = 3, emailBison = new { campaigns = new[] { "7" } } } })).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_key_ends_when_its_time_is_over()
    {
        var clock = new FakeClock();
        await using var server = await TestServer.StartAsync(clock: clock);
        var agency = await server.CreateAgencyAsync();
        var expiresAt = UtcText.Format(clock.GetUtcNow().AddMinutes(1));
        var key = (await server.PostAsync($"/v1/agencies/{agency}/keys", new { name = "k", role = "agency", expiresAt })).Expect(HttpStatusCode.Created).Json.GetProperty("key").GetString();
        (await server.GetAsync("/v1/workspaces", key)).Expect(HttpStatusCode.OK);
        clock.Advance(TimeSpan.FromMinutes(1));
        (await server.GetAsync("/v1/workspaces", key)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Lists_never_hold_a_key_and_the_store_never_its_text()
    {
        await using var server = await TestServer.StartAsync();
        var agency = await server.CreateAgencyAsync();
        var key = await server.CreateKeyAsync(agency, "agent");
        var secret = key[^32..];
        var listed = (await server.GetAsync($"/v1/agencies/{agency}/keys")).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain(secret, listed.Text, StringComparison.Ordinal);
        Assert.Equal("agent", listed.Json.GetProperty("items")[0].GetProperty("role").GetString());
        var row = (await server.Service<IKeyStore>().ListAsync(agency, null, 10, Cancel)).Single();
        Assert.Equal(key[..13], row.LookupPrefix);
        Assert.DoesNotContain(secret, row.ToString(), StringComparison.Ordinal);
        Assert.Equal(32, row.Hash.Length);
    }

    [Fact]
    public async Task A_key_with_one_letter_changed_is_unknown()
    {
        await using var server = await TestServer.StartAsync();
        var key = await server.CreateKeyAsync(await server.CreateAgencyAsync(), "agency");
        foreach (var wrong in new[] { key[..^1] + (key[^1] == 'a' ? 'b' : 'a'), key + "a", key[..^1], key.ToUpperInvariant() })
            (await server.GetAsync("/v1/workspaces", wrong)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await server.GetAsync("/v1/workspaces", key)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_first_start_without_an_admin_key_makes_one_and_shows_it_once()
    {
        var folder = Directory.CreateTempSubdirectory("slotkeeper-first-").FullName;
        try
        {
            var settings = new Dictionary<string, string?> { ["SLOTKEEPER_ADMIN_KEY"] = null };
            await using var output = new StringWriter();
            string key;
            await using (var server = await TestServer.StartAsync(settings, folder: folder, output: output))
            {
                key = Regex.Match(output.ToString(), "sk_[0-9a-z]{10}_[0-9a-z]{32}", RegexOptions.None, TimeSpan.FromSeconds(1)).Value;
                (await server.PostAsync("/v1/agencies", new { name = "A" }, key)).Expect(HttpStatusCode.Created);
            }
            await using var second = new StringWriter();
            await using (var server = await TestServer.StartAsync(settings, folder: folder, output: second))
                (await server.GetAsync("/v1/agencies", key)).Expect(HttpStatusCode.OK);
            Assert.Equal("", second.ToString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
