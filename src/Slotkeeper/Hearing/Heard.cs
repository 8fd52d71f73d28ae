using NodaTime;

namespace Slotkeeper.Hearing;

/// <summary>Moment, zone and language in which something was said.</summary>
/// <param name="Now">Decides what "morgen" is and what has passed.</param>
/// <param name="TimeZone">IANA id of the clock the caller means.</param>
/// <param name="Locale">A language tag. Words of the other language are understood too; it settles 3/4 and the language of labels.</param>
public sealed record HearingContext(DateTimeOffset Now, string TimeZone, string Locale);

/// <summary>What a caller meant: closed. Nothing of it lies in the past.</summary>
public abstract record Heard
{
    private Heard()
    {
    }

    /// <param name="Start">UTC, not before now.</param>
    public sealed record Moment(DateTimeOffset Start) : Heard;

    /// <summary>No exact time.</summary>
    /// <param name="From">First day, today or later.</param>
    /// <param name="Through">Last day, inclusive.</param>
    /// <param name="Window">On each of the days; null for all day.</param>
    public sealed record Days(LocalDate From, LocalDate Through, TimeWindow? Window) : Heard;

    /// <summary>Ask back.</summary>
    /// <param name="Question">What to ask.</param>
    /// <param name="Candidates">The instants it could be, ascending; empty unless a time and a few days are known.</param>
    public sealed record Unclear(Question Question, IReadOnlyList<DateTimeOffset> Candidates) : Heard
    {
        /// <summary>The days it could be: one where the day was understood and the time is asked for.</summary>
        public IReadOnlyList<LocalDate> CandidateDays { get; init; } = [];

        /// <summary>The time that was understood; null while it may be two.</summary>
        public LocalTime? Time { get; init; }

        /// <summary>The times of day it may be where that is still open: "um drei" is 3:00 or 15:00.</summary>
        public IReadOnlyList<LocalTime> CandidateTimes { get; init; } = [];

        public TimeWindow? Window { get; init; }
    }
}

/// <summary>A part of a day.</summary>
/// <param name="From">Inclusive.</param>
/// <param name="Until">Exclusive; null to the end of the day.</param>
/// <param name="Kind">How it was said.</param>
/// <param name="Label">For speech, in the caller's language: "vormittags", "ab 14 Uhr", "between 2 pm and 4 pm".</param>
public sealed record TimeWindow(LocalTime From, LocalTime? Until, WindowKind Kind, string Label);

public enum WindowKind
{
    PartOfDay,
    From,
    Until,
    Between,

    /// <summary>"Gegen 15 Uhr": half an hour before and after.</summary>
    Around,
}

/// <summary>What to ask the caller.</summary>
public enum Question
{
    /// <summary>No day was said, several, or more than one day for an exact time.</summary>
    WhichDay,

    /// <summary>Several times, or none exactly: "kurz nach drei".</summary>
    WhichTime,
    NotUnderstoodDay,
    NotUnderstoodTime,

    /// <summary>The calendar has no such day.</summary>
    NoSuchDay,

    /// <summary>The candidates are the date, and the weekday nearest to it.</summary>
    WeekdayContradictsDate,

    /// <summary>People mean different days by it: "nächsten Freitag", "midnight on Friday", 3/4.</summary>
    WhichOfTwoDays,

    /// <summary>Of a date without a year and of "diesen Montag" the next one is the candidate.</summary>
    DayInPast,
    TimeInPast,

    /// <summary>The clock is set forward over it; the first time after that is the candidate.</summary>
    ClockSkipsIt,

    /// <summary>The clock is set back over it.</summary>
    ClockShowsItTwice,
    MorningOrEvening,
}
