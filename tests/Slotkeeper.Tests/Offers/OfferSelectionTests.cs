using System.Text.Json;
using NodaTime;
using Slotkeeper.Offers;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Tests.Offers;

// Cases: the worked examples in both modes; what always holds, by property; which days a window has; how offers fade; values out of range.
public class OfferSelectionTests
{
    private const string Base = "01-26T15:00 01-26T19:00 01-27T15:00 01-27T20:30 01-28T19:00";
    private static readonly string[] ZoneIds = [.. DateTimeZoneProviders.Tzdb.Ids];

    public static TheoryData<string, string> Examples => WorkedExamples.Of("selection");

    [Theory]
    [MemberData(nameof(Examples))]
    public void The_times_of_a_worked_example_are_named_in_their_order(string name, string text)
    {
        var example = WorkedExamples.Read(text);
        foreach (var mode in Enum.GetValues<SelectionMode>())
        {
            if (example.Text("modes") is var modes && modes != "both" && !string.Equals(modes, mode.ToString(), StringComparison.OrdinalIgnoreCase))
                continue;
            OfferSelection.Select(InputOf(example, mode)).Select(Short).ShouldBe(example.Texts("expected"), $"{name} {mode}");
        }
    }

    [Fact]
    public void A_time_is_never_past_excluded_taken_full_or_named_twice() => Properties.Hold(3000, random =>
    {
        var input = Any(random);
        var chosen = OfferSelection.Select(input);
        var told = input.SendAt > input.Now ? input.SendAt.Value : input.Now;
        chosen.Count.ShouldBeLessThanOrEqualTo(input.Mode == SelectionMode.Classic ? Math.Min(2, input.Count) : input.Count);
        chosen.ShouldBeUnique();
        chosen.ShouldBeSubsetOf(input.Slots);
        chosen.All(slot => slot >= told + input.MinimumNotice).ShouldBeTrue();
        chosen.All(slot => input.StartAfter == null || slot >= input.StartAfter).ShouldBeTrue();
        chosen.All(slot => !input.Exclude.Contains(slot)).ShouldBeTrue();
        chosen.All(slot => input.MaxLiveOffersPerSlot == null || input.Offered.GetValueOrDefault(slot).LiveLeads < input.MaxLiveOffersPerSlot).ShouldBeTrue();
    });

    [Fact]
    public void The_order_of_the_slots_changes_nothing() => Properties.Hold(2000, random =>
    {
        var input = Any(random);
        var shuffled = input.Slots.Concat(input.Slots.Take(3)).ToArray();
        random.Shuffle(shuffled);
        OfferSelection.Select(input with { Slots = shuffled }).ShouldBe(OfferSelection.Select(input));
    });

    [Fact]
    public void Nothing_is_named_only_where_nothing_may_be() => Properties.Hold(2000, random =>
    {
        var input = Any(random) with { Mode = SelectionMode.Spread, LeadZone = null, IncludeWeekends = true };
        var earliest = Max(input.StartAfter ?? input.Now, Max(input.Now, input.SendAt ?? input.Now) + input.MinimumNotice);
        var allowed = input.Slots.Where(slot => slot >= earliest && !input.Exclude.Contains(slot)
            && !(input.Offered.GetValueOrDefault(slot).LiveLeads >= input.MaxLiveOffersPerSlot)).Distinct().Count();
        OfferSelection.Select(input).Count.ShouldBe(Math.Min(allowed, input.Count));

        static DateTimeOffset Max(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
    });

    [Fact]
    public void A_lead_is_woken_by_no_time_while_there_is_another() => Properties.Hold(2000, random =>
    {
        var input = Any(random) with { LeadZone = ZoneIds[random.Next(ZoneIds.Length)], Mode = SelectionMode.Spread, IncludeWeekends = true };
        var zone = DateTimeZoneProviders.Tzdb[input.LeadZone];
        var chosen = OfferSelection.Select(input);
        var awake = chosen.Count(IsAwake);
        (awake == chosen.Count || awake == 0).ShouldBeTrue();
        if (awake == 0)
            OfferSelection.Select(input with { Slots = [.. input.Slots.Where(IsAwake)] }).ShouldBeEmpty();

        bool IsAwake(DateTimeOffset slot) => Instant.FromDateTimeOffset(slot).InZone(zone).Hour is >= 7 and < 21;
    });

    [Theory]
    [InlineData("2026-01-26", 5, false, "2026-02-02")]
    [InlineData("2026-01-30", 1, false, "2026-02-02")]
    [InlineData("2026-01-31", 1, false, "2026-02-02")]
    [InlineData("2026-01-31", 1, true, "2026-02-01")]
    [InlineData("2026-01-26", 30, false, "2026-03-09")]
    public void A_window_of_days_skips_weekends_unless_they_are_wanted(string anchor, int days, bool includeWeekends, string last)
    {
        var day = (int)(DateTime.Parse(anchor, System.Globalization.CultureInfo.InvariantCulture).Ticks / TimeSpan.TicksPerDay);
        new DateTime(SpreadSelection.LastPreferredDay(day, days, includeWeekends) * TimeSpan.TicksPerDay).ToString("yyyy-MM-dd").ShouldBe(last);
    }

    [Fact]
    public void An_offer_counts_half_after_three_days_and_nothing_once_its_slot_has_begun_or_it_is_withdrawn()
    {
        var now = Some.Now;
        var offer = new PastOffer(now.AddDays(5), "lead", now, true);
        OfferWeight.Of(offer, now).ShouldBe(1);
        OfferWeight.Of(offer, now.AddDays(3)).ShouldBe(0.5, 1e-9);
        OfferWeight.Of(offer, now.AddDays(5)).ShouldBe(0);
        OfferWeight.Of(offer with { IsLive = false }, now).ShouldBe(0);
        OfferWeight.Of(offer with { OfferedAt = now.AddMinutes(1) }, now).ShouldBe(1, "another node's clock is ahead");
    }

    [Fact]
    public void Offers_are_summed_by_slot_and_a_lead_fills_a_slot_once_and_never_its_own()
    {
        var now = Some.Now;
        var slot = now.AddDays(5);
        PastOffer[] offers =
        [
            new(slot, "a", now, true), new(slot, "a", now.AddDays(-3), true), new(slot, "b", now, true), new(slot, "c", now, false), new(slot, null, now, true),
            new(now.AddDays(-1), "a", now.AddDays(-2), true),
        ];
        OfferWeight.Sum(offers, now, SelectionMode.Spread, "b")[slot].ShouldBe(new OfferCount(3.5, 2));
        OfferWeight.Sum(offers, now, SelectionMode.Spread)[now.AddDays(-1)].ShouldBe(default);
        OfferWeight.Sum(offers, now, SelectionMode.Classic)[slot].ShouldBe(new OfferCount(5, 3));
        OfferWeight.Sum(offers, now, SelectionMode.Classic)[now.AddDays(-1)].Weight.ShouldBe(1);
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(11, 5)]
    [InlineData(2, 0)]
    [InlineData(2, 31)]
    public void Counts_and_days_out_of_range_are_refused(int count, int days) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new SelectionInput { Slots = [], WorkspaceZone = "UTC", Now = Some.Now, Count = count, PreferWithinDays = days });

    private static SelectionInput InputOf(JsonElement example, SelectionMode mode)
    {
        var counts = new Dictionary<DateTimeOffset, OfferCount>();
        foreach (var part in new[] { "counts", "live" }.Where(part => example.TryGetProperty(part, out _)))
        {
            foreach (var slot in example.GetProperty(part).EnumerateObject())
                counts[WorkedExamples.Instant(slot.Name)] = part == "counts" ? new(slot.Value.GetInt32(), 0) : new(0, slot.Value.GetInt32());
        }
        return new SelectionInput
        {
            Slots = Instants(example.Text("slots") is var slots && slots == "B" ? Base : slots),
            Offered = counts,
            WorkspaceZone = example.Text("zone") ?? "America/New_York",
            LeadZone = example.Text("leadZone"),
            Exclude = Instants(example.Text("exclude")).ToHashSet(),
            StartAfter = example.Instant("startAfter"),
            SendAt = example.Instant("sendAt"),
            PreferWithinDays = example.Number("days") ?? 5,
            IncludeWeekends = example.Flag("weekends"),
            Count = example.Number("count") ?? 2,
            Now = example.Instant("now") ?? WorkedExamples.Instant("01-26T12:00"),
            MinimumNotice = TimeSpan.FromMinutes(example.Number("noticeMinutes") ?? 0),
            MaxLiveOffersPerSlot = example.Number("mostLive"),
            Mode = mode,
        };
    }

    private static SelectionInput Any(Random random)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(random.NextInt64(1_770_000_000, 1_900_000_000));
        var slots = Enumerable.Range(0, random.Next(60)).Select(_ => DateTimeOffset.FromUnixTimeSeconds((now.ToUnixTimeSeconds() / 1800 * 1800) + (random.Next(-200, 1400) * 1800))).Order().ToArray();
        return new SelectionInput
        {
            Slots = slots,
            Offered = slots.Where(_ => random.Next(2) == 0).Distinct().ToDictionary(slot => slot, _ => new OfferCount(random.NextDouble() * 5, random.Next(4))),
            WorkspaceZone = ZoneIds[random.Next(ZoneIds.Length)],
            LeadZone = random.Next(2) == 0 ? null : ZoneIds[random.Next(ZoneIds.Length)],
            Exclude = slots.Where(_ => random.Next(5) == 0).ToHashSet(),
            StartAfter = random.Next(2) == 0 ? null : now.AddHours(random.Next(-50, 300)),
            SendAt = random.Next(2) == 0 ? null : now.AddHours(random.Next(-5, 24)),
            PreferWithinDays = random.Next(1, 31),
            IncludeWeekends = random.Next(2) == 0,
            Count = random.Next(1, 11),
            Now = now,
            MinimumNotice = TimeSpan.FromMinutes(random.Next(3) * 90),
            MaxLiveOffersPerSlot = random.Next(2) == 0 ? null : random.Next(1, 4),
            Mode = (SelectionMode)random.Next(2),
        };
    }

    private static DateTimeOffset[] Instants(string? text) =>
        [.. (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(WorkedExamples.Instant)];

    private static string Short(DateTimeOffset instant) => instant.UtcDateTime.ToString("MM-dd'T'HH:mm", System.Globalization.CultureInfo.InvariantCulture);
}
