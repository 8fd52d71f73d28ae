using System.Net;

namespace Slotkeeper.Server;

/// <summary>
/// Says early of an address what is certain: that it leads to this machine or into a private network. Where we connect, the guard that
/// counts is the one at connecting: it sees the address that a name resolves to.
/// </summary>
internal static class PrivateHost
{
    public static bool Is(Uri uri)
    {
        var host = uri.IdnHost.TrimEnd('.');
        if (!IPAddress.TryParse(host.Trim('[', ']'), out var address))
            return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.IsIPv6UniqueLocal || address.Equals(IPAddress.IPv6Any))
            return true;
        var bytes = address.GetAddressBytes();
        return bytes.Length == 4 && bytes switch
        {
            [0 or 10 or 127, ..] or [169, 254, ..] or [192, 168, ..] => true,
            [172, var second, ..] => second is >= 16 and <= 31,
            [100, var second, ..] => second is >= 64 and <= 127,
            _ => false,
        };
    }
}
