using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Cli;

/// <summary>A server in this process, on a port of its own, with one agency.</summary>
internal sealed class ServerUnderTest : IAsyncDisposable
{
    public const string AdminKey = "admin-key-of-the-tests";
    public const string MasterKey = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private readonly WebApplication running;

    private ServerUnderTest(WebApplication running, string folder)
    {
        this.running = running;
        Folder = folder;
        Http = new HttpClient { BaseAddress = new Uri(Url) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
    }

    public HttpClient Http { get; }

    public string Url => running.Urls.First();

    public string Folder { get; }

    public string AgencyId { get; private set; } = "";

    /// <summary>What a person would have exported in the shell.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Variables => [new("SLOTKEEPER_URL", Url), new("SLOTKEEPER_KEY", AdminKey)];

    public static async Task<ServerUnderTest> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("slotkeeper-cli").FullName;
        var settings = ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["SLOTKEEPER_DATA"] = folder,
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["SLOTKEEPER_ADMIN_KEY"] = AdminKey,
            ["SLOTKEEPER_MASTER_KEY"] = MasterKey,
            ["AVAILABILITY_SCHEDULER"] = "off",
        }).Build());
        var app = Composition.Build(settings, new CompositionOverrides { Clock = RealClock.Instance, LogLevel = LogLevel.None, HandleSignals = false });
        await app.StartAsync(TestContext.Current.CancellationToken);
        var server = new ServerUnderTest(app, folder);
        server.AgencyId = await server.AddAgencyAsync("One");
        return server;
    }

    public async Task<string> AddAgencyAsync(string name)
    {
        using var response = await Http.PostAsJsonAsync("/v1/agencies", new { name }, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        return body.GetProperty("id").GetString()!;
    }

    /// <summary>Ends the server and gives its files back; the folder stays until it is disposed.</summary>
    public async Task StopAsync()
    {
        await running.StopAsync(CancellationToken.None);
        await running.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await StopAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
