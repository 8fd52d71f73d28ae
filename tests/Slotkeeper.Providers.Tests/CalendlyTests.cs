using System.Net;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class CalendlyTests
{
    private const string Public = "https://calendly.com/api/booking/";
    private const string Api = "https://api.calendly.com";
    private static readonly DateTimeOffset Example = new(2026, 1, 27, 18, 15, 0, TimeSpan.Zero);

    [Fact]
    public async Task Example_18_a_link_is_looked_up_then_its_range_is_read()
    {
        using var bench = new Bench(Example);
        bench.Stub
            .On(Public + "event_types/lookup", """{"uuid":"U1","availability_timezone":"America/Chicago","name":"Intro"}""")
            .On(Public + "event_types/U1/calendar/range", """
                {"days":[{"date":"2026-02-02","status":"available","spots":[{"start_time":"2026-02-02T09:00:00-06:00"},{"start_time":"2026-02-02T15:00:00Z"}]},
                         {"date":"2026-02-03","spots":[{"start_time":"2026-02-03T15:00:00Z"},{}]}]}
                """);

        var result = (await bench.FetchAsync(Bench.ByLink("calendly.com/acme/intro?month=2026-01"))).ShouldBeOfType<FetchResult.Fetched>();

        bench.Stub.Urls.ShouldBe(
        [
            Public + "event_types/lookup?event_type_slug=intro&profile_slug=acme",
            Public + "event_types/U1/calendar/range?range_start=2026-01-27&range_end=2026-02-26&timezone=America%2FChicago",
        ]);
        Starts(result).ShouldBe(["2026-02-02T15:00:00Z", "2026-02-03T15:00:00Z"]);
        result.Resolved.ShouldBe(new ResolvedIds("U1", "America/Chicago", null));
        result.Unreadable.ShouldBe(1);
        result.DurationSeconds.ShouldBe(1800);
    }

    [Fact]
    public async Task Example_18_the_next_fetch_is_the_range_alone()
    {
        using var bench = new Bench(Example);
        bench.Stub.On(Public + "event_types/U1/calendar/range", """{"days":[]}""");
        var result = await bench.FetchAsync(Bench.ByLink("calendly.com/acme/intro", resolved: new ResolvedIds("U1", "America/Chicago", 30)));
        result.ShouldBeOfType<FetchResult.Fetched>().Resolved.ShouldBeNull();
        bench.Stub.Urls.ShouldBe([Public + "event_types/U1/calendar/range?range_start=2026-01-27&range_end=2026-02-26&timezone=America%2FChicago"]);
    }

    [Fact]
    public async Task Example_19_a_shared_link_is_resolved_by_its_owner()
    {
        using var bench = new Bench(Example);
        bench.Stub
            .On(Public + "scheduling_links/abc-def-ghi", """{"owner_uuid":"OW"}""")
            .On(Public + "event_types/lookup?share_uuid=OW", """{"uuid":"U2","availability_timezone":"Europe/Rome","duration":30}""")
            .On(Public + "event_types/U2/calendar/range", """{"days":[]}""");
        (await bench.FetchAsync(Bench.ByLink("calendly.com/d/abc-def-ghi/30min"))).ShouldBeOfType<FetchResult.Fetched>();
        bench.Stub.Urls.ShouldBe(
        [
            Public + "event_types/lookup?event_type_slug=abc-def-ghi&profile_slug=d",
            Public + "scheduling_links/abc-def-ghi",
            Public + "event_types/lookup?share_uuid=OW",
            Public + "event_types/U2/calendar/range?range_start=2026-01-27&range_end=2026-02-27&timezone=Europe%2FRome",
        ]);
    }

    [Fact]
    public async Task Example_19_a_bare_profile_gives_its_first_event_type()
    {
        using var bench = new Bench(Example);
        bench.Stub
            .On(Public + "profiles/acme", """{"timezone":"America/New_York"}""")
            .On(Public + "profiles/acme/event_types", """[{"uuid":"U3","duration":45},{"uuid":"U4"}]""")
            .On(Public + "event_types/U3/calendar/range", """{"days":[]}""");
        var result = (await bench.FetchAsync(Bench.ByLink("calendly.com/acme"))).ShouldBeOfType<FetchResult.Fetched>();
        bench.Stub.Urls.ShouldBe(
        [
            Public + "scheduling_links/acme",
            Public + "profiles/acme",
            Public + "profiles/acme/event_types",
            Public + "event_types/U3/calendar/range?range_start=2026-01-27&range_end=2026-02-26&timezone=America%2FNew_York",
        ]);
        result.DurationSeconds.ShouldBe(45 * 60);
        bench.Log.Entries.ShouldContain(e => e.Id.Id == 2002);
    }

    [Theory]
    [InlineData("UTC", 3, "2026-01-28", "2026-02-27")]
    [InlineData("America/Los_Angeles", 3, "2026-01-27", "2026-02-27")]
    [InlineData("America/Los_Angeles", 12, "2026-01-28", "2026-02-27")]
    [InlineData("Australia/Sydney", 3, "2026-01-28", "2026-02-28")]
    [InlineData("Australia/Sydney", 18, "2026-01-29", "2026-02-28")]
    [InlineData("Nowhere/Bad", 18, "2026-01-28", "2026-02-27")]
    public async Task The_window_is_asked_for_in_dates_of_the_zone(string zone, int hour, string first, string last)
    {
        using var bench = new Bench(new DateTimeOffset(2026, 1, 28, hour, 0, 0, TimeSpan.Zero));
        bench.Stub.On(Public, """{"days":[]}""");
        await bench.FetchAsync(Bench.ByLink("calendly.com/acme/intro", resolved: new ResolvedIds("U1", zone, 30)));
        bench.Stub.Urls.ShouldHaveSingleItem().ShouldContain($"range_start={first}&range_end={last}&");
    }

    [Fact]
    public async Task Weakness_1_every_failure_differs_from_no_slots()
    {
        foreach (var (status, kind) in new (HttpStatusCode, Type)[]
        {
            (HttpStatusCode.ServiceUnavailable, typeof(FetchResult.Unreachable)),
            (HttpStatusCode.RequestTimeout, typeof(FetchResult.Unreachable)),
            (HttpStatusCode.TooManyRequests, typeof(FetchResult.RateLimited)),
            (HttpStatusCode.Unauthorized, typeof(FetchResult.Unauthorized)),
            (HttpStatusCode.Forbidden, typeof(FetchResult.Unauthorized)),
            (HttpStatusCode.Gone, typeof(FetchResult.NotFound)),
            (HttpStatusCode.BadRequest, typeof(FetchResult.Malformed)),
            (HttpStatusCode.NoContent, typeof(FetchResult.Malformed)),
        })
        {
            using var bench = new Bench();
            bench.Stub.On(Public + "event_types/lookup", status);
            (await bench.FetchAsync(Bench.ByLink("calendly.com/d/acme/intro"))).ShouldBeOfType(status == HttpStatusCode.Gone ? typeof(FetchResult.NotFound) : kind);
        }
        using var empty = new Bench();
        empty.Stub.On(Public, """{"days":[{"date":"2026-02-03","status":"unavailable","spots":[]}]}""");
        (await empty.FetchAsync(Known())).ShouldBeOfType<FetchResult.Fetched>().Starts.ShouldBeEmpty();
    }

    [Fact]
    public async Task Weakness_1_a_failed_range_does_not_forget_the_id_nor_resolve_anew()
    {
        using var bench = new Bench();
        bench.Stub.On(Public, HttpStatusCode.BadGateway);
        (await bench.FetchAsync(Known())).ShouldBeOfType<FetchResult.Unreachable>();
        bench.Stub.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_remembered_id_that_is_gone_is_resolved_once_again()
    {
        using var bench = new Bench();
        bench.Stub
            .On(Public + "event_types/lookup", """{"uuid":"U9","availability_timezone":"UTC","duration":30}""")
            .On(Public + "event_types/U9/calendar/range", """{"days":[]}""");
        (await bench.FetchAsync(Known())).ShouldBeOfType<FetchResult.Fetched>().Resolved.ShouldBe(new ResolvedIds("U9", "UTC", 30));
        bench.Stub.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Weakness_8_an_id_may_hold_any_letter_and_taken_spots_are_left_out()
    {
        using var bench = new Bench();
        bench.Stub.On(Public, """
            {"days":[{"spots":[{"status":"available","start_time":"2026-02-03T15:00:00Z","invitees_remaining":1},
            {"status":"unavailable","start_time":"2026-02-03T16:00:00Z"},{"start_time":"2026-02-03T17:00:00Z","invitees_remaining":0},{"start_time":"2026-02-03T18:00:00Z"}]}]}
            """);
        var result = await bench.FetchAsync(Bench.ById(Provider.Calendly, "https://api.calendly.com/event_types/GZXWVU-zyxw_9", connection: null));
        Starts(result).ShouldBe(["2026-02-03T15:00:00Z", "2026-02-03T18:00:00Z"]);
        bench.Stub.Urls.ShouldHaveSingleItem().ShouldStartWith(Public + "event_types/GZXWVU-zyxw_9/calendar/range");
    }

    [Fact]
    public async Task Weakness_28_one_unreadable_slot_costs_that_slot_and_all_of_them_the_answer()
    {
        using var bench = new Bench();
        bench.Stub.On(Public, """{"days":[{"spots":[{"start_time":"soon"},{"start_time":"2026-02-03T15:00:00Z"},{"start_time":7},"x",{"start_time":"2026-02-03T15:00:00\ud800"}]}]}""");
        var result = (await bench.FetchAsync(Known())).ShouldBeOfType<FetchResult.Fetched>();
        (result.Starts.Length, result.Unreadable).ShouldBe((1, 4));
        bench.Log.Entries.Count(e => e.Id.Id == 2000).ShouldBe(1);

        bench.Stub.On(Public, """{"days":[{"spots":[{"start_time":"soon"},{"start_time":null}]}]}""");
        (await bench.FetchAsync(Known())).ShouldBeOfType<FetchResult.Malformed>();
    }

    [Fact]
    public async Task Slots_are_sorted_unique_and_inside_the_window_and_past_ones_are_counted()
    {
        using var bench = new Bench();
        bench.Stub.On(Public, """
            {"days":[{"spots":[{"start_time":"2026-02-03T16:00:00Z"},{"start_time":"2026-02-03T15:00:00Z"},{"start_time":"2026-02-03T16:00:00Z"},
            {"start_time":"2026-02-02T12:00:00Z"},{"start_time":"2026-02-02T11:59:30Z"},{"start_time":"2026-02-02T11:00:00Z"},{"start_time":"2026-03-05T00:00:00Z"},{"start_time":"2026-03-04T23:59:59Z"}]}]}
            """);
        var result = (await bench.FetchAsync(Known())).ShouldBeOfType<FetchResult.Fetched>();
        Starts(result).ShouldBe(["2026-02-02T12:00:00Z", "2026-02-03T15:00:00Z", "2026-02-03T16:00:00Z", "2026-03-04T23:59:59Z"]);
        // Half a minute before the window is a difference of clocks, an hour is a fault.
        result.Past.ShouldBe(1);
    }

    [Fact]
    public async Task Another_length_than_the_event_types_is_unsupported()
    {
        using var bench = new Bench();
        bench.Stub.On(Public + "event_types/lookup", """{"uuid":"U1","duration":45}""");
        (await bench.FetchAsync(Bench.ByLink("calendly.com/acme/intro", minutes: 30))).ShouldBeOfType<FetchResult.UnsupportedDuration>().OfferedMinutes.ShouldBe([45]);
    }

    [Fact]
    public async Task By_API_the_length_is_asked_once_then_only_the_times()
    {
        using var bench = new Bench();
        bench.Stub
            .On(Api + "/event_types/AB-GZ", """{"resource":{"uri":"https://api.calendly.com/event_types/AB-GZ","duration":45}}""")
            .On(Api + "/event_type_available_times", """{"collection":[{"status":"available","invitees_remaining":1,"start_time":"2026-02-03T15:00:00.000000Z"}]}""");
        var first = (await bench.FetchAsync(Bench.ById(Provider.Calendly, "https://api.calendly.com/event_types/AB-GZ"))).ShouldBeOfType<FetchResult.Fetched>();
        (first.DurationSeconds, first.Starts.Length).ShouldBe((45 * 60, 1));
        first.Resolved.ShouldNotBeNull();
        await bench.FetchAsync(Bench.ById(Provider.Calendly, "AB-GZ", resolved: first.Resolved));
        var times = Api + "/event_type_available_times?event_type=https%3A%2F%2Fapi.calendly.com%2Fevent_types%2FAB-GZ&start_time=2026-02-02T12:01:00Z&end_time=2026-03-05T00:00:00Z";
        bench.Stub.Urls.ShouldBe([Api + "/event_types/AB-GZ", times, times]);
        bench.Stub.Requests.ShouldAllBe(r => r.Headers["Authorization"] == "Bearer " + Bench.Secret);

        (await bench.FetchAsync(Bench.ById(Provider.Calendly, "AB-GZ", minutes: 30, resolved: first.Resolved))).ShouldBeOfType<FetchResult.UnsupportedDuration>();
    }

    [Fact]
    public async Task A_smaller_range_cap_splits_the_window_without_a_gap()
    {
        using var bench = new Bench(configure: o => o.CalendlyRangeDays = 7);
        bench.Stub.On(Api + "/event_type_available_times", """{"collection":[]}""");
        (await bench.FetchAsync(Bench.ById(Provider.Calendly, "AB", resolved: new ResolvedIds("AB", null, 30)))).ShouldBeOfType<FetchResult.Fetched>();
        var ranges = bench.Stub.Urls.Select(u => u[u.IndexOf("start_time=", StringComparison.Ordinal)..].Split("&end_time=")).ToArray();
        ranges.Length.ShouldBe(5);
        for (var i = 1; i < ranges.Length; i++)
            ranges[i][0].ShouldBe("start_time=" + ranges[i - 1][1]);
        ranges[^1][1].ShouldBe("2026-03-05T00:00:00Z");
    }

    [Fact]
    public async Task One_failing_part_of_a_split_range_fails_the_whole()
    {
        using var bench = new Bench(configure: o => o.CalendlyRangeDays = 7);
        var calls = 0;
        bench.Stub.On(Api + "/event_type_available_times", () => ++calls == 3
            ? StubProvider.Json("{}", HttpStatusCode.InternalServerError)
            : StubProvider.Json("""{"collection":[{"start_time":"2026-02-03T15:00:00Z"}]}"""));
        (await bench.FetchAsync(Bench.ById(Provider.Calendly, "AB", resolved: new ResolvedIds("AB", null, 30)))).ShouldBeOfType<FetchResult.Unreachable>();
    }

    internal static Calendar Known(string id = "cal_1") => Bench.ByLink("calendly.com/acme/intro", resolved: new ResolvedIds("U1", "UTC", 30), id: id);

    internal static string[] Starts(FetchResult result) => result.ShouldBeOfType<FetchResult.Fetched>().Starts
        .Select(s => DateTimeOffset.FromUnixTimeSeconds(s).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture)).ToArray();
}
