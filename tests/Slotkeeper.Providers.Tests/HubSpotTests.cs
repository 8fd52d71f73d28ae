using System.Net;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.HubSpot;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Refresh;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class HubSpotTests
{
    private const string Public = "https://api.hubspot.com/meetings-public/v3/book/availability-page";
    private const string Api = "https://api.hubapi.com/scheduler/2026-09/meetings/meeting-links/book/availability-page/";

    [Fact]
    public async Task Example_21_half_an_hour_is_taken_and_repeated_slots_count_once()
    {
        using var bench = new Bench(new DateTimeOffset(2030, 1, 1, 6, 0, 0, TimeSpan.Zero));
        bench.Stub.On(Public, """
            {"linkAvailability":{"hasMore":false,"linkAvailabilityByDuration":{"1800000":{"meetingDurationMillis":1800000,"availabilities":[{"startMillisUtc":1893600000000},{"startMillisUtc":1893600000000}]},
            "900000":{"availabilities":[{"startMillisUtc":1}]}}}}
            """);
        var result = (await bench.FetchAsync(Bench.ByLink("meetings.hubspot.com/jane"))).ShouldBeOfType<FetchResult.Fetched>();
        CalendlyTests.Starts(result).ShouldBe(["2030-01-02T16:00:00Z"]);
        (result.DurationSeconds, result.Past).ShouldBe((1800, 0));
        bench.Stub.Urls.ShouldBe([Public + "?slug=jane&monthOffset=0&timezone=UTC"]);
    }

    [Fact]
    public async Task Weakness_4_every_month_of_the_window_is_asked_for()
    {
        using var bench = new Bench(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero));
        bench.Stub.On(Public, Page("true", 1800000));
        (await bench.FetchAsync(Bench.ByLink("meetings.hubspot.com/jane"))).ShouldBeOfType<FetchResult.Fetched>();
        bench.Stub.Urls.ShouldBe([.. Enumerable.Range(0, 3).Select(n => $"{Public}?slug=jane&monthOffset={n}&timezone=UTC")]);
    }

    [Fact]
    public void Weakness_4_on_every_day_of_three_years_the_months_cover_the_window()
    {
        for (var day = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero); day.Year < 2029; day = day.AddDays(1))
        {
            foreach (var now in new[] { day, day.AddMinutes(1), day.AddHours(11), day.AddDays(1).AddSeconds(-1) })
            {
                var months = HubSpotAdapter.Months(now, Bench.WindowEnd(now));
                var covered = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(months);
                covered.ShouldBeGreaterThanOrEqualTo(Bench.WindowEnd(now));
                months.ShouldBeInRange(1, 3);
            }
        }
    }

    [Fact]
    public async Task Weakness_4_one_failing_month_fails_the_whole()
    {
        using var bench = new Bench();
        bench.Stub.On(Public, Page("true", 1800000)).On(Public + "?slug=jane&monthOffset=1", HttpStatusCode.InternalServerError);
        (await bench.FetchAsync(Bench.ByLink("meetings.hubspot.com/jane"))).ShouldBeOfType<FetchResult.Unreachable>();
    }

    [Fact]
    public async Task No_month_is_asked_for_after_the_last_that_has_slots()
    {
        using var bench = new Bench();
        bench.Stub.On(Public, Page("false", 1800000));
        await bench.FetchAsync(Bench.ByLink("meetings.hubspot.com/jane"));
        bench.Stub.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Weakness_5_both_segments_of_a_slug_are_asked_for()
    {
        using var bench = new Bench();
        bench.Stub.On(Public, Page("false", 1800000)).On(Api, Page("false", 1800000));
        await bench.FetchAsync(Bench.ByLink("meetings-eu1.hubspot.com/team/intro"));
        await bench.FetchAsync(Bench.ById(Provider.HubSpot, "team/intro"));
        bench.Stub.Urls.ShouldBe([Public + "?slug=team%2Fintro&monthOffset=0&timezone=UTC", Api + "team%2Fintro?timezone=UTC&monthOffset=0"]);
        bench.Stub.Requests.Last().Headers["Authorization"].ShouldBe("Bearer " + Bench.Secret);
        bench.Stub.Requests.First().Headers.Keys.ShouldNotContain("Authorization");
    }

    [Theory]
    [InlineData(null, "900000,1800000,3600000", 30)]
    [InlineData(null, "2700000,900000", 15)]
    [InlineData(60, "900000,3600000", 60)]
    public async Task The_length_is_the_one_asked_for_else_half_an_hour_else_the_shortest(int? wanted, string offered, int minutes)
    {
        using var bench = new Bench();
        bench.Stub.On(Public, Page("false", [.. offered.Split(',').Select(int.Parse)]));
        (await bench.FetchAsync(Bench.ByLink("meetings.hubspot.com/jane", wanted))).ShouldBeOfType<FetchResult.Fetched>().DurationSeconds.ShouldBe(minutes * 60);
    }

    [Fact]
    public async Task A_length_that_is_not_offered_is_unsupported()
    {
        using var bench = new Bench();
        bench.Stub.On(Public, Page("false", 1800000, 900000));
        (await bench.FetchAsync(Bench.ByLink("meetings.hubspot.com/jane", 45))).ShouldBeOfType<FetchResult.UnsupportedDuration>().OfferedMinutes.ShouldBe([15, 30]);
    }

    [Fact]
    public async Task A_host_whose_calendar_is_cut_off_is_not_free_all_day()
    {
        using var bench = new Bench();
        bench.Stub.On(Public, Page("false", 1800000)[..^1] + ""","allUsersBusyTimes":[{"isOffline":true,"busyTimes":[]}]}""");
        (await bench.FetchAsync(Bench.ByLink("meetings.hubspot.com/jane"))).ShouldBeOfType<FetchResult.Malformed>();
    }

    private static string Page(string hasMore, params int[] durations)
    {
        var lists = durations.Select(d => $$"""
            "{{d}}":{"meetingDurationMillis":{{d}},"availabilities":[{"startMillisUtc":1770200000000,"endMillisUtc":1770201800000}]}
            """);
        return """{"linkAvailability":{"hasMore":""" + hasMore + ""","linkAvailabilityByDuration":{""" + string.Join(',', lists) + "}}}";
    }
}
