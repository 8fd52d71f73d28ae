using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Testing;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Webhooks;

/// <summary>The whole product and the simulator on one clock that stands still until a test moves it: webhooks are a matter of minutes and hours.</summary>
internal sealed class HookedServer : IAsyncDisposable
{
    private readonly string folder;
    private readonly WebApplication app;
    private readonly string agencyId;

    private HookedServer(string folder, SandboxServer sandbox, FakeClock clock, WebApplication app, HttpClient http, string agencyId)
    {
        this.folder = folder;
        this.app = app;
        this.agencyId = agencyId;
        Sandbox = sandbox;
        Clock = clock;
        Http = http;
    }

    public SandboxServer Sandbox { get; }

    public FakeClock Clock { get; }

    public HttpClient Http { get; }

    /// <param name="change">Settings beyond the usual ones; null takes one away.</param>
    public static async Task<HookedServer> StartAsync(Dictionary<string, string?>? change = null)
    {
        var folder = Directory.CreateTempSubdirectory("slotkeeper-hooked-").FullName;
        // The database goes by the real time.
        var clock = new FakeClock(RealClock.Instance.GetUtcNow());
        var sandbox = await SandboxServer.StartAsync(new SandboxOptions { ChangesPerMinute = 0 }, clock);
        var settings = new Dictionary<string, string?>(WholeServer.SandboxSettings(sandbox), StringComparer.Ordinal)
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["SLOTKEEPER_DATA"] = folder,
            ["SLOTKEEPER_ADMIN_KEY"] = TestServer.AdminKey,
            ["SLOTKEEPER_MASTER_KEY"] = TestServer.MasterKey,
            ["AVAILABILITY_SCHEDULER"] = "off",
            ["Webhooks:HighLevelPublicKey"] = sandbox.Webhooks.HighLevelPublicKey,
            ["Egress:AllowPrivateAddresses"] = "true",
        };
        foreach (var (name, value) in change ?? [])
            settings[name] = value;
        var app = Composition.Build(
            ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()),
            new CompositionOverrides { Clock = clock, Output = TextWriter.Null, LogLevel = LogLevel.None, HandleSignals = false });
        await app.StartAsync(TestContext.Current.CancellationToken);
        var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TestServer.AdminKey);
        using var made = await http.PostAsJsonAsync("/v1/agencies", new { name = "An agency" });
        var agencyId = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        return new HookedServer(folder, sandbox, clock, app, http, agencyId);
    }

    /// <summary>Half hours of the day after tomorrow, from 10:00 UTC.</summary>
    public DateTimeOffset Slot(int number) => new DateTimeOffset(Clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero).AddDays(2).AddHours(10).AddMinutes(30 * number);

    public SandboxCalendar Define(SandboxProvider provider) =>
        Sandbox.World.Define(new CalendarDefinition { Provider = provider, Slots = [.. Enumerable.Range(0, 16).Select(Slot)] });

    public async Task<JsonElement> ConnectAsync(SandboxProvider provider, object credential) =>
        (await SendAsync(HttpMethod.Post, "/v1/connections", new { agencyId, provider = provider.ToString().ToLowerInvariant(), name = "c", credential })).Expect(HttpStatusCode.Created).Json;

    public Task<JsonElement> ConnectAsync(SandboxCalendar calendar) => ConnectAsync(calendar.Provider, Credential(calendar));

    public static object Credential(SandboxCalendar calendar) => calendar.Provider switch
    {
        SandboxProvider.CalCom => new { apiKey = calendar.Token },
        SandboxProvider.HighLevel => new { accessToken = calendar.Token, locationId = calendar.AccountId },
        _ => new { accessToken = calendar.Token },
    };

    /// <summary>A workspace with the calendar, read once.</summary>
    public async Task<string> UseAsync(SandboxCalendar calendar, string connectionId)
    {
        var workspace = (await SendAsync(HttpMethod.Post, "/v1/workspaces", new { agencyId, name = "w", timeZone = "Europe/Berlin" })).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
        var provider = calendar.Provider.ToString().ToLowerInvariant();
        (await SendAsync(HttpMethod.Put, $"/v1/workspaces/{workspace}/calendars/default", new { provider, externalId = calendar.ExternalId, connectionId })).Expect(HttpStatusCode.OK);
        (await SendAsync(HttpMethod.Post, $"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK);
        return workspace;
    }

    public async Task<JsonElement> HealthAsync(string connectionId) =>
        (await SendAsync(HttpMethod.Get, $"/v1/connections/{connectionId}")).Expect(HttpStatusCode.OK).Json.GetProperty("health").GetProperty("webhooks");

    public async Task<JsonElement> UntilHealthAsync(string connectionId, string state)
    {
        JsonElement health = default;
        await UntilAsync(async () => (health = await HealthAsync(connectionId)) is { ValueKind: JsonValueKind.Object } && health.GetProperty("state").GetString() == state, () => health.ToString());
        return health;
    }

    /// <summary>Moves the clock a second at a time, at most ten minutes, until something is so.</summary>
    public async Task UntilAsync(Func<Task<bool>> isSo, Func<string> otherwise)
    {
        for (var second = 0; !await isSo(); second++)
        {
            Assert.True(second < 600, otherwise());
            await PassAsync(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Moves the clock a second at a time, and gives what that set off the time to happen.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(10), RealClock.Instance, TestContext.Current.CancellationToken);
        }
    }

    public async Task<Reply> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(
            response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            new Dictionary<string, string>(StringComparer.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        await Sandbox.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
