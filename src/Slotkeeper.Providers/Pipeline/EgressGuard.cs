using System.Net;
using System.Net.Sockets;

namespace Slotkeeper.Providers.Pipeline;

/// <summary>A user-given address leads to a place that is not public, or by a way that is not https.</summary>
internal sealed class EgressRefusedException() : Exception("The address is not public.");

/// <summary>
/// Connects for user-given addresses. The name is resolved here, every address it resolves to is judged, and the connection
/// goes to the judged address itself: a second answer of the name server is never asked for. Every way out that a user named
/// ends here, so scheme and user are judged once more, whatever was checked before.
/// </summary>
internal sealed class EgressGuard(bool allowPrivateAddresses)
{
    /// <summary>Replaced by tests, which have no name server to lie to.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = ResolveAsync;

    /// <summary>Replaced by tests, which count connections.</summary>
    public Func<IPEndPoint, CancellationToken, ValueTask<Stream>> Connect { get; init; } = ConnectAsync;

    public async ValueTask<Stream> OpenAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        if (context.InitialRequestMessage.RequestUri is not { } asked || asked.UserInfo.Length > 0 || (!allowPrivateAddresses && asked.Scheme != Uri.UriSchemeHttps))
            throw new EgressRefusedException();
        var addresses = await Resolve(context.DnsEndPoint.Host, cancellationToken);
        if (!allowPrivateAddresses && !Array.TrueForAll(addresses, PublicAddress.IsPublic))
            throw new EgressRefusedException();
        SocketException? last = null;
        foreach (var address in addresses)
        {
            try
            {
                return await Connect(new IPEndPoint(address, context.DnsEndPoint.Port), cancellationToken);
            }
            catch (SocketException e)
            {
                last = e;
            }
        }
        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);

    private static async ValueTask<Stream> ConnectAsync(IPEndPoint end, CancellationToken cancellationToken)
    {
        var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(end, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
