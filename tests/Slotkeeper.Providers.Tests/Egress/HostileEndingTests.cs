using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Refresh;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Providers.Tests.Egress;

/// <summary>Answers that never end, over real sockets. Alone, as what is allocated meanwhile is measured, and the proxy of the whole process is set.</summary>
[CollectionDefinition(nameof(HostileEndingTests), DisableParallelization = true)]
[Collection(nameof(HostileEndingTests))]
public sealed class HostileEndingTests
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

    /// <summary>What comes first, and what follows over and over. Every flood runs as fast as the socket takes it.</summary>
    public static TheoryData<string, string, string> Floods => new()
    {
        { "header lines", Head, "X-Filler: " + new string('x', 200) + "\r\n" },
        { "one header that does not end", Head + "X-Filler: ", new string('x', 4096) },
        { "a status line that does not end", "HTTP/1.1 200 ", new string('O', 4096) },
        { "informational answers", "", "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" },
        { "bodies without a length", Head + "\r\n", new string(' ', 4096) },
        { "chunks", Head + "Transfer-Encoding: chunked\r\n\r\n", "1000\r\n" + new string(' ', 4096) + "\r\n" },
        { "tiny chunks", Head + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n" },
        { "a chunk extension that does not end", Head + "Transfer-Encoding: chunked\r\n\r\n1;x=", new string('x', 4096) },
        { "trailers", Head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", "X-Filler: " + new string('x', 200) + "\r\n" },
        { "an error that does not end", "HTTP/1.1 403 No\r\nContent-Type: application/json\r\n\r\n", new string(' ', 4096) },
        { "a redirect with a body that does not end", "HTTP/1.1 302 There\r\nLocation: /again\r\n\r\n", new string(' ', 4096) },
        { "nothing that is HTTP", "", new string('x', 4096) },
    };

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task H43_an_answer_without_end_is_given_up_within_the_time_of_a_fetch_and_keeps_no_memory(string name, string first, string block)
    {
        await using var server = new Flood(first, block);
        using var bench = Open(server.Address);
        var began = bench.Clock.GetUtcNow();
        var fetch = bench.FetchAsync(Bench.ById(Provider.CalCom, "10"));
        var held = await RunAsync(bench, fetch);
        var result = await fetch;
        (result is FetchResult.Malformed or FetchResult.Unreachable or FetchResult.Unauthorized).ShouldBeTrue($"{name}: {result}");
        (bench.Clock.GetUtcNow() - began).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(21), name);
        held.ShouldBeLessThan(64L * 1024 * 1024, name);
    }

    [Fact]
    public async Task H43_a_thousand_to_one_bomb_ends_at_the_cap()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var block = new byte[1024 * 1024];
            Array.Fill(block, (byte)' ');
            for (var i = 0; i < 64; i++)
                await gzip.WriteAsync(block);
        }
        (64L * 1024 * 1024 / packed.Length).ShouldBeGreaterThan(900);
        // The same member over and over: gzip allows it, so that it never ends.
        await using var server = new Flood(Encoding.ASCII.GetBytes(Head + "Content-Encoding: gzip\r\n\r\n"), packed.ToArray());
        using var bench = Open(server.Address);
        var fetch = bench.FetchAsync(Bench.ById(Provider.CalCom, "10"));
        var held = await RunAsync(bench, fetch);
        (await fetch).ShouldBeOfType<FetchResult.Malformed>().Detail.ShouldContain("larger");
        held.ShouldBeLessThan(64L * 1024 * 1024);
    }

    [Fact]
    public async Task Redirects_in_a_circle_over_two_hosts_end_after_five_and_take_no_header_of_ours_along()
    {
        string? elsewhere = null;
        var heads = new List<string>();
        await using var here = new RawServer((_, _) => $"HTTP/1.1 302 There\r\nLocation: {elsewhere}/\r\nContent-Length: 0\r\n\r\n");
        await using var there = new RawServer((_, head) =>
        {
            heads.Add(head);
            return $"HTTP/1.1 307 Back\r\nLocation: {here.Address}/\r\nContent-Length: 0\r\n\r\n";
        });
        elsewhere = there.Address;
        using var bench = Open(here.Address);
        (await bench.FetchAsync(Bench.ById(Provider.CalCom, "10"))).ShouldBeOfType<FetchResult.Malformed>().Detail.ShouldContain("5 times");
        (here.Requests, there.Requests).ShouldBe((3, 3));
        heads.ShouldAllBe(head => !head.Contains(Bench.Secret) && !head.Contains("cal-api-version", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("https://page.example/widget/booking/x", "http://page.example/widget/booking/x")]
    [InlineData("https://page.example/widget/booking/x", "http://other.example/")]
    public async Task A_redirect_from_https_to_http_is_followed_nowhere_even_where_http_is_allowed(string from, string to)
    {
        using var bench = new Bench(configure: o => o.AllowPrivateAddresses = true);
        bench.Guarded.On(from, () => StubProvider.Redirect(to)).On("http://", () => StubProvider.Html("<html></html>"));
        (await bench.FetchAsync(Bench.ByLink(from))).ShouldBeOfType<FetchResult.Malformed>().Detail.ShouldContain("from https to http");
        bench.Guarded.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_proxy_of_the_environment_is_passed_by_on_the_way_to_what_users_gave()
    {
        await using var proxy = new RawServer((_, _) => RawServer.Json("200 OK", "{}"));
        await using var server = new RawServer((_, _) => RawServer.Json("200 OK", """{"status":"success","data":{}}"""));
        var usual = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new WebProxy(proxy.Address);
        try
        {
            using var bench = Open(server.Address);
            (await bench.FetchAsync(Bench.ById(Provider.CalCom, "10"))).ShouldBeOfType<FetchResult.Fetched>();
        }
        finally
        {
            HttpClient.DefaultProxy = usual;
        }
        (proxy.Connections, server.Requests).ShouldBe((0, 1));
    }

    private static Bench Open(string address) => new(
        configure: o => o.AllowPrivateAddresses = true,
        transport: Transport.Over(new ProviderOptions { AllowPrivateAddresses = true }, new EgressGuard(allowPrivateAddresses: true))) { ConnectionBaseUrl = address };

    /// <summary>Lets the fetch's time go by while it runs.</summary>
    /// <returns>The most that was kept in memory meanwhile, bytes beyond what was before.</returns>
    private static async Task<long> RunAsync(Bench bench, Task fetch)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = 0L;
        for (var second = 0; second < 30 && !fetch.IsCompleted; second++)
        {
            await Task.WhenAny(fetch, Task.Delay(TimeSpan.FromMilliseconds(20), RealClock.Instance));
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            if (!fetch.IsCompleted)
                bench.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        return most;
    }

    /// <summary>Says the first part once and the other for as long as anybody listens.</summary>
    private sealed class Flood : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly byte[] first;
        private readonly byte[] block;
        private readonly Task running;

        public Flood(string first, string block) : this(Encoding.ASCII.GetBytes(first), Repeat(Encoding.ASCII.GetBytes(block)))
        {
        }

        public Flood(byte[] first, byte[] block)
        {
            (this.first, this.block) = (first, block);
            listener.Start();
            running = RunAsync();
        }

        public string Address => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

        public async ValueTask DisposeAsync()
        {
            listener.Dispose();
            await running;
        }

        private static byte[] Repeat(byte[] block) => [.. Enumerable.Repeat(block, Math.Max(1, 32_768 / block.Length)).SelectMany(one => one)];

        private async Task RunAsync()
        {
            var serving = new List<Task>();
            try
            {
                while (true)
                    serving.Add(ServeAsync(await listener.AcceptSocketAsync()));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                await Task.WhenAll(serving);
            }
        }

        private async Task ServeAsync(Socket socket)
        {
            using (socket)
            {
                try
                {
                    // The whole request comes in one piece.
                    await socket.ReceiveAsync(new byte[8192]);
                    await socket.SendAsync(first);
                    while (true)
                        await socket.SendAsync(block);
                }
                catch (SocketException)
                {
                    // Given up, as it should be.
                }
            }
        }
    }
}
