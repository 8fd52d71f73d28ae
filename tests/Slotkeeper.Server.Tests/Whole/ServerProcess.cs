using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Whole;

/// <summary>The server as a process of its own, to be killed, paused and woken.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    public const string CronSecret = "cron-secret-of-the-processes";

    private readonly Process process;

    private ServerProcess(Process process, Uri address)
    {
        this.process = process;
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", WholeServer.AdminKey);
    }

    public HttpClient Http { get; }

    /// <summary>Starts one and waits until it is ready.</summary>
    /// <param name="settings">Environment variables, above those every server of the tests has.</param>
    public static async Task<ServerProcess> StartAsync(IReadOnlyDictionary<string, string?> settings)
    {
        var port = FreePort();
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(Composition).Assembly.Location);
        start.ArgumentList.Add("serve");
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        start.Environment["SLOTKEEPER_ADMIN_KEY"] = WholeServer.AdminKey;
        start.Environment["CRON_SECRET"] = CronSecret;
        start.Environment["AVAILABILITY_SCHEDULER"] = "off";
        start.Environment["Egress__AllowPrivateAddresses"] = "true";
        foreach (var (name, value) in settings)
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new ServerProcess(process, new Uri($"http://127.0.0.1:{port}"));
        await server.ReadyAsync();
        return server;
    }

    /// <summary>One call of the cron route.</summary>
    public async Task<HttpResponseMessage> CronAsync(string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/cron/availability{query}");
        request.Headers.Authorization = null;
        request.Headers.TryAddWithoutValidation("x-cron-secret", CronSecret);
        return await Http.SendAsync(request);
    }

    public void Kill() => Signal("KILL");

    public void Pause() => Signal("STOP");

    public void Wake() => Signal("CONT");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!process.HasExited)
        {
            Signal("CONT");
            process.Kill(entireProcessTree: true);
        }
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private async Task ReadyAsync()
    {
        var since = RealClock.Instance.GetTimestamp();
        while (RealClock.Instance.GetElapsedTime(since) < TimeSpan.FromSeconds(60))
        {
            Assert.False(process.HasExited, "The server ended while it was starting.");
            try
            {
                using var ready = await Http.GetAsync("/readyz");
                if (ready.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), RealClock.Instance);
        }
        Assert.Fail("The server was not ready within a minute.");
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
