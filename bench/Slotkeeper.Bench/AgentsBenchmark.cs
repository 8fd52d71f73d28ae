using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Slotkeeper.Sandbox;
using Slotkeeper.Server;

namespace Slotkeeper.Bench;

/// <summary>
/// Agents that ask whether times are free, at a steady rate, while every provider takes 20 s to answer and the runs go on trying. Latency counts from the moment a call was due, so that
/// calls which wait for slow ones before them count as slow.
/// </summary>
internal static class AgentsBenchmark
{
    private const int Workspaces = 50;
    private const string Key = "a-key-of-the-benchmark-0123456789";
    private static readonly string[] Days = ["morgen", "Übermorgen", "in drei Tagen", "nächste Woche Dienstag"];

    public static async Task<int> RunAsync(int rate, int seconds)
    {
        Console.WriteLine($"Agents: {rate} calls of check_availability a second for {seconds} s, {Workspaces} workspaces, providers that take 20 s");
        var folder = Directory.CreateTempSubdirectory("slotkeeper-bench-");
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { ChangesPerMinute = 0 }, TimeProvider.System);
        var address = sandbox.BaseAddress.AbsoluteUri.TrimEnd('/');
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0", ["SLOTKEEPER_DATA"] = folder.FullName, ["SLOTKEEPER_ADMIN_KEY"] = Key, ["Egress:AllowPrivateAddresses"] = "true",
            ["Providers:Calendly:BaseUrl"] = address, ["Providers:Calendly:PublicBaseUrl"] = address,
        };
        try
        {
            await using var app = Composition.Build(ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()), new CompositionOverrides
            {
                LogLevel = LogLevel.None, HandleSignals = false, Output = TextWriter.Null,
            });
            await app.StartAsync();
            using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 64 }) { BaseAddress = new Uri(app.Urls.First()) };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
            var workspaces = await SeedAsync(http, sandbox);
            sandbox.Faults.Add(new Fault(FaultKind.Slow) { Delay = TimeSpan.FromSeconds(20) });
            await CallAsync(http, workspaces, rate, 3);
            var (latencies, outcomes) = await CallAsync(http, workspaces, rate, seconds);
            latencies.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  p50 {latencies[latencies.Count / 2]:0.0} ms, p99 {latencies[(int)(latencies.Count * 0.99)]:0.0} ms, longest {latencies[^1]:0.0} ms over {latencies.Count:N0} calls (p99 wanted below 20 ms)"));
            Console.WriteLine("  " + string.Join(", ", outcomes.OrderByDescending(outcome => outcome.Value).Select(outcome => $"{outcome.Key} {outcome.Value:N0}")));
            await app.StopAsync();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        return 0;
    }

    private static async Task<string[]> SeedAsync(HttpClient http, SandboxServer sandbox)
    {
        var agency = await IdAsync(await http.PostAsJsonAsync("/v1/agencies", new { name = "a" }));
        var ids = new string[Workspaces];
        var morning = new DateTimeOffset(TimeProvider.System.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero).AddHours(7);
        DateTimeOffset[] slots = [.. Enumerable.Range(1, 28).SelectMany(day => Enumerable.Range(0, 18).Where(half => (half + day) % 3 != 0).Select(half => morning.AddDays(day).AddMinutes(30 * half)))];
        for (var i = 0; i < Workspaces; i++)
        {
            ids[i] = await IdAsync(await http.PostAsJsonAsync("/v1/workspaces", new { agencyId = agency, name = $"w{i}", timeZone = "Europe/Berlin", locale = "de" }));
            var link = sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.Calendly, Slots = slots }).Link;
            (await http.PutAsJsonAsync($"/v1/workspaces/{ids[i]}/calendars/default", new { url = link })).EnsureSuccessStatusCode();
            (await http.PostAsync($"/v1/workspaces/{ids[i]}/refresh", null)).EnsureSuccessStatusCode();
        }
        return ids;
    }

    private static async Task<string> IdAsync(HttpResponseMessage response)
    {
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static async Task<(List<double> Latencies, ConcurrentDictionary<string, int> Outcomes)> CallAsync(HttpClient http, string[] workspaces, int rate, int seconds)
    {
        var latencies = new ConcurrentBag<double>();
        var outcomes = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var calls = new List<Task>(rate * seconds);
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < rate * seconds; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / rate);
            if (due - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } wait)
                await Task.Delay(wait);
            calls.Add(OneAsync(i, due));
        }
        await Task.WhenAll(calls);
        return ([.. latencies], outcomes);

        async Task OneAsync(int number, TimeSpan due)
        {
            var body = new { date = Days[number % Days.Length], time = $"{9 + (number % 8)} Uhr {(number % 2 == 0 ? "30" : "")}", conversationId = $"call {number % 500}" };
            using var response = await http.PostAsJsonAsync($"/v1/agent/{workspaces[number % workspaces.Length]}/check-availability", body);
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
            // A timer of the system may fire late; that is not the server's time.
            latencies.Add((Stopwatch.GetElapsedTime(began) - due).TotalMilliseconds);
            outcomes.AddOrUpdate(answer.GetProperty("outcome").GetString()!, 1, static (_, count) => count + 1);
        }
    }
}
