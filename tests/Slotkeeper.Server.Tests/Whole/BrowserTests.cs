using System.Diagnostics;
using Xunit;

namespace Slotkeeper.Server.Tests.Whole;

/// <summary>Pages in a real browser. Skipped where there is none, unless <c>SLOTKEEPER_REQUIRE_BROWSER=1</c>.</summary>
public sealed class BrowserTests(WholeServer server) : IClassFixture<WholeServer>
{
    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    [Fact]
    public async Task The_documentation_page_shows_every_part_of_the_contract()
    {
        var browser = Browsers.FirstOrDefault(File.Exists);
        if (browser is null && Environment.GetEnvironmentVariable("SLOTKEEPER_REQUIRE_BROWSER") != "1")
            Assert.Skip("There is no Chromium here.");
        Assert.NotNull(browser);

        var page = await ShownAsync(browser, new Uri(server.Http.BaseAddress!, "/docs"));

        Assert.Contains("<title>Slotkeeper</title>", page, StringComparison.Ordinal);
        // Drawn by the page's script from the document the server publishes.
        foreach (var route in new[] { "/v1/agencies", "/v1/workspaces/{id}/slots", "/v1/workspaces/{id}/slots/explain", "/v1/import", "/api/cron/availability" })
            Assert.Contains($"data-path=\"{route}\"", page, StringComparison.Ordinal);
    }

    /// <summary>The page as it stands when its scripts have come to rest.</summary>
    private static async Task<string> ShownAsync(string browser, Uri address)
    {
        var profile = Directory.CreateTempSubdirectory("slotkeeper-browser-");
        try
        {
            var start = new ProcessStartInfo(browser) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            string[] arguments =
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                $"--user-data-dir={profile.FullName}", "--virtual-time-budget=15000", "--dump-dom", address.AbsoluteUri,
            ];
            foreach (var argument in arguments)
                start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var page = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, await errors);
            return page;
        }
        finally
        {
            profile.Delete(recursive: true);
        }
    }
}
