using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Providers.Tests;

/// <summary>
/// Mock servers made from the providers' own API descriptions check every request that the adapters send by API. Skipped where
/// the descriptions or the tool are absent, unless SLOTKEEPER_REQUIRE_PRISM is 1.
/// </summary>
public sealed partial class ContractTests(PrismServers servers) : IClassFixture<PrismServers>
{
    [Theory]
    [InlineData(Provider.Calendly, "calendly", "https://api.calendly.com/event_types/AAAAAAAAAAAAAAAA", 2)]
    [InlineData(Provider.HubSpot, "hubspot-meetings", "jdoe/intro", 2)]
    [InlineData(Provider.HighLevel, "highlevel-calendars", "ocQHyuzHvysMo5N5VsXc", 2)]
    [InlineData(Provider.CalCom, "calcom-v2", "10", 1)]
    public async Task A_request_by_API_keeps_to_the_providers_description(Provider provider, string file, string externalId, int calls)
    {
        if (servers.Absent is { } reason)
        {
            if (Environment.GetEnvironmentVariable("SLOTKEEPER_REQUIRE_PRISM") == "1")
                Assert.Fail(reason);
            Assert.Skip(reason);
        }
        using var recorder = new StatusRecorder();
        using var bench = new Bench(
            now: new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero),
            transport: new Transport(recorder, new StubProvider()),
            configure: options => Addresses(options, provider).BaseUrl = servers.Address(file));
        var result = await bench.FetchAsync(Bench.ById(provider, externalId));
        recorder.Statuses.ShouldBe(Enumerable.Repeat(200, calls), string.Join('\n', recorder.Faults));
        result.ShouldBeOfType<FetchResult.Fetched>();
    }

    private static ProviderAddresses Addresses(ProviderOptions options, Provider provider) => provider switch
    {
        Provider.Calendly => options.Calendly,
        Provider.HubSpot => options.HubSpot,
        Provider.HighLevel => options.HighLevel,
        _ => options.CalCom,
    };

    /// <summary>Notes what the mock server says, and asks it for the example with ends, as <c>format=range</c> alone does not.</summary>
    private sealed class StatusRecorder() : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        public List<int> Statuses { get; } = [];

        public List<string> Faults { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.Query.Contains("format=range", StringComparison.Ordinal))
                request.Headers.TryAddWithoutValidation("Prefer", "example=range");
            var response = await base.SendAsync(request, cancellationToken);
            Statuses.Add((int)response.StatusCode);
            if (response.StatusCode != HttpStatusCode.OK)
                Faults.Add($"{request.RequestUri} -> {await response.Content.ReadAsStringAsync(cancellationToken)}");
            return response;
        }
    }
}

/// <summary>One mock server per API description, started together and once per run.</summary>
public sealed class PrismServers : IAsyncLifetime
{
    private static readonly string[] Files = ["calcom-v2", "calendly", "highlevel-calendars", "hubspot-meetings"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Dictionary<string, (Process Process, int Port)> running = new(StringComparer.Ordinal);

    /// <summary>Why the servers are not there; null when they are.</summary>
    public string? Absent { get; private set; }

    public string Address(string file) => $"http://127.0.0.1:{running[file].Port}";

    public async ValueTask InitializeAsync()
    {
        var root = Root();
        var prism = root is null ? null : Path.Combine(root, "tests", "contracts-tools", "node_modules", ".bin", "prism");
        if (prism is null || !File.Exists(prism))
        {
            Absent = "The mock server is not installed: run `npm ci` in tests/contracts-tools.";
            return;
        }
        var contracts = Environment.GetEnvironmentVariable("SLOTKEEPER_CONTRACTS") is { Length: > 0 } set ? set : Path.Combine(root!, "..", "shared", "contracts");
        if (Files.FirstOrDefault(file => !File.Exists(Path.Combine(contracts, file + ".json"))) is { } missing)
        {
            Absent = $"There is no {missing}.json in {contracts}: set SLOTKEEPER_CONTRACTS to the folder of the API descriptions.";
            return;
        }
        foreach (var file in Files)
        {
            var port = FreePort();
            var start = new ProcessStartInfo(prism) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
            foreach (var argument in (string[])["mock", "-h", "127.0.0.1", "-p", port.ToString(System.Globalization.CultureInfo.InvariantCulture), Path.Combine(contracts, file + ".json")])
                start.ArgumentList.Add(argument);
            var process = Process.Start(start)!;
            // Unread pipes fill up and stop their writer.
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            running[file] = (process, port);
        }
        foreach (var (process, port) in running.Values)
            await ListeningAsync(process, port);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (process, _) in running.Values)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    private static async Task ListeningAsync(Process process, int port)
    {
        var began = Stopwatch.GetTimestamp();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await tick.WaitForNextTickAsync())
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (!process.HasExited && Stopwatch.GetElapsedTime(began) < Patience)
            {
                // Not yet.
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string? Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Slotkeeper.slnx")))
                return folder.FullName;
        }
        return null;
    }
}
