using System.Text.RegularExpressions;
using NodaTime;
using Slotkeeper.Offers;
using Slotkeeper.Speaking;
using Slotkeeper.Tests.Alternatives;
using Slotkeeper.Tests.Offers;

namespace Slotkeeper.Tests.Speaking;

// Cases: the worked examples; every day and minute of a leap year there and back; day words that are true; what is never said, for everything that can be.
public partial class SpeechTests
{
    private static readonly string[] Languages = ["de", "en"];
    private static readonly string[] ZoneIds = [.. DateTimeZoneProviders.Tzdb.Ids];

    /// <summary>Words of machines, promises that nobody keeps, and forms of the clock that a listener can mishear.</summary>
    private static readonly string[] NeverSaid =
    [
        "cache", "server", "api", "provider", "anbieter", "error", "errors", "fehler", "fehlercode", "code", "snapshot", "slot", "slots", "utc", "gmt", "null", "id", "ids", "http", "json", "timeout", "status",
        "database", "datenbank", "system", "buchungssystem", "calendar", "kalender", "request", "anfrage", "anfragen", "token", "epoch", "claim", "webhook", "sync", "nan", "true", "false", "exception", "internetverbindung",
        "support", "sms", "bestätigung", "bestätigungsmail", "confirmation", "halb", "viertel", "half", "quarter", "mez", "mesz", "cet", "cest", "spoken",
    ];

    public static TheoryData<string, string> Sayings => LocalExamples.Of("spoken.json", "say");

    public static TheoryData<string, string> NearLabels => LocalExamples.Of("spoken.json", "near");

    public static TheoryData<string, string> Labels => LocalExamples.Of("spoken.json", "label");

    [Theory]
    [MemberData(nameof(Sayings))]
    public void What_is_said_is_as_in_the_worked_example(string name, string text)
    {
        var example = WorkedExamples.Read(text);
        InEach(example, language => Speech.Say(SpokenCases.Read(example), At("10-20T10:05", language)), name);
    }

    [Theory]
    [MemberData(nameof(NearLabels))]
    public void A_time_close_by_is_named_by_the_day_one_would_say(string name, string text)
    {
        var example = WorkedExamples.Read(text);
        DateTimeOffset? wanted = example.Text("wanted") is { } asked ? LocalExamples.Instant(asked) : null;
        InEach(example, language => Speech.NearLabel(LocalExamples.Instant(example.Text("start")!), wanted, At(example.Text("now") ?? "10-20T10:05", language)), name);
    }

    [Theory]
    [MemberData(nameof(Labels))]
    public void A_time_is_named_by_its_date(string name, string text)
    {
        var example = WorkedExamples.Read(text);
        var zone = example.Text("zone");
        InEach(example, language => Speech.Label(LocalExamples.Instant(example.Text("start")!), At("10-20T10:05", language) with { TimeZone = zone ?? LocalExamples.Zone, NamesZone = zone is not null }), name);
    }

    [Fact]
    public void Everything_that_can_be_said_has_a_worked_example() =>
        Sayings.Select(row => WorkedExamples.Read(row.Data.Item2).Text("say")).Distinct().Order(StringComparer.Ordinal).ShouldBe(SpokenCases.Kinds.Select(kind => kind.Name));

    [Fact]
    public void Every_day_of_a_leap_year_and_every_minute_of_a_day_is_read_back_as_the_same()
    {
        var zone = DateTimeZoneProviders.Tzdb[LocalExamples.Zone];
        var year = new LocalDate(2028, 1, 1);
        var days = Enumerable.Range(0, 366).SelectMany(day => Enumerable.Range(0, 8).Select(part => year.PlusDays(day) + LocalTime.FromMinutesSinceMidnight(((day * 7) + (part * 181)) % 1440)));
        // The days on which the clock is changed, the leap day and one of summer, minute by minute.
        var minutes = new[] { new LocalDate(2028, 2, 29), new LocalDate(2028, 3, 26), new LocalDate(2028, 7, 1), new LocalDate(2028, 10, 29) }
            .SelectMany(day => Enumerable.Range(0, 1440).Select(minute => day + LocalTime.FromMinutesSinceMidnight(minute)));
        var read = 0;
        foreach (var local in days.Concat(minutes))
        {
            var mapping = zone.MapLocal(local);
            foreach (var start in new[] { mapping.Count > 0 ? mapping.First() : (ZonedDateTime?)null, mapping.Count > 1 ? mapping.Last() : null }.OfType<ZonedDateTime>().Select(start => start.ToDateTimeOffset()))
            {
                foreach (var language in Languages)
                {
                    var label = Speech.Label(start, new SpeechContext(start.AddDays(-3), LocalExamples.Zone, language));
                    var reading = Wording.Read(Aside().Replace(label, "")) ?? throw new InvalidOperationException($"\"{label}\" is not read.");
                    (reading.Month, reading.Day, reading.Hour, reading.Minute).ShouldBe((local.Month, local.Day, local.Hour, local.Minute), label);
                    ((int)local.DayOfWeek % 7).ShouldBe((int)reading.Weekday, label);
                    if (mapping.Count == 1)
                        reading.Resolve(LocalExamples.Zone, start.AddDays(20)).ShouldBe(start, label);
                    else
                        Aside().IsMatch(label).ShouldBeTrue(label);
                    ManyDigits().IsMatch(label).ShouldBeFalse(label);
                    read++;
                }
            }
        }
        read.ShouldBeGreaterThan(2 * (366 + 1440));
    }

    [Fact]
    public void Every_minute_of_a_leap_year_is_read_back_as_the_same()
    {
        var zone = DateTimeZoneProviders.Tzdb[LocalExamples.Zone];
        var wrong = new System.Collections.Concurrent.ConcurrentBag<string>();
        var read = 0;
        Parallel.For(0, 366, day =>
        {
            for (var minute = 0; minute < 1440; minute++)
            {
                var local = new LocalDate(2028, 1, 1).PlusDays(day) + new LocalTime(minute / 60, minute % 60);
                // What the clock skips or shows twice is the matter of the test before.
                if (zone.MapLocal(local) is not { Count: 1 } mapping)
                    continue;
                var start = mapping.Single().ToDateTimeOffset();
                foreach (var language in Languages)
                {
                    var label = Speech.Label(start, new SpeechContext(start.AddDays(-3), LocalExamples.Zone, language));
                    if (Wording.Read(label) is not { } reading || (reading.Month, reading.Day, reading.Hour, reading.Minute) != (local.Month, local.Day, local.Hour, local.Minute)
                        || (int)reading.Weekday != (int)local.DayOfWeek % 7 || label.Contains("2028", StringComparison.Ordinal))
                        wrong.Add($"{local}: {label}");
                    Interlocked.Increment(ref read);
                }
            }
        });
        wrong.Take(5).ShouldBeEmpty();
        // The year has an hour that is skipped and one that is there twice.
        read.ShouldBe(2 * ((366 * 1440) - 120));
    }

    [Fact]
    public void A_day_word_is_said_only_of_the_day_it_means() => Properties.Hold(3000, random =>
    {
        var zoneId = ZoneIds[random.Next(ZoneIds.Length)];
        var now = Some.Now.AddMinutes(random.Next(1_000_000));
        var start = now.AddMinutes(random.Next(-3000, 30_000));
        DateTimeOffset? wanted = random.Next(2) == 0 ? null : now.AddMinutes(random.Next(30_000));
        var label = Speech.NearLabel(start, wanted, new SpeechContext(now, zoneId, "de"));
        var (today, day) = (DayOf(now), DayOf(start));
        var days = Period.DaysBetween(today, day);
        if (label.StartsWith("am gleichen Tag um ", StringComparison.Ordinal))
            day.ShouldBe(DayOf(wanted!.Value));
        else if (label.StartsWith("heute um ", StringComparison.Ordinal))
            days.ShouldBe(0);
        else if (label.StartsWith("morgen um ", StringComparison.Ordinal))
            days.ShouldBe(1);
        else if (label.StartsWith("übermorgen um ", StringComparison.Ordinal))
            days.ShouldBe(2);
        else if (label.StartsWith("nächste Woche ", StringComparison.Ordinal))
            NodaTime.Calendars.WeekYearRules.Iso.GetWeekOfWeekYear(day).ShouldBe(NodaTime.Calendars.WeekYearRules.Iso.GetWeekOfWeekYear(today.PlusWeeks(1)));
        else if (!label.Contains(", den ", StringComparison.Ordinal))
            days.ShouldBeInRange(3, 6, label);
        AtClock().Match(label).Value.ShouldBe(AtClock().Match(Wording.Label(start, zoneId, LabelStyle.Spoken, "de")).Value, label);
        LocalDate DayOf(DateTimeOffset at) => Instant.FromDateTimeOffset(at).InZone(DateTimeZoneProviders.Tzdb[zoneId]).Date;
    });

    [Fact]
    public void Whatever_is_said_is_short_and_plain() => Properties.Hold(400, random =>
    {
        foreach (var kind in SpokenCases.Kinds)
        {
            foreach (var language in Languages)
            {
                var context = new SpeechContext(Some.Now.AddMinutes(random.Next(1_000_000)), ZoneIds[random.Next(ZoneIds.Length)], language) { NamesZone = random.Next(4) == 0 };
                var what = SpokenCases.Any(kind, random, context.Now);
                var text = Speech.Say(what, context);
                var because = $"{kind.Name} {language} {context.TimeZone}: {text}";
                text.Length.ShouldBeGreaterThan(10, because);
                char.IsUpper(text[0]).ShouldBeTrue(because);
                (text[^1] is '.' or '?').ShouldBeTrue(because);
                SentenceEnd().Count(Month().Replace(text, "")).ShouldBeLessThanOrEqualTo(2, because);
                Words().Matches(text).Select(word => word.Value.ToLowerInvariant()).Intersect(NeverSaid).ShouldBeEmpty(because);
                // Besides at most two that are offered, the one that was asked about or stands.
                ClockTime().Count(text.Replace("ab 14 Uhr", "", StringComparison.OrdinalIgnoreCase)).ShouldBeLessThanOrEqualTo(HasOwnTime(kind) ? 3 : 2, because);
                if (what is not Spoken.NothingFree and not Spoken.InsideNotice)
                    ManyDigits().IsMatch(text).ShouldBeFalse(because);
                (text.Contains("  ", StringComparison.Ordinal) || text.Contains('{', StringComparison.Ordinal)).ShouldBeFalse(because);
            }
        }
    });

    [Fact]
    public void The_place_of_every_zone_is_said_in_plain_words()
    {
        foreach (var zoneId in ZoneIds)
        {
            foreach (var language in Languages)
            {
                var label = Speech.Label(Some.Now, new SpeechContext(Some.Now, zoneId, language) { NamesZone = true });
                Words().Matches(label).Select(word => word.Value.ToLowerInvariant()).Intersect(NeverSaid).ShouldBeEmpty($"{zoneId}: {label}");
                (language == "de" ? GermanPlace() : EnglishPlace()).IsMatch(label).ShouldBeTrue($"{zoneId}: {label}");
            }
        }
    }

    [Fact]
    public void Nothing_is_called_booked_before_somebody_agreed()
    {
        foreach (var kind in SpokenCases.Kinds.Where(kind => kind.Name is not ("Booked" or "AlreadyBooked" or "InsideNotice")))
        {
            foreach (var standing in Enum.GetValues<BookingStanding>().Except([BookingStanding.Booked]))
            {
                var what = SpokenCases.Any(kind, new Random(1), Some.Now);
                if (what is Spoken.BookingIs it)
                    what = it with { Standing = standing };
                foreach (var language in Languages)
                    Words().Matches(Speech.Say(what, new SpeechContext(Some.Now, "UTC", language))).Select(word => word.Value).ShouldNotContain(word => word == "gebucht" || word == "booked", kind.Name);
            }
        }
    }

    [Fact]
    public void There_is_no_place_for_a_name_a_number_or_an_address() =>
        SpokenCases.Kinds.SelectMany(kind => kind.GetProperties().Where(property => property.PropertyType == typeof(string)).Select(property => $"{kind.Name}.{property.Name}"))
            .ShouldBe(["FreeTimes.Label", "NoneInPreference.Label"]);

    [Fact]
    public void A_language_that_is_missing_is_english_and_a_zone_that_is_none_is_refused_by_name()
    {
        Speech.Say(new Spoken.AskDay(), new SpeechContext(Some.Now, "UTC", "fr-FR")).ShouldBe("Which day would you like to come?");
        Speech.Say(new Spoken.AskDay(), new SpeechContext(Some.Now, "UTC", "de-AT")).ShouldBe("An welchem Tag hätten Sie gern einen Termin?");
        Should.Throw<NodaTime.TimeZones.DateTimeZoneNotFoundException>(() => Speech.Label(Some.Now, new SpeechContext(Some.Now, "Nowhere/Bad", "de"))).Message.ShouldContain("Nowhere/Bad");
    }

    private static void InEach(System.Text.Json.JsonElement example, Func<string, string> say, string name)
    {
        Languages.ShouldContain(language => example.Text(language) != null, name);
        foreach (var language in Languages.Where(language => example.Text(language) is not null))
            say(language).ShouldBe(example.Text(language), $"{name} {language}");
    }

    private static SpeechContext At(string now, string language) => new(LocalExamples.Instant(now), LocalExamples.Zone, language);

    private static bool HasOwnTime(Type kind) => kind.GetProperties().Any(property => property.PropertyType == typeof(DateTimeOffset));

    [GeneratedRegex(" (?:vor|nach) der Zeitumstellung| (?:before|after) the clocks change", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex Aside();

    [GeneratedRegex(@" um (?:\d+|ein) Uhr(?: \d+)?", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex AtClock();

    [GeneratedRegex(@"\d{3}", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex ManyDigits();

    [GeneratedRegex(@" (?:Ortszeit \w[\w .-]+|Weltzeit(?: (?:plus|minus) (?:eine Stunde|\d+ Stunden)(?: und \d\d Minuten)?)?)$", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex GermanPlace();

    [GeneratedRegex(@" (?:\w[\w .-]+ time|universal time (?:plus|minus) (?:an hour|\d+ hours)(?: and \d\d minutes)?)$", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex EnglishPlace();

    [GeneratedRegex(@"\d+\. (?=[JFMASOND])", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex Month();

    [GeneratedRegex(@"[.?!](?=\s|$)", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"(?:\d+|ein) Uhr|\d (?:AM|PM)", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex ClockTime();

    [GeneratedRegex(@"\w+", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex Words();
}
