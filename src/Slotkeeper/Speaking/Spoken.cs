using NodaTime;
using Slotkeeper.Alternatives;

namespace Slotkeeper.Speaking;

/// <summary>How a booking stands, for its owner.</summary>
public enum BookingStanding
{
    Booked,

    /// <summary>Written down, but nobody has agreed yet.</summary>
    BeingSettled,
    Cancelled,

    /// <summary>It did not come about.</summary>
    Refused,
}

/// <summary>
/// What can be said; a closed set. Starts are instants, alternatives are ranked, best first, and at most two of them are said. Nothing here carries a name, a number or an
/// address, so that none can be spoken.
/// </summary>
public abstract record Spoken
{
    private Spoken()
    {
    }

    // What is free.

    /// <summary>It is free and nothing was done yet.</summary>
    public sealed record Available(DateTimeOffset Start) : Spoken;

    /// <param name="Until">When the hold runs out.</param>
    public sealed record AvailableAndHeld(DateTimeOffset Start, DateTimeOffset Until) : Spoken;

    /// <summary>Not the wanted time, but one close by.</summary>
    public sealed record NearlyAvailable(DateTimeOffset Wanted, DateTimeOffset Start) : Spoken
    {
        /// <summary>So close that "yes" is no lie.</summary>
        internal bool IsNear => (Start - Wanted).Duration() <= TimeSpan.FromMinutes(15);
    }

    public sealed record Taken(DateTimeOffset Wanted, IReadOnlyList<DateTimeOffset> Alternatives) : Spoken;

    /// <summary>The calendar has no such start.</summary>
    public sealed record NotOffered(DateTimeOffset Wanted, IReadOnlyList<DateTimeOffset> Alternatives) : Spoken;

    /// <param name="Label">The preference as it is said: "vormittags", "ab 14 Uhr".</param>
    /// <param name="Alternatives">Outside of it.</param>
    public sealed record NoneInPreference(string Label, IReadOnlyList<DateTimeOffset> Alternatives) : Spoken;

    /// <param name="Alternatives">What is free.</param>
    /// <param name="Label">The preference that it fits, as it is said; null for none.</param>
    public sealed record FreeTimes(IReadOnlyList<DateTimeOffset> Alternatives, string? Label = null) : Spoken;

    /// <param name="Days">How many were looked at, from now on; 1 or less for just the day asked for.</param>
    public sealed record NothingFree(int Days) : Spoken;

    public sealed record DayFull(LocalDate Day, IReadOnlyList<DateTimeOffset> Alternatives) : Spoken;

    public sealed record InPast : Spoken;

    /// <param name="NoticeMinutes">The minimum notice.</param>
    /// <param name="Earliest">The first free start after it; null when none is known.</param>
    public sealed record InsideNotice(int NoticeMinutes, DateTimeOffset? Earliest) : Spoken;

    /// <summary>An answer is under way.</summary>
    public sealed record OneMoment : Spoken;

    /// <summary>The data is too old, or whoever knows does not answer.</summary>
    public sealed record CannotSay : Spoken;

    public sealed record NoCalendar : Spoken;

    /// <param name="Times">Of the weekdays that are open, from Monday on; empty when none is known.</param>
    public sealed record OpeningHours(IReadOnlyList<OpeningTime> Times) : Spoken;

    // Holds.
    public sealed record Held(DateTimeOffset Start) : Spoken;

    public sealed record HoldReleased : Spoken;

    /// <summary>The hold ran out before it was booked.</summary>
    public sealed record HoldEnded(DateTimeOffset Start, IReadOnlyList<DateTimeOffset> Alternatives) : Spoken;

    /// <summary>A time must be checked before it is booked.</summary>
    public sealed record CheckFirst : Spoken;

    // Bookings.
    public sealed record Booked(DateTimeOffset Start) : Spoken;

    public sealed record AlreadyBooked(DateTimeOffset Start) : Spoken;

    /// <summary>Nobody has agreed yet: it is noted, not booked.</summary>
    public sealed record BeingSettled(DateTimeOffset Start) : Spoken;

    public sealed record BookingRefused : Spoken;

    /// <summary>The verified caller has a booking at that time already.</summary>
    public sealed record HasBooking(DateTimeOffset Start) : Spoken;

    public sealed record Cancelled(DateTimeOffset Start) : Spoken;

    public sealed record AlreadyCancelled(DateTimeOffset Start) : Spoken;

    public sealed record Rescheduled(DateTimeOffset From, DateTimeOffset To) : Spoken;

    /// <param name="Wanted">What is taken.</param>
    /// <param name="Stays">Where the booking remains.</param>
    /// <param name="Alternatives">Instead of the wanted time.</param>
    public sealed record RescheduleTaken(DateTimeOffset Wanted, DateTimeOffset Stays, IReadOnlyList<DateTimeOffset> Alternatives) : Spoken;

    public sealed record NeedsNewTime : Spoken;

    /// <param name="Starts">Of the caller's own bookings; with more than two none is read out.</param>
    public sealed record WhichBooking(IReadOnlyList<DateTimeOffset> Starts) : Spoken;

    public sealed record BookingIs(DateTimeOffset Start, BookingStanding Standing) : Spoken;

    public sealed record NoBookingFound : Spoken;

    /// <summary>A stranger, as far as is known.</summary>
    public sealed record NotVerified : Spoken;

    public sealed record NumberWithheld : Spoken;

    // Questions back.
    public sealed record AskDay : Spoken;

    public sealed record AskTime(LocalDate? Day = null) : Spoken;

    /// <param name="Days">What it may be, most likely first; two are said.</param>
    public sealed record AskWhichDay(IReadOnlyList<LocalDate> Days) : Spoken;

    /// <param name="Candidates">Morning or evening, or the two times of a clock that is set back; two are said.</param>
    public sealed record AskWhichTime(IReadOnlyList<DateTimeOffset> Candidates) : Spoken;

    /// <summary>Weekday and date do not fit each other.</summary>
    /// <param name="Days">What it may be; two are said.</param>
    public sealed record WeekdayContradicts(IReadOnlyList<LocalDate> Days) : Spoken;

    public sealed record NoSuchDay : Spoken;

    public sealed record DayInPast : Spoken;

    public sealed record TimeInPast : Spoken;

    /// <summary>The clock is put forward over that time.</summary>
    public sealed record ClockSkips : Spoken;

    public sealed record NotUnderstoodDay : Spoken;

    public sealed record NotUnderstoodTime : Spoken;

    public sealed record AskName : Spoken;

    public sealed record NameIsNoName : Spoken;

    /// <summary>"With Anna" says with whom, not who comes.</summary>
    public sealed record NameIsStaffWish : Spoken;

    public sealed record AskEmail : Spoken;

    public sealed record EmailNotUnderstood : Spoken;

    /// <summary>What day and time it is.</summary>
    public sealed record Today(DateTimeOffset Now) : Spoken;

    /// <summary>What was asked cannot be read at all.</summary>
    public sealed record WrongRequest : Spoken;
}
