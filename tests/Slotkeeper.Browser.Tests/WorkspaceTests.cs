using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Slotkeeper.Browser.Tests;

/// <summary>One workspace in a real browser: why a time is offered, its settings, what hostile texts come to.</summary>
[Collection("demo")]
public sealed class WorkspaceTests(DemoSite site)
{
    [Fact]
    public async Task A_click_on_a_slot_says_what_the_api_says_of_it()
    {
        var (workspace, _, _) = await site.HealthyAsync("calendly");
        await using var visit = await site.SignInAsync(site.AdminKey);
        await visit.Page.GotoAsync($"/dashboard/workspaces/{workspace}");
        var slot = visit.Page.Locator("button[hx-get*='/explain?']").Last;
        var address = new Uri(site.Address, await slot.GetAttributeAsync("hx-get"));
        await slot.ClickAsync();
        var explained = await site.GetAsync($"/v1/workspaces/{workspace}/slots/explain{address.Query}");
        foreach (var reason in explained.GetProperty("reasons").EnumerateArray())
            await Expect(visit.Page.Locator("#explain")).ToContainTextAsync(reason.GetProperty("detail").GetString()!);
        Assert.Empty(visit.Faults);
    }

    [Fact]
    public async Task Settings_are_refused_beside_the_field_saved_and_previewed()
    {
        var (workspace, _, _) = await site.HealthyAsync("calendly");
        await using var visit = await site.SignInAsync(site.AdminKey);
        await visit.Page.GotoAsync($"/dashboard/workspaces/{workspace}/settings");
        var count = visit.Page.Locator("[name='settings.preferWithinDays']");
        await count.FillAsync("99");
        await visit.Page.Locator("form#settings button[type=submit]").First.ClickAsync();
        await Expect(count).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(visit.Page.Locator("form#settings .invalid-feedback")).ToHaveCountAsync(1);
        await Expect(count).ToBeFocusedAsync();
        await count.FillAsync("9");
        await visit.Page.Locator("form#settings button[type=submit]").First.ClickAsync();
        await Expect(visit.Page.Locator("#toasts")).ToContainTextAsync("Saved");
        Assert.Equal(9, (await site.GetAsync($"/v1/workspaces/{workspace}")).GetProperty("settings").GetProperty("preferWithinDays").GetInt32());
        var preview = await site.GetAsync($"/v1/workspaces/{workspace}/first-touch/preview");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Preview current value" }).ClickAsync();
        await Expect(visit.Page.Locator("#preview")).ToContainTextAsync(preview.GetProperty("variableName").GetString()!);
        foreach (var label in preview.GetProperty("slotLabels").EnumerateArray())
            await Expect(visit.Page.Locator("#preview")).ToContainTextAsync(label.GetString()!);
    }

    [Fact]
    public async Task What_a_hostile_provider_answers_is_shown_as_the_text_it_is()
    {
        await using var provider = new HostileProvider();
        var (_, agency, _) = await site.HealthyAsync("calendly");
        var connection = (await site.SendAsync(HttpMethod.Post, "/v1/connections", new { agencyId = agency, provider = "calcom", name = "Hostile", credential = new { apiKey = "cal_x" }, baseUrl = provider.Address })).GetProperty("id").GetString();
        var workspace = (await site.SendAsync(HttpMethod.Post, "/v1/workspaces", new { agencyId = agency, name = "Reads a hostile provider", timeZone = "Europe/Berlin" })).GetProperty("id").GetString();
        await site.SendAsync(HttpMethod.Put, $"/v1/workspaces/{workspace}/calendars/default", new { provider = "calcom", externalId = "7", connectionId = connection });
        await site.SendAsync(HttpMethod.Post, $"/v1/workspaces/{workspace}/refresh");
        Assert.Contains(HostileProvider.Text, (await site.GetAsync($"/v1/workspaces/{workspace}/slots?refreshIfStale=false")).GetProperty("lastError").GetProperty("message").GetString(), StringComparison.Ordinal);
        await using var visit = await site.SignInAsync(site.AdminKey);
        await visit.Page.GotoAsync($"/dashboard/workspaces/{workspace}");
        await Expect(visit.Page.Locator("#calendars")).ToContainTextAsync(HostileProvider.Text);
        await visit.Page.GotoAsync("/dashboard/fleet?state=failing");
        await Expect(visit.Page.Locator("#fleet-now")).ToContainTextAsync(HostileProvider.Text);
        await visit.Page.GotoAsync($"/dashboard/connections/{connection}");
        await visit.Page.Locator("#test-now").ClickAsync();
        await Expect(visit.Page.Locator("#test-result")).ToContainTextAsync(HostileProvider.Text);
        Assert.Equal(0, await visit.Page.Locator("img[src=x]").CountAsync());
        Assert.Empty(visit.Dialogs);
        Assert.Empty(visit.Faults);
        await site.SendAsync(HttpMethod.Delete, $"/v1/workspaces/{workspace}");
        await site.SendAsync(HttpMethod.Delete, $"/v1/connections/{connection}");
    }

    [Fact]
    public async Task Hostile_names_are_shown_as_the_text_they_are()
    {
        const string Hostile = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>";
        var (_, agency, _) = await site.HealthyAsync("calendly");
        var made = await site.SendAsync(HttpMethod.Post, "/v1/workspaces", new { agencyId = agency, name = Hostile, timeZone = "Europe/Berlin" });
        var id = made.GetProperty("id").GetString();
        await using var visit = await site.SignInAsync(site.AdminKey);
        foreach (var path in new[] { $"/dashboard/workspaces/{id}", $"/dashboard/workspaces/{id}/settings", "/dashboard/workspaces?q=onerror" })
        {
            await visit.Page.GotoAsync(path);
            Assert.Contains(Hostile, path.EndsWith("settings", StringComparison.Ordinal) ? await visit.Page.Locator("[name=name]").InputValueAsync() : await visit.Page.Locator("body").InnerTextAsync(), StringComparison.Ordinal);
            Assert.Equal(0, await visit.Page.Locator("img[src=x]").CountAsync());
        }
        Assert.Empty(visit.Dialogs);
        Assert.Empty(visit.Faults);
        await site.SendAsync(HttpMethod.Delete, $"/v1/workspaces/{id}");
    }
}
