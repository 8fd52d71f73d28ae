using System.Collections.Concurrent;
using System.Collections.Immutable;
using NodaTime;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox;

/// <summary>
/// The ground truth behind all provider answers: hundreds of thousands of calendars that are derived when asked for, the busy times
/// added to them, and calendars that tests have spelled out.
/// </summary>
public sealed class SandboxWorld
{
    /// <summary>Defined calendars are numbered from here; generated ones stay below.</summary>
    public const int FirstDefinedIndex = 1_000_000_000;

    private const long DayMs = 86_400_000;

    [ThreadStatic]
    private static SlotBuffer? threadSlots;

    private readonly TimeProvider clock;
    private readonly TraitsFactory factory;
    private readonly ConcurrentDictionary<CalendarKey, DefinedCalendar> defined = new();
    private readonly ConcurrentDictionary<string, CalendarKey> hosts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<CalendarKey, Latency> latencies = new();
    private int definedCount;

    public SandboxWorld(SandboxOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        options.Validate();
        Options = options;
        this.clock = clock;
        factory = new TraitsFactory(options);
        var codec = new IdCodec(options.Seed);
        Names = new CalendarNames(codec, this);
        BookingNames = new BookingNames(codec);
    }

    /// <summary>Where the links of HighLevel calendars point to. Set by the server.</summary>
    public Uri BaseAddress { get; internal set; } = new("http://127.0.0.1/");

    public SandboxOptions Options { get; }

    /// <summary>Generated calendars of each provider.</summary>
    public int Count => Options.CalendarsPerProvider;

    internal CalendarNames Names { get; }

    internal BookingNames BookingNames { get; }

    internal BusyLedger Busy { get; } = new();

    internal HoldBook Holds { get; } = new();

    internal long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    internal long Horizon(long now) => now + (Options.BookingWindowDays * DayMs);

    /// <exception cref="ArgumentOutOfRangeException">There is no such calendar.</exception>
    public SandboxCalendar CalendarAt(SandboxProvider provider, int index) =>
        TryTraits(new CalendarKey(provider, index), out var traits)
            ? Describe(in traits)
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"The sandbox has {Count} generated and {definedCount} defined calendars.");

    /// <summary>Finds a calendar by its index, link, slug or any id.</summary>
    public SandboxCalendar? Find(SandboxProvider provider, string idOrLink) =>
        Names.ByAnything(provider, idOrLink) is { } traits ? Describe(in traits) : null;

    /// <summary>A token that may read all calendars of an account.</summary>
    public string TokenFor(SandboxProvider provider, int agency) => Names.Token(provider, agency);

    /// <summary>Adds a calendar with exactly the given starts.</summary>
    public SandboxCalendar Define(CalendarDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (definition.Agency < 0)
            throw new ArgumentException($"{nameof(definition.Agency)} is {definition.Agency}; it must be 0 or more.", nameof(definition));
        var zone = DateTimeZoneProviders.Tzdb.GetZoneOrNull(definition.Zone)
            ?? throw new ArgumentException($"{nameof(definition.Zone)} is \"{definition.Zone}\"; it must be an IANA zone name.", nameof(definition));
        if (definition.Seats is < 1 or > 10_000)
            throw new ArgumentException($"{nameof(definition.Seats)} is {definition.Seats}; it must be between 1 and 10000.", nameof(definition));
        int[] durations = [Minutes(definition.Duration), .. definition.OtherDurations.Select(Minutes)];
        var key = new CalendarKey(definition.Provider, FirstDefinedIndex + Interlocked.Increment(ref definedCount) - 1);
        defined[key] = new DefinedCalendar(definition.Agency, zone, durations, Sorted(definition.Slots), definition.Seats, [.. definition.RequiredFields]);
        if (definition.Host is { } host)
            Busy.Share(key, hosts.GetOrAdd(host, key));
        return CalendarAt(key.Provider, key.Index);
    }

    /// <summary>Replaces the starts of a defined calendar.</summary>
    public void SetSlots(SandboxCalendar calendar, IReadOnlyList<DateTimeOffset> slots)
    {
        if (!defined.TryGetValue(calendar.Key, out var found))
            throw new ArgumentException("Only defined calendars have a list of slots.", nameof(calendar));
        found.Starts = Sorted(slots);
    }

    /// <summary>Makes [start, end) busy, whatever was there before.</summary>
    public void Book(SandboxCalendar calendar, DateTimeOffset start, DateTimeOffset end) => Busy.Add(calendar.Key, Interval(start, end));

    /// <summary>Makes [start, start + duration) busy if that start is offered now. Of several at once, one succeeds.</summary>
    public bool TryBook(SandboxCalendar calendar, DateTimeOffset start, TimeSpan? duration = null)
    {
        var length = duration ?? calendar.Duration;
        return Busy.TryAdd(calendar.Key, Interval(start, start + length), () => TrueSlots(calendar, start, start.AddMilliseconds(1), length).Count == 1);
    }

    /// <summary>Takes back an interval that was added; false when there is no such interval.</summary>
    public bool Free(SandboxCalendar calendar, DateTimeOffset start, DateTimeOffset end) => Busy.Remove(calendar.Key, Interval(start, end));

    /// <summary>The starts in [from, to) that can be booked now, for the calendar's own duration unless another is named.</summary>
    public IReadOnlyList<DateTimeOffset> TrueSlots(SandboxCalendar calendar, DateTimeOffset from, DateTimeOffset to, TimeSpan? duration = null)
    {
        if (!TryTraits(calendar.Key, out var traits))
            return [];
        var slots = threadSlots ??= new SlotBuffer();
        slots.Clear();
        Collect(in traits, Minutes(duration ?? calendar.Duration), from.ToUnixTimeMilliseconds(), to.ToUnixTimeMilliseconds(), Now, slots);
        var result = new DateTimeOffset[slots.Count];
        for (var i = 0; i < result.Length; i++)
            result[i] = DateTimeOffset.FromUnixTimeMilliseconds(slots.Starts[i]);
        return result;
    }

    /// <summary>Gives one calendar a latency of its own; null returns it to the sandbox's.</summary>
    public void SetLatency(SandboxCalendar calendar, Latency? latency)
    {
        if (latency is null)
            latencies.TryRemove(calendar.Key, out _);
        else
            latencies[calendar.Key] = latency;
    }

    internal Latency LatencyOf(CalendarKey? key) =>
        key is { } known && !latencies.IsEmpty && latencies.TryGetValue(known, out var own) ? own : Options.Latency;

    internal bool TryTraits(CalendarKey key, out CalendarTraits traits)
    {
        if (key.Index >= 0 && key.Index < Options.CalendarsPerProvider)
        {
            traits = factory.Generated(key);
            return true;
        }

        if (defined.TryGetValue(key, out var found))
        {
            traits = factory.Defined(key, found);
            return true;
        }

        traits = default;
        return false;
    }

    internal void Collect(in CalendarTraits calendar, int duration, long from, long to, long now, SlotBuffer slots, BusyInterval? freed = null)
    {
        var taken = Taken(calendar.Key, now);
        SlotTruth.Collect(in calendar, duration, from, to, now, Horizon(now), freed is { } interval ? taken.Remove(interval) : taken, slots);
    }

    /// <summary>What is taken in a calendar: busy times, bookings and the holds that <paramref name="ignored"/> does not pick.</summary>
    internal ImmutableArray<BusyInterval> Taken(CalendarKey calendar, long now, Func<Hold, bool>? ignored = null) =>
        Holds.AddTo(Busy.Of(calendar), Busy, calendar, now, ignored);

    /// <summary>How many can still book a start that is offered.</summary>
    internal int SeatsLeft(in CalendarTraits calendar, long start)
    {
        if (calendar.Seats == 1)
            return 1;
        var (key, end) = (calendar.Key, start + (calendar.Durations[0] * 60_000L));
        return calendar.Seats - Busy.Of(key).Count(interval => interval.LeavesRoomFor(key, start, end));
    }

    /// <summary>Whether a start could be booked, if this is all that is taken.</summary>
    internal BookingVerdict Judge(in CalendarTraits calendar, BookingDraft draft, ImmutableArray<BusyInterval> taken, long now)
    {
        if (draft.Start <= now)
            return BookingVerdict.Past;
        var hours = !draft.Skipped.HasFlag(SkippedChecks.Hours);
        // Without the busy times of its own, a calendar offers all its starts.
        if (hours && (!calendar.Durations.Contains(draft.Minutes) || !Offers(calendar with { BusyShare = 0 }, draft, [], now)))
            return BookingVerdict.NotOffered;
        if (draft.Skipped.HasFlag(SkippedChecks.Conflicts))
            return BookingVerdict.Done;
        var free = hours ? Offers(calendar, draft, taken, now) : IsClear(calendar, draft, taken, now);
        return free ? BookingVerdict.Done : BookingVerdict.Taken;
    }

    private bool Offers(CalendarTraits calendar, BookingDraft draft, ImmutableArray<BusyInterval> taken, long now)
    {
        var slots = threadSlots ??= new SlotBuffer();
        slots.Clear();
        SlotTruth.Collect(in calendar, draft.Minutes, draft.Start, draft.Start + 1, now, Horizon(now), taken, slots);
        return slots.Count == 1;
    }

    private static bool IsClear(CalendarTraits calendar, BookingDraft draft, ImmutableArray<BusyInterval> taken, long now)
    {
        var busy = new List<BusyInterval>();
        SlotTruth.CollectBusy(in calendar, draft.Start, draft.End, now, busy);
        return busy.Count == 0 && SlotTruth.IsClear(taken, calendar.Key, draft.Start, draft.End);
    }

    internal void CollectBusy(in CalendarTraits calendar, long from, long to, long now, List<BusyInterval> busy)
    {
        SlotTruth.CollectBusy(in calendar, from, to, now, busy);
        foreach (var interval in Busy.Of(calendar.Key))
        {
            if (interval.End > from && interval.Start < to)
                busy.Add(interval);
        }
    }

    /// <summary>An account's calendars, in order of their indexes.</summary>
    internal IEnumerable<CalendarTraits> CalendarsOf(SandboxProvider provider, int agency)
    {
        var first = (long)agency * Options.CalendarsPerAgency;
        var end = Math.Min(first + Options.CalendarsPerAgency, Count);
        for (var index = first; index < end; index++)
            yield return factory.Generated(new CalendarKey(provider, (int)index));
        foreach (var (key, found) in defined.OrderBy(pair => pair.Key.Index))
        {
            if (key.Provider == provider && found.Agency == agency)
                yield return factory.Defined(key, found);
        }
    }

    internal SandboxCalendar Describe(in CalendarTraits traits)
    {
        var index = traits.Key.Index;
        var profile = CalendarNames.Profile(traits.Agency);
        var slug = CalendarNames.EventSlug(in traits);
        var common = new SandboxCalendar(traits.Key)
        {
            Agency = traits.Agency,
            Name = $"{char.ToUpperInvariant(traits.Word[0])}{traits.Word[1..]} {index}",
            Zone = traits.Zone.Id,
            Durations = [.. traits.Durations.Select(minutes => TimeSpan.FromMinutes(minutes))],
            Link = "",
            Slug = slug,
            ExternalId = "",
            PublicId = "",
            AccountId = "",
            Token = Names.Token(traits.Key.Provider, traits.Agency),
        };
        switch (traits.Key.Provider)
        {
            case SandboxProvider.Calendly:
                return common with
                {
                    Link = $"https://calendly.com/{profile}/{slug}",
                    SchedulingLink = $"https://calendly.com/d/{Names.CalendlySchedulingSlug(index)}/{slug}",
                    Profile = profile,
                    ExternalId = Names.CalendlyEventTypeUri(in traits),
                    PublicId = Names.CalendlyUuid(in traits),
                    AccountId = Names.CalendlyUserUri(traits.Agency),
                };
            case SandboxProvider.HubSpot:
                var hubSpotSlug = CalendarNames.HubSpotSlug(in traits);
                return common with
                {
                    Link = $"https://meetings.hubspot.com/{hubSpotSlug}",
                    Slug = hubSpotSlug,
                    ExternalId = hubSpotSlug,
                    PublicId = hubSpotSlug,
                    AccountId = CalendarNames.HubSpotUser(traits.Agency),
                };
            case SandboxProvider.HighLevel:
                var widget = CalendarNames.HighLevelSlug(in traits);
                var id = Names.HighLevelId(index);
                return common with
                {
                    Link = new Uri(BaseAddress, $"widget/booking/{widget}").ToString(),
                    Slug = widget,
                    ExternalId = id,
                    PublicId = id,
                    AccountId = Names.HighLevelLocation(traits.Agency),
                };
            default:
                var team = CalendarNames.IsTeamEvent(in traits);
                var number = CalendarNames.CalComId(index).ToString(System.Globalization.CultureInfo.InvariantCulture);
                return common with
                {
                    Link = team ? $"https://cal.com/team/{CalendarNames.TeamSlug(traits.Agency)}/{slug}" : $"https://cal.com/{profile}/{slug}",
                    Profile = team ? null : profile,
                    TeamSlug = team ? CalendarNames.TeamSlug(traits.Agency) : null,
                    ExternalId = number,
                    PublicId = number,
                    AccountId = profile,
                };
        }
    }

    private static BusyInterval Interval(DateTimeOffset start, DateTimeOffset end) => end > start
        ? new BusyInterval(start.ToUnixTimeMilliseconds(), end.ToUnixTimeMilliseconds())
        : throw new ArgumentException($"A busy time must end after it starts ({start:O} to {end:O}).", nameof(end));

    private static int Minutes(TimeSpan duration) => duration > TimeSpan.Zero && duration <= TimeSpan.FromHours(24) && duration.Ticks % TimeSpan.TicksPerMinute == 0
        ? (int)(duration.Ticks / TimeSpan.TicksPerMinute)
        : throw new ArgumentOutOfRangeException(nameof(duration), duration, "A duration is whole minutes, from 1 minute to 24 hours.");

    private static long[] Sorted(IReadOnlyList<DateTimeOffset> slots)
    {
        var starts = slots.Select(slot => slot.ToUnixTimeMilliseconds()).Distinct().Order().ToArray();
        return Array.TrueForAll(starts, start => start % 1_000 == 0)
            ? starts
            : throw new ArgumentException("Slots start at whole seconds.", nameof(slots));
    }
}
