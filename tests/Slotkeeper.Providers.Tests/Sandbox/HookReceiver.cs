using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slotkeeper.Providers.Tests.Sandbox;

internal sealed record ReceivedHook(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>A subscriber on this machine that keeps what it is sent.</summary>
internal sealed class HookReceiver : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly ConcurrentQueue<ReceivedHook> received = new();

    public HookReceiver()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Url = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/hooks/w1");
        }

        listener.Prefixes.Add(new Uri(Url, "/").ToString());
        listener.Start();
        Listening = Listen();
    }

    public Uri Url { get; }

    public int Status { get; set; } = 200;

    public IReadOnlyList<ReceivedHook> Received => [.. received];

    private Task Listening { get; }

    public void Dispose()
    {
        listener.Close();
        Listening.GetAwaiter().GetResult();
    }

    private async Task Listen()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception end) when (end is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            var headers = context.Request.Headers.AllKeys.ToDictionary(name => name!, name => context.Request.Headers[name]!, StringComparer.OrdinalIgnoreCase);
            received.Enqueue(new ReceivedHook(context.Request.Url!.AbsolutePath, headers, body.ToArray()));
            context.Response.StatusCode = Status;
            context.Response.Close();
        }
    }
}
