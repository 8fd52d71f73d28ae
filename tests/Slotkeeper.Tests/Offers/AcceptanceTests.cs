using System.Diagnostics;
using Slotkeeper.Offers;

namespace Slotkeeper.Tests.Offers;

// Cases: the worked examples, by index, time, day and yes, in both languages; the pick of a weekday; texts of strangers, however long and odd.
public class AcceptanceTests
{
    private const string Zone = "America/New_York";

    /// <summary>A Monday.</summary>
    private static readonly DateTimeOffset Now = WorkedExamples.Instant("02-09T15:00");

    public static TheoryData<string, string> Examples => WorkedExamples.Of("acceptance");

    public static TheoryData<string, string> WeekdayPicks => WorkedExamples.Of("weekdayPicks");

    [Theory]
    [MemberData(nameof(Examples))]
    public void Words_accept_the_offer_they_point_at_or_none_with_the_reason(string name, string text)
    {
        var example = WorkedExamples.Read(text);
        // Unless an example says otherwise: Tuesday 9:00 and 13:30 in New York.
        var starts = (example.Text("offers") ?? "02-10T14:00 02-10T18:30").Split(' ').Select(WorkedExamples.Instant);
        var offers = starts.Select((start, i) => new LiveOffer($"{i + 1}", start, Now.AddDays(-(example.Number("ageDays") ?? 1)))).ToArray();
        var outcome = Acceptance.Match(example.Text("text")!, offers, Zone, Now, example.Text("subject"));
        var told = outcome is AcceptanceOutcome.Accepted accepted ? $"{accepted.Offer.Id} {accepted.By}" : ((AcceptanceOutcome.None)outcome).Code;
        told.ShouldBe(example.Text("expected"), $"{name}: {example.Text("text")}");
    }

    [Theory]
    [MemberData(nameof(WeekdayPicks))]
    public void The_earliest_slot_of_a_weekday_is_picked_in_the_wanted_part_if_there_is_one(string name, string text)
    {
        var example = WorkedExamples.Read(text);
        var slots = example.Text("slots")!.Split(' ').Select(WorkedExamples.Instant).ToArray();
        (int, int)? part = example.Number("from") is { } from ? (from, example.Number("until")!.Value) : null;
        Acceptance.EarliestOn(slots, Enum.Parse<DayOfWeek>(example.Text("weekday")!), part, example.Text("zone")!).ShouldBe(example.Instant("expected"), name);
    }

    [Fact]
    public void Every_label_is_accepted_word_for_word() => Properties.Hold(2000, random =>
    {
        var offers = Enumerable.Range(0, random.Next(1, 4)).Select(i => new LiveOffer($"{i}", Now.AddHours(1 + random.Next(300)).AddMinutes(random.Next(2) * 30), Now.AddDays(-1))).DistinctBy(offer => offer.Start).ToArray();
        var meant = offers[random.Next(offers.Length)];
        var zone = new[] { "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland" }[random.Next(4)];
        var label = Wording.Label(meant.Start, zone, (LabelStyle)random.Next(4), random.Next(2) == 0 ? "en" : "de");
        var outcome = Acceptance.Match(label, offers, zone, Now);
        outcome.ShouldBe(new AcceptanceOutcome.Accepted(meant, AcceptedBy.Time), $"{label} in {zone}");
    });

    [Fact]
    public void Hostile_texts_end_quickly_and_never_fail()
    {
        string[] pieces = ["On 1 ", "Am 1 ", "wrote:", "schrieb", "> ", "\n", "From: x\n", "no ", "out of ", "9:", "12.", "12/", "{", "(", "aaaa", "a.m", " at 10 ", "between ", "İ", "\ud800", "٣", "yes", "\r", "\u202f", "99999999999", "0:99 uhr 99", "the first", "31st "];
        LiveOffer[] offers = [new("1", Now.AddDays(1), Now), new("2", Now.AddDays(2), Now)];
        var began = Stopwatch.GetTimestamp();
        foreach (var piece in pieces)
            Acceptance.Match(string.Concat(Enumerable.Repeat(piece, Acceptance.MostText / piece.Length)), offers, Zone, Now).ShouldNotBeNull();
        var random = new Random(8);
        for (var i = 0; i < 300; i++)
            Acceptance.Match(string.Concat(Enumerable.Range(0, 1500).Select(_ => pieces[random.Next(pieces.Length)])), offers, Zone, Now, pieces[i % pieces.Length]).ShouldNotBeNull();
        // Linear time takes a fraction of this; what grows with the square takes minutes.
        Stopwatch.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_text_that_is_too_long_is_refused_whole() =>
        Acceptance.Match(new string('a', Acceptance.MostText + 1), [new("1", Now.AddDays(1), Now)], Zone, Now).ShouldBeOfType<AcceptanceOutcome.None>().Code.ShouldBe(Acceptance.TextTooLong);
}
