using NodaTime;

namespace Slotkeeper.Sandbox.World;

/// <summary>Derives a generated calendar from seed, provider and index.</summary>
internal sealed class TraitsFactory(SandboxOptions options)
{
    private static readonly DateTimeZone[] Zones =
    [
        .. new[]
        {
            "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix", "America/Toronto",
            "America/Sao_Paulo", "Europe/London", "Europe/Berlin", "Europe/Madrid", "Europe/Helsinki", "Africa/Johannesburg",
            "Asia/Dubai", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney",
            "Australia/Lord_Howe", "Pacific/Auckland",
        }.Select(id => DateTimeZoneProviders.Tzdb[id]),
    ];

    // Half hours are the most common by far; the rest keeps clients from assuming them.
    private static readonly int[][] SingleDurations = [[30], [30], [30], [30], [15], [20], [45], [60], [60], [90]];

    private static readonly int[][] HubSpotDurations = [[30], [30], [30, 15], [30, 60], [30, 15, 60], [60], [45, 15], [20]];

    private static readonly int[][] HalfHours = [[30]];

    public ulong HashOf(CalendarKey key) => StableHash.Combine(StableHash.Combine(options.Seed, 0x510C), ((ulong)key.Provider << 32) | (uint)key.Index);

    public CalendarTraits Generated(CalendarKey key)
    {
        var hash = HashOf(key);
        var benchmark = options.Profile == SandboxProfile.Benchmark;
        var second = StableHash.Mix(hash);
        var opens = benchmark ? 9 * 60 : (8 * 60) + (30 * StableHash.Pick(second, 5));
        var length = benchmark ? 8 * 60 : 7 * 60 + (60 * StableHash.Pick(second >> 8, 3));
        var churn = ChangePeriod(second >> 16);
        var lists = benchmark ? HalfHours : key.Provider == SandboxProvider.HubSpot ? HubSpotDurations : SingleDurations;
        return new CalendarTraits
        {
            Key = key,
            Hash = hash,
            Agency = key.Index / options.CalendarsPerAgency,
            Zone = Zones[StableHash.Pick(hash >> 24, Zones.Length)],
            Durations = options.DurationMinutes is { } minutes ? [minutes] : lists[StableHash.Pick(hash >> 40, lists.Length)],
            OpensAt = opens,
            ClosesAt = opens + length,
            WorksWeekends = benchmark,
            // A benchmark keeps its slot count; it only needs some busy cells when something has to change.
            BusyShare = !benchmark ? options.BusyShare : churn > 0 ? 0.04 : 0,
            ChangeEvery = churn,
            ChangePhase = churn > 0 ? (long)(StableHash.Mix(second) % (ulong)churn) : 0,
        };
    }

    public CalendarTraits Defined(CalendarKey key, DefinedCalendar defined) => new()
    {
        Key = key,
        Hash = HashOf(key),
        Agency = defined.Agency,
        Zone = defined.Zone,
        Durations = defined.Durations,
        Defined = defined,
    };

    private long ChangePeriod(ulong hash)
    {
        if (options.ChangesPerMinute == 0)
            return 0;
        // Rates spread evenly from 2/7 to 12/7 of the mean: at 5 % a minute that is a change every 12 to 70 minutes.
        var rate = options.ChangesPerMinute * ((2.0 / 7) + (10.0 / 7 * StableHash.Unit(StableHash.Mix(hash))));
        return Math.Max(1, (long)(60_000 / rate));
    }
}
