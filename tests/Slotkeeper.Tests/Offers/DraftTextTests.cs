using Slotkeeper.Offers;

namespace Slotkeeper.Tests.Offers;

// Cases: both headers, CRLF, indentation, unread lines; given labels; style, language and zone kept; every refusal; swaps chosen elsewhere; candidates.
public class DraftTextTests
{
    private const string Zone = "America/New_York";
    private const string Thursday = "10:00 AM EST on Thu, Feb 12";
    private const string Friday = "2:30 PM EST on Fri, Feb 13";
    private static readonly DateTimeOffset Now = WorkedExamples.Instant("02-09T15:00");
    private static readonly DateTimeOffset ThursdayStart = WorkedExamples.Instant("02-12T15:00");
    private static readonly DateTimeOffset FridayStart = WorkedExamples.Instant("02-13T19:30");
    private static readonly DateTimeOffset[] Free = [FridayStart, WorkedExamples.Instant("02-16T16:00"), WorkedExamples.Instant("02-17T20:00")];

    [Theory]
    [InlineData("Available times (use verbatim if proposing times):", "\n", "- ")]
    [InlineData("AVAILABLE TIMES (use verbatim if scheduling):", "\r\n", "  - ")]
    [InlineData("available times (use verbatim if scheduling):", "\r\n", "* ")]
    public void Dead_times_of_a_section_are_swapped_and_every_other_byte_stays(string header, string end, string bullet)
    {
        var text = $"Hi  there,{end}{end}{header}{end}{bullet}{Thursday}{end}{bullet}{Friday}{end}{end}\tBest, Bob \u00e9{end}";
        var section = DraftText.Section(text, Zone, Now)!;
        section.Labels.ShouldBe([(Thursday, ThursdayStart), (Friday, FridayStart)]);
        section.Unread.ShouldBeEmpty();
        var outcome = DraftText.Replace(text, [new(Thursday, ThursdayStart, false), new(Friday, FridayStart, true)], Free, Zone).ShouldBeOfType<DraftOutcome.Edited>();
        outcome.Text.ShouldBe(text.Replace(Thursday, "11:00 AM EST on Mon, Feb 16"));
        outcome.Replacements.ShouldBe([new DraftReplacement(Thursday, "11:00 AM EST on Mon, Feb 16", Free[1])]);
    }

    [Fact]
    public void A_section_ends_with_its_bullets_and_tells_what_it_could_not_read()
    {
        var text = $"{Wording.PromptHeader}\n- {Thursday}\n- any time on Friday\n\n- {Friday}\n";
        var section = DraftText.Section(text, Zone, Now)!;
        section.Labels.ShouldBe([(Thursday, ThursdayStart)]);
        section.Unread.ShouldBe(["any time on Friday"]);
        DraftText.Section($"- {Thursday}", Zone, Now).ShouldBeNull();
    }

    [Fact]
    public void Nothing_dead_is_nothing_changed() =>
        DraftText.Replace("x", [new(Thursday, ThursdayStart, true)], [], Zone).ShouldBeOfType<DraftOutcome.Edited>().Text.ShouldBe("x");

    [Theory]
    [InlineData("10am on Thursday, February 12th", Zone, "2:30pm on Friday, February 13th")]
    [InlineData("10:00 AM (your time) on Thu, Feb 12", Zone, "2:30 PM (your time) on Fri, Feb 13")]
    [InlineData("Donnerstag, den 12. Februar um 16 Uhr", "Europe/Berlin", "Freitag, den 13. Februar um 20 Uhr 30")]
    [InlineData("7:00 AM PST on Thu, Feb 12", Zone, "11:30 AM PST on Fri, Feb 13")]
    [InlineData("3:00 PM UTC on Thu, Feb 12", Zone, "7:30 PM UTC on Fri, Feb 13")]
    [InlineData("8:30 PM GMT+5:30 on Thu, Feb 12", Zone, "1:00 AM GMT+5:30 on Sat, Feb 14")]
    [InlineData("Thursday at ten", Zone, "2:30 PM EST on Fri, Feb 13")]
    public void A_time_is_swapped_for_one_in_its_own_style_language_and_zone(string dead, string zone, string written) =>
        DraftText.Replace($"How is {dead}?", [new(dead, ThursdayStart, false)], Free, zone).ShouldBeOfType<DraftOutcome.Edited>().Text.ShouldBe($"How is {written}?");

    [Fact]
    public void Across_a_change_of_the_clock_the_token_is_that_of_the_new_time() =>
        DraftText.Replace("10:00 AM EST on Fri, Mar 6", [new("10:00 AM EST on Fri, Mar 6", null, false)], [WorkedExamples.Instant("03-09T14:00")], Zone)
            .ShouldBeOfType<DraftOutcome.Edited>().Text.ShouldBe("10:00 AM EDT on Mon, Mar 9");

    [Fact]
    public void A_label_is_found_only_where_it_stands_by_itself()
    {
        const string Text = "11:00 AM EST on Thu, Feb 12 or 1:00 AM EST on Thu, Feb 1";
        var edited = DraftText.Replace(Text, [new("1:00 AM EST on Thu, Feb 1", null, false)], Free, Zone).ShouldBeOfType<DraftOutcome.Edited>();
        edited.Text.ShouldBe($"11:00 AM EST on Thu, Feb 12 or {Friday}");
    }

    [Theory]
    [InlineData("nothing", Thursday, "", DraftText.OldTextNotFound)]
    [InlineData($"{Thursday} {Thursday}", Thursday, "", DraftText.OldTextNotUnique)]
    [InlineData("10 AM on Thu", "10 AM", "AM on Thu", DraftText.OverlappingRanges)]
    [InlineData("x", "", "", DraftText.OldTextNotFound)]
    public void Text_that_cannot_be_edited_safely_is_refused(string text, string dead, string other, string code)
    {
        DraftOffer[] offers = other.Length == 0 ? [new(dead, null, false)] : [new(dead, null, false), new(other, null, false)];
        DraftText.Replace(text, offers, Free, Zone).ShouldBeOfType<DraftOutcome.Refused>().Code.ShouldBe(code);
    }

    [Fact]
    public void A_live_label_is_never_touched()
    {
        DraftText.Replace("10 AM on Thu", [new("10 AM", null, false), new("10 AM on Thu", null, true)], Free, Zone).ShouldBeOfType<DraftOutcome.Refused>().Code.ShouldBe(DraftText.OverlappingRanges);
        DraftText.Replace($"{Thursday}, {Friday}, {Friday}", [new(Thursday, null, false), new(Friday, FridayStart, true)], Free, Zone)
            .ShouldBeOfType<DraftOutcome.Edited>().Text.ShouldBe($"11:00 AM EST on Mon, Feb 16, {Friday}, {Friday}");
    }

    [Fact]
    public void Fewer_free_times_than_dead_ones_change_nothing() =>
        DraftText.Replace($"{Thursday} {Friday}", [new(Thursday, null, false), new(Friday, FridayStart, false)], Free[..2], Zone).ShouldBeOfType<DraftOutcome.Refused>().Code.ShouldBe(DraftText.NoSlots);

    [Fact]
    public void Too_much_is_refused() =>
        DraftText.Replace(new string('x', DraftText.MostText + 1), [], Free, Zone).ShouldBeOfType<DraftOutcome.Refused>().Code.ShouldBe(DraftText.TooLong);

    [Fact]
    public void Swaps_chosen_elsewhere_are_carried_out_when_all_are_sound()
    {
        DraftCandidate[] candidates = [new(Free[0], Friday), new(Free[1], "M")];
        DraftText.Apply($"a {Thursday} b C", [("C", "M"), (Thursday, Friday)], candidates).ShouldBeOfType<DraftOutcome.Edited>().Text.ShouldBe($"a {Friday} b M");
        Code("x", ("a", "M")).ShouldBe(DraftText.OldTextNotFound);
        Code("a a", ("a", "M")).ShouldBe(DraftText.OldTextNotUnique);
        Code("a", ("a", "N")).ShouldBe(DraftText.NewTextNotCandidate);
        Code("a b", ("a", "M"), ("b", "M")).ShouldBe(DraftText.DuplicateNewText);
        Code("a M", ("a", "M")).ShouldBe(DraftText.DuplicateNewText);
        Code("a b c", ("a b", "M"), ("b c", Friday)).ShouldBe(DraftText.OverlappingRanges);

        string Code(string text, params (string, string)[] swaps) => DraftText.Apply(text, swaps, candidates).ShouldBeOfType<DraftOutcome.Refused>().Code;
    }

    [Fact]
    public void Swapping_is_exact_for_any_text() => Properties.Hold(1000, random =>
    {
        var (before, after) = (Noise(random), Noise(random));
        var edited = DraftText.Replace($"{before} {Thursday} {after}", [new(Thursday, ThursdayStart, false)], Free, Zone).ShouldBeOfType<DraftOutcome.Edited>();
        edited.Text.ShouldBe($"{before} {Friday} {after}");

        static string Noise(Random random)
        {
            const string Letters = "aé \r\n-:{}\u202f\ud83d12AM";
            return new([.. Enumerable.Range(0, random.Next(80)).Select(_ => Letters[random.Next(Letters.Length)])]);
        }
    });

    [Fact]
    public void Candidates_begin_tomorrow_the_least_offered_first_and_none_the_lead_was_offered()
    {
        var slots = new[] { "02-09T14:00", "02-09T20:00", "02-10T04:59", "02-10T05:00", "02-11T15:00", "02-12T15:00", "02-13T15:00" }.Select(WorkedExamples.Instant).Reverse().ToArray();
        var input = new DraftCandidatesInput
        {
            Slots = slots,
            TimeZone = Zone,
            Now = Now,
            Offered = new Dictionary<DateTimeOffset, OfferCount> { [WorkedExamples.Instant("02-10T05:00")] = new(2, 0) },
            OfferedToLead = new HashSet<DateTimeOffset> { WorkedExamples.Instant("02-12T15:00") },
        };
        Times(input).ShouldBe(["02-11T15:00", "02-13T15:00", "02-10T05:00"]);
        Times(input with { SnoozedUntil = WorkedExamples.Instant("02-11T15:00") }).ShouldBe(["02-11T15:00", "02-13T15:00"]);
        Times(input with { MinimumNotice = TimeSpan.FromDays(3) }).ShouldBe(["02-13T15:00"]);
        Times(input with { OfferedToLead = slots.ToHashSet() }).ShouldBe(["02-11T15:00", "02-12T15:00", "02-13T15:00", "02-10T05:00"]);
        DraftCandidates.Choose(input)[0].Label.ShouldBe("10:00 AM EST on Wed, Feb 11");
        DraftCandidates.Choose(input with { Draft = "3:00 PM EST or 7:00 AM PST or 8:00 AM PST" })[0].Label.ShouldBe("7:00 AM PST on Wed, Feb 11");

        static string[] Times(DraftCandidatesInput input) => [.. DraftCandidates.Choose(input).Select(one => one.Start.UtcDateTime.ToString("MM-dd'T'HH:mm"))];
    }

    [Fact]
    public void Candidates_are_fifty_at_most_and_no_label_comes_twice()
    {
        var slots = Enumerable.Range(1, 400).SelectMany(i => new[] { Now.AddDays(i), Now.AddDays(i).AddSeconds(20) }).ToArray();
        var candidates = DraftCandidates.Choose(new DraftCandidatesInput { Slots = slots, TimeZone = Zone, Now = Now });
        candidates.Count.ShouldBe(DraftCandidates.Most);
        candidates.Select(one => one.Label).ShouldBeUnique();
    }
}
