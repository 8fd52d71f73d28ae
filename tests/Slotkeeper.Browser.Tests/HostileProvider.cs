using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slotkeeper.Browser.Tests;

/// <summary>A provider that answers every request with an error whose text is meant to be run by whoever shows it.</summary>
internal sealed class HostileProvider : IAsyncDisposable
{
    public const string Text = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>";

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly Task answering;

    public HostileProvider()
    {
        listener.Start();
        answering = AnswerAsync();
    }

    public string Address => $"http://{listener.LocalEndpoint}";

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await answering;
        listener.Dispose();
        stopping.Dispose();
    }

    private async Task AnswerAsync()
    {
        var body = Encoding.UTF8.GetBytes(System.Text.Json.JsonSerializer.Serialize(new { status = "error", message = Text, error = new { message = Text } }));
        var head = Encoding.ASCII.GetBytes($"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(stopping.Token);
                await using var stream = client.GetStream();
                // Every request of these has its head in one piece and no body.
                _ = await stream.ReadAtLeastAsync(new byte[4096], 1, throwOnEndOfStream: false, stopping.Token);
                await stream.WriteAsync(head, stopping.Token);
                await stream.WriteAsync(body, stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
