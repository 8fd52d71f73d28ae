using System.Net;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Slotkeeper.Deliveries;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Providers.Tests.Kit;
using Xunit;

namespace Slotkeeper.Providers.Tests;

// Cases: accepted; refused with and without a reason; a redirect; silence; broken off; too long an answer; inside; not https; a user in the address.
public sealed class DeliveryCourierTests
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"type":"webhook.test","timestamp":"2026-02-02T12:00:00Z","data":{}}""");
    private static readonly byte[] Secret = new byte[32];

    [Fact]
    public async Task A_message_carries_its_signature_and_nothing_of_ours()
    {
        string? head = null;
        await using var server = new RawServer((_, text) =>
        {
            head = text;
            return RawServer.Json("200 OK", "{}");
        });
        (await SendAsync(server)).ShouldBe(new DeliveryResult.Accepted(200));

        var headers = head!.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        headers[0].ShouldBe("POST /hook?a=b HTTP/1.1");
        headers.ShouldContain("webhook-id: evt_1");
        headers.ShouldContain("webhook-timestamp: 1770033600");
        headers.ShouldContain("webhook-signature: " + StandardWebhook.Sign("evt_1", Bench.Noon, Body, [Secret]));
        headers.Skip(1).Select(line => line.Split(':')[0]).ShouldBe(
            ["Host", "User-Agent", "webhook-id", "webhook-timestamp", "webhook-signature", "Accept-Encoding", "Content-Type", "Content-Length"], ignoreOrder: true);
    }

    [Fact]
    public async Task What_the_receiver_says_is_told_in_short()
    {
        await using var plain = new RawServer((_, _) => "HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Type: text/plain\r\nContent-Length: 500\r\n\r\n" + new string('x', 250) + "\r\n" + new string('y', 248));
        var busy = (await SendAsync(plain)).ShouldBeOfType<DeliveryResult.Rejected>();
        (busy.Status, busy.RetryAfter, busy.Text.Length).ShouldBe((503, TimeSpan.FromMinutes(2), 200));

        await using var page = new RawServer((_, _) => "HTTP/1.1 404 No\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p/>");
        (await SendAsync(page)).ShouldBe(new DeliveryResult.Rejected(404, "", null));

        await using var endless = new RawServer((_, _) => "HTTP/1.1 500 No\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\n" + new string('z', 100_000));
        (await SendAsync(endless)).ShouldBeOfType<DeliveryResult.Rejected>().Text.ShouldBe(new string('z', 200));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var inside = new RawServer((_, _) => RawServer.Json("200 OK", "{}"));
        await using var server = new RawServer((_, _) => $"HTTP/1.1 307 There\r\nLocation: {inside.Address}/\r\nContent-Length: 0\r\n\r\n");
        (await SendAsync(server)).ShouldBeOfType<DeliveryResult.Rejected>().Status.ShouldBe(307);
        inside.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task A_connection_that_breaks_or_is_refused_is_no_answer_and_is_not_tried_again()
    {
        await using var server = new RawServer((_, _) => null);
        (await SendAsync(server)).ShouldBeOfType<DeliveryResult.NoAnswer>().Text.ShouldNotContain("127.0.0.1");
        server.Requests.ShouldBe(1);

        using var bench = Open();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();
        (await SendAsync(bench, $"http://127.0.0.1:{port}/")).ShouldBeOfType<DeliveryResult.NoAnswer>();
    }

    [Fact]
    public async Task A_silent_receiver_is_given_up_after_fifteen_seconds_and_whoever_cancels_is_heard()
    {
        await using var server = new RawServer((_, _) => "");
        using var bench = Open();
        var sending = SendAsync(bench, server.Address + "/");
        await server.FirstRequest.Task;
        bench.Clock.Advance(TimeSpan.FromSeconds(14.9));
        sending.IsCompleted.ShouldBeFalse();
        bench.Clock.Advance(TimeSpan.FromSeconds(0.2));
        (await sending).ShouldBe(new DeliveryResult.NoAnswer("No answer: no answer in time."));

        using var stop = new CancellationTokenSource();
        await using var other = new RawServer((_, _) => "");
        var stopped = SendAsync(bench, other.Address + "/", stop.Token);
        await other.FirstRequest.Task;
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(stopped);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("8.8.8.8", "10.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    public async Task A_name_that_leads_inside_is_refused_without_a_connection(params string[] answers)
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
        (await SendAsync(bench, "https://rebind.example/hook?token=canary")).ShouldBeOfType<DeliveryResult.NotAllowed>().Text.ShouldContain("Egress__AllowPrivateAddresses");
        connects.ShouldBe(0);
        bench.Log.Entries.ShouldHaveSingleItem().Text.ShouldNotContain("canary");
    }

    [Theory]
    [InlineData("http://a.example/")]
    [InlineData("ftp://a.example/")]
    [InlineData("https://user:pw@a.example/")]
    public async Task An_address_of_another_form_is_refused(string url)
    {
        using var bench = new Bench();
        (await SendAsync(bench, url)).ShouldBeOfType<DeliveryResult.NotAllowed>();
        bench.Guarded.Requests.ShouldBeEmpty();
    }

    private static Bench Open()
    {
        var options = new ProviderOptions { AllowPrivateAddresses = true };
        return new Bench(configure: o => o.AllowPrivateAddresses = true, transport: Transport.Over(options, new EgressGuard(allowPrivateAddresses: true)));
    }

    private static async Task<DeliveryResult> SendAsync(RawServer server)
    {
        using var bench = Open();
        return await SendAsync(bench, server.Address + "/hook?a=b");
    }

    private static Task<DeliveryResult> SendAsync(Bench bench, string url, CancellationToken cancellationToken = default) =>
        bench.Catalogue.Deliveries.SendAsync(new Uri(url), "evt_1", Bench.Noon, Body, [Secret], cancellationToken);
}
