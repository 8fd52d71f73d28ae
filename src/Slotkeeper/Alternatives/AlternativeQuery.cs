using NodaTime;

namespace Slotkeeper.Alternatives;

/// <summary>What somebody wanted, and what there is instead.</summary>
public sealed record AlternativeQuery
{
    /// <summary>A voice names two times at once, nobody keeps more in mind.</summary>
    public const int DefaultMost = 2;

    public const int LargestMost = 10;

    public const int DefaultDays = 14;

    public const int LargestDays = 366;

    /// <summary>The free starts of the moment, without notice and claims; Unix seconds, strictly ascending. Nothing else is ever named.</summary>
    public required ReadOnlyMemory<long> Free { get; init; }

    /// <summary>Starts that claims take, Unix seconds, ascending. Never named; they only show when the calendar is open.</summary>
    public ReadOnlyMemory<long> Claimed { get; init; }

    /// <summary>Length of a slot, above 0.</summary>
    public required int DurationSeconds { get; init; }

    /// <summary>IANA id. Days and clock times are those of this zone.</summary>
    public required string TimeZone { get; init; }

    /// <summary>Nothing before it is named.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The (first) day asked for; without it and without <see cref="Wanted"/> any day will do.</summary>
    public LocalDate? Day { get; init; }

    /// <summary>The last day asked for, where it was more than one. Only with <see cref="Day"/>.</summary>
    public LocalDate? Through { get; init; }

    /// <summary>The time asked for; it goes before <see cref="Day"/> and is itself never named.</summary>
    public DateTimeOffset? Wanted { get; init; }

    public Preference Preference { get; init; } = new Preference.Any();

    /// <summary>1..10 times are named.</summary>
    public int Most { get; init; } = DefaultMost;

    /// <summary>The customer's own bookings: nothing that overlaps them is named.</summary>
    public IReadOnlyList<(DateTimeOffset Start, DateTimeOffset End)> Own { get; init; } = [];

    /// <summary>1..366: how many days after the ones asked for are looked at.</summary>
    public int Days { get; init; } = DefaultDays;

    /// <exception cref="ArgumentException">Names the property that is wrong.</exception>
    internal void Check()
    {
        Between(DurationSeconds, 1, int.MaxValue, nameof(DurationSeconds));
        Between(Most, 1, LargestMost, nameof(Most));
        Between(Days, 1, LargestDays, nameof(Days));
        if (Through is not null && (Day is null || Through < Day))
            throw Refusal(nameof(Through), $"{nameof(Through)} is {Through:uuuu-MM-dd}; it must not lie before {nameof(Day)}, which is {(Day is { } day ? $"{day:uuuu-MM-dd}" : "not set")}.");
        if (Preference.Minutes is { } minutes && minutes.From >= minutes.Until)
            throw Refusal(nameof(Preference), $"{nameof(Preference)} \"{Preference}\" ends before it begins.");
    }

    private static ArgumentException Refusal(string name, string message) => new(message, name);

    private static void Between(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {least}..{most}.");
    }
}

/// <summary>How an alternative relates to what was asked for.</summary>
public enum AlternativeKind
{
    /// <summary>On a day asked for, before the wanted time.</summary>
    SameDayEarlier,

    /// <summary>On a day asked for, after the wanted time.</summary>
    SameDayLater,

    /// <summary>On the next day on which the calendar has anything free.</summary>
    NextWorkday,

    /// <summary>A week later, at the same time.</summary>
    NextWeek,

    NextAvailable,
}

/// <param name="Start">UTC; one of the free starts.</param>
/// <param name="Kind">How it was found.</param>
public sealed record FoundAlternative(DateTimeOffset Start, AlternativeKind Kind);

/// <param name="Found">Best first; empty when nothing is free as far as was looked.</param>
/// <param name="WithinPreference">False when a window, "from" or a range was asked for and not all that was found lies in it.</param>
public sealed record AlternativeFinding(IReadOnlyList<FoundAlternative> Found, bool WithinPreference)
{
    /// <summary>What to say, best first.</summary>
    public IReadOnlyList<DateTimeOffset> Starts => [.. Found.Select(static found => found.Start)];
}

/// <summary>How near a free start is to a wanted time.</summary>
public enum MatchKind
{
    /// <summary>That very time can be had. Only this counts as available.</summary>
    Exact,

    /// <summary>At most 15 minutes away.</summary>
    Near,

    /// <summary>At most 30 minutes away.</summary>
    Around,
}

/// <param name="Start">UTC; one of the free starts.</param>
/// <param name="Kind">How near.</param>
/// <param name="Away">From the wanted time to the start; negative when it is earlier.</param>
public sealed record SlotMatch(DateTimeOffset Start, MatchKind Kind, TimeSpan Away);
