using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slotkeeper.Providers.Tests.Kit;

/// <summary>A server without manners: it reads whole requests, counts them, and answers or breaks off as told.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Func<int, string, string?> answer;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task running;
    private int requests;
    private int connections;

    /// <param name="answer">From the number of the request and its head to the whole answer; null to break off, empty to stay silent.</param>
    public RawServer(Func<int, string, string?> answer)
    {
        this.answer = answer;
        listener.Start();
        running = RunAsync();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>Requests that came with their whole bodies.</summary>
    public int Requests => Volatile.Read(ref requests);

    public int Connections => Volatile.Read(ref connections);

    public TaskCompletionSource FirstRequest { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static string Json(string status, string body) => $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Dispose();
        await running;
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(stopping.Token);
                Interlocked.Increment(ref connections);
                serving.Add(ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            // A reset, not a polite end, when it breaks off.
            client.LingerState = new LingerOption(true, 0);
            var stream = client.GetStream();
            try
            {
                while (await ReadAsync(stream) is { } head)
                {
                    var number = Interlocked.Increment(ref requests);
                    FirstRequest.TrySetResult();
                    if (answer(number, head) is not { } text)
                        return;
                    if (text.Length == 0)
                        await new TaskCompletionSource().Task.WaitAsync(stopping.Token);
                    await stream.WriteAsync(Encoding.UTF8.GetBytes(text), stopping.Token);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The other side has gone, or the test is over.
            }
        }
    }

    private async Task<string?> ReadAsync(NetworkStream stream)
    {
        var read = new List<byte>();
        var one = new byte[1];
        while (!(read.Count >= 4 && read[^1] == '\n' && read[^2] == '\r' && read[^3] == '\n'))
        {
            if (await stream.ReadAsync(one, stopping.Token) == 0)
                return null;
            read.Add(one[0]);
        }
        var head = Encoding.ASCII.GetString([.. read]);
        var at = head.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
        var length = at < 0 ? 0 : int.Parse(head[(at + 16)..head.IndexOf('\r', at)], System.Globalization.CultureInfo.InvariantCulture);
        await stream.ReadExactlyAsync(new byte[length], stopping.Token);
        return head;
    }
}
