using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Slotkeeper.Testing;
using Xunit;

namespace Slotkeeper.Server.Tests.Webhooks;

/// <summary>Two secrets that live while one is replaced, over HTTP, on a clock that stands still.</summary>
public sealed class SecretTests
{
    [Fact]
    public async Task Both_secrets_count_until_the_end_of_the_former_and_then_only_the_new_one()
    {
        var clock = new FakeClock();
        await using var server = await TestServer.StartAsync(clock: clock);
        var (id, url, first) = await ConnectAsync(server, "calcom");
        Assert.Equal(HttpStatusCode.Accepted, await DeliverAsync(server, clock, url, first));

        var reply = (await server.PostAsync($"/v1/connections/{id}/webhook-secret")).Expect(HttpStatusCode.OK).Json;
        var second = reply.GetProperty("webhookSecret").GetString()!;
        Assert.Equal((id, url), (reply.GetProperty("id").GetString(), reply.GetProperty("webhookUrl").GetString()));
        Assert.Equal("2035-01-16T12:00:00Z", reply.GetProperty("formerValidUntil").GetString());
        Assert.StartsWith("whsec_", second, StringComparison.Ordinal);
        Assert.DoesNotContain(second, (await server.GetAsync($"/v1/connections/{id}")).Text, StringComparison.Ordinal);

        clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Accepted, await DeliverAsync(server, clock, url, first));
        Assert.Equal(HttpStatusCode.Accepted, await DeliverAsync(server, clock, url, second));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await DeliverAsync(server, clock, url, first));
        Assert.Equal(HttpStatusCode.Accepted, await DeliverAsync(server, clock, url, second));
    }

    [Fact]
    public async Task Of_secrets_replaced_twice_the_last_two_count_and_one_that_is_to_end_now_does_not()
    {
        var clock = new FakeClock();
        await using var server = await TestServer.StartAsync(clock: clock);
        var (id, url, first) = await ConnectAsync(server, "calcom");
        var second = (await server.PostAsync($"/v1/connections/{id}/webhook-secret", new { formerValidHours = 2 })).Json.GetProperty("webhookSecret").GetString()!;
        // A change of the connection's name must not bring the first one back.
        (await server.PatchAsync($"/v1/connections/{id}", new { name = "Renamed" })).Expect(HttpStatusCode.OK);
        var third = (await server.PostAsync($"/v1/connections/{id}/webhook-secret", new { formerValidHours = 1 })).Json.GetProperty("webhookSecret").GetString()!;
        Assert.Equal(
            [HttpStatusCode.Unauthorized, HttpStatusCode.Accepted, HttpStatusCode.Accepted],
            [await DeliverAsync(server, clock, url, first), await DeliverAsync(server, clock, url, second), await DeliverAsync(server, clock, url, third)]);
        var fourth = (await server.PostAsync($"/v1/connections/{id}/webhook-secret", new { formerValidHours = 0 })).Json.GetProperty("webhookSecret").GetString()!;
        Assert.Equal(
            [HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Accepted],
            [await DeliverAsync(server, clock, url, second), await DeliverAsync(server, clock, url, third), await DeliverAsync(server, clock, url, fourth)]);
    }

    [Fact]
    public async Task Where_the_provider_gives_the_secret_it_is_taken_and_not_shown_again()
    {
        await using var server = await TestServer.StartAsync();
        var (id, _, _) = await ConnectAsync(server, "hubspot");
        (await server.PostAsync($"/v1/connections/{id}/webhook-secret")).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("secret", "client secret");
        var reply = (await server.PostAsync($"/v1/connections/{id}/webhook-secret", new { secret = "the-client-secret-of-the-app" })).Expect(HttpStatusCode.OK);
        Assert.Equal(JsonValueKind.Null, reply.Json.GetProperty("webhookSecret").ValueKind);
        Assert.DoesNotContain("the-client-secret", reply.Text, StringComparison.Ordinal);

        var (other, _, _) = await ConnectAsync(server, "highlevel");
        (await server.PostAsync($"/v1/connections/{other}/webhook-secret")).ExpectProblem(HttpStatusCode.UnprocessableEntity, "provider_cannot");
        foreach (var hours in new object[] { -1, 169, 1.5, "1" })
            (await server.PostAsync($"/v1/connections/{id}/webhook-secret", new { secret = "the-client-secret-of-the-app", formerValidHours = hours })).Expect(HttpStatusCode.BadRequest).ExpectFault("formerValidHours");
        (await server.PostAsync($"/v1/connections/{id}/webhook-secret", new { secret = "short" })).Expect(HttpStatusCode.BadRequest).ExpectFault("secret");
    }

    [Fact]
    public async Task H50_no_altered_signature_is_accepted_while_two_secrets_count()
    {
        var clock = new FakeClock();
        await using var server = await TestServer.StartAsync(clock: clock);
        var (id, url, first) = await ConnectAsync(server, "calcom");
        var second = (await server.PostAsync($"/v1/connections/{id}/webhook-secret")).Json.GetProperty("webhookSecret").GetString()!;
        var random = new Random(50);
        for (var i = 0; i < 2_000; i++)
        {
            var body = Body(clock);
            var signature = Sign(i % 2 == 0 ? first : second, body).ToCharArray();
            var at = random.Next(signature.Length);
            signature[at] = signature[at] == '0' ? '1' : '0';
            Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(server, url, body, new string(signature)));
        }
        Assert.Empty(await server.Service<Slotkeeper.Bookings.IWebhookInbox>().TakeDueAsync(TimeSpan.FromMinutes(1), 10, TestContext.Current.CancellationToken));
    }

    private static async Task<(string Id, string Url, string Secret)> ConnectAsync(TestServer server, string provider)
    {
        object credential = provider switch { "calcom" => new { apiKey = "k" }, "highlevel" => new { accessToken = "k", locationId = "l" }, _ => new { accessToken = "k" } };
        var made = (await server.PostAsync("/v1/connections", new { agencyId = await server.CreateAgencyAsync(), provider, name = "c", credential })).Expect(HttpStatusCode.Created).Json;
        return (made.GetProperty("id").GetString()!, made.GetProperty("webhookUrl").GetString()!, made.GetProperty("webhookSecret").GetString()!);
    }

    private static Task<HttpStatusCode> DeliverAsync(TestServer server, FakeClock clock, string url, string secret)
    {
        var body = Body(clock);
        return SendAsync(server, url, body, Sign(secret, body));
    }

    private static string Body(FakeClock clock) =>
        $$"""{"triggerEvent":"BOOKING_CREATED","createdAt":"{{clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}}","payload":{"uid":"{{Guid.NewGuid()}}"} }""";

    private static string Sign(string secret, string body) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(body)));

    private static async Task<HttpStatusCode> SendAsync(TestServer server, string url, string body, string signature) =>
        (await server.SendAsync(HttpMethod.Post, new Uri(url).AbsolutePath, null, body, ("X-Cal-Signature-256", signature))).Status;
}
