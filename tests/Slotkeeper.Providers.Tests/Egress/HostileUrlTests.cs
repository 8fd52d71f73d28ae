using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.FirstTouch;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Providers.Webhooks;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Providers.Tests.Egress;

/// <summary>
/// Every line of hostile-urls.txt by every way on which a user's address leaves the process. All connections, wherever they mean to go, end at
/// a listener that counts: none may come. The same lines without the guard show that the listener would have been reached.
/// </summary>
// Ways: booking link, address of a connection (reading, errands), address of the sequencer, receiver of deliveries, redirect of a page, redirect of an API.
public sealed class HostileUrlTests
{
    private static readonly IPAddress Public = IPAddress.Parse("93.184.215.14");

    [Fact]
    public async Task G14_no_hostile_address_reaches_a_place_that_is_not_public_by_any_way()
    {
        await using var sink = new Sink();
        var targets = Targets(sink.Port);
        targets.Count.ShouldBeGreaterThan(500);
        using var ways = new Ways(sink, allowPrivateAddresses: false);
        foreach (var target in targets)
        {
            await ways.TryAsync(target);
            sink.Accepts.ShouldBe(0, $"{target.Url} {string.Join(' ', ways.Connects)}");
        }
        ways.Connects.Where(end => !PublicAddress.IsPublic(end.Address)).ShouldBeEmpty();
        // The lines were not merely turned away by their spelling: the guard itself refused hundreds, and a name with public answers was let through.
        ways.Resolutions.ShouldBeGreaterThan(1500);
        ways.Connects.ShouldContain(end => end.Address.Equals(Public));
    }

    [Fact]
    public async Task Without_the_guard_the_same_addresses_do_reach_the_sink()
    {
        await using var sink = new Sink();
        using var ways = new Ways(sink, allowPrivateAddresses: true);
        foreach (var target in Targets(sink.Port).Where((_, n) => n % 4 == 0))
            await ways.TryAsync(target);
        sink.Accepts.ShouldBeGreaterThan(300);
    }

    [Fact]
    public async Task A_name_that_changes_its_answer_is_judged_again_at_every_connection()
    {
        await using var sink = new Sink();
        using var ways = new Ways(sink, allowPrivateAddresses: false);
        var target = Target.Read("https://rebind.example/widget/booking/x <- 93.184.215.14 | 127.0.0.1", sink.Port);
        ways.Answer(target);
        (await ways.FetchLinkAsync(target.Url)).ShouldBeOfType<FetchResult.Unreachable>();
        (await ways.FetchLinkAsync(target.Url)).ShouldBeOfType<FetchResult.NotConfigured>().Detail.ShouldContain("Egress__AllowPrivateAddresses");
        ways.Connects.ShouldBe([new IPEndPoint(Public, 443)]);
        sink.Accepts.ShouldBe(0);
    }

    private static List<Target> Targets(int port) =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Egress", "hostile-urls.txt")).Where(line => line.Length > 0 && line[0] != '#').Select(line => Target.Read(line, port))];

    /// <summary>A line: an address, and what its name resolves to, one set of answers after the other.</summary>
    private sealed record Target(string Url, IReadOnlyList<IPAddress[]> Answers)
    {
        public static Target Read(string line, int port)
        {
            var parts = line.Split(" <- ");
            return new Target(
                parts[0].Replace("{port}", port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal),
                parts.Length == 1 ? [[IPAddress.Loopback]] : [.. parts[1].Split('|').Select(set => set.Split(',').Select(one => IPAddress.Parse(one.Trim())).ToArray())]);
        }
    }

    /// <summary>A listener on loopback that counts who comes, and closes on them.</summary>
    private sealed class Sink : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly Task accepting;
        private int accepts;

        public Sink()
        {
            listener.Start(512);
            accepting = AcceptAsync();
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public int Accepts => Volatile.Read(ref accepts);

        public async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }

        public async ValueTask DisposeAsync()
        {
            listener.Dispose();
            await accepting;
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await listener.AcceptSocketAsync();
                    Interlocked.Increment(ref accepts);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // The test is over.
            }
        }
    }

    /// <summary>The ways out, over the real transport with a name server and a network that lead to the sink.</summary>
    private sealed class Ways : IDisposable
    {
        private readonly ConcurrentQueue<IPEndPoint> connects = new();
        private readonly Bench bench;
        private Target target = new("", [[IPAddress.Loopback]]);
        private string redirectTo = "";
        private int resolutions;
        private int answered;

        public Ways(Sink sink, bool allowPrivateAddresses)
        {
            var guard = new EgressGuard(allowPrivateAddresses)
            {
                Resolve = (host, _) =>
                {
                    Interlocked.Increment(ref resolutions);
                    return Task.FromResult(IPAddress.TryParse(host, out var literal) ? [literal] : target.Answers[Math.Min(answered++, target.Answers.Count - 1)]);
                },
                Connect = (end, token) =>
                {
                    connects.Enqueue(end);
                    // What is public is not there; whatever is not leads to the sink, as if we stood in its network.
                    return end.Address.Equals(Public) ? throw new SocketException((int)SocketError.ConnectionRefused) : sink.ConnectAsync(token);
                },
            };
            var options = new ProviderOptions { AllowPrivateAddresses = allowPrivateAddresses, ConnectTimeout = TimeSpan.FromSeconds(5) };
            bench = new Bench(
                configure: o => (o.AllowPrivateAddresses, o.EmailBisonCallsPerSecond) = (allowPrivateAddresses, 1000),
                transport: new Transport(new Redirecting(this, new StubProvider()), new Redirecting(this, Transport.Guarded(options, guard))));
        }

        public IReadOnlyCollection<IPEndPoint> Connects => connects;

        public int Resolutions => Volatile.Read(ref resolutions);

        public void Answer(Target next) => (target, answered) = (next, 0);

        public async Task<FetchResult?> FetchLinkAsync(string url) => bench.Catalogue.Recognise(url) is { } link
            ? await bench.FetchAsync(new Calendar("cal_1", link.Provider, link.CanonicalUrl, null, null, null, "res_1", 1, null, null))
            : null;

        public async Task TryAsync(Target next)
        {
            // Every way starts the answers of the name anew, and asks a second time for those that change.
            for (var again = 0; again < next.Answers.Count; again++)
            {
                Answer(next);
                for (var asked = 0; asked <= again; asked++)
                    (await FetchLinkAsync(next.Url))?.ShouldNotBeOfType<FetchResult.Fetched>(next.Url);
            }

            Answer(next);
            bench.ConnectionBaseUrl = next.Url;
            foreach (var provider in (Provider[])[Provider.CalCom, Provider.Calendly, Provider.HubSpot, Provider.HighLevel])
            {
                var calendar = Bench.ById(provider, "10");
                bench.Catalogue.Forget(calendar.ConnectionId!);
                (await bench.FetchAsync(calendar)).ShouldNotBeOfType<FetchResult.Fetched>(next.Url);
            }
            (await bench.Catalogue.Webhooks.CheckAsync("con_1calcom", "7", new Uri("https://slotkeeper.example/"), CancellationToken.None)).ShouldBeOfType<WebhookResult.Failed>(next.Url);

            bench.ConnectionBaseUrl = null;
            (await bench.Catalogue.EmailBison.LeadAsync(new SequencerAccount("con_1emailbison", next.Url, "UTC"), "7", CancellationToken.None)).Fault.ShouldNotBeNull(next.Url);

            if (Uri.TryCreate(next.Url, UriKind.Absolute, out var url))
            {
                (await bench.Catalogue.Deliveries.SendAsync(url, "evt_1", Bench.Noon, "{}"u8.ToArray(), [new byte[32]], CancellationToken.None))
                    .ShouldNotBeOfType<DeliveryResult.Accepted>(next.Url);
            }

            redirectTo = next.Url;
            (await FetchLinkAsync("https://page.example/widget/booking/x")).ShouldNotBeOfType<FetchResult.Fetched>(next.Url);
            bench.Catalogue.Forget("con_1calcom");
            (await bench.FetchAsync(Bench.ById(Provider.CalCom, "10"))).ShouldNotBeOfType<FetchResult.Fetched>(next.Url);
        }

        public void Dispose() => bench.Dispose();

        /// <summary>Two places of the public internet that send us on: somebody's booking page, and a provider's API.</summary>
        private sealed class Redirecting(Ways ways, HttpMessageHandler inner) : DelegatingHandler(inner)
        {
            protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
                request.RequestUri!.Host is "page.example" or "api.cal.com" ? Task.FromResult(StubProvider.Redirect(ways.redirectTo)) : base.SendAsync(request, cancellationToken);
        }
    }
}
