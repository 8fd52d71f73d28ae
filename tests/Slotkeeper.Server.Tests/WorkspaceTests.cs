using System.Net;
using System.Text.Json;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>Agencies, workspaces, connections and calendars as the contract has them.</summary>
public sealed class WorkspaceTests : IAsyncLifetime
{
    private TestServer server = null!;
    private string agency = "";

    public async ValueTask InitializeAsync()
    {
        server = await TestServer.StartAsync();
        agency = await server.CreateAgencyAsync();
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task A_new_workspace_has_the_default_settings_of_the_contract()
    {
        var reply = await server.PostAsync("/v1/workspaces", new { agencyId = agency, name = "Zoë & Søn", timeZone = "America/New_York" });
        reply.Expect(HttpStatusCode.Created);
        Assert.Equal($"/v1/workspaces/{reply.Json.GetProperty("id").GetString()}", reply.Headers["Location"]);
        Assert.Equal("Zoë & Søn", reply.Json.GetProperty("name").GetString());
        Assert.Equal("en", reply.Json.GetProperty("locale").GetString());
        Assert.Equal(JsonValueKind.Null, reply.Json.GetProperty("externalRef").ValueKind);
        Assert.Equal("{}", reply.Json.GetProperty("calendars").GetRawText());
        Assert.Equal(
            """{"minimumNoticeMinutes":0,"maxOfferAgeSeconds":900,"offerCount":2,"preferWithinDays":5,"includeWeekends":false,"firstTouch":{"enabled":true,"template":null,"slotCount":2,"preferWithinDays":5,"includeWeekends":false},"emailBison":{},"followUps":{},"selection":"spread","maxLiveOffersPerSlot":null}""",
            reply.Json.GetProperty("settings").GetRawText());
    }

    [Fact]
    public async Task Absent_settings_stay_and_null_goes_back_to_the_default()
    {
        var id = await server.CreateWorkspaceAsync(agency);
        await server.PatchAsync($"/v1/workspaces/{id}", new { settings = new { offerCount = 5, selection = "classic", firstTouch = new { slotCount = 1, template = "Hi\n{slots}" } } });
        var reply = (await server.PatchAsync($"/v1/workspaces/{id}", """{"settings":{"offerCount":null,"firstTouch":{"enabled":false}}}""")).Expect(HttpStatusCode.OK);
        var settings = reply.Json.GetProperty("settings");
        Assert.Equal(2, settings.GetProperty("offerCount").GetInt32());
        Assert.Equal("classic", settings.GetProperty("selection").GetString());
        Assert.Equal(1, settings.GetProperty("firstTouch").GetProperty("slotCount").GetInt32());
        Assert.Equal("Hi\n{slots}", settings.GetProperty("firstTouch").GetProperty("template").GetString());
        Assert.False(settings.GetProperty("firstTouch").GetProperty("enabled").GetBoolean());
        reply = await server.PatchAsync($"/v1/workspaces/{id}", """{"settings":{"firstTouch":null}}""");
        Assert.Equal(2, reply.Json.GetProperty("settings").GetProperty("firstTouch").GetProperty("slotCount").GetInt32());
    }

    [Fact]
    public async Task An_external_reference_is_unique_in_an_agency_only()
    {
        await server.CreateWorkspaceAsync(agency, externalRef: "crm-1");
        (await server.PostAsync("/v1/workspaces", new { agencyId = agency, name = "x", timeZone = "UTC", externalRef = "crm-1" }))
            .ExpectProblem(HttpStatusCode.Conflict, "external_ref_taken");
        await server.CreateWorkspaceAsync(await server.CreateAgencyAsync("Other"), externalRef: "crm-1");
        var found = await server.GetAsync($"/v1/workspaces?agencyId={agency}&externalRef=crm-1");
        Assert.Equal(1, found.Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task An_agency_with_workspaces_is_not_deleted()
    {
        var id = await server.CreateWorkspaceAsync(agency);
        (await server.DeleteAsync($"/v1/agencies/{agency}")).ExpectProblem(HttpStatusCode.Conflict, "agency_not_empty");
        (await server.DeleteAsync($"/v1/workspaces/{id}")).Expect(HttpStatusCode.NoContent);
        var key = await server.CreateKeyAsync(agency, "agency");
        (await server.GetAsync("/v1/workspaces", key)).Expect(HttpStatusCode.OK);
        (await server.DeleteAsync($"/v1/agencies/{agency}")).Expect(HttpStatusCode.NoContent);
        (await server.GetAsync($"/v1/agencies/{agency}")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        (await server.GetAsync("/v1/workspaces", key)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_or_repetition()
    {
        for (var i = 0; i < 7; i++)
            await server.CreateWorkspaceAsync(agency, $"w{i}");
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await server.GetAsync($"/v1/workspaces?limit=3{(cursor is null ? "" : "&cursor=" + cursor)}")).Expect(HttpStatusCode.OK).Json;
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal(7, seen.Count);
        Assert.Equal(7, seen.Distinct().Count());
    }

    [Fact]
    public async Task Workspaces_that_ask_for_one_event_type_share_one_calendar()
    {
        var first = await server.CreateWorkspaceAsync(agency);
        var second = await server.CreateWorkspaceAsync(await server.CreateAgencyAsync("Other"));
        var one = (await server.PutAsync($"/v1/workspaces/{first}/calendars/default", new { url = "https://calendly.com/acme/intro" })).Expect(HttpStatusCode.OK);
        var two = (await server.PutAsync($"/v1/workspaces/{second}/calendars/default", new { url = "https://calendly.com/Acme/Intro/" })).Expect(HttpStatusCode.OK);
        Assert.Equal(one.Json.GetProperty("id").GetString(), two.Json.GetProperty("id").GetString());
        Assert.Equal(1, one.Json.GetProperty("sharedBy").GetInt32());
        Assert.Equal(2, two.Json.GetProperty("sharedBy").GetInt32());
        Assert.Equal("calendly", one.Json.GetProperty("provider").GetString());
        Assert.Equal(30, one.Json.GetProperty("durationMinutes").GetInt32());
        Assert.StartsWith("res_", one.Json.GetProperty("resourceId").GetString(), StringComparison.Ordinal);

        // An agency does not learn that a stranger uses the same link.
        var key = await server.CreateKeyAsync(agency, "agency");
        Assert.Equal(1, (await server.GetAsync($"/v1/workspaces/{first}/calendars/default", key)).Json.GetProperty("sharedBy").GetInt32());
    }

    [Fact]
    public async Task A_new_calendar_is_fetched_at_once()
    {
        var id = await server.CreateWorkspaceAsync(agency);
        await server.PutCalendarAsync(id);
        await Eventually.TrueAsync(async () =>
            (await server.GetAsync($"/v1/workspaces/{id}/slots?refreshIfStale=false")).Json.GetProperty("slots").GetArrayLength() == 10);
    }

    [Fact]
    public async Task A_calendar_can_be_taken_out_again()
    {
        var id = await server.CreateWorkspaceAsync(agency);
        await server.PutCalendarAsync(id);
        await server.PutCalendarAsync(id, "https://calendly.com/acme/direct", "direct_book");
        var both = (await server.GetAsync($"/v1/workspaces/{id}")).Json.GetProperty("calendars");
        Assert.NotEqual(both.GetProperty("default").GetProperty("id").GetString(), both.GetProperty("directBook").GetProperty("id").GetString());
        (await server.DeleteAsync($"/v1/workspaces/{id}/calendars/default")).Expect(HttpStatusCode.NoContent);
        (await server.DeleteAsync($"/v1/workspaces/{id}/calendars/default")).Expect(HttpStatusCode.NoContent);
        Assert.False((await server.GetAsync($"/v1/workspaces/{id}")).Json.GetProperty("calendars").TryGetProperty("default", out _));
    }

    [Fact]
    public async Task A_credential_goes_in_and_never_comes_out()
    {
        const string Canary = "canary-credential-7f3a";
        var created = (await server.PostAsync("/v1/connections", new { agencyId = agency, provider = "highlevel", name = "c", credential = new { accessToken = Canary, locationId = "loc" } }))
            .Expect(HttpStatusCode.Created);
        var id = created.Json.GetProperty("id").GetString();
        Assert.StartsWith("whsec_", created.Json.GetProperty("webhookSecret").GetString(), StringComparison.Ordinal);
        Assert.Equal($"{server.Address.ToString().TrimEnd('/')}/api/webhooks/highlevel/{id}", created.Json.GetProperty("webhookUrl").GetString());
        var read = (await server.GetAsync($"/v1/connections/{id}")).Expect(HttpStatusCode.OK);
        Assert.Equal("closed", read.Json.GetProperty("health").GetProperty("state").GetString());
        Assert.True(read.Json.GetProperty("health").GetProperty("budget").GetProperty("limit").GetInt32() > 0);
        foreach (var text in new[] { created.Text, read.Text, (await server.GetAsync("/v1/connections")).Text })
            Assert.DoesNotContain(Canary, text, StringComparison.Ordinal);
        Assert.DoesNotContain("whsec_", read.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_is_changed_and_deleted_only_when_nothing_uses_it()
    {
        var connection = await server.CreateConnectionAsync(agency);
        var id = await server.CreateWorkspaceAsync(agency);
        (await server.PutAsync($"/v1/workspaces/{id}/calendars/default", new { provider = "calcom", externalId = "123", connectionId = connection })).Expect(HttpStatusCode.OK);
        await Eventually.TrueAsync(() => Task.FromResult(server.Providers.Fetches == 1));
        (await server.PatchAsync($"/v1/connections/{connection}", new { name = "Renamed", credential = new { apiKey = "another" } })).Expect(HttpStatusCode.OK);
        await Eventually.TrueAsync(() => Task.FromResult(server.Providers.Fetches == 2));
        (await server.DeleteAsync($"/v1/connections/{connection}")).ExpectProblem(HttpStatusCode.Conflict, "connection_in_use");
        (await server.DeleteAsync($"/v1/workspaces/{id}/calendars/default")).Expect(HttpStatusCode.NoContent);
        (await server.DeleteAsync($"/v1/connections/{connection}")).Expect(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_change_while_the_calendar_is_being_fetched_has_it_fetched_once_more()
    {
        using var answers = new SemaphoreSlim(0);
        var usual = server.Providers.Answer;
        server.Providers.Answer = request =>
        {
            // The provider answers when the test says so; the fetch waits on a thread of the pool meanwhile.
            answers.Wait(TimeSpan.FromSeconds(20));
            return usual(request);
        };
        var connection = await server.CreateConnectionAsync(agency);
        var id = await server.CreateWorkspaceAsync(agency);
        (await server.PutAsync($"/v1/workspaces/{id}/calendars/default", new { provider = "calcom", externalId = "123", connectionId = connection })).Expect(HttpStatusCode.OK);
        await Eventually.TrueAsync(() => Task.FromResult(server.Providers.Fetches == 1));
        (await server.PatchAsync($"/v1/connections/{connection}", new { credential = new { apiKey = "another" } })).Expect(HttpStatusCode.OK);
        answers.Release(10);
        await Eventually.TrueAsync(() => Task.FromResult(server.Providers.Fetches == 2));
    }

    [Fact]
    public async Task A_connection_of_another_agency_is_missing()
    {
        var foreign = await server.CreateConnectionAsync(await server.CreateAgencyAsync("Other"));
        var id = await server.CreateWorkspaceAsync(agency);
        foreach (var connectionId in new[] { foreign, "con_missing" })
        {
            (await server.PutAsync($"/v1/workspaces/{id}/calendars/default", new { provider = "calcom", externalId = "123", connectionId }))
                .ExpectProblem(HttpStatusCode.NotFound, "not_found");
        }
    }

    [Fact]
    public async Task An_event_type_is_made_stale_for_all_and_counted_for_the_caller_only()
    {
        var first = await server.CreateWorkspaceAsync(agency);
        var second = await server.CreateWorkspaceAsync(await server.CreateAgencyAsync("Other"));
        var calendar = await server.PutCalendarAsync(first);
        await server.PutCalendarAsync(second);
        var key = await server.CreateKeyAsync(agency, "agency");
        var before = (await server.GetAsync($"/v1/workspaces/{second}/calendars/default")).Json.GetProperty("epoch").GetInt64();

        var path = $"/v1/event-types/calendly/{Uri.EscapeDataString("https://calendly.com/acme/intro")}/invalidate?teamId=7";
        var own = (await server.PostAsync(path, key: key)).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(1, own.GetProperty("calendars").GetInt32());
        Assert.Equal(1, own.GetProperty("workspaces").GetInt32());
        Assert.True(own.GetProperty("epochs").GetProperty(calendar).GetInt64() > before);
        Assert.Equal("""["snapshot","memory","answers"]""", own.GetProperty("layers").GetRawText());
        Assert.Equal(2, (await server.PostAsync(path)).Json.GetProperty("workspaces").GetInt32());
        (await server.PostAsync("/v1/event-types/google/1/invalidate")).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("provider");
    }

    [Fact]
    public async Task Freshness_is_counted_per_agency_and_provider()
    {
        var id = await server.CreateWorkspaceAsync(agency);
        await server.PutCalendarAsync(id);
        (await server.PostAsync($"/v1/workspaces/{id}/refresh")).Expect(HttpStatusCode.OK);
        var body = (await server.GetAsync($"/v1/fleet/freshness?agencyId={agency}")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(1, body.GetProperty("total").GetProperty("calendars").GetInt32());
        var item = body.GetProperty("items")[0];
        Assert.Equal(agency, item.GetProperty("agencyId").GetString());
        Assert.Equal("calendly", item.GetProperty("provider").GetString());
        Assert.InRange(item.GetProperty("counts").GetProperty("ageSeconds").GetProperty("max").GetInt32(), 0, 60);
    }
}

/// <summary>Waits for what happens in the background.</summary>
public static class Eventually
{
    public static async Task TrueAsync(Func<Task<bool>> condition, int seconds = 20)
    {
        for (var i = 0; i < seconds * 20; i++)
        {
            if (await condition())
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(50), Testing.Databases.RealClock.Instance, TestContext.Current.CancellationToken);
        }
        Assert.Fail($"It did not happen within {seconds} s.");
    }
}
