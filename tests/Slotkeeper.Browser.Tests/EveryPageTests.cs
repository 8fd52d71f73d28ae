using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace Slotkeeper.Browser.Tests;

/// <summary>What holds for every page: it opens without a fault, and an automated check finds nothing serious that would keep somebody from using it.</summary>
[Collection("demo")]
public sealed class EveryPageTests(DemoSite site)
{
    public static TheoryData<string> Names => [.. SitePages.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_opens_without_a_fault_and_is_accessible(string name)
    {
        await using var visit = await site.ComeBackAsync();
        var response = await visit.Page.GotoAsync(await SitePages.AddressOfAsync(site, name));
        Assert.Equal(name == "missing" ? 404 : 200, response!.Status);
        await visit.Page.WaitForLoadStateAsync(LoadState.Load);
        if (name == "explain")
            await visit.Page.Locator("button[hx-get*='/explain?']").First.ClickAsync();
        if (name == "fleet")
            await visit.Page.Locator("#fleet-charts .uplot").First.WaitForAsync();
        AssertUsable(await visit.Page.RunAxe(), $"{name} light");
        // The dark page is the same page in other colours.
        await visit.Page.EvaluateAsync("document.documentElement.setAttribute('data-bs-theme', 'dark'); document.dispatchEvent(new CustomEvent('slotkeeper:theme', { detail: 'dark' }))");
        AssertUsable(await visit.Page.RunAxe(new AxeRunOptions { RunOnly = RunOnlyOptions.Rules("color-contrast") }), $"{name} dark");
        Assert.DoesNotContain(visit.Faults, fault => name != "missing" || !fault.Contains("404", StringComparison.Ordinal));
    }

    private static void AssertUsable(AxeResult found, string page)
    {
        var serious = found.Violations.Where(one => one.Impact is "serious" or "critical").Select(one => $"{one.Id}: {one.Help}: {string.Join(" | ", one.Nodes.Take(3).Select(node => node.Html))}");
        Assert.True(!serious.Any(), $"{page}\n{string.Join('\n', serious)}");
        // A check that looked at nothing would find nothing.
        Assert.Contains(found.Passes, one => one.Id == "color-contrast");
    }

    /// <summary>Pictures of every page, for people to look at. <c>./screenshots</c> runs it.</summary>
    [Fact]
    [Trait("Category", "Pictures")]
    public async Task Pictures_of_every_page_light_and_dark_on_a_laptop_and_a_phone()
    {
        var folder = Environment.GetEnvironmentVariable("SLOTKEEPER_SCREENSHOTS");
        Assert.SkipUnless(folder is not null, "Taken by ./screenshots.");
        Directory.CreateDirectory(folder);
        foreach (var (isDark, isPhone) in new[] { (false, false), (true, false), (false, true), (true, true) })
        {
            await using var visit = await site.ComeBackAsync(isDark, isPhone);
            foreach (var name in SitePages.Names)
            {
                await visit.Page.GotoAsync(await SitePages.AddressOfAsync(site, name));
                await visit.Page.WaitForLoadStateAsync(LoadState.Load);
                if (name == "explain" && await visit.Page.Locator("button[hx-get*='/explain?']").CountAsync() > 0)
                {
                    await visit.Page.Locator("button[hx-get*='/explain?']").First.ClickAsync();
                    await visit.Page.WaitForLoadStateAsync(LoadState.NetworkIdle, new() { Timeout = 3000 }).ContinueWith(_ => { }, TaskScheduler.Default);
                }
                if (name == "fleet")
                    await visit.Page.Locator("#fleet-charts .uplot").Last.WaitForAsync();
                var file = $"{name}-{(isPhone ? "phone" : "laptop")}-{(isDark ? "dark" : "light")}.png";
                await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, file), FullPage = true });
            }
        }
    }
}
