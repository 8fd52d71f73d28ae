using NodaTime;
using Slotkeeper.Alternatives;
using Slotkeeper.Offers;

namespace Slotkeeper.Speaking;

internal sealed class EnglishSpeech : SpokenLanguage
{
    private const string CallBack = "Would you like someone to call you back?";
    private const string TryAnother = "Would you like to try another time, or shall someone call you back?";

    public override string Tag => "en";

    public override LabelPattern Day { get; } = new("{Weekday}, {Month} {dth}");

    public override LabelPattern Today => Day;

    public override LabelPattern Clock { get; } = new("{h}[:{mm}] {AM}");

    public override string On => "on";

    public override string At => "at";

    public override string SameDay => "the same day";

    public override string TodayWord => "today";

    public override string Tomorrow => "tomorrow";

    public override string DayAfterTomorrow => "the day after tomorrow";

    public override string BeforeChange => "before the clocks change";

    public override string AfterChange => "after the clocks change";

    public override string Weekday(string weekday) => weekday;

    public override string NextWeek(string weekday) => $"{weekday} next week";

    public override string Bare(string label) => label;

    public override string Say(Spoken what, TimeWords words) => what switch
    {
        Spoken.Available it => $"The appointment {words.On(it.Start)} is still free. Shall I book it for you?",
        Spoken.AvailableAndHeld it => $"The appointment {words.On(it.Start)} is free, and I am keeping it for you {HoldFor(words.MinutesUntil(it.Until))}. Shall I book it?",
        Spoken.NearlyAvailable it => $"{(it.IsNear ? "Yes, I" : "I")} could offer you an appointment {words.On(it.Start)}. Would that work for you instead of {words.Clock(it.Wanted)}?",
        Spoken.Taken it => $"The appointment {words.On(it.Wanted)} is not available, I am sorry. {Instead(it.Alternatives, words, words.DayOf(it.Wanted))}",
        Spoken.NotOffered it => $"There is no appointment {words.On(it.Wanted)}, I am sorry. {Instead(it.Alternatives, words, words.DayOf(it.Wanted))}",
        Spoken.NoneInPreference { Alternatives.Count: 0 } it => $"I have nothing free {it.Label} any more, I am sorry. Shall I look {it.Label} on another day?",
        Spoken.NoneInPreference it => $"I have nothing free {it.Label}, I am sorry. Would {words.Choices(it.Alternatives)} work as well, or shall I look {it.Label} on another day?",
        Spoken.FreeTimes { Alternatives.Count: 0 } it => $"There is nothing free{(it.Label is { } label ? " " + label : "")}, I am sorry. {TryAnother}",
        Spoken.FreeTimes it => $"{(it.Label is { } label ? Capital(label) + " I" : "I")} have {words.Choices(it.Alternatives)} free. {(it.Alternatives.Count == 1 ? "Does that work for you?" : "Which one suits you better?")}",
        Spoken.NothingFree it => $"There is nothing free {(it.Days > 1 ? $"in the next {it.Days} days" : "on that day")}, I am sorry. {TryAnother}",
        Spoken.DayFull it => $"There is nothing left on {words.Day(it.Day)}, I am sorry. {Instead(it.Alternatives, words, it.Day)}",
        Spoken.InPast => "That time has already passed. When would you like to come?",
        Spoken.InsideNotice it => $"That is too soon, appointments have to be made at least {Span(it.NoticeMinutes)} ahead. "
            + (it.Earliest is { } earliest ? $"The next free one is {words.Near(earliest, null)}, does that work for you?" : "When else would you like to come?"),
        Spoken.OneMoment => "One moment please, I am having a look.",
        Spoken.CannotSay => $"I cannot say for certain what is free at the moment, I am sorry. {CallBack}",
        Spoken.NoCalendar => $"I cannot offer any times for that at the moment, I am sorry. {CallBack}",
        Spoken.OpeningHours { Times.Count: 0 } => $"I cannot offer any times at the moment, I am sorry. {CallBack}",
        Spoken.OpeningHours it => Opening(it.Times, words),
        Spoken.Held it => $"All right, I am keeping the appointment {words.On(it.Start)} for you for a moment.",
        Spoken.HoldReleased => "All right, I am no longer keeping the appointment for you.",
        Spoken.HoldEnded { Alternatives.Count: 0 } it => $"I could not keep the appointment {words.On(it.Start)} any longer, I am sorry. Shall I have another look?",
        Spoken.HoldEnded it => $"I could not keep the appointment {words.On(it.Start)} any longer, I am sorry. {Instead(it.Alternatives, words, words.DayOf(it.Start))}",
        Spoken.CheckFirst => "Before I book, I have to see whether the time is still free. Which day and time shall I look at?",
        Spoken.Booked it => $"Perfect, your appointment {words.On(it.Start)} is booked.",
        Spoken.AlreadyBooked it => $"Your appointment {words.On(it.Start)} is already booked.",
        Spoken.BeingSettled it => $"Your appointment {words.On(it.Start)} is noted, but not yet agreed for certain.",
        Spoken.BookingRefused => $"The appointment could not be made, I am sorry. {CallBack}",
        Spoken.HasBooking it => $"You already have an appointment {words.On(it.Start)}. Would you like to move it or make another one?",
        Spoken.Cancelled it => $"Your appointment {words.On(it.Start)} is cancelled.",
        Spoken.AlreadyCancelled it => $"Your appointment {words.On(it.Start)} was cancelled before.",
        Spoken.Rescheduled it => $"Your appointment {words.On(it.From)} has been moved. It is now {words.On(it.To)}.",
        Spoken.RescheduleTaken it => $"That time is taken, I am sorry, and your appointment {words.On(it.Stays)} stays as it is. {Instead(it.Alternatives, words, null)}",
        Spoken.NeedsNewTime => "Sure, which day and time would you like to move the appointment to?",
        Spoken.WhichBooking { Starts.Count: 1 or 2 } it => $"Do you mean the appointment {words.Choices(it.Starts)}?",
        Spoken.WhichBooking => "I see several appointments. Which day is the one you mean?",
        Spoken.BookingIs it => $"Your appointment {words.On(it.Start)} {Standing(it.Standing)}.",
        Spoken.NoBookingFound => "I cannot find an appointment for that, I am sorry. Which day and time should it be?",
        Spoken.NotVerified => $"To protect our customers I cannot tell you anything about that, I am sorry. {CallBack}",
        Spoken.NumberWithheld => $"Your phone number is not shown, so I cannot change existing appointments, I am sorry. {CallBack}",
        Spoken.AskDay => "Which day would you like to come?",
        Spoken.AskTime { Day: { } day } => $"What time would suit you on {words.Day(day)}?",
        Spoken.AskTime => "What time would suit you?",
        Spoken.AskWhichDay { Days.Count: 0 } => "Which day exactly do you mean?",
        Spoken.AskWhichDay it => $"Do you mean {words.Choices(it.Days)}?",
        Spoken.AskWhichTime { Candidates.Count: 0 } => "What time exactly do you mean?",
        Spoken.AskWhichTime it => $"Do you mean {WhichTime(it.Candidates, words)}?",
        Spoken.WeekdayContradicts { Days.Count: 0 } => "The weekday does not fit the date. Which day do you mean?",
        Spoken.WeekdayContradicts it => $"The weekday does not fit the date. Do you mean {words.Choices(it.Days)}?",
        Spoken.NoSuchDay => "There is no such day. Which day would you like to come?",
        Spoken.DayInPast => "That day has already passed. Which day do you mean?",
        Spoken.TimeInPast => "That time has already passed. What other time would suit you?",
        Spoken.ClockSkips => "That time does not exist on that day because the clocks go forward. What other time would suit you?",
        Spoken.NotUnderstoodDay => "I did not understand the day, I am sorry. What date would you like?",
        Spoken.NotUnderstoodTime => "I did not understand the time, I am sorry. What time should it be?",
        Spoken.AskName => "What is your name for the booking?",
        Spoken.NameIsNoName => "I did not take that for a name. What is your name for the booking?",
        Spoken.NameIsStaffWish => "That sounds like a wish for whom to see. What is your name for the booking?",
        Spoken.AskEmail => "What is your e-mail address?",
        Spoken.EmailNotUnderstood => "I did not understand the e-mail address, I am sorry. Could you spell it, please?",
        Spoken.Today it => $"Today is {words.Today(words.DayOf(it.Now))}, and it is {words.Clock(it.Now)}.",
        _ => "I am sorry, I did not understand that. Could you say it again, please?",
    };

    protected override string Place(string city) => $"{city} time";

    protected override string FromUniversal(Offset offset)
    {
        var minutes = Math.Abs(offset.Seconds) / 60;
        return minutes == 0 ? "universal time" : $"universal time {(offset.Seconds < 0 ? "minus" : "plus")} {Span(minutes)}";
    }

    /// <summary>After a refusal: what there is instead, or a way out.</summary>
    private static string Instead(IReadOnlyList<DateTimeOffset> alternatives, TimeWords words, LocalDate? said) =>
        alternatives.Count == 0 ? TryAnother : $"Would {words.Choices(alternatives, said)} work for you?";

    private static string WhichTime(IReadOnlyList<DateTimeOffset> candidates, TimeWords words)
    {
        var isOneDay = candidates.All(candidate => words.DayOf(candidate) == words.DayOf(candidates[0]));
        return string.Join(" or ", candidates.Take(2).Select(candidate => isOneDay ? words.Clock(candidate) : words.Full(candidate)));
    }

    private static string Opening(IReadOnlyList<OpeningTime> times, TimeWords words)
    {
        var (isRow, isSame, from, until) = Hours(times);
        var names = times.Select(time => words.Locale.Weekdays[(int)time.Weekday - 1] + "s").ToArray();
        var days = isRow ? $"{names[0]} to {names[^1]}" : names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} and {names[^1]}";
        return $"There are appointments on {days}{(isSame ? "" : ", depending on the day")} between {words.Clock(from)} and {(until == LocalTime.Midnight ? "midnight" : words.Clock(until))}.";
    }

    private static string HoldFor(int minutes) => minutes < 2 ? "for a moment" : $"for {Span(Round(minutes))}";

    private static string Standing(BookingStanding standing) => standing switch
    {
        BookingStanding.Booked => "is booked",
        BookingStanding.BeingSettled => "is noted, but not yet agreed for certain",
        BookingStanding.Cancelled => "is cancelled",
        _ => "did not come about",
    };

    /// <summary>A length of time: "15 minutes", "an hour and 30 minutes", "2 days".</summary>
    private static string Span(int minutes)
    {
        if (minutes >= 1440 && minutes % 1440 == 0)
            return minutes == 1440 ? "a day" : $"{minutes / 1440} days";
        var hours = minutes < 60 ? "" : minutes < 120 ? "an hour" : $"{minutes / 60} hours";
        var rest = minutes % 60 == 1 ? "a minute" : $"{minutes % 60} minutes";
        return minutes >= 60 && minutes % 60 == 0 ? hours : hours.Length == 0 ? rest : $"{hours} and {rest}";
    }
}
