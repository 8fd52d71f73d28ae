using System.Globalization;
using System.Net;
using System.Text.Json;
using Slotkeeper.Refresh;
using Slotkeeper.Testing;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>Reading, explaining and refreshing slots over HTTP.</summary>
public sealed class SlotsTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2027, 1, 18, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeClock clock = new(Noon);
    private TestServer server = null!;
    private string workspace = "";

    public async ValueTask InitializeAsync()
    {
        server = await TestServer.StartAsync(clock: clock);
        workspace = await server.CreateWorkspaceAsync(await server.CreateAgencyAsync());
        // 12:00 (now), 13:00, 14:00, and one in 20 days.
        long[] starts = [Noon.ToUnixTimeSeconds(), Noon.AddHours(1).ToUnixTimeSeconds(), Noon.AddHours(2).ToUnixTimeSeconds(), Noon.AddDays(20).ToUnixTimeSeconds()];
        server.Providers.Answer = request => new FetchResult.Fetched([.. starts.Where(start => start >= request.From.ToUnixTimeSeconds())], 2700, null);
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task The_answer_has_every_field_of_the_contract_in_its_order()
    {
        var calendar = await server.PutCalendarAsync(workspace);
        await FetchedAsync();
        clock.Advance(TimeSpan.FromSeconds(48.5));
        var reply = (await server.GetAsync($"/v1/workspaces/{workspace}/slots")).Expect(HttpStatusCode.OK);
        Assert.Equal("application/json", reply.ContentType);
        Assert.Equal(
            $$$"""{"workspaceId":"{{{workspace}}}","calendarId":"{{{calendar}}}","source":"default","provider":"calendly","durationMinutes":45,"epoch":2,"asOf":"2027-01-18T12:00:00Z","ageSeconds":48,"staleAt":"2027-01-18T12:01:00Z","fresh":true,"lastAttemptAt":"2027-01-18T12:00:00Z","lastError":null,"rangeStart":"2027-01-18T12:00:48Z","rangeEnd":"2027-02-17T12:00:48Z","slots":["2027-01-18T13:00:00Z","2027-01-18T14:00:00Z","2027-02-07T12:00:00Z"],"removed":{"past":1,"claimed":0,"notice":0}}""",
            reply.Text);
    }

    [Fact]
    public async Task Without_a_calendar_there_are_no_slots_and_the_reason()
    {
        var reply = (await server.GetAsync($"/v1/workspaces/{workspace}/slots?source=direct_book")).Expect(HttpStatusCode.OK);
        Assert.Equal("no_calendar", reply.Json.GetProperty("lastError").GetProperty("code").GetString());
        Assert.Equal(0, reply.Json.GetProperty("slots").GetArrayLength());
        foreach (var name in new[] { "calendarId", "provider", "durationMinutes", "epoch", "asOf", "ageSeconds", "staleAt", "lastAttemptAt" })
            Assert.Equal(JsonValueKind.Null, reply.Json.GetProperty(name).ValueKind);
        Assert.False(reply.Json.GetProperty("fresh").GetBoolean());
        (await server.PostAsync($"/v1/workspaces/{workspace}/refresh")).ExpectProblem(HttpStatusCode.UnprocessableEntity, "no_calendar");
        var explained = await server.GetAsync($"/v1/workspaces/{workspace}/slots/explain?start=2027-01-18T13:00:00Z");
        Assert.Equal("no_calendar", explained.Json.GetProperty("reasons")[0].GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_text_in_an_error_is_escaped()
    {
        server.Providers.Answer = _ => new FetchResult.Malformed("\"quoted\" <b>\n\u2028 ü");
        await server.PutCalendarAsync(workspace);
        var reply = (await server.GetAsync($"/v1/workspaces/{workspace}/slots")).Expect(HttpStatusCode.OK);
        Assert.Equal("malformed_answer", reply.Json.GetProperty("lastError").GetProperty("code").GetString());
        Assert.Contains("\"quoted\" <b>\n\u2028 ü", reply.Json.GetProperty("lastError").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, reply.Json.GetProperty("asOf").ValueKind);
        Assert.Equal(JsonValueKind.Null, reply.Json.GetProperty("ageSeconds").ValueKind);
    }

    [Fact]
    public async Task Range_limit_and_notice_cut_the_list()
    {
        await server.PutCalendarAsync(workspace);
        await FetchedAsync();
        Assert.Equal(["2027-01-18T13:00:00Z"], await SlotsAsync("?limit=1&from=2027-01-18T12:30:00Z"));
        Assert.Equal(["2027-01-18T14:00:00Z"], await SlotsAsync("?from=2027-01-18T13:00:01Z&to=2027-01-18T14:00:01Z"));
        Assert.Equal(["2027-01-18T13:00:00Z"], await SlotsAsync("?from=2027-01-18T14%3A00%3A00%2B01:00&to=2027-01-18T14:00:00Z"));
        await server.PatchAsync($"/v1/workspaces/{workspace}", new { settings = new { minimumNoticeMinutes = 61 } });
        Assert.Equal(["2027-01-18T14:00:00Z", "2027-02-07T12:00:00Z"], await SlotsAsync(""));
    }

    [Fact]
    public async Task Old_data_is_fetched_first_unless_that_is_forbidden()
    {
        await server.PutCalendarAsync(workspace);
        await FetchedAsync();
        clock.Advance(TimeSpan.FromSeconds(30));
        var before = server.Providers.Fetches;
        await SlotsAsync("");
        await SlotsAsync("?maxAge=30");
        Assert.Equal(before, server.Providers.Fetches);
        await SlotsAsync("?maxAge=29");
        Assert.Equal(before + 1, server.Providers.Fetches);
        clock.Advance(TimeSpan.FromMinutes(10));
        var stale = await server.GetAsync($"/v1/workspaces/{workspace}/slots?refreshIfStale=false");
        Assert.Equal(before + 1, server.Providers.Fetches);
        Assert.False(stale.Json.GetProperty("fresh").GetBoolean());
        Assert.Equal(600, stale.Json.GetProperty("ageSeconds").GetInt32());
    }

    [Fact]
    public async Task The_tag_stays_while_only_the_age_ticks_and_changes_with_the_answer()
    {
        await server.PutCalendarAsync(workspace);
        await FetchedAsync();
        var first = await TagAsync("");
        clock.Advance(TimeSpan.FromSeconds(1));
        var second = await TagAsync("");
        Assert.NotEqual(first, second); // the slot of 12:00 has passed
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(second, await TagAsync(""));

        foreach (var condition in new[] { second, second[2..], "*", $"\"other\", {second}" })
        {
            var same = await server.SendAsync(HttpMethod.Get, $"/v1/workspaces/{workspace}/slots", headers: ("If-None-Match", condition));
            same.Expect(HttpStatusCode.NotModified);
            Assert.Equal("", same.Text);
            Assert.Equal(second, same.Headers["ETag"]);
        }
        (await server.SendAsync(HttpMethod.Get, $"/v1/workspaces/{workspace}/slots", headers: ("If-None-Match", "\"other\""))).Expect(HttpStatusCode.OK);

        var tags = new HashSet<string> { second, await TagAsync("?limit=1"), await TagAsync("?from=2027-01-18T12:30:00Z"), await TagAsync("?to=2027-01-19T12:30:00Z") };
        await server.PostAsync($"/v1/workspaces/{workspace}/refresh");
        tags.Add(await TagAsync(""));
        await server.PatchAsync($"/v1/workspaces/{workspace}", new { settings = new { minimumNoticeMinutes = 90 } });
        tags.Add(await TagAsync(""));
        clock.Advance(TimeSpan.FromMinutes(5));
        tags.Add(await TagAsync("?refreshIfStale=false"));
        Assert.Equal(7, tags.Count);
    }

    [Fact]
    public async Task A_slot_is_explained_by_the_code_that_answers()
    {
        await server.PutCalendarAsync(workspace);
        await FetchedAsync();
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((true, "free"), await ExplainAsync("2027-01-18T13:00:00Z"));
        Assert.Equal((false, "not_in_snapshot"), await ExplainAsync("2027-01-18T13:30:00Z"));
        Assert.Equal((false, "past"), await ExplainAsync("2027-01-18T12:00:00Z"));
        var evidence = (await server.GetAsync($"/v1/workspaces/{workspace}/slots/explain?start=2027-01-18T13:00:00Z")).Json.GetProperty("evidence");
        Assert.Equal(["epoch", "asOf", "fetchId", "provider", "inSnapshot", "claims", "offers"], evidence.EnumerateObject().Select(property => property.Name));
        Assert.True(evidence.GetProperty("inSnapshot").GetBoolean());
    }

    [Fact]
    public async Task A_refresh_says_what_changed_and_a_failure_keeps_the_old_slots()
    {
        await server.PutCalendarAsync(workspace);
        await FetchedAsync();
        clock.Advance(TimeSpan.FromSeconds(1));
        var same = (await server.PostAsync($"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal("unchanged", same.GetProperty("outcome").GetString());
        server.Providers.Answer = _ => new FetchResult.Fetched([Noon.AddHours(1).ToUnixTimeSeconds(), Noon.AddHours(3).ToUnixTimeSeconds()], 2700, null);
        var changed = (await server.PostAsync($"/v1/workspaces/{workspace}/refresh")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(["outcome", "epoch", "asOf", "slotCount", "added", "removed", "durationMs"], changed.EnumerateObject().Select(property => property.Name));
        Assert.Equal("refreshed", changed.GetProperty("outcome").GetString());
        Assert.Equal((2, 1, 2), (changed.GetProperty("slotCount").GetInt32(), changed.GetProperty("added").GetInt32(), changed.GetProperty("removed").GetInt32()));

        (FetchResult Result, string Code)[] failures =
        [
            (new FetchResult.Unreachable("no answer"), "provider_unreachable"),
            (new FetchResult.RateLimited(clock.GetUtcNow().AddSeconds(30), false), "rate_limited"),
            (new FetchResult.Unauthorized("revoked"), "unauthorized"),
            (new FetchResult.NotFound("gone"), "not_found"),
            (new FetchResult.Malformed("html"), "malformed_answer"),
            (new FetchResult.UnsupportedDuration([15]), "unsupported_duration"),
        ];
        foreach (var (result, code) in failures)
        {
            server.Providers.Answer = _ => result;
            var reply = (await server.PostAsync($"/v1/workspaces/{workspace}/refresh")).ExpectProblem(HttpStatusCode.BadGateway, code);
            if (code == "rate_limited")
                Assert.Equal("30", reply.Headers["Retry-After"]);
            var read = await server.GetAsync($"/v1/workspaces/{workspace}/slots?refreshIfStale=false");
            Assert.Equal(2, read.Json.GetProperty("slots").GetArrayLength());
            Assert.Equal(code, read.Json.GetProperty("lastError").GetProperty("code").GetString());
        }
    }

    [Fact]
    public async Task Direct_book_falls_back_to_default_and_says_so()
    {
        await server.PutCalendarAsync(workspace);
        var reply = await server.GetAsync($"/v1/workspaces/{workspace}/slots?source=direct_book");
        Assert.Equal("default", reply.Json.GetProperty("source").GetString());
    }

    private Task FetchedAsync() => Eventually.TrueAsync(async () =>
        (await server.GetAsync($"/v1/workspaces/{workspace}/slots?refreshIfStale=false")).Json.GetProperty("asOf").ValueKind == JsonValueKind.String);

    private async Task<List<string?>> SlotsAsync(string query) =>
        [.. (await server.GetAsync($"/v1/workspaces/{workspace}/slots{query}")).Expect(HttpStatusCode.OK).Json.GetProperty("slots").EnumerateArray().Select(slot => slot.GetString())];

    private async Task<string> TagAsync(string query)
    {
        var tag = (await server.GetAsync($"/v1/workspaces/{workspace}/slots{query}")).Expect(HttpStatusCode.OK).Headers["ETag"];
        Assert.StartsWith("W/\"", tag, StringComparison.Ordinal);
        return tag;
    }

    private async Task<(bool Offered, string? Code)> ExplainAsync(string start)
    {
        var body = (await server.GetAsync($"/v1/workspaces/{workspace}/slots/explain?start={start}")).Expect(HttpStatusCode.OK).Json;
        return (body.GetProperty("offered").GetBoolean(), body.GetProperty("reasons")[0].GetProperty("code").GetString());
    }
}
