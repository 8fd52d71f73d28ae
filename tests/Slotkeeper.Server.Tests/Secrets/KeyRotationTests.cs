using System.Net;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Testing;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Server.Tests.Secrets;

/// <summary>
/// API keys over their life. Cases: replaced with overlap, without, one that expires, one that has ended, a foreign one; last used; revoked on another node;
/// its workspace deleted; guessed.
/// </summary>
public sealed class KeyRotationTests(SharedPostgres postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_replaced_key_works_beside_the_new_one_until_the_end_of_the_overlap_and_then_ends_by_itself()
    {
        var clock = new FakeClock();
        await using var server = await TestServer.StartAsync(clock: clock);
        var agency = await server.CreateAgencyAsync();
        var workspace = await server.CreateWorkspaceAsync(agency);
        var (id, old) = await CreateAsync(server, agency, "workspace", workspace);
        (await server.GetAsync("/v1/workspaces", old)).Expect(HttpStatusCode.OK);

        var rotated = (await server.PostAsync($"/v1/keys/{id}/rotate", new { overlapSeconds = 3600 })).Expect(HttpStatusCode.Created).Json;
        var next = rotated.GetProperty("key").GetString()!;
        Assert.NotEqual(old, next);
        Assert.Equal(
            (id, "workspace", workspace, UtcText.Format(clock.GetUtcNow().AddHours(1))),
            (rotated.GetProperty("previousId").GetString(), rotated.GetProperty("role").GetString(), rotated.GetProperty("workspaceId").GetString(), rotated.GetProperty("previousUntil").GetString()));

        clock.Advance(TimeSpan.FromSeconds(3599));
        foreach (var key in new[] { old, next })
            Assert.Equal(workspace, (await server.GetAsync("/v1/workspaces", key)).Expect(HttpStatusCode.OK).Json.GetProperty("items")[0].GetProperty("id").GetString());
        clock.Advance(TimeSpan.FromSeconds(1));
        (await server.GetAsync("/v1/workspaces", old)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await server.GetAsync("/v1/workspaces", next)).Expect(HttpStatusCode.OK);
        (await server.PostAsync($"/v1/keys/{id}/rotate")).ExpectProblem(HttpStatusCode.Conflict, "key_ended");
    }

    [Fact]
    public async Task An_overlap_of_nothing_ends_the_old_key_at_once_and_a_key_that_expires_is_followed_by_one_that_lives_as_long()
    {
        var clock = new FakeClock();
        await using var server = await TestServer.StartAsync(clock: clock);
        var agency = await server.CreateAgencyAsync();
        var created = (await server.PostAsync($"/v1/agencies/{agency}/keys", new { name = "k", role = "agency", expiresAt = UtcText.Format(clock.GetUtcNow().AddMinutes(10)) })).Expect(HttpStatusCode.Created).Json;
        var (id, old) = (created.GetProperty("id").GetString(), created.GetProperty("key").GetString());
        (await server.GetAsync("/v1/workspaces", old)).Expect(HttpStatusCode.OK);
        clock.Advance(TimeSpan.FromMinutes(9));
        var rotated = (await server.PostAsync($"/v1/keys/{id}/rotate", new { overlapSeconds = 0 }, old)).Expect(HttpStatusCode.Created).Json;
        Assert.Equal(UtcText.Format(clock.GetUtcNow().AddMinutes(10)), rotated.GetProperty("expiresAt").GetString());
        (await server.GetAsync("/v1/workspaces", old)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await server.GetAsync("/v1/workspaces", rotated.GetProperty("key").GetString())).Expect(HttpStatusCode.OK);
        // An overlap never makes a key live longer than it was to.
        var last = (await server.PostAsync($"/v1/keys/{rotated.GetProperty("id").GetString()}/rotate", new { overlapSeconds = 30 * 86400 })).Expect(HttpStatusCode.Created).Json;
        Assert.Equal(rotated.GetProperty("expiresAt").GetString(), last.GetProperty("previousUntil").GetString());
    }

    [Fact]
    public async Task A_revoked_key_a_foreign_key_and_a_bad_overlap_are_refused()
    {
        await using var server = await TestServer.StartAsync();
        var (agency, other) = (await server.CreateAgencyAsync(), await server.CreateAgencyAsync("Another"));
        var (id, _) = await CreateAsync(server, agency, "agent", null);
        var foreign = await server.CreateKeyAsync(other, "agency");
        (await server.PostAsync($"/v1/keys/{id}/rotate", key: foreign)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        foreach (var wrong in new object[] { -1, 2_592_001, "day", 1.5 })
            (await server.PostAsync($"/v1/keys/{id}/rotate", new { overlapSeconds = wrong })).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("overlapSeconds");
        (await server.DeleteAsync($"/v1/keys/{id}")).Expect(HttpStatusCode.NoContent);
        (await server.PostAsync($"/v1/keys/{id}/rotate")).ExpectProblem(HttpStatusCode.Conflict, "key_ended");
        Assert.Equal(1, (await server.GetAsync($"/v1/agencies/{agency}/keys")).Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task When_a_key_was_last_used_is_written_together_and_not_by_the_request()
    {
        var clock = new FakeClock();
        await using var server = await TestServer.StartAsync(clock: clock);
        var agency = await server.CreateAgencyAsync();
        var (_, key) = await CreateAsync(server, agency, "agency", null);
        var first = clock.GetUtcNow();
        for (var i = 0; i < 5; i++)
            (await server.GetAsync("/v1/workspaces", key)).Expect(HttpStatusCode.OK);
        Assert.Null((await server.Service<IKeyStore>().ListAsync(agency, null, 10, Cancel)).Single().LastUsedAt);
        await server.Service<KeyUse>().WriteAsync(Cancel);
        Assert.Equal(first, (await server.Service<IKeyStore>().ListAsync(agency, null, 10, Cancel)).Single().LastUsedAt);

        clock.Advance(TimeSpan.FromSeconds(100));
        (await server.GetAsync("/v1/workspaces", key)).Expect(HttpStatusCode.OK);
        await server.Service<KeyUse>().WriteAsync(Cancel);
        var listed = (await server.GetAsync($"/v1/agencies/{agency}/keys")).Json.GetProperty("items")[0];
        Assert.Equal(UtcText.Format(clock.GetUtcNow()), listed.GetProperty("lastUsedAt").GetString());
    }

    [Theory]
    [InlineData("workspace")]
    [InlineData("agent")]
    public async Task A_key_ends_with_its_workspace_though_it_is_remembered(string role)
    {
        await using var server = await TestServer.StartAsync();
        var agency = await server.CreateAgencyAsync();
        var workspace = await server.CreateWorkspaceAsync(agency);
        var key = await server.CreateKeyAsync(agency, role, workspace);
        (await server.GetAsync("/v1/workspaces", key)).Expect(HttpStatusCode.OK);
        (await server.DeleteAsync($"/v1/workspaces/{workspace}")).Expect(HttpStatusCode.NoContent);
        (await server.GetAsync("/v1/workspaces", key)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_key_that_is_revoked_or_replaced_on_one_node_or_whose_workspace_is_deleted_there_ends_on_the_other_within_a_second()
    {
        if (PostgresServer.MissingBecause is { } missing && !PostgresServer.IsRequired)
            Assert.Skip(missing);
        var database = await postgres.ServerAsync(Cancel);
        var settings = new Dictionary<string, string?> { ["DATABASE_URL"] = database.Url(await database.CreateDatabaseAsync(null, Cancel)) };
        await using var one = await TestServer.StartAsync(settings);
        await using var other = await TestServer.StartAsync(settings);
        var agency = await one.CreateAgencyAsync();
        var workspace = await one.CreateWorkspaceAsync(agency);
        foreach (var end in new Func<string, Task<Reply>>[]
        {
            id => one.DeleteAsync($"/v1/keys/{id}"),
            id => one.PostAsync($"/v1/keys/{id}/rotate", new { overlapSeconds = 0 }),
            _ => one.DeleteAsync($"/v1/workspaces/{workspace}"),
        })
        {
            var (id, key) = await CreateAsync(one, agency, "agent", workspace);
            // Until it is remembered there: the agency has to have been heard of, too.
            for (var i = 0; i < 3; i++)
                (await other.GetAsync("/v1/workspaces", key)).Expect(HttpStatusCode.OK);
            Assert.True((int)(await end(id)).Status is 201 or 204);
            var since = RealClock.Instance.GetTimestamp();
            while ((await other.GetAsync("/v1/workspaces", key)).Status != HttpStatusCode.Unauthorized)
                Assert.True(RealClock.Instance.GetElapsedTime(since) < TimeSpan.FromSeconds(5), "The key works on and on.");
            Assert.InRange(RealClock.Instance.GetElapsedTime(since), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task The_time_of_a_refusal_does_not_tell_whether_the_first_part_of_a_guess_exists()
    {
        await using var server = await TestServer.StartAsync();
        var key = await server.CreateKeyAsync(await server.CreateAgencyAsync(), "agency");
        var known = key[..^1] + (key[^1] == 'a' ? 'b' : 'a');
        var unknown = "sk_zzzzzzzzzz" + known[13..];
        var times = new List<double>[] { [], [] };
        for (var i = 0; i < 200; i++)
        {
            var since = RealClock.Instance.GetTimestamp();
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync("/v1/workspaces", i % 2 == 0 ? known : unknown)).Status);
            times[i % 2].Add(RealClock.Instance.GetElapsedTime(since).TotalMilliseconds);
        }
        var medians = times.Select(one => one.Order().ElementAt(one.Count / 2)).ToList();
        Assert.InRange(Math.Abs(medians[0] - medians[1]), 0, 5);
    }

    private static async Task<(string Id, string Key)> CreateAsync(TestServer server, string agency, string role, string? workspace)
    {
        var created = (await server.PostAsync($"/v1/agencies/{agency}/keys", new { name = role, role, workspaceId = workspace })).Expect(HttpStatusCode.Created).Json;
        return (created.GetProperty("id").GetString()!, created.GetProperty("key").GetString()!);
    }
}
