using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slotkeeper.Server.Tests.Ingress;

/// <summary>An answer as it came.</summary>
internal sealed record RawAnswer(int Status, string Head, byte[] Body);

/// <summary>Sends bytes as they are and reads answers. Connects again when the server has closed.</summary>
internal sealed class RawClient(int port) : IAsyncDisposable
{
    private readonly byte[] buffer = new byte[64 * 1024];
    private Socket? socket;
    private int have;

    /// <exception cref="IOException">No whole answer came.</exception>
    public async Task<RawAnswer> AskAsync(ReadOnlyMemory<byte> request, string method, CancellationToken cancellationToken)
    {
        for (var fresh = false; ; fresh = true)
        {
            var again = socket is not null;
            if (socket is null)
            {
                socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                have = 0;
            }
            try
            {
                await SendAsync(request, cancellationToken);
                var answer = await ReadAsync(method, cancellationToken);
                if (answer.Head.Contains("Connection: close", StringComparison.OrdinalIgnoreCase))
                    Close();
                return answer;
            }
            // A connection that was kept may have been closed meanwhile; a new one must bring an answer.
            catch (Exception e) when (e is SocketException or EndOfStreamException && again && !fresh)
            {
                Close();
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    private void Close()
    {
        socket?.Dispose();
        socket = null;
    }

    private async Task SendAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        try
        {
            for (var sent = 0; sent < request.Length;)
                sent += await socket!.SendAsync(request[sent..], cancellationToken);
        }
        catch (SocketException)
        {
            // Refused before all was sent: the answer is there.
        }
    }

    private async Task<RawAnswer> ReadAsync(string method, CancellationToken cancellationToken)
    {
        while (true)
        {
            var end = await UntilAsync("\r\n\r\n"u8.ToArray(), cancellationToken);
            var head = Encoding.Latin1.GetString(buffer, 0, end);
            Drop(end);
            var status = int.Parse(head.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture);
            if (status is >= 100 and < 200)
                continue;
            if (method == "HEAD" || status is 204 or 304)
                return new RawAnswer(status, head, []);
            return new RawAnswer(status, head, head.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase)
                ? await ChunksAsync(cancellationToken)
                : await TakeAsync(LengthOf(head), cancellationToken));
        }
    }

    private static int LengthOf(string head)
    {
        const string Name = "Content-Length: ";
        var at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? 0 : int.Parse(head.AsSpan(at + Name.Length, head.IndexOf('\r', at) - at - Name.Length), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private async Task<byte[]> ChunksAsync(CancellationToken cancellationToken)
    {
        var body = new List<byte>();
        while (true)
        {
            var end = await UntilAsync("\r\n"u8.ToArray(), cancellationToken);
            var length = int.Parse(Encoding.ASCII.GetString(buffer, 0, end - 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            Drop(end);
            body.AddRange(await TakeAsync(length, cancellationToken));
            Drop(await UntilAsync("\r\n"u8.ToArray(), cancellationToken));
            if (length == 0)
                return [.. body];
        }
    }

    private async Task<byte[]> TakeAsync(int length, CancellationToken cancellationToken)
    {
        var body = new byte[length];
        for (var filled = 0; filled < length;)
        {
            if (have == 0)
                await MoreAsync(cancellationToken);
            var part = Math.Min(have, length - filled);
            buffer.AsSpan(0, part).CopyTo(body.AsSpan(filled));
            Drop(part);
            filled += part;
        }
        return body;
    }

    private async Task<int> UntilAsync(byte[] mark, CancellationToken cancellationToken)
    {
        while (true)
        {
            var at = buffer.AsSpan(0, have).IndexOf(mark);
            if (at >= 0)
                return at + mark.Length;
            await MoreAsync(cancellationToken);
        }
    }

    private async Task MoreAsync(CancellationToken cancellationToken)
    {
        var read = await socket!.ReceiveAsync(buffer.AsMemory(have), cancellationToken);
        have += read > 0 ? read : throw new EndOfStreamException("The server closed before its answer was whole.");
    }

    private void Drop(int count)
    {
        buffer.AsSpan(count, have - count).CopyTo(buffer);
        have -= count;
    }
}
