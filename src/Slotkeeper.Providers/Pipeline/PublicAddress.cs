using System.Net;
using System.Net.Sockets;

namespace Slotkeeper.Providers.Pipeline;

/// <summary>Whether an address belongs to the public internet, by the special-purpose registries of IANA.</summary>
internal static class PublicAddress
{
    private static readonly IPNetwork[] NotPublic4 =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.0.0.0/24"), IPNetwork.Parse("192.0.2.0/24"),
        IPNetwork.Parse("192.31.196.0/24"), IPNetwork.Parse("192.52.193.0/24"), IPNetwork.Parse("192.88.99.0/24"), IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("192.175.48.0/24"), IPNetwork.Parse("198.18.0.0/15"), IPNetwork.Parse("198.51.100.0/24"), IPNetwork.Parse("203.0.113.0/24"),
        IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("240.0.0.0/4"),
    ];

    /// <summary>Only 2000::/3 is given out at all; these parts of it lead to IPv4 addresses, test benches or documents.</summary>
    private static readonly IPNetwork[] NotPublic6 =
    [
        IPNetwork.Parse("2001::/23"), IPNetwork.Parse("2001:db8::/32"), IPNetwork.Parse("2002::/16"), IPNetwork.Parse("3fff::/20"),
        IPNetwork.Parse("2620:4f:8000::/48"),
    ];

    private static readonly IPNetwork GivenOut6 = IPNetwork.Parse("2000::/3");

    public static bool IsPublic(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return !Within(NotPublic4, address);
        // Mapped ones are asked about by name, as the framework's networks may judge the IPv4 address inside. Compatible and
        // translated (NAT64) forms lie outside 2000::/3, 6to4 and Teredo are in the list.
        return address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6 && GivenOut6.Contains(address) && !Within(NotPublic6, address);
    }

    private static bool Within(IPNetwork[] networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Contains(address))
                return true;
        }
        return false;
    }
}
