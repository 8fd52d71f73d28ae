using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Slotkeeper.Bench;

/// <summary>
/// What is left of the rate when three times as much is asked for. A lead is written over and over, so that nothing grows: first as fast as a few callers
/// get answers, then at three times that rate by many who do not wait for each other.
/// </summary>
internal static class OverloadBenchmark
{
    private const string AdminKey = "admin-key-of-the-benchmark";
    private const int Callers = 32;
    private const int Crowd = 1200;
    private const int Rounds = 3;

    public static async Task<int> RunAsync(int seconds)
    {
        await using var server = await ChildServer.StartAsync();
        using var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        var agency = await PostAsync(http, "/v1/agencies", new { name = "Bench" });
        var workspace = await PostAsync(http, "/v1/workspaces", new { agencyId = agency, name = "Bench", timeZone = "UTC" });
        (await http.PutAsJsonAsync($"/v1/workspaces/{workspace}/calendars/default", new { url = "https://calendly.com/bench/intro" })).EnsureSuccessStatusCode();
        (await http.PostAsync($"/v1/workspaces/{workspace}/refresh", null)).EnsureSuccessStatusCode();
        var body = """{"name":"Ada","email":"ada@example.com","timeZone":"Europe/Rome"}""";
        var request = Encoding.ASCII.GetBytes(
            $"PUT /v1/workspaces/{workspace}/leads/ada HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {AdminKey}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        await LoadAsync(server, request, Callers, 0, TimeSpan.FromSeconds(2));
        var (peaks, overs) = (new List<Result>(), new List<Result>());
        for (var round = 0; round < Rounds; round++)
        {
            peaks.Add(await LoadAsync(server, request, Callers, 0, TimeSpan.FromSeconds(seconds)));
            Console.WriteLine(Line($"as fast as {Callers} callers get answers", peaks[^1], server));
            overs.Add(await LoadAsync(server, request, Crowd, peaks[^1].Good * 3, TimeSpan.FromSeconds(seconds)));
            Console.WriteLine(Line($"three times that, {Crowd} callers", overs[^1], server));
        }
        var after = await LoadAsync(server, request, Callers, 0, TimeSpan.FromSeconds(seconds));
        Console.WriteLine(Line("at once afterwards", after, server));
        var ratios = overs.Zip(peaks, (over, peak) => over.Good / peak.Good).Order().ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  goodput under overload against the peak before it: {ratios[Rounds / 2]:N2} ({ratios[0]:N2} to {ratios[^1]:N2}; floor 0.90); per second of the server's CPU {overs.Sum(one => one.Good * one.Seconds) / overs.Sum(one => one.Cpu):N0} against {peaks.Sum(one => one.Good * one.Seconds) / peaks.Sum(one => one.Cpu):N0}"));
        return 0;
    }

    private static string Line(string what, Result result, ChildServer server) => string.Create(
        CultureInfo.InvariantCulture,
        $"  {what}: asked {result.Asked:N0}/s, good {result.Good:N0}/s, 503 {result.Shed:N0}/s, others {result.Others}, p50 {result.P50Ms:N0} ms, p99 {result.P99Ms:N0} ms, at most {ProcessUse.Of(server.Id).PeakBytes / 1048576.0:N0} MiB");

    /// <param name="server">Whom.</param>
    /// <param name="request">What.</param>
    /// <param name="callers">Connections.</param>
    /// <param name="perSecond">Requests a second over all; 0 for as fast as answers come.</param>
    /// <param name="duration">How long.</param>
    private static async Task<Result> LoadAsync(ChildServer server, byte[] request, int callers, double perSecond, TimeSpan duration)
    {
        var times = new ConcurrentBag<double>();
        int shed = 0, others = 0;
        var cpu = ProcessUse.Of(server.Id).Cpu;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(CallAsync));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var sorted = times.Order().ToArray();
        return new Result(
            (sorted.Length + shed + others) / seconds, sorted.Length / seconds, shed / seconds, others,
            sorted.Length == 0 ? 0 : sorted[sorted.Length / 2], sorted.Length == 0 ? 0 : sorted[(int)(sorted.Length * 0.99)], seconds, (ProcessUse.Of(server.Id).Cpu - cpu).TotalSeconds);

        async Task CallAsync(int number)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port);
            var buffer = new byte[16 * 1024];
            var pause = perSecond == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(callers / perSecond);
            // Spread over one pause, so that they do not all come at once.
            for (var turn = (double)number / callers; ; turn++)
            {
                var due = pause * turn - Stopwatch.GetElapsedTime(began);
                if (due > TimeSpan.Zero)
                    await Task.Delay(due, TimeProvider.System);
                if (Stopwatch.GetElapsedTime(began) >= duration)
                    return;
                var asked = Stopwatch.GetTimestamp();
                await socket.SendAsync(request);
                var status = await StatusAsync(socket, buffer);
                if (status == 200)
                    times.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                else if (status == 503)
                    Interlocked.Increment(ref shed);
                else
                    Interlocked.Increment(ref others);
            }
        }
    }

    private static async Task<int> StatusAsync(Socket socket, byte[] buffer)
    {
        var have = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(have));
            if (read == 0)
                throw new IOException("The server closed the connection.");
            have += read;
            if (Status(buffer.AsSpan(0, have)) is { } status)
                return status;
        }
    }

    /// <returns>Null while the answer is not whole.</returns>
    private static int? Status(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return null;
        var at = answer.IndexOf("Content-Length: "u8);
        var isWhole = at < 0
            ? answer.EndsWith("\r\n0\r\n\r\n"u8)
            : answer.Length >= end + 4 + int.Parse(answer[(at + 16)..(at + 16 + answer[(at + 16)..].IndexOf((byte)'\r'))], NumberStyles.None, CultureInfo.InvariantCulture);
        return isWhole ? int.Parse(answer[9..12], NumberStyles.None, CultureInfo.InvariantCulture) : null;
    }

    private static async Task<string> PostAsync(HttpClient http, string path, object body)
    {
        using var response = await http.PostAsJsonAsync(path, body);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private sealed record Result(double Asked, double Good, double Shed, int Others, double P50Ms, double P99Ms, double Seconds, double Cpu);
}
