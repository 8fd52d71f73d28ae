using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Slotkeeper.Server.Tests.Ingress;

/// <summary>Clients that take their time or send without end, over raw sockets against the real server.</summary>
public sealed class SlowClientTests : IAsyncLifetime
{
    private const int Clients = 100;

    private TestServer server = null!;

    public async ValueTask InitializeAsync() => server = await TestServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task H48_drips_of_headers_and_bodies_are_cut_off_in_time_and_whoever_reads_is_served_meanwhile()
    {
        var agency = await server.CreateAgencyAsync();
        var began = Stopwatch.GetTimestamp();
        var heads = Enumerable.Range(0, Clients).Select(_ => DripAsync("GET /healthz HTTP/1.1\r\nHost: a\r\nX-Filler: ", "x")).ToList();
        var bodies = Enumerable.Range(0, Clients).Select(_ => DripAsync(
            $"POST /v1/agencies HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TestServer.AdminKey}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n", " ")).ToList();
        while (bodies.Concat(heads).Any(one => !one.IsCompleted))
        {
            var asked = Stopwatch.GetTimestamp();
            (await server.GetAsync($"/v1/agencies/{agency}")).Expect(HttpStatusCode.OK);
            Assert.InRange(Stopwatch.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(5));
            await Task.WhenAny(Task.WhenAll(bodies.Concat(heads)), Task.Delay(TimeSpan.FromMilliseconds(250), Testing.Databases.RealClock.Instance, TestContext.Current.CancellationToken));
            Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(60));
        }
        foreach (var answer in await Task.WhenAll(bodies))
        {
            // Those who found the places for writing taken by the others were told so at once.
            Assert.True(
                (answer.StartsWith("HTTP/1.1 408", StringComparison.Ordinal) && answer.Contains("request_timeout", StringComparison.Ordinal))
                || (answer.StartsWith("HTTP/1.1 503", StringComparison.Ordinal) && answer.Contains("overloaded", StringComparison.Ordinal)),
                answer);
        }
        foreach (var answer in await Task.WhenAll(heads))
            Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("431", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Filler: {20000}\r\n\r\n")]
    [InlineData("431", "GET /healthz HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n")]
    [InlineData("414", "GET /{20000} HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("413", "POST /v1/agencies HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n")]
    [InlineData("413", "POST /v1/agencies HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}")]
    [InlineData("400", "POST /v1/agencies HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("400", "POST /v1/agencies HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("400", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    public async Task What_is_too_large_or_not_HTTP_is_refused(string status, string request)
    {
        var text = request.Replace("{20000}", new string('x', 20_000), StringComparison.Ordinal)
            .Replace("{lines}", string.Join("\r\n", Enumerable.Range(0, 100).Select(n => $"X-{n}: 1")), StringComparison.Ordinal)
            .Replace("{key}", TestServer.AdminKey, StringComparison.Ordinal)
            .Replace("{chunks}", string.Concat(Enumerable.Repeat("10000\r\n" + new string(' ', 65_536) + "\r\n", 20)), StringComparison.Ordinal);
        Assert.StartsWith($"HTTP/1.1 {status}", await SendAsync(text), StringComparison.Ordinal);
    }

    private async Task<string> SendAsync(string text)
    {
        using var socket = await ConnectAsync();
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);
        }
        catch (SocketException)
        {
            // Refused before all of it was sent.
        }
        return await ReadAsync(socket);
    }

    /// <summary>Sends the first part, then the other once in half a second, until the server has had enough.</summary>
    /// <returns>What it said.</returns>
    private async Task<string> DripAsync(string first, string drop)
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes(first), TestContext.Current.CancellationToken);
        var answer = ReadAsync(socket);
        while (!answer.IsCompleted)
        {
            await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(500), Testing.Databases.RealClock.Instance, TestContext.Current.CancellationToken));
            try
            {
                await socket.SendAsync(Encoding.ASCII.GetBytes(drop), TestContext.Current.CancellationToken);
            }
            catch (SocketException)
            {
                break;
            }
        }
        return await answer;
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var read = new List<byte>();
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var got)
            {
                read.AddRange(buffer.AsSpan(0, got));
                // The answer is there; whether the connection is closed at once is not what is asked.
                if (Encoding.ASCII.GetString([.. read]) is var text && text.Contains("\r\n\r\n", StringComparison.Ordinal) && (text.Contains("Content-Length: 0", StringComparison.Ordinal) || text.EndsWith('}')))
                    break;
            }
        }
        catch (SocketException)
        {
            // Reset after the answer: what was left unread.
        }
        return Encoding.ASCII.GetString([.. read]);
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port, TestContext.Current.CancellationToken);
        return socket;
    }
}
