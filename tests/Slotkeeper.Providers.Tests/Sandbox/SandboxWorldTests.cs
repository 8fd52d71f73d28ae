using Microsoft.Extensions.Options;
using Shouldly;
using Slotkeeper.Sandbox;
using Xunit;

namespace Slotkeeper.Providers.Tests.Sandbox;

public sealed class SandboxWorldTests
{
    private static readonly DateTimeOffset Now = SandboxClient.Start;

    public static TheoryData<SandboxProvider> Providers => [.. Enum.GetValues<SandboxProvider>()];

    [Theory]
    [MemberData(nameof(Providers))]
    public void The_same_seed_makes_the_same_calendars_and_slots_and_another_seed_others(SandboxProvider provider)
    {
        var first = World(new SandboxOptions { Seed = 3 });
        var second = World(new SandboxOptions { Seed = 3 });
        var other = World(new SandboxOptions { Seed = 4 });
        var same = 0;
        for (var index = 0; index < 50; index++)
        {
            var calendar = first.CalendarAt(provider, index);
            calendar.ShouldBeEquivalentTo(second.CalendarAt(provider, index));
            Slots(first, provider, index).ShouldBe(Slots(second, provider, index));
            if (Slots(first, provider, index).SequenceEqual(Slots(other, provider, index)))
                same++;
        }

        same.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public void A_calendar_is_found_by_its_index_link_slug_and_every_id(SandboxProvider provider)
    {
        var world = World(new SandboxOptions());
        var defined = world.Define(new CalendarDefinition { Provider = provider, Slots = [] });
        foreach (var calendar in Enumerable.Range(0, 40).Select(i => world.CalendarAt(provider, i * 6_007)).Append(defined))
        {
            string?[] names = [calendar.Index.ToString(System.Globalization.CultureInfo.InvariantCulture), calendar.Link, calendar.SchedulingLink, calendar.ExternalId, calendar.PublicId];
            foreach (var name in names.OfType<string>())
                world.Find(provider, name)?.Index.ShouldBe(calendar.Index, name);
            names.OfType<string>().ShouldAllBe(name => world.Find(provider, name) != null);
        }

        world.Find(provider, "nothing-like-it").ShouldBeNull();
        world.Find(provider, "intro-99999999").ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public void Ids_of_different_calendars_differ(SandboxProvider provider)
    {
        var world = World(new SandboxOptions());
        Enumerable.Range(0, 20_000).Select(index => world.CalendarAt(provider, index).PublicId).Distinct().Count().ShouldBe(20_000);
    }

    [Fact]
    public void Calendly_ids_are_hexadecimal_for_some_and_any_letters_for_others()
    {
        var world = World(new SandboxOptions());
        var ids = Enumerable.Range(0, 50).Select(index => world.CalendarAt(SandboxProvider.Calendly, index).PublicId).ToList();
        ids.Count(id => Guid.TryParse(id, out _)).ShouldBeGreaterThan(10);
        ids.Count(id => id.Any(c => c is > 'F' and <= 'Z')).ShouldBeGreaterThan(10);
    }

    [Fact]
    public void About_the_asked_share_of_calendars_changes_in_a_minute()
    {
        var clock = new SandboxClock(Now);
        var world = new SandboxWorld(new SandboxOptions { ChangesPerMinute = 0.05 }, clock);
        const int Calendars = 2_000;
        // Starts in the future of both readings, so that passing time alone changes nothing.
        var before = Enumerable.Range(0, Calendars).Select(index => Fingerprint(world, index)).ToArray();
        clock.Advance(TimeSpan.FromMinutes(1));
        var changed = Enumerable.Range(0, Calendars).Count(index => Fingerprint(world, index) != before[index]);
        (changed / (double)Calendars).ShouldBeInRange(0.035, 0.065);
    }

    [Fact]
    public void Nothing_changes_when_changes_are_switched_off()
    {
        var clock = new SandboxClock(Now);
        var world = new SandboxWorld(new SandboxOptions { ChangesPerMinute = 0 }, clock);
        var before = Enumerable.Range(0, 300).Select(index => Fingerprint(world, index)).ToArray();
        clock.Advance(TimeSpan.FromHours(6));
        Enumerable.Range(0, 300).Select(index => Fingerprint(world, index)).ShouldBe(before);
    }

    [Fact]
    public void A_benchmark_calendar_has_480_half_hours_in_thirty_days()
    {
        var world = World(new SandboxOptions { Profile = SandboxProfile.Benchmark, ChangesPerMinute = 0 });
        for (var index = 0; index < 100; index++)
        {
            var calendar = world.CalendarAt(SandboxProvider.HubSpot, index);
            calendar.Durations.ShouldBe([TimeSpan.FromMinutes(30)]);
            // The window may cut a day whose zone changes its clock.
            world.TrueSlots(calendar, Now, Now.AddDays(30)).Count.ShouldBeInRange(478, 482);
        }
    }

    [Fact]
    public void Durations_and_zones_are_mixed()
    {
        var world = World(new SandboxOptions());
        var calendars = Enumerable.Range(0, 500).Select(index => world.CalendarAt(SandboxProvider.Calendly, index)).ToList();
        calendars.Select(calendar => (int)calendar.Duration.TotalMinutes).Distinct().Order().ShouldBe([15, 20, 30, 45, 60, 90]);
        calendars.Select(calendar => calendar.Zone).Distinct().Count().ShouldBeGreaterThan(15);
        Enumerable.Range(0, 100).ShouldContain(index => world.CalendarAt(SandboxProvider.HubSpot, index).Durations.Count > 1);
    }

    [Fact]
    public void A_slot_never_overlaps_a_booked_time()
    {
        var world = World(new SandboxOptions());
        for (var index = 0; index < 50; index++)
        {
            var calendar = world.CalendarAt(SandboxProvider.HighLevel, index);
            var slots = Slots(world, SandboxProvider.HighLevel, index);
            var start = slots[slots.Count / 3].AddMinutes(7);
            var end = start.AddMinutes(50);
            world.Book(calendar, start, end);
            Slots(world, SandboxProvider.HighLevel, index).ShouldBe(slots.Where(slot => slot + calendar.Duration <= start || slot >= end));
        }
    }

    [Fact]
    public void Lognormal_latency_has_the_asked_mean_and_a_smaller_median()
    {
        var latency = Latency.LogNormal(TimeSpan.FromMilliseconds(200), 0.8);
        var random = new Random(1);
        var draws = Enumerable.Range(0, 50_000).Select(_ => latency.Draw((ulong)random.NextInt64() << 1).TotalMilliseconds).Order().ToArray();
        draws.Average().ShouldBeInRange(190, 210);
        // The median of this distribution is the mean divided by e^(0.8 * 0.8 / 2).
        draws[draws.Length / 2].ShouldBeInRange(138, 152);
    }

    [Theory]
    [InlineData(nameof(SandboxOptions.Port), 70_000, "Port is 70000; it must be between 0 and 65535.")]
    [InlineData(nameof(SandboxOptions.CalendarsPerProvider), 0, "CalendarsPerProvider is 0; it must be between 1 and 1000000000.")]
    [InlineData(nameof(SandboxOptions.BookingWindowDays), 400, "BookingWindowDays is 400; it must be between 1 and 366.")]
    [InlineData(nameof(SandboxOptions.RecordedRequests), -1, "RecordedRequests is -1; it must be between 0 and 1000000.")]
    public void An_option_out_of_range_is_refused_with_its_name_value_and_range(string option, int value, string message)
    {
        var options = new SandboxOptions();
        typeof(SandboxOptions).GetProperty(option)!.SetValue(options, value);
        Should.Throw<OptionsValidationException>(options.Validate).Message.ShouldBe(message);
    }

    [Fact]
    public void An_option_that_is_no_number_is_refused() =>
        Should.Throw<OptionsValidationException>(new SandboxOptions { BusyShare = double.NaN }.Validate).Message.ShouldContain("BusyShare");

    private static SandboxWorld World(SandboxOptions options) => new(options, new SandboxClock(Now));

    private static IReadOnlyList<DateTimeOffset> Slots(SandboxWorld world, SandboxProvider provider, int index) =>
        world.TrueSlots(world.CalendarAt(provider, index), Now, Now.AddDays(30));

    private static int Fingerprint(SandboxWorld world, int index)
    {
        var hash = default(HashCode);
        foreach (var slot in world.TrueSlots(world.CalendarAt(SandboxProvider.Calendly, index), Now.AddDays(1), Now.AddDays(30)))
            hash.Add(slot);
        return hash.ToHashCode();
    }
}
