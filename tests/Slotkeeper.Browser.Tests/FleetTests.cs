using System.Net.Http.Json;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Slotkeeper.Browser.Tests;

/// <summary>The fleet in a real browser over the demo's thousand calendars.</summary>
[Collection("demo")]
public sealed class FleetTests(DemoSite site)
{
    [Fact]
    public async Task The_heat_map_shows_every_calendar_and_tells_its_facts_to_mouse_and_keyboard()
    {
        await using var visit = await site.SignInAsync(site.AdminKey);
        await visit.Page.WaitForURLAsync("**/dashboard/fleet");
        var cells = visit.Page.Locator("#heat .cells i");
        Assert.InRange(await cells.CountAsync(), 1000, 1200);
        await cells.Nth(3).HoverAsync();
        await Expect(visit.Page.Locator("#fleet-facts")).ToContainTextAsync("Last success");
        var group = visit.Page.Locator("#heat .cells").Nth(1);
        await group.FocusAsync();
        await visit.Page.Keyboard.PressAsync("ArrowRight");
        await visit.Page.Keyboard.PressAsync("ArrowRight");
        var here = await group.Locator("i.here").GetAttributeAsync("data-c");
        Assert.Equal(await group.Locator("i").Nth(1).GetAttributeAsync("data-c"), here);
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.WaitForURLAsync("**/dashboard/workspaces/**");
        Assert.Empty(visit.Faults);
    }

    [Fact]
    public async Task A_fault_appears_and_clears_without_reloading()
    {
        var (workspace, _, calendar) = await site.HealthyAsync("highlevel");
        await using var visit = await site.SignInAsync(site.AdminKey);
        var cell = visit.Page.Locator($"#heat .cells i[data-c='{calendar}']").First;
        await Expect(cell).Not.ToHaveAttributeAsync("data-e", "M");
        await visit.Page.EvaluateAsync("window.notReloaded = true");
        using var sandbox = new HttpClient { BaseAddress = site.Sandbox };
        using var added = await sandbox.PostAsJsonAsync("/_sandbox/faults", new { provider = "HighLevel", kind = "TruncatedJson" }, TestContext.Current.CancellationToken);
        added.EnsureSuccessStatusCode();
        try
        {
            await site.SendAsync(HttpMethod.Post, $"/v1/workspaces/{workspace}/refresh");
            await Expect(cell).ToHaveAttributeAsync("data-e", "M", new() { Timeout = 15_000 });
        }
        finally
        {
            var fault = await added.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>(TestContext.Current.CancellationToken);
            using var removed = await sandbox.DeleteAsync($"/_sandbox/faults?id={fault.GetProperty("id").GetInt64()}", TestContext.Current.CancellationToken);
            removed.EnsureSuccessStatusCode();
        }
        await site.SendAsync(HttpMethod.Post, $"/v1/workspaces/{workspace}/refresh");
        await Expect(cell).Not.ToHaveAttributeAsync("data-e", "M", new() { Timeout = 15_000 });
        Assert.True(await visit.Page.EvaluateAsync<bool>("window.notReloaded === true"));
        Assert.Empty(visit.Faults);
    }

    [Fact]
    public async Task A_wrong_key_is_told_beside_the_field_and_each_role_sees_its_own_sections()
    {
        await using (var context = await site.Browser.NewContextAsync(new() { BaseURL = site.Address.AbsoluteUri }))
        {
            var page = await context.NewPageAsync();
            await page.GotoAsync("/dashboard/fleet");
            await page.GetByLabel("API key").FillAsync("sk_wrong");
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("no valid API key");
        }
        await using var admin = await site.SignInAsync(site.AdminKey);
        await Expect(Sections(admin.Page)).ToContainTextAsync("Fleet");
        Assert.True(await admin.Page.Locator(".heat-name").CountAsync() > 1);
        await using var agency = await site.SignInAsync(site.AgencyKey);
        await Expect(Sections(agency.Page)).ToContainTextAsync("Workspaces");
        // Of the others' agencies nothing is there, not even a heading.
        await Expect(agency.Page.Locator(".heat-name")).ToHaveCountAsync(1);
        var (workspace, agencyId, _) = await site.HealthyAsync("calcom");
        var made = await site.SendAsync(HttpMethod.Post, $"/v1/agencies/{agencyId}/keys", new { name = "one workspace", role = "workspace", workspaceId = workspace });
        await using var keeper = await site.SignInAsync(made.GetProperty("key").GetString()!);
        await keeper.Page.WaitForURLAsync($"**/dashboard/workspaces/{workspace}");
        foreach (var hidden in new[] { "Fleet", "Workspaces" })
            await Expect(Sections(keeper.Page)).Not.ToContainTextAsync(hidden);
        var refused = await keeper.Page.GotoAsync("/dashboard/fleet");
        Assert.Equal(403, refused!.Status);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_for_the_next_page()
    {
        await using var visit = await site.SignInAsync(site.AgencyKey);
        await visit.Page.Locator("#sign-out").ClickAsync();
        await visit.Page.WaitForURLAsync("**/dashboard/sign-in");
        await visit.Page.GotoAsync("/dashboard/fleet");
        await visit.Page.WaitForURLAsync("**/dashboard/sign-in?to=**");
    }

    private static ILocator Sections(IPage page) => page.Locator("#sections");
}

[CollectionDefinition("demo")]
public sealed class DemoCollection : ICollectionFixture<DemoSite>;
