using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Slotkeeper.Browser.Tests;

/// <summary>What belongs to agencies, in a real browser: an import that is tried first, a key that is shown once, a connection that is tested, an endpoint with its log.</summary>
[Collection("demo")]
public sealed class AgencyTests(DemoSite site)
{
    [Fact]
    public async Task An_import_is_shown_before_it_writes_and_writes_what_was_shown()
    {
        var (_, agency, _) = await site.HealthyAsync("calendly");
        await using var visit = await site.SignInAsync(site.AdminKey);
        await visit.Page.GotoAsync("/dashboard/import");
        await visit.Page.Locator("select[name=agencyId]").SelectOptionAsync(agency);
        await visit.Page.Locator("#import-text").FillAsync("{\"externalRef\":\"from-a-browser\",\"name\":\"From <b>a</b> browser\",\"timeZone\":\"Europe/Berlin\"}\n{\"externalRef\":\"bad\",\"name\":\"Bad\",\"timeZone\":\"Nowhere\"}");
        await Expect(visit.Page.Locator("#import-go")).ToBeDisabledAsync();
        await visit.Page.Locator("#dry-run").ClickAsync();
        var result = visit.Page.Locator("#import-result");
        await Expect(result).ToContainTextAsync("1 new, 0 changed, 0 as they are, 1 refused");
        await Expect(result).ToContainTextAsync("From <b>a</b> browser");
        await Expect(result).ToContainTextAsync("timeZone");
        Assert.Equal(0, await WrittenAsync());
        // Another text has to be looked at again first.
        await Expect(visit.Page.Locator("#import-go")).ToBeEnabledAsync();
        await visit.Page.Locator("#import-text").PressSequentiallyAsync(" ");
        await Expect(visit.Page.Locator("#import-go")).ToBeDisabledAsync();
        await visit.Page.Locator("#dry-run").ClickAsync();
        await visit.Page.Locator("#import-go").ClickAsync();
        await Expect(result).ToContainTextAsync("What was written");
        await Expect(result).ToContainTextAsync("1 new, 0 changed, 0 as they are, 1 refused");
        Assert.Equal(1, await WrittenAsync());
        Assert.Empty(visit.Faults);

        async Task<int> WrittenAsync() => (await site.GetAsync($"/v1/workspaces?agencyId={agency}&externalRef=from-a-browser")).GetProperty("items").GetArrayLength();
    }

    [Fact]
    public async Task A_new_key_is_shown_once_and_works_and_ends_when_it_is_revoked()
    {
        var (_, agency, _) = await site.HealthyAsync("calendly");
        await using var visit = await site.SignInAsync(site.AdminKey);
        await visit.Page.GotoAsync($"/dashboard/keys?agencyId={agency}");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        await Expect(visit.Page.Locator("#name")).ToHaveAttributeAsync("aria-invalid", "true");
        await visit.Page.Locator("#name").FillAsync("Made in a browser");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        var shown = visit.Page.Locator("#shown-once-value");
        await Expect(shown).ToContainTextAsync("sk_");
        var key = await shown.InnerTextAsync();
        await visit.Page.Locator("#shown-once-done").ClickAsync();
        await Expect(visit.Page.Locator("#keys")).ToContainTextAsync("Made in a browser");
        Assert.DoesNotContain(key, await visit.Page.ContentAsync(), StringComparison.Ordinal);
        await using (var other = await site.SignInAsync(key))
            await other.Page.WaitForURLAsync("**/dashboard/fleet");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Revoke Made in a browser" }).ClickAsync();
        await Expect(visit.Page.Locator("#keys tr", new() { HasText = "Made in a browser" })).ToContainTextAsync("Revoked");
        Assert.Single(visit.Dialogs);
        // The refused form above is the only fault a browser would log.
        Assert.All(visit.Faults, fault => Assert.Contains("400", fault, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connection_is_tested_at_its_provider()
    {
        var connections = await site.GetAsync("/v1/connections?limit=100");
        var id = connections.GetProperty("items").EnumerateArray().First(one => one.GetProperty("provider").GetString() == "calcom").GetProperty("id").GetString();
        await using var visit = await site.SignInAsync(site.AdminKey);
        await visit.Page.GotoAsync($"/dashboard/connections/{id}");
        await visit.Page.Locator("#test-now").ClickAsync();
        await Expect(visit.Page.Locator("#test-result")).ToContainTextAsync("calcom takes the credential");
        Assert.Empty(visit.Faults);
    }

    [Fact]
    public async Task A_delivery_is_read_as_it_was_sent_and_sent_again()
    {
        var id = await site.EndpointAsync();
        await using var visit = await site.SignInAsync(site.AdminKey);
        await visit.Page.GotoAsync($"/dashboard/webhooks/{id}");
        var before = await visit.Page.Locator("#log details").CountAsync();
        var first = visit.Page.Locator("#log details").First;
        await first.Locator("summary").ClickAsync();
        await first.GetByRole(AriaRole.Button, new() { Name = "What was sent" }).ClickAsync();
        await Expect(first.Locator("pre")).ToContainTextAsync("\"type\": \"webhook.test\"");
        await first.GetByRole(AriaRole.Button, new() { Name = "Replay" }).ClickAsync();
        await Expect(visit.Page.Locator("#log details")).ToHaveCountAsync(before + 1);
        Assert.Empty(visit.Faults);
    }
}
