using NodaTime;
using Slotkeeper.Alternatives;
using Slotkeeper.Bookings;
using Slotkeeper.Hearing;
using Slotkeeper.Speaking;

namespace Slotkeeper.Agents;

/// <summary>What is asked back, and what a wish in words means for the search. No I/O.</summary>
internal static class Questions
{
    /// <summary>The question for what could not be understood for certain.</summary>
    public static Spoken Ask(Heard.Unclear unclear) => unclear.Question switch
    {
        Question.WhichDay when unclear.CandidateDays.Count > 1 => new Spoken.AskWhichDay(unclear.CandidateDays),
        Question.WhichDay => new Spoken.AskDay(),
        Question.WhichTime when unclear.Candidates.Count > 1 => new Spoken.AskWhichTime(unclear.Candidates),
        Question.WhichTime => new Spoken.AskTime(Only(unclear.CandidateDays)),
        Question.NotUnderstoodDay => new Spoken.NotUnderstoodDay(),
        Question.NotUnderstoodTime => new Spoken.NotUnderstoodTime(),
        Question.NoSuchDay => new Spoken.NoSuchDay(),
        Question.WeekdayContradictsDate => new Spoken.WeekdayContradicts(unclear.CandidateDays),
        Question.WhichOfTwoDays => new Spoken.AskWhichDay(unclear.CandidateDays),
        Question.DayInPast => new Spoken.DayInPast(),
        Question.TimeInPast => new Spoken.TimeInPast(),
        Question.ClockSkipsIt => new Spoken.ClockSkips(),
        Question.ClockShowsItTwice => new Spoken.AskWhichTime(unclear.Candidates),
        Question.MorningOrEvening when unclear.Candidates.Count > 1 => new Spoken.AskWhichTime(unclear.Candidates),
        // Half of it is known; the day settles nothing of the other half, but without it there is nothing to choose between.
        Question.MorningOrEvening => new Spoken.AskDay(),
        _ => throw new ArgumentOutOfRangeException(nameof(unclear), unclear.Question, "No such question."),
    };

    /// <summary>
    /// For a search among free times, a part of what was said is enough: a part of a day without a day, or a day without a time. Null where it is not.
    /// </summary>
    /// <param name="unclear">What was heard.</param>
    /// <param name="today">In the person's zone.</param>
    public static Heard.Days? Loosened(Heard.Unclear unclear, LocalDate today) => unclear switch
    {
        { Question: Question.WhichDay, CandidateDays.Count: 0, Window: { } window } => new Heard.Days(today, today.PlusDays(AlternativeQuery.DefaultDays), window),
        { Question: Question.WhichDay, CandidateDays.Count: 0, Time: { } time } => new Heard.Days(today, today.PlusDays(AlternativeQuery.DefaultDays), Around(time)),
        { Question: Question.WhichTime, CandidateDays: [var day] } => new Heard.Days(day, day, unclear.Window),
        _ => null,
    };

    /// <summary>The times of a day that somebody wants, for the search.</summary>
    public static Preference Preference(TimeWindow? window) => window switch
    {
        null => new Preference.Any(),
        { Kind: WindowKind.From } or { Until: null } => new Preference.From(window.From, window.Label),
        { Kind: WindowKind.PartOfDay } => new Preference.Window(window.From, window.Until.Value, window.Label),
        _ => new Preference.Range(window.From, window.Until.Value, window.Label),
    };

    /// <summary>What to say to a name that cannot be taken; null when it can.</summary>
    public static Spoken? Name(NameJudgement judgement) => judgement switch
    {
        NameJudgement.Fine => null,
        NameJudgement.Missing => new Spoken.AskName(),
        NameJudgement.StaffWish => new Spoken.NameIsStaffWish(),
        _ => new Spoken.NameIsNoName(),
    };

    public static Spoken Is(Booking booking) => new Spoken.BookingIs(booking.Start, booking.Status switch
    {
        BookingStatus.Confirmed => BookingStanding.Booked,
        BookingStatus.Cancelled => BookingStanding.Cancelled,
        BookingStatus.Failed => BookingStanding.Refused,
        _ => BookingStanding.BeingSettled,
    });

    private static LocalDate? Only(IReadOnlyList<LocalDate> days) => days.Count == 1 ? days[0] : null;

    private static TimeWindow Around(LocalTime time) => new(time, time.PlusMinutes(1), WindowKind.Around, "");
}
