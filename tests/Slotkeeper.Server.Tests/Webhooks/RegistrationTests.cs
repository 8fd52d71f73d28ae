using System.Net;
using System.Text.Json;
using Slotkeeper.Sandbox;
using Xunit;

namespace Slotkeeper.Server.Tests.Webhooks;

/// <summary>Webhooks registered at the simulator by the product itself.</summary>
public sealed class RegistrationTests
{
    [Theory]
    [InlineData(SandboxProvider.CalCom)]
    [InlineData(SandboxProvider.Calendly)]
    public async Task A_connection_in_use_is_registered_heard_found_again_when_deleted_there_and_removed_in_the_end(SandboxProvider provider)
    {
        await using var server = await HookedServer.StartAsync();
        var calendar = server.Define(provider);
        var connection = await server.ConnectAsync(calendar);
        var id = connection.GetProperty("id").GetString()!;
        await server.PassAsync(TimeSpan.FromSeconds(12));
        Assert.Empty(server.Sandbox.Webhooks.Subscriptions);
        Assert.Equal(JsonValueKind.Null, (await server.HealthAsync(id)).ValueKind);

        var workspace = await server.UseAsync(calendar, id);
        var health = await server.UntilHealthAsync(id, "registered");
        Assert.Equal(connection.GetProperty("webhookUrl").GetString(), health.GetProperty("url").GetString());
        Assert.Equal(JsonValueKind.Null, health.GetProperty("lastEventAt").ValueKind);
        var first = Assert.Single(server.Sandbox.Webhooks.Subscriptions);
        Assert.Equal((connection.GetProperty("webhookUrl").GetString(), connection.GetProperty("webhookSecret").GetString(), false), (first.Url.ToString(), first.Secret, first.Disabled));

        server.Sandbox.Ledger.BookInPage(calendar, server.Slot(3));
        await server.Sandbox.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        Assert.Equal(202, server.Sandbox.Webhooks.Deliveries[^1].Status);
        await server.UntilAsync(async () => (await server.HealthAsync(id)).GetProperty("lastEventAt").ValueKind == JsonValueKind.String, () => "never heard");

        // Deleted there, and switched off there: found at the next look.
        server.Sandbox.Webhooks.Unsubscribe(first.Id);
        server.Clock.Advance(TimeSpan.FromMinutes(71));
        await server.UntilAsync(() => Task.FromResult(server.Sandbox.Webhooks.Subscriptions.Count == 1), () => "not registered again");
        var second = Assert.Single(server.Sandbox.Webhooks.Subscriptions);
        Assert.NotEqual(first.Id, second.Id);
        await server.UntilHealthAsync(id, "registered");
        server.Sandbox.Webhooks.SetDisabled(second.Id, true);
        server.Clock.Advance(TimeSpan.FromMinutes(71));
        await server.UntilAsync(() => Task.FromResult(server.Sandbox.Webhooks.Subscriptions is [{ Disabled: false }]), () => "not switched on again");

        (await server.SendAsync(HttpMethod.Delete, $"/v1/workspaces/{workspace}/calendars/default")).Expect(HttpStatusCode.NoContent);
        (await server.SendAsync(HttpMethod.Delete, $"/v1/connections/{id}")).Expect(HttpStatusCode.NoContent);
        await server.UntilAsync(() => Task.FromResult(server.Sandbox.Webhooks.Subscriptions.Count == 0), () => "left at the provider");
    }

    [Fact]
    public async Task Another_account_gets_its_own_and_the_old_accounts_is_removed_with_the_old_credential()
    {
        await using var server = await HookedServer.StartAsync();
        var old = server.Define(SandboxProvider.CalCom);
        var other = Enumerable.Range(0, server.Sandbox.World.Count).Select(index => server.Sandbox.World.CalendarAt(SandboxProvider.CalCom, index)).First(one => one.Agency != old.Agency);
        var id = (await server.ConnectAsync(old)).GetProperty("id").GetString()!;
        await server.UseAsync(old, id);
        await server.UntilHealthAsync(id, "registered");

        (await server.SendAsync(HttpMethod.Patch, $"/v1/connections/{id}", new { credential = HookedServer.Credential(other) })).Expect(HttpStatusCode.OK);
        await server.UntilAsync(() => Task.FromResult(server.Sandbox.Webhooks.Subscriptions is [var one] && one.Agency == other.Agency), () => string.Join(", ", server.Sandbox.Webhooks.Subscriptions));
        await server.UntilHealthAsync(id, "registered");

        // Another key of the same account: what is registered stays, or is replaced, but never lost.
        (await server.SendAsync(HttpMethod.Patch, $"/v1/connections/{id}", new { credential = HookedServer.Credential(other) })).Expect(HttpStatusCode.OK);
        await server.PassAsync(TimeSpan.FromSeconds(30));
        await server.UntilHealthAsync(id, "registered");
        Assert.Equal(other.Agency, Assert.Single(server.Sandbox.Webhooks.Subscriptions).Agency);
    }

    [Fact]
    public async Task A_replaced_secret_reaches_the_provider_and_nothing_is_lost_between()
    {
        await using var server = await HookedServer.StartAsync();
        var calendar = server.Define(SandboxProvider.Calendly);
        var id = (await server.ConnectAsync(calendar)).GetProperty("id").GetString()!;
        await server.UseAsync(calendar, id);
        await server.UntilHealthAsync(id, "registered");

        var replaced = (await server.SendAsync(HttpMethod.Post, $"/v1/connections/{id}/webhook-secret")).Expect(HttpStatusCode.OK).Json.GetProperty("webhookSecret").GetString()!;
        server.Sandbox.Ledger.BookInPage(calendar, server.Slot(1));
        await server.Sandbox.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        await server.UntilAsync(() => Task.FromResult(server.Sandbox.Webhooks.Subscriptions is [var one] && one.Secret == replaced), () => "the provider has the old secret");
        server.Sandbox.Ledger.BookInPage(calendar, server.Slot(3));
        await server.Sandbox.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        Assert.Equal([202, 202], server.Sandbox.Webhooks.Deliveries.Select(one => one.Status));
    }

    [Fact]
    public async Task What_the_account_may_not_do_is_said_tried_rarely_and_leaves_reading_alone()
    {
        await using var server = await HookedServer.StartAsync();
        var calendar = server.Define(SandboxProvider.Calendly);
        server.Sandbox.Faults.Add(new Fault { Kind = FaultKind.Forbidden, Scope = FaultScope.Webhooks, Provider = SandboxProvider.Calendly });
        var id = (await server.ConnectAsync(calendar)).GetProperty("id").GetString()!;
        var workspace = await server.UseAsync(calendar, id);
        var health = await server.UntilHealthAsync(id, "failed");
        Assert.Contains("403", health.GetProperty("lastError").GetString(), StringComparison.Ordinal);
        var calls = Calls();
        await server.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(calls, Calls());
        var slots = (await server.SendAsync(HttpMethod.Post, $"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(16, slots.GetProperty("slotCount").GetInt32());

        long Calls() => server.Sandbox.Counters.Of(SandboxProvider.Calendly);
    }

    [Theory]
    [InlineData(SandboxProvider.HubSpot)]
    [InlineData(SandboxProvider.HighLevel)]
    public async Task Where_the_provider_has_no_call_for_it_the_address_is_shown_to_be_entered_by_hand(SandboxProvider provider)
    {
        await using var server = await HookedServer.StartAsync();
        var calendar = server.Define(provider);
        var connection = await server.ConnectAsync(calendar);
        await server.UseAsync(calendar, connection.GetProperty("id").GetString()!);
        await server.PassAsync(TimeSpan.FromSeconds(12));
        var health = await server.HealthAsync(connection.GetProperty("id").GetString()!);
        Assert.Equal(("manual", connection.GetProperty("webhookUrl").GetString()), (health.GetProperty("state").GetString(), health.GetProperty("url").GetString()));
        Assert.Empty(server.Sandbox.Webhooks.Subscriptions);
    }

    [Fact]
    public async Task An_address_that_the_provider_cannot_reach_is_not_registered_and_the_setting_is_named()
    {
        await using var server = await HookedServer.StartAsync(new() { ["SLOTKEEPER_PUBLIC_URL"] = "http://0.0.0.0:5080" });
        var calendar = server.Define(SandboxProvider.CalCom);
        var id = (await server.ConnectAsync(calendar)).GetProperty("id").GetString()!;
        await server.UseAsync(calendar, id);
        var health = await server.UntilHealthAsync(id, "failed");
        Assert.Contains("SLOTKEEPER_PUBLIC_URL", health.GetProperty("lastError").GetString(), StringComparison.Ordinal);
        Assert.Empty(server.Sandbox.Webhooks.Subscriptions);
    }

    [Fact]
    public async Task Switched_off_nothing_is_registered_and_everything_is_to_be_entered_by_hand()
    {
        await using var server = await HookedServer.StartAsync(new() { ["WEBHOOK_REGISTRATION"] = "off" });
        var calendar = server.Define(SandboxProvider.CalCom);
        var id = (await server.ConnectAsync(calendar)).GetProperty("id").GetString()!;
        await server.UseAsync(calendar, id);
        await server.PassAsync(TimeSpan.FromSeconds(12));
        Assert.Equal("manual", (await server.HealthAsync(id)).GetProperty("state").GetString());
        Assert.Empty(server.Sandbox.Webhooks.Subscriptions);
    }
}
