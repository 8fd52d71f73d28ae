using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using NodaTime;
using Shouldly;
using Slotkeeper.Sandbox;
using Xunit;

namespace Slotkeeper.Providers.Tests.Sandbox;

public sealed partial class SandboxTruthTests
{
    public static TheoryData<SandboxProvider> Providers => [.. Enum.GetValues<SandboxProvider>()];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task The_public_answer_of_every_provider_is_the_truth_of_its_window(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        for (var index = 0; index < 24; index++)
        {
            var calendar = sandbox.World.CalendarAt(provider, index * 997);
            var zone = index % 2 == 0 ? "UTC" : calendar.Zone;
            var answer = await sandbox.PublicStarts(calendar, 30, zone);
            answer.ShouldBe(sandbox.World.TrueSlots(calendar, SandboxClient.Start, Ends(provider, zone)), $"calendar {index * 997}");
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task The_authenticated_answer_of_every_provider_is_the_truth_of_its_window(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        for (var index = 0; index < 24; index++)
        {
            var calendar = sandbox.World.CalendarAt(provider, index * 997);
            var body = await sandbox.Json(SandboxClient.ApiPath(calendar, SandboxClient.Start, 30, "UTC"), SandboxClient.Bearer(calendar));
            var to = provider == SandboxProvider.Calendly ? SandboxClient.Start.AddDays(30) : Ends(provider, "UTC");
            SandboxClient.Starts(provider, body, (long)calendar.Duration.TotalMilliseconds)
                .ShouldBe(sandbox.World.TrueSlots(calendar, SandboxClient.Start, to), $"calendar {index * 997}");
        }
    }

    [Fact]
    public async Task HubSpots_months_together_cover_thirty_days_for_each_duration()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Enumerable.Range(0, 100).Select(index => sandbox.World.CalendarAt(SandboxProvider.HubSpot, index)).First(one => one.Durations.Count == 3);
        foreach (var duration in calendar.Durations)
        {
            var starts = new List<DateTimeOffset>();
            for (var month = 0; month < 2; month++)
            {
                var body = await sandbox.Json(SandboxClient.PublicPath(calendar, SandboxClient.Start, 30, "UTC", month));
                body.GetProperty("linkAvailability").GetProperty("hasMore").GetBoolean().ShouldBeTrue();
                starts.AddRange(SandboxClient.Starts(SandboxProvider.HubSpot, body, (long)duration.TotalMilliseconds));
            }

            starts.ShouldBe(sandbox.World.TrueSlots(calendar, SandboxClient.Start, new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero), duration));
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_calendar_with_forty_defined_slots_answers_those_forty(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open(now: new DateTimeOffset(2026, 10, 1, 0, 30, 0, TimeSpan.Zero));
        var slots = Enumerable.Range(1, 40).Select(i => new DateTimeOffset(2026, 10, 1, 1, 15, 0, TimeSpan.Zero).AddHours(i * 7)).ToList();
        var calendar = sandbox.World.Define(new CalendarDefinition { Provider = provider, Slots = slots, Duration = TimeSpan.FromMinutes(75), Zone = "Europe/Berlin" });

        (await sandbox.PublicStarts(calendar, 29)).ShouldBe(slots);
        calendar.Duration.ShouldBe(TimeSpan.FromMinutes(75));

        sandbox.World.SetSlots(calendar, [slots[3]]);
        (await sandbox.PublicStarts(calendar, 29)).ShouldBe([slots[3]]);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_booked_time_disappears_from_the_answer_and_comes_back_when_freed(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open(new SandboxOptions { ChangesPerMinute = 0 });
        var calendar = sandbox.World.CalendarAt(provider, 5);
        var before = await sandbox.PublicStarts(calendar);
        var start = before[before.Count / 2];

        sandbox.World.Book(calendar, start, start + calendar.Duration);
        var after = await sandbox.PublicStarts(calendar);
        after.ShouldNotContain(start);
        after.ShouldAllBe(one => one + calendar.Duration <= start || one >= start + calendar.Duration);

        sandbox.World.Free(calendar, start, start + calendar.Duration).ShouldBeTrue();
        (await sandbox.PublicStarts(calendar)).ShouldBe(before);
    }

    [Fact]
    public async Task Of_many_who_book_the_same_slot_at_once_one_succeeds()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = sandbox.World.CalendarAt(SandboxProvider.CalCom, 3);
        var start = sandbox.World.TrueSlots(calendar, SandboxClient.Start, SandboxClient.Start.AddDays(30))[4];
        var wins = 0;
        Parallel.For(0, 64, _ =>
        {
            if (sandbox.World.TryBook(calendar, start))
                Interlocked.Increment(ref wins);
        });
        wins.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Only_starts_after_now_are_offered(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open(new SandboxOptions { Profile = SandboxProfile.Benchmark, ChangesPerMinute = 0 });
        var calendar = sandbox.World.CalendarAt(provider, 1);
        var first = (await sandbox.PublicStarts(calendar))[0];
        sandbox.Clock.Advance(first - SandboxClient.Start - TimeSpan.FromSeconds(1));
        (await sandbox.PublicStarts(calendar))[0].ShouldBe(first);
        sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
        (await sandbox.PublicStarts(calendar))[0].ShouldBeGreaterThan(first);
    }

    [Fact]
    public void Working_hours_stay_at_the_same_local_time_across_daylight_saving_changes()
    {
        // New York ends it on 1 November 2026, Berlin on 25 October, Sydney starts it on 4 October.
        foreach (var from in new[] { new DateTimeOffset(2026, 9, 28, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 10, 18, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2027, 3, 7, 0, 0, 0, TimeSpan.Zero) })
        {
            var world = new SandboxWorld(new SandboxOptions { BusyShare = 0, Profile = SandboxProfile.Benchmark, ChangesPerMinute = 0 }, new SandboxClock(from));
            for (var index = 0; index < 100; index++)
            {
                var calendar = world.CalendarAt(SandboxProvider.Calendly, index);
                var zone = DateTimeZoneProviders.Tzdb[calendar.Zone];
                var days = world.TrueSlots(calendar, from.AddDays(1), from.AddDays(31))
                    .Select(slot => Instant.FromDateTimeOffset(slot).InZone(zone).LocalDateTime)
                    .GroupBy(local => local.Date).Skip(1).SkipLast(1).ToList();
                days.Count.ShouldBeGreaterThan(25);
                foreach (var day in days)
                    day.Select(local => (local.Hour * 60) + local.Minute).ShouldBe(Enumerable.Range(0, 16).Select(i => (9 * 60) + (30 * i)), $"{calendar.Zone} {day.Key}");
            }
        }
    }

    [Theory]
    [InlineData(SandboxProvider.Calendly)]
    [InlineData(SandboxProvider.HighLevel)]
    [InlineData(SandboxProvider.CalCom)]
    public async Task The_repeated_hour_of_a_daylight_saving_night_is_told_apart_by_its_offset(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open(now: new DateTimeOffset(2026, 10, 31, 12, 0, 0, TimeSpan.Zero));
        DateTimeOffset[] slots = [new(2026, 11, 1, 5, 30, 0, TimeSpan.Zero), new(2026, 11, 1, 6, 30, 0, TimeSpan.Zero), new(2026, 11, 2, 14, 0, 0, TimeSpan.Zero)];
        var calendar = sandbox.World.Define(new CalendarDefinition { Provider = provider, Slots = slots, Zone = "America/New_York" });

        using var response = await sandbox.Get(SandboxClient.PublicPath(calendar, sandbox.Clock.GetUtcNow(), 5, "America/New_York"), ("cal-api-version", "2024-09-04"));
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        var fraction = provider == SandboxProvider.CalCom ? ".000" : "";
        text.ShouldContain($"2026-11-01T01:30:00{fraction}-04:00");
        text.ShouldContain($"2026-11-01T01:30:00{fraction}-05:00");
        text.ShouldContain($"2026-11-02T09:00:00{fraction}-05:00");
    }

    [Theory]
    [InlineData("link")]
    [InlineData("scheduling")]
    [InlineData("profile")]
    public async Task Calendlys_link_forms_all_lead_to_an_event_type(string form)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = sandbox.World.CalendarAt(SandboxProvider.Calendly, 300);
        var expected = calendar.PublicId;
        string uuid;
        switch (form)
        {
            case "link":
                var lookup = await sandbox.Json($"api/booking/event_types/lookup?event_type_slug={calendar.Slug}&profile_slug={calendar.Profile}");
                uuid = lookup.GetProperty("uuid").GetString()!;
                lookup.GetProperty("availability_timezone").GetString().ShouldBe(calendar.Zone);
                break;
            case "scheduling":
                var slug = calendar.SchedulingLink!.Split('/')[^2];
                var owner = (await sandbox.Json($"api/booking/scheduling_links/{slug}")).GetProperty("owner_uuid").GetString();
                uuid = (await sandbox.Json($"api/booking/event_types/lookup?share_uuid={owner}")).GetProperty("uuid").GetString()!;
                break;
            default:
                (await sandbox.Get($"api/booking/scheduling_links/{calendar.Profile}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
                (await sandbox.Json($"api/booking/profiles/{calendar.Profile}")).GetProperty("timezone").GetString().ShouldNotBeNullOrEmpty();
                uuid = (await sandbox.Json($"api/booking/profiles/{calendar.Profile}/event_types"))[0].GetProperty("uuid").GetString()!;
                break;
        }

        uuid.ShouldBe(expected);
    }

    [Fact]
    public async Task Calendlys_range_lists_every_day_and_says_which_have_spots()
    {
        await using var sandbox = await SandboxClient.Open();
        var body = await sandbox.Json(SandboxClient.PublicPath(sandbox.World.CalendarAt(SandboxProvider.Calendly, 7), SandboxClient.Start, 30, "UTC"));
        var days = body.GetProperty("days").EnumerateArray().ToList();
        days.Select(day => day.GetProperty("date").GetString())
            .ShouldBe(Enumerable.Range(0, 31).Select(i => SandboxClient.Start.AddDays(i).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
        days.ShouldAllBe(day => day.GetProperty("status").GetString() == (day.GetProperty("spots").GetArrayLength() > 0 ? "available" : "unavailable"));
    }

    [Fact]
    public async Task HighLevels_page_hides_the_calendar_id_in_either_script()
    {
        await using var sandbox = await SandboxClient.Open();
        var scripts = new HashSet<string>();
        for (var index = 0; index < 20; index++)
        {
            var calendar = sandbox.World.CalendarAt(SandboxProvider.HighLevel, index);
            calendar.Link.ShouldStartWith(sandbox.Server.BaseAddress.ToString());
            using var response = await sandbox.Get(calendar.Link);
            response.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
            var match = NuxtScript().Match(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            scripts.Add(match.Groups["id"].Value);
            using var data = JsonDocument.Parse(match.Groups["data"].Value);
            data.RootElement.EnumerateArray()
                .First(one => one.ValueKind == JsonValueKind.Object && one.EnumerateObject().Count() == 1 && CalendarId().IsMatch(one.EnumerateObject().First().Name))
                .EnumerateObject().First().Name.ShouldBe(calendar.PublicId);
        }

        scripts.ShouldBe(["__NUXT_DATA__", "NUXT_DATA"], ignoreOrder: true);
    }

    [Fact]
    public async Task HighLevels_public_host_answers_some_calendars_with_strings_and_some_with_objects()
    {
        await using var sandbox = await SandboxClient.Open();
        var kinds = new HashSet<JsonValueKind>();
        for (var index = 0; index < 20; index++)
        {
            var body = await sandbox.Json(SandboxClient.PublicPath(sandbox.World.CalendarAt(SandboxProvider.HighLevel, index), SandboxClient.Start, 30, "UTC"));
            kinds.Add(body.EnumerateObject().First().Value.GetProperty("slots")[0].ValueKind);
        }

        kinds.ShouldBe([JsonValueKind.String, JsonValueKind.Object], ignoreOrder: true);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("2024-06-14")]
    public async Task Calcom_without_the_right_version_header_answers_in_the_older_shape(string? version)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = sandbox.World.CalendarAt(SandboxProvider.CalCom, 0);
        var body = await sandbox.Json(SandboxClient.PublicPath(calendar, SandboxClient.Start, 30, "UTC"), version is null ? [] : [("cal-api-version", version)]);
        body.GetProperty("data").EnumerateObject().Single().Name.ShouldBe("slots");
    }

    [Fact]
    public async Task Calcoms_range_format_adds_the_end()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = sandbox.World.CalendarAt(SandboxProvider.CalCom, 0);
        var body = await sandbox.Json(SandboxClient.PublicPath(calendar, SandboxClient.Start, 30, "Europe/Rome"), ("cal-api-version", "2024-09-04"));
        foreach (var slot in body.GetProperty("data").EnumerateObject().SelectMany(day => day.Value.EnumerateArray()))
            (slot.GetProperty("end").GetDateTimeOffset() - slot.GetProperty("start").GetDateTimeOffset()).ShouldBe(calendar.Duration);
    }

    private static DateTimeOffset Ends(SandboxProvider provider, string zone)
    {
        var local = DateTimeZoneProviders.Tzdb[zone];
        return provider switch
        {
            SandboxProvider.Calendly => local.AtStartOfDay(LocalDate.FromDateTime(SandboxClient.Start.UtcDateTime).PlusDays(31)).ToDateTimeOffset(),
            SandboxProvider.HubSpot => local.AtStartOfDay(new LocalDate(2026, 11, 1)).ToDateTimeOffset(),
            _ => SandboxClient.Start.AddDays(30),
        };
    }

    [GeneratedRegex("""<script[^>]* id="(?<id>_*NUXT_DATA_*)">(?<data>.*?)</script>""", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex NuxtScript();

    [GeneratedRegex("^[A-Za-z0-9]{20,}$", RegexOptions.None, 1_000)]
    private static partial Regex CalendarId();
}
