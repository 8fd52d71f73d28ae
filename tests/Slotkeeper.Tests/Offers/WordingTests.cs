using NodaTime;
using Slotkeeper.Offers;

namespace Slotkeeper.Tests.Offers;

// Cases: the worked examples; sentences; every zone, style and language read back, around every change of the clock; what is no label.
public class WordingTests
{
    public static TheoryData<string, string> Labels => WorkedExamples.Of("labels");

    public static TheoryData<string, string> Sentences => WorkedExamples.Of("sentences");

    [Theory]
    [MemberData(nameof(Labels))]
    public void A_time_is_named_as_in_the_worked_example_and_read_back(string name, string text)
    {
        var example = WorkedExamples.Read(text);
        var (start, zone) = (example.Instant("start")!.Value, example.Text("zone")!);
        var style = LabelStyles.Parse(example.Text("style") ?? "explicit_zone")!.Value;
        var label = Wording.Label(start, zone, style, example.Text("locale"));
        label.ShouldBe(example.Text("label"), name);
        Wording.Read(label)!.Resolve(zone, start.AddDays(40)).ShouldBe(start);
    }

    [Theory]
    [MemberData(nameof(Sentences))]
    public void A_sentence_asks_about_its_labels(string name, string text)
    {
        var example = WorkedExamples.Read(text);
        Wording.Sentence(example.Texts("labels"), example.Text("template"), example.Text("locale")).ShouldBe(example.Text("sentence"), name);
    }

    [Fact]
    public void A_prompt_block_is_the_header_and_a_line_for_each_label()
    {
        Wording.PromptBlock(["A", "B"]).ShouldBe("Available times (use verbatim if proposing times):\n- A\n- B");
        Wording.PromptBlock([]).ShouldBeNull();
    }

    [Fact]
    public void In_every_zone_every_style_is_read_back_to_the_same_instant_also_when_the_clock_is_changed()
    {
        var random = new Random(4);
        var from = Instant.FromUtc(2026, 1, 1, 0, 0);
        var until = Instant.FromUtc(2028, 1, 1, 0, 0);
        var read = 0;
        foreach (var id in DateTimeZoneProviders.Tzdb.Ids)
        {
            var changes = DateTimeZoneProviders.Tzdb[id].GetZoneIntervals(from, until).Where(interval => interval.HasEnd && interval.End < until)
                .SelectMany(interval => new[] { -121, -61, -60, -59, -31, -30, -1, 0, 1, 29, 30, 59, 60, 61, 121 }.Select(minutes => interval.End + Duration.FromMinutes(minutes)));
            var others = Enumerable.Range(0, 6).Select(_ => from + Duration.FromMinutes(random.Next(2 * 365 * 24 * 60)));
            foreach (var start in changes.Concat(others).Select(instant => instant.ToDateTimeOffset()))
            {
                foreach (var style in Enum.GetValues<LabelStyle>())
                {
                    foreach (var locale in new[] { "en", "de" })
                    {
                        var label = Wording.Label(start, id, style, locale);
                        var reading = Wording.Read(label);
                        var back = reading?.Resolve(id, start.AddDays(random.Next(-150, 150)));
                        if (back != start || reading!.Style != style || reading.Locale != locale)
                            throw new InvalidOperationException($"{start:u} in {id} is \"{label}\" and read back as {back:u}, {reading?.Style} {reading?.Locale}.");
                        read++;
                    }
                }
            }
        }
        read.ShouldBeGreaterThan(40_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10:00 AM EST on Thu, Feb 12 ")]
    [InlineData(" 10:00 AM EST on Thu, Feb 12")]
    [InlineData("10:00 AM XYZ on Thu, Feb 12")]
    [InlineData("10:00 AM GMT+25 on Thu, Feb 12")]
    [InlineData("13:00 PM EST on Thu, Feb 12")]
    [InlineData("10:60 AM EST on Thu, Feb 12")]
    [InlineData("10:00 AM EST on Thu, Feb 32")]
    [InlineData("10:00 AM EST on Thu, Feb 123")]
    [InlineData("0:00 AM EST on Thu, Feb 12")]
    [InlineData("Donnerstag, den 12. Februar um 24 Uhr")]
    [InlineData("sometime on Thu")]
    public void What_is_no_label_is_not_read(string text) => Wording.Read(text).ShouldBeNull();

    [Theory]
    [InlineData("10:00 AM EST on Fri, Feb 12", "no 12 February nearby is a Friday")]
    [InlineData("2:30am on Sunday, March 8th", "the clock skips that time")]
    [InlineData("1:30am on Sunday, November 1st", "the clock shows that time twice")]
    [InlineData("10:00 AM EST on Sun, Feb 30", "there is no such day")]
    public void A_label_that_means_no_one_instant_resolves_to_none(string label, string because) =>
        Wording.Read(label)!.Resolve("America/New_York", WorkedExamples.Instant("02-01T00:00").AddDays(label.Contains("Nov") ? 250 : 0)).ShouldBeNull(because);

    [Fact]
    public void Odd_spaces_of_other_systems_are_read_as_spaces() =>
        Wording.Read("10:00\u202fAM EST on\u00a0Thu, Feb 12")!.Resolve("UTC", Some.Now.AddYears(-9)).ShouldBe(WorkedExamples.Instant("02-12T15:00"));

    [Fact]
    public void A_style_is_found_by_its_name_and_by_no_other()
    {
        foreach (var style in Enum.GetValues<LabelStyle>())
            LabelStyles.Parse(style.ToName()).ShouldBe(style);
        LabelStyles.Parse("Spoken").ShouldBeNull();
    }

    [Fact]
    public void A_zone_that_is_none_is_refused_by_name() =>
        Should.Throw<NodaTime.TimeZones.DateTimeZoneNotFoundException>(() => Wording.Label(Some.Now, "UTC+05")).Message.ShouldContain("UTC+05");
}
