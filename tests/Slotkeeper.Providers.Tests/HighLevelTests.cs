using System.Net;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class HighLevelTests
{
    private const string Id = "ocQHyuzHvysMo5N5VsXc";
    private const string Link = "https://book.acme.com/widget/bookings/intro";
    private const string Slots = "https://backend.leadconnectorhq.com/calendars/" + Id + "/free-slots";
    private const string Window = "?startDate=1770033600000&endDate=1772668800000&timezone=UTC";
    private const string Good = """{"2026-02-03":{"slots":["2026-02-03T10:00:00-05:00",{"startTime":"2026-02-03T11:00:00-05:00"}]},"traceId":"8f3d"}""";

    private const string Page = """
        <html><script>var a = 1;</script><script type="application/json" data-x='1' id="__NUXT_DATA__">
        [["Reactive",1],{"data":2,"calendarId12345678901234567890":3},{"$short":4},{"ocQHyuzHvysMo5N5VsXc":5},{"second00second00second00":6}]</script></html>
        """;

    [Fact]
    public async Task A_link_is_resolved_by_its_own_page_then_the_slots_are_read()
    {
        using var bench = new Bench();
        bench.Guarded.On(Link, () => StubProvider.Html(Page));
        bench.Stub.On(Slots, Good);
        var result = (await bench.FetchAsync(Bench.ByLink(Link))).ShouldBeOfType<FetchResult.Fetched>();
        bench.Guarded.Urls.ShouldBe([Link]);
        bench.Stub.Urls.ShouldBe([Slots + Window]);
        CalendlyTests.Starts(result).ShouldBe(["2026-02-03T15:00:00Z", "2026-02-03T16:00:00Z"]);
        result.Resolved.ShouldBe(new ResolvedIds(Id, null, null));
        bench.Guarded.Requests.Single().Headers["User-Agent"].ShouldStartWith("Mozilla/5.0");
    }

    [Fact]
    public async Task A_remembered_id_needs_no_page_until_it_is_gone()
    {
        using var bench = new Bench();
        bench.Guarded.On(Link, () => StubProvider.Html(Page));
        bench.Stub.On(Slots, Good);
        await bench.FetchAsync(Bench.ByLink(Link, resolved: new ResolvedIds(Id, null, null)));
        bench.Guarded.Requests.ShouldBeEmpty();
        (await bench.FetchAsync(Bench.ByLink(Link, resolved: new ResolvedIds("goneGoneGoneGoneGone", null, null)))).ShouldBeOfType<FetchResult.Fetched>().Resolved!.EventTypeId.ShouldBe(Id);
    }

    [Fact]
    public async Task Weakness_6_an_id_that_was_set_wins_over_a_remembered_one_and_over_every_page()
    {
        using var bench = new Bench();
        var set = "setSetSetSetSetSetSet";
        (await bench.FetchAsync(Bench.ById(Provider.HighLevel, set, connection: null, resolved: new ResolvedIds(Id, null, 30)))).ShouldBeOfType<FetchResult.NotFound>();
        bench.Stub.Urls.ShouldBe(["https://backend.leadconnectorhq.com/calendars/" + set + "/free-slots" + Window]);
        bench.Guarded.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Weakness_7_the_link_itself_says_whose_it_is()
    {
        using var bench = new Bench();
        var stray = Bench.ByLink("calendly.com/acme/intro") with { Provider = Provider.HighLevel };
        (await bench.FetchAsync(stray)).ShouldBeOfType<FetchResult.NotConfigured>();
        bench.Stub.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("<html></html>")]
    [InlineData("<script id=\"__NUXT_DATA__\">[1,2")]
    [InlineData("<script id=\"__NUXT_DATA__\">{\"a\":1}</script>")]
    [InlineData("<script id=\"__NUXT_DATA__\">[{\"two\":1,\"ocQHyuzHvysMo5N5VsXc\":2}]</script>")]
    [InlineData("<script id=\"__NUXT_DATA__\"")]
    [InlineData("<script data-id=\"__NUXT_DATA__\">[{\"ocQHyuzHvysMo5N5VsXc\":2}]</script>")]
    public async Task A_page_without_an_id_is_malformed(string page)
    {
        using var bench = new Bench();
        bench.Guarded.On(Link, () => StubProvider.Html(page));
        (await bench.FetchAsync(Bench.ByLink(Link))).ShouldBeOfType<FetchResult.Malformed>();
    }

    [Theory]
    [InlineData("""{"statusCode":400,"message":"no"}""")]
    [InlineData("""{"statusCode":400,"2026-02-03":{"slots":[]}}""")]
    [InlineData("""{"error":"no"}""")]
    [InlineData("""{"2026-02-03":[]}""")]
    [InlineData("""{"2026-02-03":{"slots":null}}""")]
    [InlineData("""{"2026-02-03":{}}""")]
    [InlineData("""{"data":{"2026-02-03":{"slots":[]}}}""")]
    [InlineData("[]")]
    public async Task Anything_but_days_is_malformed(string body)
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, body);
        (await bench.FetchAsync(Bench.ById(Provider.HighLevel, Id, connection: null))).ShouldBeOfType<FetchResult.Malformed>();
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"traceId":"x"}""")]
    [InlineData("""{"2026-02-03":{"slots":[]},"new":{"a":1}}""")]
    public async Task No_days_are_no_slots(string body)
    {
        using var bench = new Bench();
        bench.Stub.On(Slots, body);
        (await bench.FetchAsync(Bench.ById(Provider.HighLevel, Id, connection: null))).ShouldBeOfType<FetchResult.Fetched>().Starts.ShouldBeEmpty();
    }

    [Fact]
    public async Task By_API_version_and_token_are_sent_and_the_length_is_asked_once()
    {
        using var bench = new Bench();
        const string Api = "https://services.leadconnectorhq.com/calendars/" + Id;
        bench.Stub.On(Api, """{"calendar":{"id":"x","slotDuration":1,"slotDurationUnit":"hours"}}""").On(Api + "/free-slots", Good);
        var result = (await bench.FetchAsync(Bench.ById(Provider.HighLevel, Id))).ShouldBeOfType<FetchResult.Fetched>();
        result.DurationSeconds.ShouldBe(3600);
        bench.Stub.Urls.ShouldBe([Api, Api + "/free-slots" + Window]);
        bench.Stub.Requests.ShouldAllBe(r => r.Headers["Version"] == "2021-04-15" && r.Headers["Authorization"] == "Bearer " + Bench.Secret);
        await bench.FetchAsync(Bench.ById(Provider.HighLevel, Id, resolved: result.Resolved));
        bench.Stub.Requests.Count.ShouldBe(3);
        (await bench.FetchAsync(Bench.ById(Provider.HighLevel, Id, minutes: 30))).ShouldBeOfType<FetchResult.UnsupportedDuration>().OfferedMinutes.ShouldBe([60]);
    }

    [Fact]
    public async Task A_page_that_is_not_there_is_not_found()
    {
        using var bench = new Bench();
        bench.Guarded.On(Link, HttpStatusCode.NotFound);
        (await bench.FetchAsync(Bench.ByLink(Link))).ShouldBeOfType<FetchResult.NotFound>();
    }
}
