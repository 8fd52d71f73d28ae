namespace Slotkeeper.Agents;

/// <summary>What an agent is answered.</summary>
/// <param name="Outcome">Stable, see <see cref="AgentOutcomes"/>.</param>
/// <param name="Message">To be spoken as it is, in the conversation's language.</param>
public abstract record AgentAnswer(string Outcome, string Message);

/// <summary>A free time that may be booked by its check id.</summary>
/// <param name="Start">UTC.</param>
/// <param name="Label">As it is spoken.</param>
/// <param name="CheckId">What a booking refers to; see <see cref="ConversationSeal"/>.</param>
public sealed record NamedTime(DateTimeOffset Start, string Label, string CheckId);

/// <summary>Whether a time is free, and which are instead.</summary>
/// <param name="Available">Whether the very start that was asked for can be booked by this caller.</param>
/// <param name="Alternatives">Free times, the best first; those that <see cref="AgentAnswer.Message"/> names are the first of them.</param>
public sealed record CheckAnswer(string Outcome, string Message, bool Available, IReadOnlyList<NamedTime> Alternatives) : AgentAnswer(Outcome, Message)
{
    /// <summary>The start that was understood, UTC; null where none was.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>What a booking of <see cref="Start"/> refers to; null where it cannot be booked.</summary>
    public string? CheckId { get; init; }

    /// <summary>Null where nothing is held.</summary>
    public string? HoldId { get; init; }

    /// <summary>UTC, by the database's clock.</summary>
    public DateTimeOffset? HoldExpiresAt { get; init; }

    /// <summary>Start of the fetch the answer comes from, UTC; null while nothing was ever fetched.</summary>
    public DateTimeOffset? AsOf { get; init; }

    public long? AgeSeconds { get; init; }

    /// <summary>Whether the data is within its lifetime.</summary>
    public bool Fresh { get; init; }
}

/// <summary>What became of a wish to book or to move.</summary>
/// <param name="Booked">Whether the provider has agreed.</param>
public sealed record BookingAnswer(string Outcome, string Message, bool Booked, IReadOnlyList<NamedTime> Alternatives) : AgentAnswer(Outcome, Message)
{
    /// <summary>Null where there is none, or none that the caller may know of.</summary>
    public string? BookingId { get; init; }

    /// <summary>UTC; of the booking where there is one, else the one that was asked for.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>Set where the booking has to be asked for again by it: the time is free, but was not checked before.</summary>
    public string? CheckId { get; init; }

    /// <summary>A provider's reason as a stable word; never spoken.</summary>
    public string? Reason { get; init; }
}

/// <summary>A hold was given back, if it was there.</summary>
public sealed record ReleaseAnswer(string Outcome, string Message, bool Released) : AgentAnswer(Outcome, Message);

/// <summary>The bookings of the one who speaks.</summary>
public sealed record FoundAnswer(string Outcome, string Message, bool Found, IReadOnlyList<FoundBooking> Bookings) : AgentAnswer(Outcome, Message);

/// <param name="Label">As its time is spoken.</param>
/// <param name="Status">Of the HTTP contract.</param>
public sealed record FoundBooking(string BookingId, DateTimeOffset Start, string Label, string Status);

/// <summary>Where and when the conversation takes place.</summary>
/// <param name="Now">UTC.</param>
/// <param name="Date">Local, <c>2025-10-20</c>.</param>
/// <param name="Weekday">In the language.</param>
/// <param name="Time">Local, <c>10:05</c>.</param>
/// <param name="OpeningTimes">Monday first; days on which nothing is ever offered are absent.</param>
public sealed record ContextAnswer(
    string Outcome, string Message, DateTimeOffset Now, string Date, string Weekday, string Time, string TimeZone, string Locale, IReadOnlyList<OpeningHours> OpeningTimes)
    : AgentAnswer(Outcome, Message);

/// <param name="Weekday">In the language.</param>
/// <param name="From">Local, of the earliest start that the calendar names on such days.</param>
/// <param name="Until">Local, of the latest end.</param>
public sealed record OpeningHours(string Weekday, string From, string Until);

/// <summary>Stable words for what an answer means.</summary>
public static class AgentOutcomes
{
    public const string Available = "available";
    public const string Held = "held";
    public const string Taken = "taken";
    public const string NotOffered = "not_offered";
    public const string FreeTimes = "free_times";
    public const string NothingFree = "nothing_free";
    public const string InPast = "in_past";
    public const string InsideNotice = "inside_notice";
    public const string Question = "question";
    public const string OneMoment = "one_moment";
    public const string CannotSay = "cannot_say";
    public const string NoCalendar = "no_calendar";
    public const string CheckFirst = "check_first";
    public const string Released = "released";
    public const string HoldEnded = "hold_ended";
    public const string Booked = "booked";
    public const string AlreadyBooked = "already_booked";
    public const string BeingSettled = "being_settled";
    public const string Refused = "refused";
    public const string KeyReused = "idempotency_key_reused";
    public const string Cancelled = "cancelled";
    public const string AlreadyCancelled = "already_cancelled";
    public const string Rescheduled = "rescheduled";
    public const string Found = "found";
    public const string WhichBooking = "which_booking";
    public const string NotFound = "not_found";
    public const string NotVerified = "not_verified";
    public const string Context = "context";
}
