using System.Globalization;
using System.Text.Json;
using NodaTime;
using Slotkeeper.Hearing;
using Slotkeeper.Offers;

namespace Slotkeeper.Tests.Hearing;

public class HeardTimeTests
{
    private const string Berlin = "Europe/Berlin";
    private const int MinutesOfLeapYear = 366 * 1440;

    /// <summary>The first moment of a leap year in Berlin: every label of that year lies ahead.</summary>
    private static readonly DateTimeOffset LeapYear = new(2027, 12, 31, 23, 0, 0, TimeSpan.Zero);

    private static readonly JsonDocument File = JsonDocument.Parse(typeof(HeardTimeTests).Assembly.GetManifestResourceStream("heard.json")!);

    /// <summary>Date, time, now, zone, locale, outcome.</summary>
    public static TheoryData<string, string, string, string, string, string> Cases()
    {
        var data = new TheoryData<string, string, string, string, string, string>();
        foreach (var group in File.RootElement.EnumerateArray())
        {
            foreach (var one in group.GetProperty("cases").EnumerateArray())
                data.Add(one[0].GetString()!, one[1].GetString()!, group.GetProperty("now").GetString()!, group.GetProperty("zone").GetString()!, group.GetProperty("locale").GetString()!, one[2].GetString()!);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_was_said_is_heard(string date, string time, string now, string zone, string locale, string outcome) =>
        HeardText.Of(HeardTime.Read(date, time, new HearingContext(DateTimeOffset.Parse(now, CultureInfo.InvariantCulture), zone, locale)), zone).ShouldBe(outcome);

    [Theory]
    [InlineData("de")]
    [InlineData("en")]
    public void Every_day_and_every_minute_of_a_leap_year_in_spoken_words_is_heard_as_that_instant(string locale)
    {
        // A step without a common factor with the minutes of a day meets every minute of the day and every day many times.
        for (var minute = 0; minute < MinutesOfLeapYear; minute += 7)
            Heard(minute);
        for (var minute = 0; minute < 1440; minute++)
            Heard((100 * 1440) + minute);

        void Heard(int minute)
        {
            var start = LeapYear.AddMinutes(minute);
            var label = Wording.Label(start, Berlin, LabelStyle.Spoken, locale);
            HeardTime.Read(label, null, new HearingContext(LeapYear, Berlin, locale)).ShouldBe(new Heard.Moment(start), label);
        }
    }

    /// <summary>In lower case they are no labels of ours but a caller's words, and go the way of words.</summary>
    [Theory]
    [InlineData("de")]
    [InlineData("en")]
    public void The_same_words_from_a_caller_are_heard_so_or_asked_between_morning_and_evening(string locale)
    {
        var zone = DateTimeZoneProviders.Tzdb[Berlin];
        for (var minute = 0; minute < MinutesOfLeapYear; minute += 37)
        {
            var start = LeapYear.AddMinutes(minute);
            var local = Instant.FromDateTimeOffset(start).InZone(zone);
            if (zone.MapLocal(local.LocalDateTime).Count > 1)
                continue;
            var words = Wording.Label(start, Berlin, LabelStyle.Spoken, locale).ToLowerInvariant();
            var heard = HeardTime.Read(words, null, new HearingContext(LeapYear, Berlin, locale));
            if (locale == "de" && local.Hour is >= 1 and <= 7)
                heard.ShouldBeOfType<Heard.Unclear>(words).ShouldSatisfyAllConditions(asked => asked.Question.ShouldBe(Question.MorningOrEvening), asked => asked.Candidates.ShouldContain(start));
            else
                heard.ShouldBe(new Heard.Moment(start), words);
        }
    }

    [Fact]
    public void Whatever_is_said_nothing_fails_and_nothing_of_the_past_is_heard()
    {
        string[] words = [.. Cases().SelectMany(row => new[] { row.Data.Item1, row.Data.Item2 }).SelectMany(text => text.Split(' ')).Distinct(), "99999999999", "2147483648", "0", "00:00", ":", ".", "-", "/", "\u0308", "😀", "12/31/9999", "31.12.9998", "24:00", "999", "0000-00-00"];
        string[] zones = [Berlin, "America/New_York", "Pacific/Apia", "Asia/Kathmandu", "Australia/Lord_Howe"];
        var found = 0;
        Properties.Hold(5000, random =>
        {
            var now = LeapYear.AddMinutes(random.Next(-600_000, 600_000));
            var zone = zones[random.Next(zones.Length)];
            var (date, time) = (Text(random), random.Next(3) == 0 ? null : Text(random));
            var heard = HeardTime.Read(date, time, new HearingContext(now, zone, random.Next(2) == 0 ? "de" : "en-US"));
            var today = Instant.FromDateTimeOffset(now).InZone(DateTimeZoneProviders.Tzdb[zone]);
            switch (heard)
            {
                case Heard.Moment moment:
                    moment.Start.ShouldBeGreaterThanOrEqualTo(now);
                    moment.Start.Offset.ShouldBe(TimeSpan.Zero);
                    found++;
                    break;
                case Heard.Days days:
                    days.From.ShouldBeGreaterThanOrEqualTo(today.Date);
                    days.Through.ShouldBeGreaterThanOrEqualTo(days.From, $"{date} | {time}");
                    (days.From > today.Date || days.Window?.Until is not { } until || until > today.TimeOfDay).ShouldBeTrue();
                    (days.Window?.Until is not { } end || end > days.Window.From).ShouldBeTrue($"{date} | {time}");
                    found++;
                    break;
                case Heard.Unclear unclear:
                    unclear.Candidates.ShouldAllBe(start => start >= now);
                    unclear.Candidates.ShouldBeInOrder();
                    unclear.CandidateDays.ShouldAllBe(day => day >= today.Date);
                    break;
                default:
                    throw new InvalidOperationException("closed");
            }
        });
        found.ShouldBeGreaterThan(100);

        string Text(Random random) => random.Next(8) == 0
            ? string.Concat(Enumerable.Range(0, random.Next(260)).Select(_ => (char)random.Next(1, 0x2100)))
            : string.Join(' ', Enumerable.Range(0, random.Next(1, 7)).Select(_ => words[random.Next(words.Length)]));
    }

    [Fact]
    public void More_than_two_hundred_letters_are_not_listened_to()
    {
        var context = new HearingContext(LeapYear, Berlin, "de");
        var longWords = "morgen " + new string('a', 200);
        HeardTime.Read(longWords, "15 Uhr", context).ShouldBeOfType<Heard.Unclear>().Question.ShouldBe(Question.NotUnderstoodDay);
        HeardTime.Read("morgen", longWords, context).ShouldBeOfType<Heard.Unclear>().Question.ShouldBe(Question.NotUnderstoodTime);
    }

    [Fact]
    public void Umlauts_are_heard_however_they_are_encoded() =>
        HeardText.Of(HeardTime.Read("u\u0308bermorgen", "fu\u0308nfzehn Uhr", new HearingContext(LeapYear, Berlin, "de")), Berlin).ShouldBe("2028-01-03T15:00");

    [Fact]
    public void A_zone_that_is_none_is_the_callers_mistake() =>
        Should.Throw<NodaTime.TimeZones.DateTimeZoneNotFoundException>(() => HeardTime.Read("morgen", null, new HearingContext(LeapYear, "Mars/Base", "de")));

    [Fact]
    public void What_was_understood_stays_with_a_question()
    {
        var context = new HearingContext(LeapYear, Berlin, "de");
        HeardTime.Read(null, "nachmittags", context).ShouldBeOfType<Heard.Unclear>().Window.ShouldNotBeNull().Label.ShouldBe("nachmittags");
        HeardTime.Read(null, "15 Uhr 30", context).ShouldBeOfType<Heard.Unclear>().Time.ShouldBe(new LocalTime(15, 30));
        HeardTime.Read("Freitag", "um drei", context).ShouldBeOfType<Heard.Unclear>().CandidateDays.ShouldBe([new LocalDate(2028, 1, 7)]);
    }
}
