using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Slotkeeper.Alternatives;
using Slotkeeper.Tests.Offers;

namespace Slotkeeper.Tests.Alternatives;

// Cases: the worked examples of finding and matching; what always holds, by property; values out of range; what a long list costs.
public class AlternativeSearchTests
{
    private static readonly string[] Zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia", "Etc/UTC"];

    public static TheoryData<string, string> Found => LocalExamples.Of("alternatives.json", "find");

    public static TheoryData<string, string> Matched => LocalExamples.Of("alternatives.json", "match");

    [Theory]
    [MemberData(nameof(Found))]
    public void The_alternatives_of_a_worked_example_are_found_in_their_order(string name, string text)
    {
        var example = WorkedExamples.Read(text);
        var finding = AlternativeSearch.Find(QueryOf(example));
        finding.Found.Select(found => $"{LocalExamples.Short(found.Start)} {found.Kind}").ShouldBe(example.Texts("expected"), name);
        finding.WithinPreference.ShouldBe(!example.TryGetProperty("within", out var within) || within.GetBoolean(), name);
    }

    [Theory]
    [MemberData(nameof(Matched))]
    public void A_wanted_time_is_matched_as_in_the_worked_example(string name, string text)
    {
        var example = WorkedExamples.Read(text);
        var match = AlternativeSearch.Match(QueryOf(example));
        (match is null ? null : $"{LocalExamples.Short(match.Start)} {match.Kind} {match.Away.TotalMinutes}").ShouldBe(example.Text("expected"), name);
    }

    [Fact]
    public void Only_free_starts_are_named_none_twice_none_past_none_wanted_and_none_over_an_own_booking() => Properties.Hold(4000, random =>
    {
        var query = Any(random);
        var finding = AlternativeSearch.Find(query);
        var usable = Usable(query);
        finding.Found.Count.ShouldBeLessThanOrEqualTo(query.Most);
        finding.Starts.ShouldBeUnique();
        finding.Starts.ShouldBeSubsetOf(usable);
        if (Minutes(query.Preference) is not { } wish)
        {
            finding.WithinPreference.ShouldBeTrue();
            finding.Found.Count.ShouldBe(Math.Min(query.Most, usable.Count), "as many as there are");
            return;
        }
        finding.Found.Count.ShouldBeGreaterThanOrEqualTo(Math.Min(1, usable.Count), "one if there is any");
        finding.WithinPreference.ShouldBe(finding.Starts.All(start => IsIn(start)));
        var asked = AskedDays(query);
        if (usable.Exists(start => IsIn(start) && DayOf(query, start) is var day && day >= asked.First && day <= asked.Last))
            finding.WithinPreference.ShouldBeTrue("something on the days asked for fits");
        bool IsIn(DateTimeOffset start) => MinuteOf(query, start) is var minute && minute >= wish.From && minute < wish.Until;
    });

    [Fact]
    public void They_are_ranked_by_distance_and_bonus() => Properties.Hold(3000, random =>
    {
        var query = Any(random) with { Wanted = Some.Now.AddMinutes(random.Next(-3000, 12_000)) };
        var finding = AlternativeSearch.Find(query);
        // A wish outside the hours of the calendar was moved to the first one.
        var moved = finding.Found.Count > 0 && query.Preference is Preference.Any or Preference.Exact && finding.Starts[0] == Usable(query).FirstOrDefault(start => start > query.Wanted) ? 1 : 0;
        var scores = finding.Found.Skip(moved).Select(found => Score(query, found)).ToArray();
        scores.ShouldBe(scores.OrderDescending());
    });

    [Fact]
    public void The_same_question_has_the_same_answer() => Properties.Hold(500, random =>
    {
        var query = Any(random);
        var again = query with { Free = query.Free.ToArray(), Own = [.. query.Own.Reverse()] };
        AlternativeSearch.Find(again).Found.ShouldBe(AlternativeSearch.Find(query).Found);
    });

    [Fact]
    public void A_match_is_the_nearest_usable_start_within_half_an_hour() => Properties.Hold(3000, random =>
    {
        var query = Any(random);
        query = query with { Wanted = random.Next(3) == 0 && query.Free.Length > 0 ? At(query.Free.Span[random.Next(query.Free.Length)]) : Some.Now.AddMinutes(random.Next(12_000)) };
        var expected = Usable(query with { Wanted = null, Day = null, Through = null, Days = 300 }).Where(start => (start - query.Wanted!.Value).Duration() <= TimeSpan.FromMinutes(30))
            .OrderBy(start => (start - query.Wanted!.Value).Duration()).ThenByDescending(start => start).Select(start => (DateTimeOffset?)start).FirstOrDefault();
        var match = AlternativeSearch.Match(query);
        (match is null ? (DateTimeOffset?)null : match.Start).ShouldBe(expected);
        (match?.Kind == MatchKind.Exact).ShouldBe(expected is not null && expected == query.Wanted);
    });

    [Fact]
    public void What_is_out_of_range_is_refused_by_name()
    {
        var query = new AlternativeQuery { Free = default, DurationSeconds = 1800, TimeZone = LocalExamples.Zone, Now = Some.Now };
        Refused(query with { Most = 0 }, "Most must be 1..10");
        Refused(query with { Most = 11 }, "Most must be 1..10");
        Refused(query with { Days = 0 }, "Days must be 1..366");
        Refused(query with { DurationSeconds = 0 }, "DurationSeconds must be 1..");
        Refused(query with { Through = new LocalDate(2026, 1, 1) }, "Day, which is not set");
        Refused(query with { Day = new LocalDate(2026, 1, 2), Through = new LocalDate(2026, 1, 1) }, "Through is 2026-01-01; it must not lie before Day, which is 2026-01-02");
        Refused(query with { Preference = new Preference.Range(new LocalTime(16, 0), new LocalTime(14, 0), "x") }, "ends before it begins");
        Should.Throw<NodaTime.TimeZones.DateTimeZoneNotFoundException>(() => AlternativeSearch.Find(query with { TimeZone = "Nowhere/Bad" }));
        Should.Throw<ArgumentException>(() => AlternativeSearch.Match(query)).Message.ShouldContain("Wanted is not set");
        static void Refused(AlternativeQuery query, string because) => Should.Throw<ArgumentException>(() => AlternativeSearch.Find(query)).Message.ShouldContain(because);
    }

    [Fact]
    public void Days_at_the_ends_of_the_calendar_are_no_fault()
    {
        var query = new AlternativeQuery { Free = LocalExamples.Starts("hours"), DurationSeconds = 3600, TimeZone = LocalExamples.Zone, Now = LocalExamples.Instant("10-20T10:00") };
        AlternativeSearch.Find(query with { Day = LocalDate.MaxIsoValue }).Found.ShouldBeEmpty();
        AlternativeSearch.Find(query with { Day = LocalDate.MinIsoValue, Through = LocalDate.MaxIsoValue }).Starts[0].ShouldBe(LocalExamples.Instant("10-20T10:00"));
        AlternativeSearch.Find(query with { Wanted = DateTimeOffset.MaxValue }).Found.ShouldBeEmpty();
        AlternativeSearch.Find(query with { Wanted = DateTimeOffset.UnixEpoch }).Found.Count.ShouldBe(2);
    }

    [Fact]
    public void Ten_thousand_free_starts_cost_no_more_memory_than_ten()
    {
        var query = new AlternativeQuery { Free = Some.HalfHours(Some.Now, 10_000), DurationSeconds = 1800, TimeZone = LocalExamples.Zone, Now = Some.Now, Wanted = Some.Now.AddDays(60) };
        AlternativeSearch.Find(query);
        var before = GC.GetAllocatedBytesForCurrentThread();
        AlternativeSearch.Find(query).Found.Count.ShouldBe(2);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4096);
    }

    private static AlternativeQuery QueryOf(JsonElement example) => new()
    {
        Free = LocalExamples.Starts(example.Text("slots")!),
        Claimed = LocalExamples.Starts(example.Text("claimed") ?? ""),
        DurationSeconds = 3600,
        TimeZone = LocalExamples.Zone,
        Now = LocalExamples.Instant(example.Text("now") ?? "10-20T08:00"),
        Wanted = example.Text("wanted") is { } wanted ? LocalExamples.Instant(wanted) : null,
        Day = example.Text("day") is { } day ? LocalExamples.Day(day) : null,
        Through = example.Text("through") is { } through ? LocalExamples.Day(through) : null,
        Most = example.Number("most") ?? 2,
        Own = example.Text("own")?.Split(' ') is [var from, var until] ? [(LocalExamples.Instant(from), LocalExamples.Instant(until))] : [],
        Preference = example.Text("window")?.Split('-') is [var a, var b] ? new Preference.Window(Time(a), Time(b), "vormittags")
            : example.Text("range")?.Split('-') is [var c, var d] ? new Preference.Range(Time(c), Time(d), "zwischen")
            : example.Text("from") is { } start ? new Preference.From(Time(start), "ab")
            : new Preference.Any(),
    };

    private static LocalTime Time(string text) => LocalTimePattern.CreateWithInvariantCulture("HH:mm").Parse(text).Value;

    private static AlternativeQuery Any(Random random)
    {
        var zone = Zones[random.Next(Zones.Length)];
        var step = new[] { 15, 20, 30, 60, 600 }[random.Next(5)];
        var free = Enumerable.Range(-20, 2000).Select(i => Some.Now.ToUnixTimeSeconds() + (i * step * 60L)).Where(_ => random.Next(3) == 0).Take(random.Next(120)).ToArray();
        var at = Some.Now.AddMinutes(random.Next(-3000, 12_000));
        var day = random.Next(2) == 0 ? NodaTime.Instant.FromDateTimeOffset(at).InUtc().Date : (LocalDate?)null;
        var from = random.Next(0, 23);
        return new AlternativeQuery
        {
            Free = free,
            Claimed = free.Where(_ => random.Next(5) == 0).ToArray(),
            DurationSeconds = 60 * random.Next(1, 90),
            TimeZone = zone,
            Now = Some.Now.AddSeconds(random.Next(0, 90_000)),
            Day = day,
            Through = day is { } first && random.Next(2) == 0 ? first.PlusDays(random.Next(10)) : null,
            Wanted = random.Next(3) == 0 ? null : free.Length > 0 && random.Next(2) == 0 ? At(free[random.Next(free.Length)]) : at,
            Most = random.Next(1, 11),
            Own = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Some.Now.AddMinutes(random.Next(12_000))).Select(start => (start, start.AddMinutes(random.Next(1, 200))))],
            Days = random.Next(1, 20),
            Preference = random.Next(5) switch
            {
                0 => new Preference.Exact(),
                1 => new Preference.Window(new LocalTime(from, 0), new LocalTime(random.Next(from + 1, 24), 0), "w"),
                2 => new Preference.From(new LocalTime(from, 30), "f"),
                3 => new Preference.Range(new LocalTime(from, 15), LocalTime.Midnight, "r"),
                _ => new Preference.Any(),
            },
        };
    }

    /// <summary>What may be named, found the slow way.</summary>
    private static List<DateTimeOffset> Usable(AlternativeQuery query)
    {
        var asked = AskedDays(query);
        var today = DayOf(query, query.Now);
        var last = query.Wanted is null && query.Day is null ? asked.Last : (asked.Last > today ? asked.Last : today).PlusDays(query.Days);
        return [.. query.Free.ToArray().Select(At).Where(start => start >= query.Now
            && (query.Wanted is not { } wanted || Math.Floor(start.ToUnixTimeSeconds() / 60.0) != Math.Floor(wanted.ToUnixTimeSeconds() / 60.0))
            && !query.Own.Any(own => start < own.End && start.AddSeconds(query.DurationSeconds) > own.Start)
            && DayOf(query, start) >= asked.First && DayOf(query, start) <= last)];
    }

    private static (LocalDate First, LocalDate Last) AskedDays(AlternativeQuery query) => query switch
    {
        { Wanted: { } wanted } => (DayOf(query, wanted), DayOf(query, wanted)),
        { Day: { } day } => (day, query.Through ?? day),
        _ => (DayOf(query, query.Now), DayOf(query, query.Now).PlusDays(query.Days)),
    };

    private static (int From, int Until)? Minutes(Preference preference) => preference switch
    {
        Preference.Window it => (Minute(it.From), Minute(it.Until) is 0 ? 1440 : Minute(it.Until)),
        Preference.From it => (Minute(it.Time), 1440),
        Preference.Range it => (Minute(it.From), Minute(it.Until) is 0 ? 1440 : Minute(it.Until)),
        _ => null,
    };

    private static double Score(AlternativeQuery query, FoundAlternative found) =>
        -Math.Abs(Period.DaysBetween(DayOf(query, found.Start), DayOf(query, query.Wanted!.Value)) * 1440) - Math.Abs(MinuteOf(query, found.Start) - MinuteOf(query, query.Wanted.Value))
        + (found.Kind, IsLate: MinuteOf(query, query.Wanted.Value) >= 720) switch
        {
            (AlternativeKind.SameDayLater, true) or (AlternativeKind.SameDayEarlier, false) => 500,
            (AlternativeKind.SameDayLater, false) or (AlternativeKind.SameDayEarlier, true) => 300,
            (AlternativeKind.NextWorkday, _) => 250,
            (AlternativeKind.NextWeek, _) => 150,
            _ => 100,
        };

    private static DateTimeOffset At(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);

    private static LocalDate DayOf(AlternativeQuery query, DateTimeOffset start) => Local(query, start).Date;

    private static int MinuteOf(AlternativeQuery query, DateTimeOffset start) => Minute(Local(query, start).TimeOfDay);

    private static int Minute(LocalTime time) => (time.Hour * 60) + time.Minute;

    private static ZonedDateTime Local(AlternativeQuery query, DateTimeOffset start) => NodaTime.Instant.FromDateTimeOffset(start).InZone(DateTimeZoneProviders.Tzdb[query.TimeZone]);
}
