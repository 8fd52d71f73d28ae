using System.Net;
using System.Text;
using System.Text.Json;
using Slotkeeper.Server.Workers;
using Slotkeeper.Storage;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Deliveries;

/// <summary>
/// Outgoing webhooks over HTTP, to a real receiver. Cases: signed and right; failing, then tried again; gone; rotation; replay; test; what is
/// refused; where secrets are not.
/// </summary>
public sealed class DeliveryTests : IAsyncLifetime
{
    private static readonly string[] BothEvents = ["booking.confirmed", "booking.cancelled"];

    private readonly string folder = Directory.CreateTempSubdirectory("slotkeeper-deliveries-").FullName;
    private TestServer server = null!;
    private Receiver receiver = null!;
    private string agency = null!;

    public async ValueTask InitializeAsync()
    {
        receiver = await Receiver.StartAsync();
        server = await TestServer.StartAsync(new() { ["Egress__AllowPrivateAddresses"] = "true" }, folder: folder);
        agency = await server.CreateAgencyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await receiver.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_booking_and_its_cancellation_are_told_signed_and_stand_in_the_log()
    {
        var (id, secret) = await EndpointAsync();
        var key = await server.CreateKeyAsync(agency, "agency");
        var workspace = await server.CreateWorkspaceAsync(agency);
        await server.PutCalendarAsync(workspace);
        var slot = (await server.GetAsync($"/v1/workspaces/{workspace}/slots")).Json.GetProperty("slots")[2].GetString()!;
        var booking = (await server.SendAsync(
            HttpMethod.Post, $"/v1/workspaces/{workspace}/bookings", key,
            new { start = slot, leadId = "lead-7", attendee = new { name = "Ada Lovelace", email = "ada@example.com" } }, ("Idempotency-Key", "k1"))).Expect(HttpStatusCode.Created).Json;

        var told = await receiver.NextAsync();
        Assert.True(told.IsSignedBy(secret));
        Assert.False(told.IsSignedBy("whsec_" + Convert.ToBase64String(new byte[32])));
        Assert.Equal("application/json", told.ContentType);
        Assert.StartsWith("evt_", told.Id, StringComparison.Ordinal);
        Assert.DoesNotContain("Authorization", told.Headers);
        var body = JsonElement.Parse(Encoding.UTF8.GetString(told.Body));
        Assert.Equal(["type", "timestamp", "data"], body.EnumerateObject().Select(property => property.Name));
        Assert.Equal("booking.confirmed", body.GetProperty("type").GetString());
        var data = body.GetProperty("data");
        Assert.Equal(
            (booking.GetProperty("id").GetString(), workspace, slot, booking.GetProperty("end").GetString(), "confirmed", "lead-7"),
            (Text(data, "bookingId"), Text(data, "workspaceId"), Text(data, "start"), Text(data, "end"), Text(data, "status"), Text(data, "leadId")));
        Assert.Equal(booking.GetProperty("calendarId").GetString(), Text(data, "calendarId"));
        Assert.DoesNotContain("ada@example.com", body.ToString(), StringComparison.Ordinal);

        (await server.SendAsync(HttpMethod.Post, $"/v1/bookings/{Text(data, "bookingId")}/cancel", key, new { }, ("Idempotency-Key", "k2"))).Expect(HttpStatusCode.OK);
        var cancelled = await receiver.NextAsync();
        Assert.True(cancelled.IsSignedBy(secret));
        Assert.NotEqual(told.Id, cancelled.Id);
        Assert.Contains("\"booking.cancelled\"", Encoding.UTF8.GetString(cancelled.Body), StringComparison.Ordinal);

        var log = await LogWhenAsync(id, items => items.Count(item => Text(item, "state") == "delivered") == 2);
        Assert.Equal([cancelled.Id, told.Id], log.Select(item => Text(item, "eventId")));
        Assert.All(log, item => Assert.Equal((1, 200, workspace), (item.GetProperty("attempts").GetInt32(), item.GetProperty("lastStatus").GetInt32(), Text(item, "workspaceId"))));
        var whole = (await server.GetAsync($"/v1/deliveries/{Text(log[1], "id")}", key)).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(body.ToString(), whole.GetProperty("payload").ToString());
    }

    [Fact]
    public async Task A_receiver_that_fails_gets_the_same_message_again()
    {
        var (id, secret) = await EndpointAsync();
        receiver.Answer = number => number == 1 ? 500 : 204;
        (await server.PostAsync($"/v1/webhooks/{id}/test")).Expect(HttpStatusCode.Accepted);

        var first = await receiver.NextAsync();
        var failed = (await LogWhenAsync(id, items => Text(items[0], "lastError") is not null))[0];
        Assert.Equal(("pending", 500, "The receiver answered 500."), (Text(failed, "state"), failed.GetProperty("lastStatus").GetInt32(), Text(failed, "lastError")));
        Assert.NotEqual(JsonValueKind.Null, (await server.GetAsync($"/v1/webhooks/{id}")).Json.GetProperty("failingSince").ValueKind);
        var second = await receiver.NextAsync();

        Assert.Equal((first.Id, Convert.ToHexString(first.Body)), (second.Id, Convert.ToHexString(second.Body)));
        Assert.True(second.IsSignedBy(secret));
        var delivered = (await LogWhenAsync(id, items => Text(items[0], "state") == "delivered"))[0];
        Assert.Equal(2, delivered.GetProperty("attempts").GetInt32());
        Assert.Equal(JsonValueKind.Null, (await server.GetAsync($"/v1/webhooks/{id}")).Json.GetProperty("failingSince").ValueKind);
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_disabled_says_so_and_can_be_enabled_and_told_again()
    {
        var (id, secret) = await EndpointAsync();
        receiver.Answer = number => number == 1 ? 410 : 200;
        var test = (await server.PostAsync($"/v1/webhooks/{id}/test")).Expect(HttpStatusCode.Accepted);
        Assert.Equal($"/v1/deliveries/{Text(test.Json, "id")}", test.Headers["Location"]);
        var first = await receiver.NextAsync();
        await LogWhenAsync(id, items => Text(items[0], "state") == "failed");

        var endpoint = (await server.GetAsync($"/v1/webhooks/{id}")).Json;
        Assert.False(endpoint.GetProperty("enabled").GetBoolean());
        Assert.Contains("410", Text(endpoint, "disabledReason"), StringComparison.Ordinal);
        Assert.NotNull(Text(endpoint, "disabledSince"));
        (await server.PostAsync($"/v1/webhooks/{id}/test")).ExpectProblem(HttpStatusCode.Conflict, "webhook_disabled");
        (await server.PostAsync($"/v1/deliveries/{Text(test.Json, "id")}/replay")).ExpectProblem(HttpStatusCode.Conflict, "webhook_disabled");

        (await server.PatchAsync($"/v1/webhooks/{id}", new { enabled = true })).Expect(HttpStatusCode.OK);
        (await server.PostAsync($"/v1/deliveries/{Text(test.Json, "id")}/replay")).Expect(HttpStatusCode.Accepted);
        var again = await receiver.NextAsync();
        Assert.Equal(first.Id, again.Id);
        Assert.True(again.IsSignedBy(secret));
        var states = (await LogWhenAsync(id, items => Text(items[0], "state") == "delivered")).Select(item => Text(item, "state"));
        Assert.Equal(["delivered", "failed"], states);
        Assert.Single((await server.GetAsync($"/v1/webhooks/{id}/deliveries?state=failed")).Json.GetProperty("items").EnumerateArray());
        var page = (await server.GetAsync($"/v1/webhooks/{id}/deliveries?limit=1")).Json;
        var rest = (await server.GetAsync($"/v1/webhooks/{id}/deliveries?limit=1&cursor={Text(page, "nextCursor")}")).Json;
        Assert.Equal("failed", Text(rest.GetProperty("items")[0], "state"));
    }

    [Fact]
    public async Task After_a_rotation_messages_are_signed_by_both_secrets()
    {
        var (id, before) = await EndpointAsync();
        var rotated = (await server.PostAsync($"/v1/webhooks/{id}/rotate-secret")).Expect(HttpStatusCode.OK).Json;
        (await server.PostAsync($"/v1/webhooks/{id}/test")).Expect(HttpStatusCode.Accepted);
        var told = await receiver.NextAsync();
        Assert.Equal(2, told.Signatures.Split(' ').Length);
        Assert.True(told.IsSignedBy(before));
        Assert.True(told.IsSignedBy(Text(rotated, "secret")!));
        Assert.Equal(Text(rotated, "previousUntil"), Text((await server.GetAsync($"/v1/webhooks/{id}")).Json, "previousSecretUntil"));
    }

    [Fact]
    public async Task An_endpoint_is_told_only_of_what_it_asked_for_and_of_nothing_once_deleted()
    {
        var (id, _) = await EndpointAsync("booking.cancelled");
        var workspace = await server.CreateWorkspaceAsync(agency);
        await server.PutCalendarAsync(workspace);
        var slot = (await server.GetAsync($"/v1/workspaces/{workspace}/slots")).Json.GetProperty("slots")[2].GetString()!;
        (await server.SendAsync(
            HttpMethod.Post, $"/v1/workspaces/{workspace}/bookings", TestServer.AdminKey, new { start = slot, attendee = new { name = "A", email = "a@example.com" } }, ("Idempotency-Key", "k")))
            .Expect(HttpStatusCode.Created);
        Assert.Empty((await server.GetAsync($"/v1/webhooks/{id}/deliveries")).Json.GetProperty("items").EnumerateArray());
        (await server.DeleteAsync($"/v1/webhooks/{id}")).Expect(HttpStatusCode.NoContent);
        (await server.GetAsync($"/v1/webhooks/{id}")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        Assert.Empty((await server.GetAsync($"/v1/agencies/{agency}/webhooks")).Json.GetProperty("items").EnumerateArray());
        Assert.Equal(0, receiver.Count);
    }

    [Fact]
    public async Task What_is_wrong_with_an_endpoint_is_refused_by_its_field()
    {
        var path = $"/v1/agencies/{agency}/webhooks";
        foreach (var (body, field) in new (object, string)[]
        {
            (new { events = BothEvents }, "url"),
            (new { url = "not an address", events = BothEvents }, "url"),
            (new { url = "ftp://a.example/", events = BothEvents }, "url"),
            (new { url = "https://user:pw@a.example/", events = BothEvents }, "url"),
            (new { url = "https://a.example/#x", events = BothEvents }, "url"),
            (new { url = receiver.Url }, "events"),
            (new { url = receiver.Url, events = Array.Empty<string>() }, "events"),
            (new { url = receiver.Url, events = new[] { "booking.moved" } }, "events"),
            (new { url = receiver.Url, events = new[] { "webhook.test" } }, "events"),
            (new { url = receiver.Url, events = BothEvents, secret = "mine" }, "secret"),
        })
            (await server.PostAsync(path, body)).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault(field);
        var (id, _) = await EndpointAsync();
        (await server.PatchAsync($"/v1/webhooks/{id}", new { enabled = "yes" })).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("enabled");
        (await server.PatchAsync($"/v1/webhooks/{id}", new { url = (string?)null })).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("url");
        (await server.GetAsync($"/v1/webhooks/{id}/deliveries?state=lost")).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("state");
        for (var i = 1; i < 20; i++)
            await EndpointAsync();
        (await server.PostAsync(path, new { url = receiver.Url, events = BothEvents })).ExpectProblem(HttpStatusCode.Conflict, "too_many_webhooks");
    }

    [Fact]
    public async Task Addresses_inside_are_refused_unless_they_are_allowed()
    {
        await using var strict = await TestServer.StartAsync();
        var id = await strict.CreateAgencyAsync();
        foreach (var url in new[] { "http://a.example/", "https://127.0.0.1/", "https://localhost/hook", "https://10.1.2.3/", "https://[::1]/", "https://169.254.169.254/latest", "https://2130706433/" })
            (await strict.PostAsync($"/v1/agencies/{id}/webhooks", new { url, events = BothEvents })).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("url");

        // Not known to be inside by its looks: the guard at connecting refuses it, and the log says what to change.
        var endpoint = (await strict.PostAsync($"/v1/agencies/{id}/webhooks", new { url = "https://192.0.2.1/hook", events = BothEvents })).Expect(HttpStatusCode.Created).Json;
        (await strict.PostAsync($"/v1/webhooks/{Text(endpoint, "id")}/test")).Expect(HttpStatusCode.Accepted);
        var log = await LogWhenAsync(Text(endpoint, "id")!, items => Text(items[0], "lastError") is not null, strict);
        Assert.Contains("Egress__AllowPrivateAddresses", Text(log[0], "lastError"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_is_shown_once_and_lies_in_no_answer_and_not_on_the_disk()
    {
        var (id, secret) = await EndpointAsync();
        var next = Text((await server.PostAsync($"/v1/webhooks/{id}/rotate-secret")).Json, "secret")!;
        (await server.PostAsync($"/v1/webhooks/{id}/test")).Expect(HttpStatusCode.Accepted);
        await receiver.NextAsync();
        await LogWhenAsync(id, items => Text(items[0], "state") == "delivered");
        var seen = new StringBuilder();
        foreach (var path in new[] { $"/v1/webhooks/{id}", $"/v1/agencies/{agency}/webhooks", $"/v1/webhooks/{id}/deliveries", "/metrics" })
            seen.Append((await server.GetAsync(path)).Expect(HttpStatusCode.OK).Text);
        foreach (var file in Directory.GetFiles(folder, StorageSettings.SqliteFileName + "*").Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, TestContext.Current.CancellationToken);
            seen.Append(Encoding.Latin1.GetString(bytes.ToArray()));
        }
        foreach (var canary in new[] { secret, next })
        {
            var encoded = canary["whsec_".Length..];
            Assert.DoesNotContain(encoded, seen.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(Encoding.Latin1.GetString(Convert.FromBase64String(encoded)), seen.ToString(), StringComparison.Ordinal);
        }
        Assert.Contains(id, seen.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_master_key_no_endpoint_can_be_made()
    {
        await using var open = await TestServer.StartAsync(new() { ["SLOTKEEPER_MASTER_KEY"] = null });
        var id = await open.CreateAgencyAsync();
        (await open.PostAsync($"/v1/agencies/{id}/webhooks", new { url = "https://a.example/", events = BothEvents })).ExpectProblem(HttpStatusCode.ServiceUnavailable, "not_configured");
    }

    [Fact]
    public async Task Signing_secrets_need_the_master_key_they_were_stored_with()
    {
        var own = Directory.CreateTempSubdirectory("slotkeeper-signing-").FullName;
        try
        {
            await using (var first = await TestServer.StartAsync(folder: own))
                (await first.PostAsync($"/v1/agencies/{await first.CreateAgencyAsync()}/webhooks", new { url = "https://a.example/", events = BothEvents })).Expect(HttpStatusCode.Created);
            foreach (var key in new[] { null, new string('f', 64) })
            {
                var fault = await Assert.ThrowsAsync<MasterKeyException>(() => TestServer.StartAsync(new() { ["SLOTKEEPER_MASTER_KEY"] = key }, folder: own));
                Assert.Contains("1 webhook endpoints", fault.Message, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(own, recursive: true);
        }
    }

    private async Task<(string Id, string Secret)> EndpointAsync(params string[] events)
    {
        var made = (await server.PostAsync($"/v1/agencies/{agency}/webhooks", new { url = receiver.Url, events = events.Length > 0 ? events : BothEvents })).Expect(HttpStatusCode.Created).Json;
        return (Text(made, "id")!, Text(made, "secret")!);
    }

    /// <summary>The log of an endpoint once it is as expected: the receiver has answered before the server has written that down.</summary>
    private async Task<List<JsonElement>> LogWhenAsync(string id, Func<List<JsonElement>, bool> isSo, TestServer? of = null)
    {
        while (true)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var items = (await (of ?? server).GetAsync($"/v1/webhooks/{id}/deliveries")).Expect(HttpStatusCode.OK).Json.GetProperty("items").EnumerateArray().ToList();
            if (items.Count > 0 && isSo(items))
                return items;
            await Task.Delay(TimeSpan.FromMilliseconds(20), RealClock.Instance, TestContext.Current.CancellationToken);
        }
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
