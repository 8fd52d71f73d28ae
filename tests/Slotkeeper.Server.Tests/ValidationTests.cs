using System.Net;
using System.Text;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>Bad input to every route: the answer names the field and what is allowed, and nothing is half written.</summary>
public sealed class ValidationTests : IClassFixture<ValidationTests.Fixture>
{
    private readonly Fixture fixture;

    public ValidationTests(Fixture fixture) => this.fixture = fixture;

    public sealed class Fixture : IAsyncLifetime
    {
        public TestServer Server { get; private set; } = null!;
        public string Agency { get; private set; } = "";
        public string Workspace { get; private set; } = "";
        public string Connection { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            Server = await TestServer.StartAsync();
            Agency = await Server.CreateAgencyAsync();
            Workspace = await Server.CreateWorkspaceAsync(Agency, externalRef: "known");
            Connection = await Server.CreateConnectionAsync(Agency);
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }

    [Theory]
    [InlineData("POST", "/v1/agencies", """{}""", "name")]
    [InlineData("POST", "/v1/agencies", """{"name":""}""", "name")]
    [InlineData("POST", "/v1/agencies", """{"name":"   "}""", "name")]
    [InlineData("POST", "/v1/agencies", """{"name":5}""", "name")]
    [InlineData("POST", "/v1/agencies", """{"name":null}""", "name")]
    [InlineData("POST", "/v1/agencies", """{"name":"a\u0000b"}""", "name")]
    [InlineData("POST", "/v1/agencies", """{"name":"\ud800"}""", "name")]
    [InlineData("POST", "/v1/agencies", """{"name":"a","\ud800":1}""", "body")]
    [InlineData("POST", "/v1/agencies", """{"name":"a","weight":0}""", "weight")]
    [InlineData("POST", "/v1/agencies", """{"name":"a","weight":101}""", "weight")]
    [InlineData("POST", "/v1/agencies", """{"name":"a","weight":1.5}""", "weight")]
    [InlineData("POST", "/v1/agencies", """{"name":"a","weight":"1"}""", "weight")]
    [InlineData("POST", "/v1/agencies", """{"name":"a","wieght":1}""", "wieght")]
    [InlineData("POST", "/v1/agencies", """{"name":"a","name":"b"}""", "name")]
    [InlineData("PATCH", "/v1/agencies/{agency}", """{"name":null}""", "name")]
    [InlineData("PATCH", "/v1/agencies/{agency}", """{"id":"agy_other"}""", "id")]
    [InlineData("POST", "/v1/agencies/{agency}/keys", """{"name":"k"}""", "role")]
    [InlineData("POST", "/v1/agencies/{agency}/keys", """{"name":"k","role":"admin"}""", "role")]
    [InlineData("POST", "/v1/agencies/{agency}/keys", """{"name":"k","role":"king"}""", "role")]
    [InlineData("POST", "/v1/agencies/{agency}/keys", """{"name":"k","role":"workspace"}""", "workspaceId")]
    [InlineData("POST", "/v1/agencies/{agency}/keys", """{"name":"k","role":"agency","workspaceId":"ws_1"}""", "workspaceId")]
    [InlineData("POST", "/v1/agencies/{agency}/keys", """{"name":"k","role":"agency","expiresAt":"2001-01-01T00:00:00Z"}""", "expiresAt")]
    [InlineData("POST", "/v1/agencies/{agency}/keys", """{"name":"k","role":"agency","expiresAt":"2099-01-01T00:00:00"}""", "expiresAt")]
    [InlineData("POST", "/v1/connections", """{"provider":"calcom","name":"c","credential":{"apiKey":"k"}}""", "agencyId")]
    [InlineData("POST", "/v1/connections", """{"agencyId":"{agency}","provider":"google","name":"c","credential":{"apiKey":"k"}}""", "provider")]
    [InlineData("POST", "/v1/connections", """{"agencyId":"{agency}","provider":"calcom","name":"c"}""", "credential")]
    [InlineData("POST", "/v1/connections", """{"agencyId":"{agency}","provider":"calcom","name":"c","credential":{}}""", "credential.apiKey")]
    [InlineData("POST", "/v1/connections", """{"agencyId":"{agency}","provider":"calcom","name":"c","credential":{"apiKey":"k","token":"x"}}""", "credential.token")]
    [InlineData("POST", "/v1/connections", """{"agencyId":"{agency}","provider":"highlevel","name":"c","credential":{"accessToken":"k"}}""", "credential.locationId")]
    [InlineData("POST", "/v1/connections", """{"agencyId":"{agency}","provider":"caldav","name":"c","credential":{"userName":"k"}}""", "credential.password")]
    [InlineData("POST", "/v1/connections", """{"agencyId":"{agency}","provider":"calcom","name":"c","credential":"k"}""", "credential")]
    [InlineData("POST", "/v1/connections", """{"agencyId":"{agency}","provider":"calcom","name":"c","credential":{"apiKey":"k"},"baseUrl":"ftp://x"}""", "baseUrl")]
    [InlineData("POST", "/v1/connections", """{"agencyId":"{agency}","provider":"calcom","name":"c","credential":{"apiKey":"k"},"baseUrl":"https://u:p@example.com"}""", "baseUrl")]
    [InlineData("POST", "/v1/connections", """{"agencyId":"{agency}","provider":"calcom","name":"c","credential":{"apiKey":"k"},"baseUrl":"https://localhost/"}""", "baseUrl")]
    [InlineData("POST", "/v1/connections", """{"agencyId":"{agency}","provider":"calcom","name":"c","credential":{"apiKey":"k"},"baseUrl":"https://0x7f.1/"}""", "baseUrl")]
    [InlineData("POST", "/v1/connections", """{"agencyId":"{agency}","provider":"calcom","name":"c","credential":{"apiKey":"k"},"baseUrl":"https://[::ffff:10.0.0.1]/"}""", "baseUrl")]
    [InlineData("PATCH", "/v1/connections/{connection}", """{"credential":{"accessToken":"k"}}""", "credential.apiKey")]
    [InlineData("PATCH", "/v1/connections/{connection}", """{"provider":"calendly"}""", "provider")]
    [InlineData("POST", "/v1/workspaces", """{"agencyId":"{agency}","timeZone":"UTC"}""", "name")]
    [InlineData("POST", "/v1/workspaces", """{"agencyId":"{agency}","name":"w"}""", "timeZone")]
    [InlineData("POST", "/v1/workspaces", """{"agencyId":"{agency}","name":"w","timeZone":"Mars/Olympus"}""", "timeZone")]
    [InlineData("POST", "/v1/workspaces", """{"agencyId":"{agency}","name":"w","timeZone":"UTC+05"}""", "timeZone")]
    [InlineData("POST", "/v1/workspaces", """{"agencyId":"{agency}","name":"w","timeZone":"UTC","locale":"english"}""", "locale")]
    [InlineData("POST", "/v1/workspaces", """{"agencyId":"{agency}","name":"w","timeZone":"UTC","externalRef":""}""", "externalRef")]
    [InlineData("POST", "/v1/workspaces", """{"agencyId":"{agency}","name":"w","timeZone":"UTC","settings":{"offerCuont":1}}""", "settings.offerCuont")]
    [InlineData("POST", "/v1/workspaces", """{"agencyId":"{agency}","name":"w","timeZone":"UTC","settings":{"firstTouch":{"slots":1}}}""", "settings.firstTouch.slots")]
    [InlineData("POST", "/v1/workspaces", """{"agencyId":"{agency}","name":"w","timeZone":"UTC","settings":{"offerCount":"2"}}""", "settings.offerCount")]
    [InlineData("POST", "/v1/workspaces", """{"agencyId":"{agency}","name":"w","timeZone":"UTC","settings":{"includeWeekends":1}}""", "settings.includeWeekends")]
    [InlineData("PATCH", "/v1/workspaces/{workspace}", """{"settings":{"\ud800":1}}""", "settings")]
    [InlineData("PATCH", "/v1/workspaces/{workspace}", """{"timeZone":null}""", "timeZone")]
    [InlineData("PATCH", "/v1/workspaces/{workspace}", """{"agencyId":"{agency}"}""", "agencyId")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/default", """{}""", "url")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/default", """{"url":"https://calendly.com/a/b","provider":"calcom","externalId":"1"}""", "url")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/default", """{"provider":"calcom"}""", "externalId")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/default", """{"externalId":"1"}""", "provider")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/default", """{"provider":"google","externalId":"1"}""", "provider")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/default", """{"provider":"calendly","externalId":"1"}""", "connectionId")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/default", """{"provider":"hubspot","externalId":"1","connectionId":"{connection}"}""", "connectionId")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/default", """{"url":"https://calendly.com/a/b","durationMinutes":4}""", "durationMinutes")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/default", """{"url":"https://calendly.com/a/b","capacity":0}""", "capacity")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/default", """{"url":"https://calendly.com/a/b","workingHours":{"mon":[]}}""", "workingHours.mon")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/default", """{"url":"https://calendly.com/a/b","workingHours":{"monday":[{"start":"9:00","end":"17:00"}]}}""", "workingHours.monday[0].start")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/default", """{"url":"https://calendly.com/a/b","workingHours":{"monday":[{"start":"17:00","end":"09:00"}]}}""", "workingHours.monday[0].end")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/default", """{"url":"https://calendly.com/a/b","workingHours":{"monday":[{"start":"09:00","end":"24:01"}]}}""", "workingHours.monday[0].end")]
    [InlineData("PUT", "/v1/workspaces/{workspace}/calendars/other", """{"url":"https://calendly.com/a/b"}""", "source")]
    public async Task A_bad_field_is_400_and_is_named(string method, string path, string body, string field)
    {
        var reply = await fixture.Server.SendAsync(new HttpMethod(method), Fill(path), body: Fill(body));
        reply.ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault(field);
        Assert.Contains(field, reply.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/agencies?limit=0", "limit")]
    [InlineData("/v1/agencies?limit=1001", "limit")]
    [InlineData("/v1/agencies?limit=ten", "limit")]
    [InlineData("/v1/agencies?limit=1&limit=2", "limit")]
    [InlineData("/v1/agencies?cursor=!", "cursor")]
    [InlineData("/v1/workspaces?cursor=JyBPUiAx", "cursor")]
    [InlineData("/v1/workspaces/{workspace}/slots?from=2027-01-01", "from")]
    [InlineData("/v1/workspaces/{workspace}/slots?from=2027-01-01T00:00:00", "from")]
    [InlineData("/v1/workspaces/{workspace}/slots?from=yesterday", "from")]
    [InlineData("/v1/workspaces/{workspace}/slots?from=2027-01-02T00:00:00Z&to=2027-01-01T00:00:00Z", "from")]
    [InlineData("/v1/workspaces/{workspace}/slots?from=2099-01-02T00:00:00Z", "from")]
    [InlineData("/v1/workspaces/{workspace}/slots?from=2027-01-01T00:00:00Z&to=2029-01-01T00:00:00Z", "to")]
    [InlineData("/v1/workspaces/{workspace}/slots?maxAge=-1", "maxAge")]
    [InlineData("/v1/workspaces/{workspace}/slots?maxAge=1.5", "maxAge")]
    [InlineData("/v1/workspaces/{workspace}/slots?maxAge=86401", "maxAge")]
    [InlineData("/v1/workspaces/{workspace}/slots?limit=0", "limit")]
    [InlineData("/v1/workspaces/{workspace}/slots?limit=10001", "limit")]
    [InlineData("/v1/workspaces/{workspace}/slots?source=second", "source")]
    [InlineData("/v1/workspaces/{workspace}/slots?refreshIfStale=yes", "refreshIfStale")]
    [InlineData("/v1/workspaces/{workspace}/slots/explain", "start")]
    [InlineData("/v1/workspaces/{workspace}/slots/explain?start=now", "start")]
    [InlineData("/v1/workspaces/{workspace}/calendars/other", "source")]
    [InlineData("/v1/export?format=xml", "format")]
    [InlineData("/v1/runs?limit=x", "limit")]
    public async Task A_bad_parameter_is_400_and_is_named(string path, string parameter)
    {
        var reply = await fixture.Server.GetAsync(Fill(path));
        reply.ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault(parameter);
    }

    [Theory]
    [InlineData("""{"minimumNoticeMinutes":-1}""", "settings.minimumNoticeMinutes")]
    [InlineData("""{"maxOfferAgeSeconds":4}""", "settings.maxOfferAgeSeconds")]
    [InlineData("""{"offerCount":11}""", "settings.offerCount")]
    [InlineData("""{"preferWithinDays":31}""", "settings.preferWithinDays")]
    [InlineData("""{"firstTouch":{"slotCount":3}}""", "settings.firstTouch.slotCount")]
    [InlineData("""{"firstTouch":{"slotCount":99999999999}}""", "settings.firstTouch.slotCount")]
    [InlineData("""{"firstTouch":{"preferWithinDays":0}}""", "settings.firstTouch.preferWithinDays")]
    [InlineData("""{"selection":"random"}""", "settings.selection")]
    [InlineData("""{"maxLiveOffersPerSlot":0}""", "settings.maxLiveOffersPerSlot")]
    [InlineData("""{"emailBison":{"baseUrl":"nowhere"}}""", "settings.emailBison.baseUrl")]
    public async Task A_setting_out_of_range_is_422_and_changes_nothing(string settings, string field)
    {
        var before = await fixture.Server.GetAsync($"/v1/workspaces/{fixture.Workspace}");
        var reply = await fixture.Server.PatchAsync($"/v1/workspaces/{fixture.Workspace}", $$"""{"name":"half","settings":{{settings}}}""");
        reply.ExpectProblem(HttpStatusCode.UnprocessableEntity, "settings_out_of_range").ExpectFault(field);
        Assert.Equal(before.Text, (await fixture.Server.GetAsync($"/v1/workspaces/{fixture.Workspace}")).Text);
    }

    [Fact]
    public async Task All_faults_are_named_at_once()
    {
        var reply = await fixture.Server.PostAsync("/v1/workspaces", """{"name":"","timeZone":"nowhere","locale":"XX","settings":{"offerCount":true,"typo":1},"typo":2}""");
        reply.ExpectProblem(HttpStatusCode.BadRequest, "invalid_request");
        foreach (var field in new[] { "agencyId", "name", "timeZone", "locale", "settings.offerCount", "settings.typo", "typo" })
            reply.ExpectFault(field);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"a":1,}""")]
    public async Task A_body_that_is_no_json_object_is_400(string body) =>
        (await fixture.Server.PostAsync("/v1/agencies", body)).ExpectProblem(HttpStatusCode.BadRequest, "malformed_json");

    [Fact]
    public async Task A_body_nested_without_end_is_400() =>
        (await fixture.Server.PostAsync("/v1/agencies", "{\"a\":" + new string('[', 100_000))).ExpectProblem(HttpStatusCode.BadRequest, "malformed_json");

    [Fact]
    public async Task A_body_over_one_mebibyte_is_413()
    {
        var large = "{\"name\":\"" + new string('a', 1_100_000) + "\"}";
        foreach (var path in new[] { "/v1/agencies", "/v1/workspaces" })
            (await fixture.Server.PostAsync(path, large)).ExpectProblem(HttpStatusCode.RequestEntityTooLarge, "payload_too_large");
        using var file = new StringContent(large, Encoding.UTF8, "application/x-ndjson");
        (await fixture.Server.PostAsync("/v1/import", file)).ExpectProblem(HttpStatusCode.RequestEntityTooLarge, "payload_too_large");
        // More than the system takes off a sender's hands at once: whoever still sends reads the reason all the same.
        var huge = "{\"name\":\"" + new string('a', 12_000_000) + "\"}";
        for (var i = 0; i < 10; i++)
            (await fixture.Server.PostAsync("/v1/agencies", huge)).ExpectProblem(HttpStatusCode.RequestEntityTooLarge, "payload_too_large");
    }

    [Fact]
    public async Task A_body_that_is_not_json_by_its_type_is_415()
    {
        using var form = new StringContent("name=a", Encoding.UTF8, "application/x-www-form-urlencoded");
        (await fixture.Server.PostAsync("/v1/agencies", form)).ExpectProblem(HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");
        using var file = new StringContent("{}", Encoding.UTF8, "application/json");
        (await fixture.Server.PostAsync("/v1/import", file)).ExpectProblem(HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");
    }

    [Fact]
    public async Task Unknown_paths_and_methods_are_problems_too()
    {
        (await fixture.Server.GetAsync("/v1/nothing")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        (await fixture.Server.GetAsync("/nothing")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        (await fixture.Server.GetAsync("/openapi/v2.json")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        foreach (var id in new[] { "%01", "%F0%9F%98%80", "%EF%BF%BD", "a'b\"c;--", new string('x', 3000) })
            (await fixture.Server.GetAsync($"/v1/agencies/{id}")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        var reply = await fixture.Server.PutAsync("/v1/agencies", new { });
        reply.ExpectProblem(HttpStatusCode.MethodNotAllowed, "method_not_allowed");
        Assert.Contains("POST", reply.Headers["Allow"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"url":"https://example.com/book"}""", "unsupported_calendar_link", "https://calendly.com/")]
    [InlineData("""{"url":"no link at all"}""", "unsupported_calendar_link", "https://calendly.com/")]
    [InlineData("""{"provider":"caldav","externalId":"x"}""", "unsupported_provider", "calendly")]
    [InlineData("""{"provider":"emailbison","externalId":"x"}""", "unsupported_provider", "calendly")]
    public async Task A_calendar_that_cannot_be_read_is_422_and_names_what_can_be(string body, string code, string named)
    {
        var reply = await fixture.Server.PutAsync($"/v1/workspaces/{fixture.Workspace}/calendars/default", body);
        reply.ExpectProblem(HttpStatusCode.UnprocessableEntity, code);
        Assert.Contains(named, reply.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        (await fixture.Server.GetAsync($"/v1/workspaces/{fixture.Workspace}/calendars/default")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
    }

    private string Fill(string text) => text
        .Replace("{agency}", fixture.Agency, StringComparison.Ordinal)
        .Replace("{workspace}", fixture.Workspace, StringComparison.Ordinal)
        .Replace("{connection}", fixture.Connection, StringComparison.Ordinal);
}
