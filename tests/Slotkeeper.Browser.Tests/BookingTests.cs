using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Slotkeeper.Browser.Tests;

/// <summary>Bookings and holds in a real browser: found, cancelled, given back.</summary>
[Collection("demo")]
public sealed class BookingTests(DemoSite site)
{
    [Fact]
    public async Task A_booking_is_found_by_search_and_cancelled_at_its_provider_after_being_asked()
    {
        var id = await site.BookAsync("Grace Hopper");
        await using var visit = await site.SignInAsync(site.AdminKey);
        await visit.Page.GotoAsync("/dashboard/bookings");
        await visit.Page.GetByLabel("Who, or an id").FillAsync("hopp");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        var row = visit.Page.Locator($"details[id='{id}']");
        await Expect(row.Locator("summary")).ToContainTextAsync("Grace Hopper");
        await Expect(row.Locator("summary")).ToContainTextAsync("confirmed");
        await row.Locator("summary").ClickAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Cancel it" }).ClickAsync();
        await Expect(visit.Page.Locator("#toasts")).ToContainTextAsync("The provider was told");
        Assert.Equal("Cancel this booking at the provider?", Assert.Single(visit.Dialogs));
        await Expect(row.Locator("summary")).ToContainTextAsync("cancelled");
        await Expect(row.Locator("form")).ToHaveCountAsync(0);
        Assert.Equal("cancelled", (await site.GetAsync($"/v1/bookings/{id}")).GetProperty("status").GetString());
        Assert.Empty(visit.Faults);
    }

    [Fact]
    public async Task A_hold_appears_without_reloading_and_is_given_back_by_its_button()
    {
        var (workspace, _, _) = await site.HealthyAsync("hubspot");
        await using var visit = await site.SignInAsync(site.AdminKey);
        await visit.Page.GotoAsync("/dashboard/holds");
        await visit.Page.EvaluateAsync("window.notReloaded = true");
        var (hold, start) = await site.HoldAsync();
        var release = visit.Page.Locator($"button[data-api='DELETE /v1/holds/{hold}']");
        await Expect(release).ToBeVisibleAsync(new() { Timeout = 15_000 });
        Assert.True(await visit.Page.EvaluateAsync<bool>("window.notReloaded === true"));
        await release.ClickAsync();
        await Expect(visit.Page.Locator("#toasts")).ToContainTextAsync("Released");
        await Expect(release).ToHaveCountAsync(0);
        Assert.Contains(start, (await site.GetAsync($"/v1/workspaces/{workspace}/slots")).GetProperty("slots").EnumerateArray().Select(slot => slot.GetString()));
        Assert.Single(visit.Dialogs);
        Assert.Empty(visit.Faults);
    }
}
