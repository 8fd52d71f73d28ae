using System.Net;
using System.Net.Sockets;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Providers.Tests.Egress;

public sealed class EgressTests
{
    [Fact]
    public async Task H46_no_spelling_of_an_address_inside_leads_to_a_connection()
    {
        var connects = new List<string>();
        var guard = new EgressGuard(allowPrivateAddresses: false)
        {
            Connect = (end, _) =>
            {
                connects.Add(end.ToString());
                throw new SocketException((int)SocketError.ConnectionRefused);
            },
        };
        var spellings = Spellings().Distinct(StringComparer.Ordinal).ToArray();
        spellings.Length.ShouldBeGreaterThan(500);
        using var bench = new Bench(transport: Transport.Over(new ProviderOptions(), guard), configure: o => o.ConnectTimeout = TimeSpan.FromSeconds(1));
        var tried = 0;
        foreach (var host in spellings)
        {
            var link = bench.Catalogue.Recognise($"https://{host}/widget/booking/x");
            if (link is null)
                continue;
            tried++;
            var result = await bench.FetchAsync(new Calendar("cal_1", link.Provider, link.CanonicalUrl, null, null, null, "res_1", 1, null, null));
            result.ShouldNotBeOfType<FetchResult.Fetched>(host);
        }
        connects.ShouldBeEmpty();
        // The others were no links at all.
        tried.ShouldBeGreaterThan(300);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("8.8.8.8", "127.0.0.1")]
    [InlineData("8.8.8.8", "::1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:7f00:1::")]
    public async Task A_name_with_any_answer_inside_is_refused_and_the_refusal_names_the_setting(params string[] answers)
    {
        var connects = 0;
        var guard = new EgressGuard(allowPrivateAddresses: false)
        {
            Resolve = (_, _) => Task.FromResult(Array.ConvertAll(answers, IPAddress.Parse)),
            Connect = (_, _) =>
            {
                connects++;
                throw new SocketException((int)SocketError.ConnectionRefused);
            },
        };
        using var bench = new Bench(transport: Transport.Over(new ProviderOptions(), guard));
        (await bench.FetchAsync(Bench.ByLink("https://rebind.example/widget/booking/x"))).ShouldBeOfType<FetchResult.NotConfigured>().Detail.ShouldContain("Egress__AllowPrivateAddresses");
        connects.ShouldBe(0);
        bench.Log.Entries.ShouldContain(e => e.Id.Id == 2006);
    }

    [Fact]
    public async Task A_public_name_is_resolved_once_and_connected_to_at_the_judged_address()
    {
        var asked = 0;
        var ends = new List<IPEndPoint>();
        var guard = new EgressGuard(allowPrivateAddresses: false)
        {
            // The second answer would be inside: it must never be asked for.
            Resolve = (_, _) => Task.FromResult(new[] { IPAddress.Parse(asked++ == 0 ? "93.184.215.14" : "127.0.0.1") }),
            Connect = (end, _) =>
            {
                ends.Add(end);
                throw new SocketException((int)SocketError.ConnectionRefused);
            },
        };
        using var bench = new Bench(transport: Transport.Over(new ProviderOptions(), guard));
        (await bench.FetchAsync(Bench.ByLink("https://public.example/widget/booking/x"))).ShouldBeOfType<FetchResult.Unreachable>();
        ends.ShouldBe([new IPEndPoint(IPAddress.Parse("93.184.215.14"), 443)]);
        asked.ShouldBe(1);
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.0", true)]
    [InlineData("192.0.2.1", false)]
    [InlineData("198.19.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:8.8.8.8", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("2001::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("64:ff9b:1::1", false)]
    public void Only_addresses_of_the_public_internet_are_public(string address, bool isPublic) =>
        PublicAddress.IsPublic(IPAddress.Parse(address)).ShouldBe(isPublic);

    private static IEnumerable<string> Spellings()
    {
        string[] inside = ["127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.1.1", "0.0.0.0", "198.18.0.1", "240.0.0.1", "224.0.0.5", "192.0.2.7"];
        foreach (var address in inside)
        {
            var b = IPAddress.Parse(address).GetAddressBytes();
            var whole = ((uint)b[0] << 24) | ((uint)b[1] << 16) | ((uint)b[2] << 8) | b[3];
            var low = ((uint)b[2] << 8) | b[3];
            yield return address;
            yield return address + ".";
            yield return whole.ToString();
            yield return $"0x{whole:x}";
            yield return $"0X{whole:X8}";
            yield return "0" + Convert.ToString(whole, 8);
            yield return $"{b[0]}.{whole & 0xFFFFFF}";
            yield return $"{b[0]}.{b[1]}.{low}";
            yield return $"0x{b[0]:x}.0x{b[1]:x}.0x{b[2]:x}.0x{b[3]:x}";
            yield return $"0{Convert.ToString(b[0], 8)}.0{Convert.ToString(b[1], 8)}.0{Convert.ToString(b[2], 8)}.0{Convert.ToString(b[3], 8)}";
            yield return $"000{Convert.ToString(b[0], 8)}.{b[1]}.0x{b[2]:x}.{b[3]}";
            yield return $"0x{b[0]:x}.{whole & 0xFFFFFF}";
            foreach (var prefix in new[] { "::ffff:", "::", "64:ff9b::", "::ffff:0:", "64:ff9b:1::" })
            {
                yield return $"[{prefix}{address}]";
                yield return $"[{prefix}{whole >> 16:x}:{low:x}]";
                yield return $"[{(prefix == "::" ? "0:0:0:0:0:0:" : prefix.Replace("::", ":0:0:0:0:", StringComparison.Ordinal).TrimStart(':'))}{whole >> 16:X}:{low:X}]";
            }
            yield return $"[2002:{whole >> 16:x}:{low:x}::]";
            yield return $"[2002:{whole >> 16:x}:{low:x}::1]";
            yield return $"[2001:0:{whole >> 16:x}:{low:x}::1]";
            yield return $"[2001:0:1234::{~(whole >> 16) & 0xFFFF:x}:{~low & 0xFFFF:x}]";
            yield return "user@" + address;
            yield return "user:pw@" + address;
            yield return "public.example@" + address;
            yield return address + "#@public.example";
            yield return address + "?public.example";
            yield return address + "\\@public.example";
            yield return address + "%00.public.example";
            yield return string.Concat(address.Select(c => c switch { '0' => "⓪", '.' => ".", _ => char.ToString((char)('①' + (c - '1'))) }));
            yield return string.Concat(address.Select(c => c == '.' ? "。" : char.ToString((char)('０' + (c - '0')))));
            yield return address.Replace('.', '｡');
            yield return address + ":443";
            yield return address + ":8443";
        }
        foreach (var host in new[] { "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]", "[2001:db8::1]", "[3fff::1]" })
            yield return host;
    }
}
