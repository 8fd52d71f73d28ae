using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Slotkeeper.Deliveries;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Audit;

/// <summary>
/// Who changed what, over HTTP. Cases: every role, cron, a worker; from where; refused, replayed and only read: nothing; foreign agencies; an import; filters and
/// pages; canaries of credentials, keys and persons.
/// </summary>
public sealed class AuditTests : IAsyncLifetime
{
    private TestServer server = null!;
    private string agency = null!;
    private string workspace = null!;

    public async ValueTask InitializeAsync()
    {
        server = await TestServer.StartAsync(deliver: (_, _, _, _, _, _) => Task.FromResult<DeliveryResult>(new DeliveryResult.Rejected(410, "Gone.", null)));
        agency = await server.CreateAgencyAsync();
        workspace = await server.CreateWorkspaceAsync(agency);
        await server.PutCalendarAsync(workspace);
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task The_record_names_the_key_its_role_and_where_the_call_came_from()
    {
        foreach (var (role, only) in new[] { ("agency", null), ("workspace", workspace) })
        {
            var made = (await server.PostAsync($"/v1/agencies/{agency}/keys", new { name = role, role, workspaceId = only })).Expect(HttpStatusCode.Created).Json;
            var (id, key) = (made.GetProperty("id").GetString(), made.GetProperty("key").GetString());
            (await server.SendAsync(HttpMethod.Patch, $"/v1/workspaces/{workspace}", key, new { name = $"By {role}" }, ("User-Agent", "crm-sync/1.2"))).Expect(HttpStatusCode.OK);

            var record = (await ListAsync($"?subject={workspace}"))[0];
            Assert.Equal(("workspace.updated", agency, "workspace", workspace), (Text(record, "action"), Text(record, "agencyId"), Text(record.GetProperty("subject"), "type"), Text(record.GetProperty("subject"), "id")));
            Assert.Equal($$"""{"name":"By {{role}}"}""", record.GetProperty("after").GetRawText());
            Assert.Equal(
                ("key", id, role, agency, "127.0.0.1", "crm-sync/1.2"),
                (Actor(record, "kind"), Actor(record, "id"), Actor(record, "role"), Actor(record, "agencyId"), Actor(record, "address"), Actor(record, "userAgent")));
        }

        var agent = (await server.PostAsync($"/v1/agencies/{agency}/keys", new { name = "a", role = "agent" })).Json;
        var booking = Text((await BookAsync(agent.GetProperty("key").GetString()!, 3)).Expect(HttpStatusCode.Created).Json, "id");
        Assert.All(await ListAsync($"?subject={booking}"), record => Assert.Equal((Text(agent, "id"), "agent"), (Actor(record, "id"), Actor(record, "role"))));
        Assert.Equal(["booking.confirmed", "booking.requested"], (await ListAsync($"?subject={booking}")).Select(record => Text(record, "action")));

        var byAdmin = (await ListAsync($"?subject={agency}")).Single();
        Assert.Equal(("SLOTKEEPER_ADMIN_KEY", "admin", "127.0.0.1"), (Actor(byAdmin, "id"), Actor(byAdmin, "role"), Actor(byAdmin, "address")));
    }

    [Fact]
    public async Task A_cron_and_a_worker_are_named_where_nobody_with_a_key_asked()
    {
        var followUp = Text((await server.PostAsync(
            $"/v1/workspaces/{workspace}/follow-ups", new { leadId = "crm-1", dueAt = "2026-01-01T00:00:00Z", template = "Hello", channel = "email" })).Expect(HttpStatusCode.Created).Json, "id");
        (await BookAsync(TestServer.AdminKey, 4, lead: "crm-1")).Expect(HttpStatusCode.Created);
        (await server.GetAsync("/api/cron/followups", TestServer.CronSecret)).Expect(HttpStatusCode.OK);
        var cancelled = (await ListAsync($"?subject={followUp}"))[0];
        Assert.Equal(("follow_up.cancelled", "cron", "followups", "127.0.0.1"), (Text(cancelled, "action"), Actor(cancelled, "kind"), Actor(cancelled, "id"), Actor(cancelled, "address")));

        var webhook = Text((await server.PostAsync(
            $"/v1/agencies/{agency}/webhooks", new { url = "https://192.0.2.1/hook", events = new[] { "booking.confirmed" } })).Expect(HttpStatusCode.Created).Json, "id");
        (await server.PostAsync($"/v1/webhooks/{webhook}/test")).Expect(HttpStatusCode.Accepted);
        var disabled = await UntilAsync($"?subject={webhook}&action=webhook.disabled");
        Assert.Equal(("system", "Delivering", JsonValueKind.Null), (Actor(disabled, "kind"), Actor(disabled, "id"), disabled.GetProperty("actor").GetProperty("address").ValueKind));
    }

    [Fact]
    public async Task What_was_refused_replayed_or_only_read_leaves_nothing()
    {
        var body = new { start = Start(5), attendee = new { name = "Ada", email = "ada@example.com" } };
        (await server.SendAsync(HttpMethod.Post, $"/v1/workspaces/{workspace}/bookings", TestServer.AdminKey, body, ("Idempotency-Key", "once"))).Expect(HttpStatusCode.Created);
        var before = (await ListAsync()).Count;

        (await server.SendAsync(HttpMethod.Post, $"/v1/workspaces/{workspace}/bookings", TestServer.AdminKey, body, ("Idempotency-Key", "once"))).Expect(HttpStatusCode.Created);
        (await BookAsync(TestServer.AdminKey, 5)).Expect(HttpStatusCode.Conflict);
        (await server.PatchAsync($"/v1/workspaces/{workspace}", new { nmae = "x" })).Expect(HttpStatusCode.BadRequest);
        (await server.PatchAsync($"/v1/workspaces/{workspace}", new { name = "A workspace" })).Expect(HttpStatusCode.OK);
        (await server.PatchAsync("/v1/workspaces/ws_none", new { name = "x" })).Expect(HttpStatusCode.NotFound);
        (await server.DeleteAsync($"/v1/agencies/{agency}")).Expect(HttpStatusCode.Conflict);
        (await server.PostAsync("/v1/agencies", new { name = "x" }, key: "sk_nobody")).Expect(HttpStatusCode.Unauthorized);
        (await server.PostAsync($"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK);
        (await server.PostAsync($"/v1/workspaces/{workspace}/holds", new { start = Start(6) })).Expect(HttpStatusCode.Created);
        (await server.PostAsync($"/v1/workspaces/{workspace}/offers", new { })).Expect(HttpStatusCode.OK);
        (await server.GetAsync($"/v1/workspaces/{workspace}/slots")).Expect(HttpStatusCode.OK);

        Assert.Equal(before, (await ListAsync()).Count);
    }

    [Fact]
    public async Task An_agency_sees_its_own_records_and_not_where_administrators_sit()
    {
        var foreign = await server.CreateAgencyAsync("Foreign");
        await server.CreateWorkspaceAsync(foreign, "Foreign canary");
        var (own, other) = (await server.CreateKeyAsync(agency, "agency"), await server.CreateKeyAsync(foreign, "agency"));

        foreach (var (key, mine, theirs) in new[] { (own, agency, foreign), (other, foreign, agency) })
        {
            var seen = await ListAsync("", key);
            Assert.NotEmpty(seen);
            Assert.All(seen, record => Assert.Equal(mine, Text(record, "agencyId")));
            Assert.All(seen, record => Assert.Equal(("admin", JsonValueKind.Null), (Actor(record, "role"), record.GetProperty("actor").GetProperty("address").ValueKind)));
            Assert.DoesNotContain(theirs, (await server.GetAsync("/v1/audit", key)).Text, StringComparison.Ordinal);
            (await server.GetAsync($"/v1/audit?agencyId={theirs}", key)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
            Assert.Equal(
                (await server.GetAsync("/v1/audit?agencyId=agy_none", key)).WithoutTrace, (await server.GetAsync($"/v1/audit?agencyId={theirs}", key)).WithoutTrace);
        }
        Assert.Empty(await ListAsync($"?subject={workspace}", other));
        // A cursor of somebody else's list leads to no record of theirs.
        var cursor = Text((await server.GetAsync($"/v1/audit?agencyId={agency}&limit=1")).Json, "nextCursor");
        Assert.All(await ListAsync($"?cursor={cursor}", other), record => Assert.Equal(foreign, Text(record, "agencyId")));
    }

    [Fact]
    public async Task An_import_leaves_one_record_for_each_workspace_it_wrote()
    {
        var lines = string.Join('\n', Enumerable.Range(0, 250).Select(i => $$"""{"externalRef":"r{{i}}","name":"W{{i}}","timeZone":"UTC","calendars":{"default":{"url":"https://calendly.com/acme/i{{i}}"} } }"""));
        var key = await server.CreateKeyAsync(agency, "agency");
        foreach (var (created, unchanged) in new[] { (250, 0), (0, 250) })
        {
            using var body = new StringContent(lines + "\nbroken", Encoding.UTF8, "application/x-ndjson");
            var done = (await server.SendAsync(HttpMethod.Post, "/v1/import", key, body)).Expect(HttpStatusCode.OK).Json;
            Assert.Equal((created, unchanged), (done.GetProperty("created").GetInt32(), done.GetProperty("unchanged").GetInt32()));
        }
        var records = await ListAsync("?action=workspace.created");
        Assert.Equal(251, records.Count);
        Assert.Equal(251, records.Select(record => Text(record.GetProperty("subject"), "id")).Distinct().Count());
        Assert.Equal(250, records.Count(record => Actor(record, "role") == "agency"));
    }

    [Fact]
    public async Task Records_are_filtered_and_paged_and_wrong_parameters_are_named()
    {
        for (var i = 0; i < 5; i++)
            (await server.PatchAsync($"/v1/workspaces/{workspace}", new { name = $"Name {i}" })).Expect(HttpStatusCode.OK);
        var all = await ListAsync();
        var paged = new List<string>();
        for (var query = "?limit=3"; ;)
        {
            var page = (await server.GetAsync("/v1/audit" + query)).Expect(HttpStatusCode.OK).Json;
            paged.AddRange(page.GetProperty("items").EnumerateArray().Select(record => Text(record, "hash")!));
            if (Text(page, "nextCursor") is not { } next)
                break;
            query = $"?limit=3&cursor={next}";
        }
        Assert.Equal(all.Select(record => Text(record, "hash")), paged);
        Assert.Equal(5, (await ListAsync("?action=workspace.updated")).Count);
        Assert.Empty(await ListAsync("?to=2020-01-01T00:00:00Z"));
        Assert.Equal(all.Count, (await ListAsync("?from=2020-01-01T00:00:00Z")).Count);
        foreach (var (query, field) in new[] { ("?limit=0", "limit"), ("?from=yesterday", "from"), ("?to=1", "to"), ("?cursor=YWJj", "cursor"), ("?cursor=!", "cursor"), ("?subject=", "subject") })
            (await server.GetAsync("/v1/audit" + query)).Expect(HttpStatusCode.BadRequest).ExpectFault(field);
    }

    [Fact]
    public async Task No_secret_and_no_person_stands_in_any_record()
    {
        var canaries = new List<string> { "ada.canary@example.com", "Ada Canary", "49-canary-30", "notes-canary", "cal_live_canary", "token-canary", "lead-canary", TestServer.AdminKey, TestServer.MasterKey };
        var connection = (await server.PostAsync("/v1/connections", new { agencyId = agency, provider = "calcom", name = "c", credential = new { apiKey = "cal_live_canary" } })).Expect(HttpStatusCode.Created).Json;
        canaries.Add(Text(connection, "webhookSecret")!);
        (await server.PatchAsync($"/v1/connections/{Text(connection, "id")}", new { credential = new { apiKey = "cal_live_canary_2" } })).Expect(HttpStatusCode.OK);
        canaries.Add(Text((await server.PostAsync($"/v1/connections/{Text(connection, "id")}/webhook-secret")).Expect(HttpStatusCode.OK).Json, "webhookSecret")!);
        canaries.Add(await server.CreateKeyAsync(agency, "agency"));
        canaries.Add(Text((await server.PostAsync($"/v1/agencies/{agency}/webhooks", new { url = "https://192.0.2.1/token-canary", events = new[] { "booking.confirmed" } })).Expect(HttpStatusCode.Created).Json, "secret")!);
        canaries.Add(Text((await server.PostAsync($"/v1/workspaces/{workspace}/delivery-secret")).Expect(HttpStatusCode.OK).Json, "secret")!);
        (await server.PatchAsync($"/v1/workspaces/{workspace}", new { settings = new { followUps = new { deliveryUrl = "https://192.0.2.1/token-canary" } } })).Expect(HttpStatusCode.OK);
        (await server.PutAsync($"/v1/workspaces/{workspace}/leads/crm-9", new { name = "Ada Canary", email = "ada.canary@example.com" })).Expect(HttpStatusCode.OK);
        (await server.PostAsync(
            $"/v1/workspaces/{workspace}/follow-ups", new { leadId = "crm-9", dueAt = "2035-01-01T00:00:00Z", template = "Hi {name}", channel = "email", variables = new { name = "lead-canary" } }))
            .Expect(HttpStatusCode.Created);
        var booked = (await server.SendAsync(
            HttpMethod.Post, $"/v1/workspaces/{workspace}/bookings", TestServer.AdminKey,
            new { start = Start(7), attendee = new { name = "Ada Canary", email = "ada.canary@example.com", phone = "49-canary-30" }, notes = "notes-canary", leadId = "crm-9" }, ("Idempotency-Key", "c")))
            .Expect(HttpStatusCode.Created).Json;
        (await server.SendAsync(HttpMethod.Post, $"/v1/bookings/{Text(booked, "id")}/cancel", TestServer.AdminKey, new { reason = "notes-canary" }, ("Idempotency-Key", "d"))).Expect(HttpStatusCode.OK);
        (await server.DeleteAsync($"/v1/workspaces/{workspace}/leads/crm-9")).Expect(HttpStatusCode.OK);

        var audit = (await server.GetAsync("/v1/audit?limit=1000")).Expect(HttpStatusCode.OK);
        foreach (var action in new[] { "connection.credential_changed", "connection.webhook_secret_replaced", "webhook.created", "workspace.delivery_secret_created", "lead.put", "follow_up.created", "booking.cancelled", "lead.erased" })
            Assert.Contains($"\"{action}\"", audit.Text, StringComparison.Ordinal);
        foreach (var canary in canaries)
            Assert.DoesNotContain(canary, audit.Text, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The start of a slot so many hours ahead.</summary>
    private static string Start(int hours) => DateTimeOffset.FromUnixTimeSeconds(((RealClock.Instance.GetUtcNow().ToUnixTimeSeconds() / 3600) + hours) * 3600)
        .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static string? Actor(JsonElement record, string name) => Text(record.GetProperty("actor"), name);

    private Task<Reply> BookAsync(string key, int hours, string? lead = null) => server.SendAsync(
        HttpMethod.Post, $"/v1/workspaces/{workspace}/bookings", key, new { start = Start(hours), attendee = new { name = "Ada", email = "ada@example.com" }, leadId = lead },
        ("Idempotency-Key", Guid.NewGuid().ToString()));

    private async Task<List<JsonElement>> ListAsync(string query = "", string? key = TestServer.AdminKey)
    {
        var limit = query.Length == 0 ? "?limit=1000" : query + "&limit=1000";
        return [.. (await server.GetAsync("/v1/audit" + limit, key)).Expect(HttpStatusCode.OK).Json.GetProperty("items").EnumerateArray()];
    }

    private async Task<JsonElement> UntilAsync(string query)
    {
        var until = RealClock.Instance.GetUtcNow().AddSeconds(30);
        while (true)
        {
            if (await ListAsync(query) is [var first, ..])
                return first;
            Assert.True(RealClock.Instance.GetUtcNow() < until, "No such record came.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), RealClock.Instance, TestContext.Current.CancellationToken);
        }
    }
}
