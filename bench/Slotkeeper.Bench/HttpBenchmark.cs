using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Server;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Bench;

/// <summary>Reading over HTTP from the server in a process of its own, against a prebuilt answer of the same size range from the same server.</summary>
internal static class HttpBenchmark
{
    private const string AdminKey = "admin-key-of-the-benchmark";
    private const int Connections = 32;
    private const int Rounds = 5;

    public static async Task<int> RunAsync(int seconds)
    {
        await using var server = await ChildServer.StartAsync();
        using var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        var agency = await PostAsync(http, "/v1/agencies", new { name = "Bench" });
        var workspace = await PostAsync(http, "/v1/workspaces", new { agencyId = agency, name = "Bench", timeZone = "UTC" });
        var calendar = await http.PutAsJsonAsync($"/v1/workspaces/{workspace}/calendars/default", new { url = "https://calendly.com/bench/intro" });
        calendar.EnsureSuccessStatusCode();
        (await http.PostAsync($"/v1/workspaces/{workspace}/refresh", null)).EnsureSuccessStatusCode();

        var prebuilt = new Uri(server.Address, "/bench/prebuilt");
        var slots = new Uri(server.Address, $"/v1/workspaces/{workspace}/slots?limit=345");
        var all = new Uri(server.Address, $"/v1/workspaces/{workspace}/slots");
        Console.WriteLine($"Reading over HTTP, {Connections} connections, {seconds} s a round, {Rounds} rounds of each in turn; load generator on the same cores");
        var ratios = new List<double>();
        var cores = new List<double>();
        for (var round = 0; round <= Rounds; round++)
        {
            var plain = await MeasureAsync(server, prebuilt, null, seconds);
            var read = await MeasureAsync(server, slots, AdminKey, seconds);
            if (round == 0)
                continue;
            ratios.Add(read.Load.PerSecond / plain.Load.PerSecond);
            cores.Add(read.PerCore);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  prebuilt {plain.Load.Bytes} B: {plain.Load.PerSecond:N0}/s, {plain.PerCore:N0}/s per core of the server; slots {read.Load.Bytes} B: {read.Load.PerSecond:N0}/s, {read.PerCore:N0}/s per core, p50 {read.Load.P50Ms:N2} ms, p99 {read.Load.P99Ms:N2} ms; ratio {ratios[^1]:N2}"));
        }
        ratios.Sort();
        cores.Sort();
        var whole = await MeasureAsync(server, all, AdminKey, seconds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  all 480 slots, {whole.Load.Bytes} B: {whole.Load.PerSecond:N0}/s, {whole.PerCore:N0}/s per core"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  G6 rate against the prebuilt answer: {ratios[Rounds / 2]:N2} (floor 0.70); per core {cores[Rounds / 2]:N0}/s: x{cores[Rounds / 2] / 15_000:N2} of the floor (15,000), x{cores[Rounds / 2] / 32_000:N2} of the moonshot (32,000)"));
        return 0;
    }

    /// <summary>The server's side, with one more route and providers that answer 480 slots at once.</summary>
    public static async Task<int> ServeAsync(string folder)
    {
        var settings = ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["SLOTKEEPER_DATA"] = folder,
            ["SLOTKEEPER_ADMIN_KEY"] = AdminKey,
            ["AVAILABILITY_SCHEDULER"] = "off",
            ["AVAILABILITY_CACHE_TTL_MS"] = "3600000",
        }).Build());
        await using var app = Composition.Build(settings, new CompositionOverrides { CalendarProviders = new FullCalendars(), LogLevel = LogLevel.None, Output = TextWriter.Null, HandleSignals = false });
        var answer = new byte[8192];
        Array.Fill(answer, (byte)'x');
        app.MapGet("/bench/prebuilt", context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = answer.Length;
            return context.Response.Body.WriteAsync(answer).AsTask();
        }).WithMetadata(new RouteAccess("GET", "/bench/prebuilt", Callers.Anybody, Cost: 0));
        await app.StartAsync();
        Console.WriteLine(app.Urls.First());
        await Console.In.ReadToEndAsync();
        await app.StopAsync();
        return 0;
    }

    private static async Task<(LoadResult Load, double PerCore)> MeasureAsync(ChildServer server, Uri target, string? key, int seconds)
    {
        var before = ProcessUse.Of(server.Id).Cpu;
        var load = await HttpLoad.RunAsync(target, key, Connections, TimeSpan.FromSeconds(seconds));
        var cpu = (ProcessUse.Of(server.Id).Cpu - before).TotalSeconds;
        return (load, load.PerSecond * seconds / cpu);
    }

    private static async Task<string> PostAsync(HttpClient http, string path, object body)
    {
        using var response = await http.PostAsJsonAsync(path, body);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private sealed class FullCalendars : ICalendarProviders
    {
        public IReadOnlyList<string> SupportedLinks => [];

        public BookingLink? Recognise(string url) => new(Provider.Calendly, url);

        public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
        {
            var first = (request.From.ToUnixTimeSeconds() / 1800 * 1800) + 86_400;
            return new(new FetchResult.Fetched([.. Enumerable.Range(0, 480).Select(n => first + (n / 17 * 86_400L) + (n % 17 * 1800L))], 1800, null));
        }
    }
}

/// <summary>The benchmarked server as a process of its own.</summary>
internal sealed class ChildServer : IAsyncDisposable
{
    private readonly Process process;
    private readonly string folder;

    private ChildServer(Process process, Uri address, string folder)
    {
        this.process = process;
        this.folder = folder;
        Address = address;
    }

    public Uri Address { get; }

    public int Id => process.Id;

    public static async Task<ChildServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("slotkeeper-bench-").FullName;
        var process = ChildSandbox.StartSelf("server-child", folder);
        var address = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server did not start.");
        return new ChildServer(process, new Uri(address), folder);
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
