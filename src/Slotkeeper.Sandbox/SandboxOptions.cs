using Microsoft.Extensions.Options;

namespace Slotkeeper.Sandbox;

/// <summary>What kind of calendars the world is made of.</summary>
public enum SandboxProfile
{
    /// <summary>Weekday hours, many zones, several durations, busy times.</summary>
    Varied,

    /// <summary>Every calendar has 16 half-hour slots on each day, so 30 days hold 480; busy times appear only when changes are asked for.</summary>
    Benchmark,
}

/// <summary>Whose booking a Cal.com hold refuses. The documents leave it open.</summary>
public enum HoldRule
{
    /// <summary>Callers without the key that made the hold.</summary>
    BlocksOthers,

    /// <summary>The holder as well: a hold has to be deleted before its slot is booked.</summary>
    BlocksEverybody,

    /// <summary>A hold only hides its slot.</summary>
    BlocksNobody,
}

/// <summary>Settings of one sandbox. <see cref="Validate"/> is called at start.</summary>
public sealed class SandboxOptions
{
    /// <summary>Loopback port; 0 lets the system choose. Default 0.</summary>
    public int Port { get; set; }

    /// <summary>Everything random is derived from it: the same seed at the same clock gives the same answers. Default 1.</summary>
    public ulong Seed { get; set; } = 1;

    /// <summary>Generated calendars of each provider. They cost nothing until asked for. Default 250,000.</summary>
    public int CalendarsPerProvider { get; set; } = 250_000;

    /// <summary>Consecutive calendars that share one account and one token. Default 100.</summary>
    public int CalendarsPerAgency { get; set; } = 100;

    public SandboxProfile Profile { get; set; } = SandboxProfile.Varied;

    /// <summary>Share of calendars whose busy times change in a minute; 0 freezes them. Default 0.05.</summary>
    public double ChangesPerMinute { get; set; } = 0.05;

    /// <summary>Share of working time that is busy (0 in the benchmark profile without changes). Default 0.35.</summary>
    public double BusyShare { get; set; } = 0.35;

    /// <summary>How many days ahead slots are offered. Default 60.</summary>
    public int BookingWindowDays { get; set; } = 60;

    /// <summary>One duration in minutes for all generated calendars; null for a mixture. Default null.</summary>
    public int? DurationMinutes { get; set; }

    /// <summary>Longest range in days that Calendly's and HighLevel's authenticated calls accept. Default 31.</summary>
    public int RangeCapDays { get; set; } = 31;

    /// <summary>Time before each provider answer. Default none.</summary>
    public Latency Latency { get; set; } = Latency.None;

    /// <summary>Answer 429 beyond the documented limits, per account. Default false: only the headers count down.</summary>
    public bool EnforceRateLimits { get; set; }

    /// <summary>Whose booking a Cal.com hold refuses. Default that of others.</summary>
    public HoldRule HoldRule { get; set; } = HoldRule.BlocksOthers;

    /// <summary>HighLevel refuses a startTime that free-slots has not given in exactly these letters. Default true.</summary>
    public bool StrictStartTimes { get; set; } = true;

    /// <summary>HubSpot: cancelling in the CRM record also frees the time. The documents leave it open. Default false.</summary>
    public bool OutcomeFreesTime { get; set; }

    /// <summary>Gzip answers for clients that accept it. Default false.</summary>
    public bool Compress { get; set; }

    /// <summary>How many recent requests are kept for inspection. Default 0.</summary>
    public int RecordedRequests { get; set; }

    /// <exception cref="OptionsValidationException">A value is outside its range; the message names option, value and range.</exception>
    public void Validate()
    {
        Within(nameof(Port), Port, 0, 65_535);
        Within(nameof(CalendarsPerProvider), CalendarsPerProvider, 1, SandboxWorld.FirstDefinedIndex);
        Within(nameof(CalendarsPerAgency), CalendarsPerAgency, 1, 100_000);
        Within(nameof(BookingWindowDays), BookingWindowDays, 1, 366);
        Within(nameof(RangeCapDays), RangeCapDays, 1, 366);
        Within(nameof(RecordedRequests), RecordedRequests, 0, 1_000_000);
        Within(nameof(ChangesPerMinute), ChangesPerMinute, 0, 10);
        Within(nameof(BusyShare), BusyShare, 0, 0.95);
        if (DurationMinutes is { } minutes)
            Within(nameof(DurationMinutes), minutes, 5, 480);
        if (!Enum.IsDefined(Profile))
            throw Refusal(nameof(Profile), Profile, $"one of {string.Join(", ", Enum.GetNames<SandboxProfile>())}");
        if (!Enum.IsDefined(HoldRule))
            throw Refusal(nameof(HoldRule), HoldRule, $"one of {string.Join(", ", Enum.GetNames<HoldRule>())}");
        if (Latency is null)
            throw Refusal(nameof(Latency), "null", "given; Latency.None is no waiting");
    }

    private static void Within(string option, double value, double least, double most)
    {
        // Written so that NaN fails as well.
        if (!(value >= least && value <= most))
            throw Refusal(option, value, $"between {least} and {most}");
    }

    private static OptionsValidationException Refusal(string option, object value, string range) =>
        new(option, typeof(SandboxOptions), [$"{option} is {value}; it must be {range}."]);
}
