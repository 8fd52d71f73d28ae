using NodaTime;

namespace Slotkeeper.Hearing;

/// <summary>What a time or a day bounds.</summary>
internal enum Bound
{
    Exactly,
    From,
    After,
    Before,
    Until,
    About,
}

internal enum DayKind
{
    /// <summary>Known days.</summary>
    Span,

    /// <summary>All of a week; a weekday said with it is the one in it.</summary>
    Week,

    /// <summary>All of a month; a day of the month said with it is the one in it.</summary>
    Month,
    Weekday,

    /// <summary>Days after another day, or after today.</summary>
    Later,
    DayOfMonth,
    Date,

    /// <summary>One of two days: people differ.</summary>
    Either,

    /// <summary>"gestern".</summary>
    Gone,
}

/// <summary>A day as it was said.</summary>
/// <param name="Kind">Says which of the rest counts.</param>
internal sealed record DayHeard(DayKind Kind)
{
    public Bound Bound { get; init; }

    /// <summary>Of a span; the one day of two.</summary>
    public LocalDate From { get; init; }

    public LocalDate Through { get; init; }

    /// <summary>Weekday (1 Monday), day of the month, or number of days.</summary>
    public int Value { get; init; }

    /// <summary>"this", "next" of a weekday.</summary>
    public Sense Modifier { get; init; }

    public int Month { get; init; }

    public int? Year { get; init; }

    /// <summary>3/4 may be the other way round.</summary>
    public bool IsEitherWay { get; init; }

    public static DayHeard Span(LocalDate from, LocalDate through) => new(DayKind.Span) { From = from, Through = through };
}

/// <summary>A clock time as it was said.</summary>
/// <param name="Minute">Of the day; 1440 is its end.</param>
internal sealed record ClockHeard(int Minute)
{
    public Bound Bound { get; init; }

    /// <summary>Said by the clock of twelve hours, so that a part of day may move it to the other half.</summary>
    public bool IsMovable { get; init; }

    /// <summary>Without a part of day it may be either half.</summary>
    public bool IsOpen { get; init; }

    /// <summary>"Kurz nach drei".</summary>
    public bool IsVague { get; init; }

    /// <summary>Midnight by name: the one that begins the day or the one that ends it.</summary>
    public bool IsMidnight { get; init; }

    public int Other => (Minute + 720) % 1440;
}

/// <summary>Everything that was said, of both fields.</summary>
internal sealed class Said
{
    public List<DayHeard> Days { get; } = [];

    public List<ClockHeard> Clocks { get; } = [];

    public List<int> Parts { get; } = [];

    /// <summary>Whole instants: "in 2 Stunden", or as a machine writes them.</summary>
    public List<Instant> Instants { get; } = [];

    public HearingWords Words { get; set; } = Vocabulary.Languages[0];

    /// <summary>Somebody chooses: "Montag oder Dienstag".</summary>
    public bool IsChoice { get; set; }

    /// <summary>Something about the day, or in the field of the day, was not understood.</summary>
    public bool IsDayStrange { get; set; }

    public bool IsTimeStrange { get; set; }

    public int Count => Days.Count + Clocks.Count + Parts.Count + Instants.Count;
}
