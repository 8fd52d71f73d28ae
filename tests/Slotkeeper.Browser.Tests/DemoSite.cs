using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using Slotkeeper.Testing.Databases;
using Xunit;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Slotkeeper.Browser.Tests;

/// <summary>The demo as a process of its own, with more than a thousand calendars at the simulator, and a Chromium to look at it. Skipped where there is none, unless <c>SLOTKEEPER_REQUIRE_BROWSER=1</c>.</summary>
public sealed class DemoSite : IAsyncLifetime
{
    private const int Workspaces = 1000;

    // The first is Chromium without the parts that draw windows: the same engine, half the work.
    private static readonly string[] Browsers = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly string folder = Directory.CreateTempSubdirectory("slotkeeper-demo-").FullName;
    private readonly Dictionary<(bool IsDark, bool IsPhone), IBrowserContext> windows = [];
    private readonly Dictionary<string, (string Id, string AgencyId, string CalendarId)> healthy = new(StringComparer.Ordinal);
    private Process? process;
    private IPlaywright? playwright;

    public IBrowser Browser { get; private set; } = null!;

    public Uri Address { get; private set; } = null!;

    public Uri Sandbox { get; private set; } = null!;

    public string AdminKey { get; private set; } = "";

    public string AgencyKey { get; private set; } = "";

    public HttpClient Http { get; } = new();

    public async ValueTask InitializeAsync()
    {
        var browser = Browsers.FirstOrDefault(File.Exists);
        if (browser is null && Environment.GetEnvironmentVariable("SLOTKEEPER_REQUIRE_BROWSER") != "1")
            Assert.Skip("There is no Chromium here.");
        Assert.NotNull(browser);

        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Slotkeeper.Server.dll"), "demo", "--json", "--workspaces", Workspaces.ToString(CultureInfo.InvariantCulture), "--fault-rate", "0", "--latency", "20",
            "--port", "0", "--sandbox-port", "0", "--data", folder,
        ];
        process = Process.Start(new ProcessStartInfo("dotnet", arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var start = JsonElement.Parse(await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The demo did not start."));
        Address = new Uri(start.GetProperty("address").GetString()!);
        Sandbox = new Uri(start.GetProperty("sandbox").GetString()!);
        AdminKey = start.GetProperty("adminKey").GetString()!;
        AgencyKey = start.GetProperty("agencyKey").GetString()!;
        Http.BaseAddress = Address;
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        // A line for the first run: every calendar was asked once.
        await process.StandardOutput.ReadLineAsync();
        _ = process.StandardOutput.ReadToEndAsync();

        playwright = await Playwright.CreateAsync();
        Browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = browser,
            Args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null)
            await Browser.CloseAsync();
        playwright?.Dispose();
        Http.Dispose();
        if (process is not null)
        {
            using (var stop = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
                await stop.WaitForExitAsync();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A page of an administrator who has signed in before, in a window that stays: what it has fetched and compiled need not be again.</summary>
    public async Task<Visit> ComeBackAsync(bool isDark = false, bool isPhone = false)
    {
        if (!windows.TryGetValue((isDark, isPhone), out var window))
        {
            windows[(isDark, isPhone)] = window = await OpenAsync(isDark, isPhone);
            var page = await window.NewPageAsync();
            await SignInAsync(page, AdminKey);
            await page.CloseAsync();
        }
        return new Visit(await window.NewPageAsync(), ownsWindow: false);
    }

    /// <summary>A page of somebody who is signed in, with nothing left over from others. Faults of its scripts and of the content policy are gathered.</summary>
    public async Task<Visit> SignInAsync(string key)
    {
        var visit = new Visit(await (await OpenAsync(isDark: false, isPhone: false)).NewPageAsync(), ownsWindow: true);
        await SignInAsync(visit.Page, key);
        return visit;
    }

    private static async Task SignInAsync(IPage page, string key)
    {
        await page.GotoAsync("/dashboard/sign-in");
        await page.GetByLabel("API key").FillAsync(key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.WaitForURLAsync(address => !address.Contains("sign-in", StringComparison.Ordinal));
    }

    private Task<IBrowserContext> OpenAsync(bool isDark, bool isPhone) => Browser.NewContextAsync(new BrowserNewContextOptions
    {
        BaseURL = Address.AbsoluteUri,
        ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
        ReducedMotion = ReducedMotion.Reduce,
        ViewportSize = isPhone ? new ViewportSize { Width = 390, Height = 844 } : new ViewportSize { Width = 1440, Height = 900 },
    });

    public async Task<JsonElement> GetAsync(string path) => await Http.GetFromJsonAsync<JsonElement>(path, TestContext.Current.CancellationToken);

    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    /// <summary>A webhook endpoint with a delivery that goes nowhere; made when there is none.</summary>
    public async Task<string> EndpointAsync()
    {
        var (_, agency, _) = await HealthyAsync("calendly");
        if ((await GetAsync($"/v1/agencies/{agency}/webhooks")).GetProperty("items") is var known && known.GetArrayLength() > 0)
            return known[0].GetProperty("id").GetString()!;
        var made = await SendAsync(HttpMethod.Post, $"/v1/agencies/{agency}/webhooks", new { url = new Uri(Sandbox, "/nobody-listens").AbsoluteUri, events = new[] { "booking.confirmed" } });
        var id = made.GetProperty("id").GetString()!;
        await SendAsync(HttpMethod.Post, $"/v1/webhooks/{id}/test");
        return id;
    }

    /// <summary>The id of a booking that stands, on the last free time of a healthy calendar.</summary>
    public async Task<string> BookAsync(string name)
    {
        var (workspace, _, _) = await HealthyAsync("calcom");
        var slots = (await GetAsync($"/v1/workspaces/{workspace}/slots")).GetProperty("slots");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/workspaces/{workspace}/bookings")
        {
            Content = JsonContent.Create(new { start = slots[slots.GetArrayLength() - 1].GetString(), attendee = new { name, email = "ada@example.com" } }),
        };
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.Created, text);
        return JsonElement.Parse(text).GetProperty("id").GetString()!;
    }

    /// <summary>Holds the last free time of a healthy calendar for ten minutes.</summary>
    /// <returns>The hold's id and the time's start.</returns>
    public async Task<(string Id, string Start)> HoldAsync()
    {
        var (workspace, _, _) = await HealthyAsync("hubspot");
        var slots = (await GetAsync($"/v1/workspaces/{workspace}/slots")).GetProperty("slots");
        var start = slots[slots.GetArrayLength() - 1].GetString()!;
        var held = await SendAsync(HttpMethod.Post, $"/v1/workspaces/{workspace}/holds", new { start, ttlSeconds = 600 });
        return (held.GetProperty("id").GetString()!, start);
    }

    /// <summary>A workspace whose default calendar is at a provider and healthy.</summary>
    public async Task<(string Id, string AgencyId, string CalendarId)> HealthyAsync(string provider)
    {
        if (healthy.TryGetValue(provider, out var known))
            return known;
        var list = await GetAsync("/v1/workspaces?limit=1000");
        foreach (var one in list.GetProperty("items").EnumerateArray())
        {
            if (one.GetProperty("calendars").TryGetProperty("default", out var calendar) && calendar.GetProperty("provider").GetString() == provider)
            {
                var id = one.GetProperty("id").GetString()!;
                var slots = await GetAsync($"/v1/workspaces/{id}/slots?refreshIfStale=false");
                if (slots.GetProperty("lastError").ValueKind == JsonValueKind.Null && slots.GetProperty("slots").GetArrayLength() > 0)
                    return healthy[provider] = (id, one.GetProperty("agencyId").GetString()!, calendar.GetProperty("id").GetString()!);
            }
        }
        throw new InvalidOperationException($"The demo has no healthy workspace at {provider}.");
    }
}

/// <summary>One person's look at the pages.</summary>
public sealed class Visit : IAsyncDisposable
{
    private readonly bool ownsWindow;

    /// <param name="page">In which.</param>
    /// <param name="ownsWindow">Whether the window is closed with the visit.</param>
    internal Visit(IPage page, bool ownsWindow)
    {
        this.ownsWindow = ownsWindow;
        Page = page;
        page.PageError += (_, fault) => Faults.Add(fault);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                Faults.Add(message.Text);
        };
        page.Dialog += (_, dialog) =>
        {
            Dialogs.Add(dialog.Message);
            _ = dialog.AcceptAsync();
        };
    }

    public IPage Page { get; }

    /// <summary>Faults of scripts, and what the content policy refused.</summary>
    public List<string> Faults { get; } = [];

    public List<string> Dialogs { get; } = [];

    public ValueTask DisposeAsync() => new(ownsWindow ? Page.Context.CloseAsync() : Page.CloseAsync());
}
