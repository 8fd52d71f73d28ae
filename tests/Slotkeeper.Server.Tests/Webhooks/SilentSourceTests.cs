using System.Net;
using Slotkeeper.Sandbox;
using Xunit;

namespace Slotkeeper.Server.Tests.Webhooks;

/// <summary>Webhooks that get lost at the simulator, and come again.</summary>
public sealed class SilentSourceTests
{
    [Fact]
    public async Task A_source_that_falls_silent_is_distrusted_and_read_ever_more_often_until_it_is_heard_again()
    {
        await using var server = await HookedServer.StartAsync();
        var calendar = server.Define(SandboxProvider.CalCom);
        var id = (await server.ConnectAsync(calendar)).GetProperty("id").GetString()!;
        var workspace = await server.UseAsync(calendar, id);
        await server.UntilHealthAsync(id, "registered");
        server.Sandbox.Ledger.BookInPage(calendar, server.Slot(15));
        await server.Sandbox.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        await server.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(0, await ReadsAsync(TimeSpan.FromMinutes(2)));

        server.Sandbox.Webhooks.Conduct = new WebhookConduct { LostShare = 1 };
        (await server.SendAsync(HttpMethod.Post, $"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK);
        for (var slot = 2; slot <= 6; slot += 2)
        {
            Assert.Equal("registered", (await server.HealthAsync(id)).GetProperty("state").GetString());
            server.Sandbox.Ledger.BookInPage(calendar, server.Slot(slot));
            (await server.SendAsync(HttpMethod.Post, $"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK);
            await server.PassAsync(TimeSpan.FromSeconds(50));
        }
        var health = await server.UntilHealthAsync(id, "silent");
        Assert.Contains("3 changes", health.GetProperty("lastError").GetString(), StringComparison.Ordinal);
        // Without any run: the schedule is off.
        var first = await ReadsAsync(TimeSpan.FromMinutes(2));
        Assert.InRange(first, 3, 5);
        for (var slot = 8; slot <= 12; slot += 2)
        {
            server.Sandbox.Ledger.BookInPage(calendar, server.Slot(slot));
            await server.PassAsync(TimeSpan.FromSeconds(100));
        }
        var later = await ReadsAsync(TimeSpan.FromMinutes(2));
        Assert.InRange(later, first + 2, 12);

        server.Sandbox.Webhooks.Conduct = new WebhookConduct();
        server.Sandbox.Ledger.BookInPage(calendar, server.Slot(14));
        await server.Sandbox.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        await server.UntilHealthAsync(id, "registered");
        await server.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, await ReadsAsync(TimeSpan.FromMinutes(2)));

        async Task<int> ReadsAsync(TimeSpan time)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            var path = $"/v1/workspaces/{workspace}/slots?refreshIfStale=false";
            var before = (await server.SendAsync(HttpMethod.Get, path)).Json.GetProperty("asOf").GetString()!;
            for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
            {
                await server.PassAsync(TimeSpan.FromSeconds(1));
                seen.Add((await server.SendAsync(HttpMethod.Get, path)).Json.GetProperty("asOf").GetString()!);
            }
            seen.Remove(before);
            return seen.Count;
        }
    }
}
