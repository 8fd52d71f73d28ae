using System.Net;
using System.Text;
using System.Text.Json;
using Shouldly;
using Slotkeeper.Sandbox;
using Xunit;

namespace Slotkeeper.Providers.Tests.Sandbox;

/// <summary>What another process can do through /_sandbox.</summary>
public sealed class SandboxControlTests
{
    [Fact]
    public async Task Calendars_are_listed_with_links_ids_and_tokens()
    {
        await using var sandbox = await SandboxClient.Open();
        var list = await sandbox.Json("_sandbox/calendars?provider=calendly&offset=40&limit=3");
        list.EnumerateArray().Select(one => one.GetProperty("link").GetString())
            .ShouldBe(Enumerable.Range(40, 3).Select(index => sandbox.World.CalendarAt(SandboxProvider.Calendly, index).Link));
        list[0].GetProperty("token").GetString().ShouldBe(sandbox.World.TokenFor(SandboxProvider.Calendly, 0));
        list[0].GetProperty("duration").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_fault_can_be_added_listed_and_removed()
    {
        await using var sandbox = await SandboxClient.Open();
        using var added = await Post(sandbox, "_sandbox/faults", """{"kind":"RateLimited","provider":"HubSpot","calendar":4,"times":3,"retryAfter":"00:00:07"}""");
        added.StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = (await SandboxClient.Body(added)).GetProperty("id").GetInt64();

        var calendar = sandbox.World.CalendarAt(SandboxProvider.HubSpot, 4);
        using var hit = await sandbox.Get(SandboxClient.PublicPath(calendar, SandboxClient.Start, 30, "UTC"));
        hit.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(7));
        (await sandbox.Json("_sandbox/faults"))[0].GetProperty("times").GetInt32().ShouldBe(2);

        (await Delete(sandbox, $"_sandbox/faults?id={id}")).ShouldBe(HttpStatusCode.OK);
        (await Delete(sandbox, $"_sandbox/faults?id={id}")).ShouldBe(HttpStatusCode.NotFound);
        (await sandbox.Json("_sandbox/faults")).GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_calendar_of_two_hosts_can_be_made_and_names_a_time_until_both_are_booked()
    {
        await using var sandbox = await SandboxClient.Open();
        var start = SandboxClient.Instant(SandboxClient.Start.AddDays(1));
        using var made = await Post(sandbox, "_sandbox/calendars", $$"""{"provider":"CalCom","slots":["{{start}}"],"seats":2}""");
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = (await SandboxClient.Body(made)).GetProperty("externalId").GetString();

        foreach (var left in new[] { 1, 0 })
        {
            using var booked = await Post(sandbox, "_sandbox/bookings", $$"""{"provider":"CalCom","calendar":"{{id}}","start":"{{start}}"}""");
            booked.StatusCode.ShouldBe(HttpStatusCode.Created);
            Slots(await sandbox.Json($"_sandbox/truth?provider=calcom&calendar={id}")).Count.ShouldBe(left);
        }
        using var refused = await Post(sandbox, "_sandbox/calendars", $$"""{"provider":"CalCom","slots":["{{start}}"],"seats":0}""");
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_busy_time_can_be_added_and_taken_back_and_shows_in_the_truth()
    {
        await using var sandbox = await SandboxClient.Open(new SandboxOptions { ChangesPerMinute = 0 });
        var calendar = sandbox.World.CalendarAt(SandboxProvider.CalCom, 9);
        var truth = $"_sandbox/truth?provider=calcom&calendar={Uri.EscapeDataString(calendar.Link)}";
        var before = Slots(await sandbox.Json(truth));
        before.ShouldBe(sandbox.World.TrueSlots(calendar, SandboxClient.Start, SandboxClient.Start.AddDays(30)));
        var (start, end) = (SandboxClient.Instant(before[2]), SandboxClient.Instant(before[2] + calendar.Duration));

        using var added = await Post(sandbox, "_sandbox/busy", $$"""{"provider":"CalCom","calendar":"{{calendar.ExternalId}}","start":"{{start}}","end":"{{end}}"}""");
        added.StatusCode.ShouldBe(HttpStatusCode.Created);
        Slots(await sandbox.Json(truth)).ShouldNotContain(before[2]);

        (await Delete(sandbox, $"_sandbox/busy?provider=CalCom&calendar=9&start={start}&end={end}")).ShouldBe(HttpStatusCode.OK);
        Slots(await sandbox.Json(truth)).ShouldBe(before);
    }

    [Fact]
    public async Task Requests_are_counted_and_recent_ones_recorded_without_any_token()
    {
        await using var sandbox = await SandboxClient.Open(new SandboxOptions { RecordedRequests = 2 });
        var calendar = sandbox.World.CalendarAt(SandboxProvider.HighLevel, 12);
        for (var i = 0; i < 3; i++)
            await sandbox.Json(SandboxClient.ApiPath(calendar, SandboxClient.Start, 30, "UTC"), SandboxClient.Bearer(calendar));
        await sandbox.Get("nothing/here");

        using var response = await sandbox.Get("_sandbox/requests");
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        text.ShouldNotContain(calendar.Token);
        var body = JsonDocument.Parse(text).RootElement;
        body.GetProperty("total").GetInt64().ShouldBe(3);
        body.GetProperty("unknown").GetInt64().ShouldBe(1);
        body.GetProperty("providers").GetProperty("HighLevel").GetProperty("slots").GetInt64().ShouldBe(3);
        var recent = body.GetProperty("recent");
        recent.GetArrayLength().ShouldBe(2);
        recent[0].GetProperty("calendar").GetInt32().ShouldBe(12);
        recent[0].GetProperty("headerNames").EnumerateArray().Select(name => name.GetString()).ShouldContain("Authorization");
        (await sandbox.Json("_sandbox/requests?provider=HighLevel&calendar=12")).GetProperty("slots").GetInt32().ShouldBe(3);
    }

    [Theory]
    [InlineData("_sandbox/calendars", "provider is missing.")]
    [InlineData("_sandbox/calendars?provider=outlook", "provider is \"outlook\"; it must be one of Calendly, HubSpot, HighLevel, CalCom.")]
    [InlineData("_sandbox/calendars?provider=hubspot&limit=0", "limit is \"0\"; it must be between 1 and 10000.")]
    public async Task A_wrong_parameter_is_refused_with_its_name(string path, string message)
    {
        await using var sandbox = await SandboxClient.Open();
        using var response = await sandbox.Get(path);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await SandboxClient.Body(response)).GetProperty("error").GetString().ShouldBe(message);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"kind":"NoSuchKind"}""")]
    [InlineData("""{"kind":"Empty","rate":2}""")]
    [InlineData("""{"kind":"Empty","calender":2}""")]
    public async Task A_fault_that_cannot_be_read_is_refused(string json)
    {
        await using var sandbox = await SandboxClient.Open();
        using var response = await Post(sandbox, "_sandbox/faults", json);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static List<DateTimeOffset> Slots(JsonElement truth) => [.. truth.GetProperty("slots").EnumerateArray().Select(slot => slot.GetDateTimeOffset())];

    private static async Task<HttpResponseMessage> Post(SandboxClient sandbox, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await sandbox.Http.PostAsync(path, content, TestContext.Current.CancellationToken);
    }

    private static async Task<HttpStatusCode> Delete(SandboxClient sandbox, string path)
    {
        using var response = await sandbox.Http.DeleteAsync(path, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
