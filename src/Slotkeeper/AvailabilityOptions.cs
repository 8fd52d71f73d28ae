namespace Slotkeeper;

/// <summary>How long data lives and how it is refreshed. Checked at start: a value out of range stops the program.</summary>
public sealed class AvailabilityOptions
{
    public const int DefaultCacheTtlMs = 60_000;
    public const int MinimumCacheTtlMs = 5_000;
    public const int MaximumCacheTtlMs = 3_600_000;
    public const int DefaultTimeBudgetMs = 55_000;
    public const int MinimumTimeBudgetMs = 1_000;
    public const int MaximumTimeBudgetMs = 600_000;
    public const int DefaultBookingVerifyAgeSeconds = 60;
    public const int MaximumBookingVerifyAgeSeconds = 900;
    public const int MaximumConcurrency = 200;
    public const int MaximumLimit = 10_000_000;

    /// <summary>Days ahead that a snapshot covers.</summary>
    public const int WindowDays = 30;

    /// <summary>Before a time that vanished not long ago is refused as taken, data older than this is read again: it may be back.</summary>
    public static readonly TimeSpan GoneRecheckAge = TimeSpan.FromSeconds(5);

    /// <summary>Lifetime of a snapshot. Default 60 s, 5 s to 1 h.</summary>
    public TimeSpan CacheTtl { get; init; } = TimeSpan.FromMilliseconds(DefaultCacheTtlMs);

    /// <summary>Budget of one run. Default 55 s, 1 s to 10 min.</summary>
    public TimeSpan TimeBudget { get; init; } = TimeSpan.FromMilliseconds(DefaultTimeBudgetMs);

    /// <summary>Fetches at once, 1 to 200; null for a tenth of the queue, adapted to what the providers bear.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Calendars per run, 0 to 10,000,000; null for no bound, 0 switches runs off.</summary>
    public int? Limit { get; init; }

    /// <summary>How long a reader waits for a fetch before it answers with what there is. Default 8 s.</summary>
    public TimeSpan ReaderPatience { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Before a booking, data older than this is read again at the provider. Default 60 s, 0 (always) to 15 min.</summary>
    public TimeSpan BookingVerifyAge { get; init; } = TimeSpan.FromSeconds(DefaultBookingVerifyAgeSeconds);
}
