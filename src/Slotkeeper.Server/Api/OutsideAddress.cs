using System.Net;

namespace Slotkeeper.Server.Api;

/// <summary>Addresses that users give and the server calls.</summary>
internal static class OutsideAddress
{
    /// <summary>
    /// Says early what is certain to be refused later. The guard that counts is the one at connecting: it sees the address that a
    /// name resolves to.
    /// </summary>
    public static bool IsPrivate(Uri uri)
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
