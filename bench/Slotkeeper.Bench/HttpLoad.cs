using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slotkeeper.Bench;

/// <summary>What a load came to.</summary>
/// <param name="PerSecond">Answers a second, over all connections.</param>
/// <param name="P50Ms">Median time of an answer, milliseconds.</param>
/// <param name="P99Ms">99th percentile, milliseconds.</param>
/// <param name="Bytes">Size of one body.</param>
internal sealed record LoadResult(double PerSecond, double P50Ms, double P99Ms, int Bytes);

/// <summary>Sends one GET over and over on keep-alive connections, bounded in time. Raw sockets, so that it costs little beside the server.</summary>
internal static class HttpLoad
{
    public static async Task<LoadResult> RunAsync(Uri target, string? bearer, int connections, TimeSpan duration)
    {
        var request = Encoding.ASCII.GetBytes(
            $"GET {target.PathAndQuery} HTTP/1.1\r\nHost: {target.Authority}\r\n{(bearer is null ? "" : $"Authorization: Bearer {bearer}\r\n")}\r\n");
        var until = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var watch = Stopwatch.StartNew();
        var results = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => ConnectionAsync(target, request, until)));
        var seconds = watch.Elapsed.TotalSeconds;
        var times = results.SelectMany(result => result.Times).ToArray();
        Array.Sort(times);
        return new LoadResult(
            times.Length / seconds,
            Ms(times[times.Length / 2]),
            Ms(times[(int)(times.Length * 0.99)]),
            results[0].Bytes);

        static double Ms(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;
    }

    private static async Task<(List<long> Times, int Bytes)> ConnectionAsync(Uri target, byte[] request, long until)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, target.Port);
        var buffer = new byte[64 * 1024];
        var times = new List<long>(100_000);
        var bytes = 0;
        while (Stopwatch.GetTimestamp() is var began && began < until)
        {
            await socket.SendAsync(request);
            bytes = await AnswerAsync(socket, buffer);
            times.Add(Stopwatch.GetTimestamp() - began);
        }
        return (times, bytes);
    }

    private static async Task<int> AnswerAsync(Socket socket, byte[] buffer)
    {
        var have = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(have));
            if (read == 0)
                throw new IOException("The server closed the connection.");
            have += read;
            var head = buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8);
            if (head < 0)
                continue;
            var (status, length) = Head(buffer.AsSpan(0, head));
            if (status != 200)
                throw new IOException($"Answered {status}: {Encoding.UTF8.GetString(buffer, 0, have)}");
            var total = head + 4 + length;
            while (have < total)
            {
                read = await socket.ReceiveAsync(buffer.AsMemory(have));
                if (read == 0)
                    throw new IOException("The server closed the connection within an answer.");
                have += read;
            }
            return length;
        }
    }

    private static (int Status, int Length) Head(ReadOnlySpan<byte> head)
    {
        var status = int.Parse(head[9..12]);
        var at = head.IndexOf("Content-Length: "u8);
        if (at < 0)
            throw new IOException("An answer without Content-Length: the load generator reads only those.");
        var rest = head[(at + 16)..];
        var end = rest.IndexOf((byte)'\r');
        return (status, int.Parse(end < 0 ? rest : rest[..end]));
    }
}
