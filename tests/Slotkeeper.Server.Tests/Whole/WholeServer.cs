using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slotkeeper.Providers;
using Slotkeeper.Sandbox;
using Slotkeeper.Storage;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Whole;

/// <summary>The whole product in this process: server, real adapters, SQLite, and the simulator as all its providers. Time is real; what waits has short limits.</summary>
public sealed class WholeServer : IAsyncLifetime
{
    public const string AdminKey = "admin-key-of-the-whole-server";

    private readonly string folder = Directory.CreateTempSubdirectory("slotkeeper-whole-").FullName;
    private WebApplication? app;

    /// <summary>How the simulator behaves; set before the start.</summary>
    public SandboxOptions SandboxOptions { get; init; } = new() { ChangesPerMinute = 0 };

    /// <summary>Further settings of the process, by their names in the environment; set before the start.</summary>
    public Dictionary<string, string?> MoreSettings { get; init; } = [];

    /// <summary>Where logs go; null for nowhere. Set before the start.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }

    /// <summary>Watches, or breaks, what the server asks of providers for bookings; null leaves it alone. Set before the start.</summary>
    public WatchedProviders? Watched { get; init; }

    /// <summary>Where its SQLite file lies.</summary>
    public string DataFolder => folder;

    public SandboxServer Sandbox { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    /// <summary>For what can only be had past the program, such as the passing of minutes.</summary>
    public string DatabasePath => Path.Combine(folder, StorageSettings.SqliteFileName);

    public string AgencyId { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Sandbox = await SandboxServer.StartAsync(SandboxOptions, RealClock.Instance);
        await StartAsync(clock: null);
        AgencyId = (await PostAsync("/v1/agencies", new { name = "An agency" }, HttpStatusCode.Created)).GetProperty("id").GetString()!;
    }

    public T Service<T>() where T : notnull => app!.Services.GetRequiredService<T>();

    /// <summary>Stops the server and starts it on the same data.</summary>
    /// <param name="clock">Of the new one.</param>
    /// <param name="meanwhile">Done with the database file while nobody has it open.</param>
    public async Task RestartAsync(TimeProvider? clock, Action<string>? meanwhile = null)
    {
        Http.Dispose();
        await app!.StopAsync();
        await app.DisposeAsync();
        meanwhile?.Invoke(Path.Combine(folder, "slotkeeper.db"));
        await StartAsync(clock);
    }

    /// <summary>Stops the server, and starts it when the minute in which the settler leaves what was begun alone has gone by, for both clocks.</summary>
    public Task RestartDueAsync() => RestartAsync(new LaterClock(TimeSpan.FromMinutes(2)), file =>
    {
        using var database = new SqliteConnection($"Data Source={file};Pooling=False");
        database.Open();
        using var due = database.CreateCommand();
        due.CommandText = "UPDATE bookings SET settle_at = 0 WHERE settle_at IS NOT NULL";
        Assert.Equal(1, due.ExecuteNonQuery());
    });

    /// <summary>Stops the server and leaves its data.</summary>
    public async Task StopAsync() => await app!.StopAsync();

    private async Task StartAsync(TimeProvider? clock)
    {
        var settings = ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["SLOTKEEPER_DATA"] = folder,
            ["SLOTKEEPER_ADMIN_KEY"] = AdminKey,
            ["SLOTKEEPER_MASTER_KEY"] = TestServer.MasterKey,
            ["AVAILABILITY_SCHEDULER"] = "off",
            ["Webhooks:HighLevelPublicKey"] = Sandbox.Webhooks.HighLevelPublicKey,
            ["Egress:AllowPrivateAddresses"] = "true",
        }.Concat(SandboxSettings(Sandbox)).Concat(MoreSettings)).Build());
        app = Composition.Build(settings, new CompositionOverrides
        {
            Clock = clock,
            BookingProviders = Watched,
            Output = TextWriter.Null,
            LogLevel = LogLevel.None,
            Logging = Logging,
            HandleSignals = false,
            Providers = options =>
            {
                options.FirstByteTimeout = TimeSpan.FromMilliseconds(400);
                options.FetchTimeout = TimeSpan.FromMilliseconds(900);
            },
        });
        Watched?.Inner = app.Services.GetRequiredService<ProviderCatalogue>().Bookings;
        await app.StartAsync();
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
    }

    /// <summary>The simulator as every provider, in the names of the configuration.</summary>
    public static Dictionary<string, string?> SandboxSettings(SandboxServer sandbox)
    {
        var address = sandbox.BaseAddress.AbsoluteUri.TrimEnd('/');
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var provider in new[] { "Calendly", "HubSpot", "HighLevel", "CalCom" })
        {
            settings[$"Providers:{provider}:BaseUrl"] = address;
            if (provider != "CalCom")
                settings[$"Providers:{provider}:PublicBaseUrl"] = address;
        }
        return settings;
    }

    /// <summary>The link as a user would give it: HighLevel's pages are fetched from the link's own address.</summary>
    public static string LinkOf(SandboxServer sandbox, SandboxCalendar calendar) => calendar.Provider == SandboxProvider.HighLevel
        ? new Uri(sandbox.BaseAddress, new Uri(calendar.Link).AbsolutePath).AbsoluteUri
        : calendar.Link;

    /// <summary>A workspace whose calendar has exactly these slots, fetched once.</summary>
    public async Task<(string WorkspaceId, SandboxCalendar Calendar)> WorkspaceWithAsync(SandboxProvider provider, IReadOnlyList<DateTimeOffset> slots)
    {
        var calendar = Sandbox.World.Define(new CalendarDefinition { Provider = provider, Slots = slots });
        var workspace = (await PostAsync("/v1/workspaces", new { agencyId = AgencyId, name = provider.ToString(), timeZone = "Europe/Berlin" }, HttpStatusCode.Created)).GetProperty("id").GetString()!;
        using var put = await Http.PutAsJsonAsync($"/v1/workspaces/{workspace}/calendars/default", new { url = LinkOf(Sandbox, calendar) });
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        await PostAsync($"/v1/workspaces/{workspace}/refresh", null, HttpStatusCode.OK);
        return (workspace, calendar);
    }

    public async Task<JsonElement> SlotsAsync(string workspaceId, string query = "")
    {
        using var response = await Http.GetAsync($"/v1/workspaces/{workspaceId}/slots{query}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task<JsonElement> PostAsync(string path, object? body, HttpStatusCode expected)
    {
        using var response = await Http.PostAsync(path, body is null ? null : JsonContent.Create(body));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(expected == response.StatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonElement.Parse(text);
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
        await Sandbox.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private sealed class LaterClock(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => RealClock.Instance.GetUtcNow() + by;
    }
}
