using System.ComponentModel;
using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Agents;

// What the tools take. These types are read twice: by the published description of the HTTP routes, and as the schemas of the tools over MCP. What
// they say is written for a model that has to choose the right tool and fill it in.

/// <summary>What every tool takes.</summary>
internal abstract record ToolBody
{
    [Description("Your own name for this conversation or call, the same in every call of it. With it, repeated calls have one effect, and bookings made in the conversation can be moved and cancelled in it.")]
    public string? ConversationId { get; init; }

    [Description("Language of the spoken message: de or en. Default: the workspace's.")]
    public string? Locale { get; init; }

    [Description("IANA time zone in which the person speaks of times, such as Europe/Berlin. Default: the workspace's.")]
    public string? TimeZone { get; init; }
}

internal abstract record TimedBody : ToolBody
{
    [Description("The day in the person's own words (\"morgen\", \"nächsten Freitag\", \"the 15th\") or as 2025-10-20. Pass on what was said; do not work the date out yourself.")]
    public string? Date { get; init; }

    [Description("The time in the person's own words (\"15 Uhr 30\", \"halb vier\", \"vormittags\", \"ab 14 Uhr\") or as 15:30.")]
    public string? Time { get; init; }

    [Description("Instead of date and time: the exact start as an instant with Z or an offset, taken from an earlier answer.")]
    public DateTimeOffset? Start { get; init; }
}

internal abstract record SourcedBody : TimedBody
{
    [Description("Which calendar of the workspace: default or direct_book. Default: default.")]
    public string? Source { get; init; }
}

internal sealed record CheckAvailabilityBody : SourcedBody
{
    [Description("True keeps the time for this person for five minutes if it is free; the answer then has a holdId.")]
    public bool? Hold { get; init; }

    [Description("Seconds the time is kept, 10 to 1800. Default: 300.")]
    public int? HoldSeconds { get; init; }

    [Description("Your id of the lead the person is, if known.")]
    public string? LeadId { get; init; }

    [Description("Seconds, 0 to 86400: data older than that is read again first, as far as the answer can wait for it.")]
    public int? MaxAge { get; init; }
}

internal sealed record FindAlternativesBody : SourcedBody
{
    [Description("How many times to answer, 1 to 10. Default 2. Speak at most two.")]
    public int? Count { get; init; }

    [Description("Seconds, 0 to 86400: data older than that is read again first, as far as the answer can wait for it.")]
    public int? MaxAge { get; init; }
}

internal sealed record HoldSlotBody : SourcedBody
{
    [Description("Instead of a time: the checkId of an earlier answer.")]
    public string? CheckId { get; init; }

    [Description("Seconds the time is kept, 10 to 1800. Default: 300.")]
    public int? HoldSeconds { get; init; }
}

internal sealed record ReleaseHoldBody : ToolBody
{
    [Description("The holdId of an earlier answer.")]
    public required string HoldId { get; init; }
}

internal sealed record CreateBookingBody : SourcedBody
{
    [Description("The checkId of the answer in which this very time was said to be free. Required in a conversation, unless holdId is given. Another time needs another check.")]
    public string? CheckId { get; init; }

    [Description("The holdId of the answer that kept this very time.")]
    public string? HoldId { get; init; }

    [Description("Who comes. Ask for what is missing instead of making it up.")]
    public AttendeeHeard? Attendee { get; init; }

    [Description("Your id of the lead the person is, if known.")]
    public string? LeadId { get; init; }

    [Description("Answers to the calendar's questions, by the name of the question.")]
    public IReadOnlyDictionary<string, string>? Answers { get; init; }

    [Description("What the person wants said to whoever they meet, at most 4000 characters.")]
    public string? Notes { get; init; }

    [Description("Your own pairs, kept with the booking.")]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

internal sealed record AttendeeHeard
{
    [Description("The person's full name, as it was said.")]
    public string? Name { get; init; }

    [Description("The person's mail address; as it was said (\"ada at example punkt com\") or written.")]
    public string? Email { get; init; }

    [Description("Telephone number. Default: the number the call comes from, where that is known.")]
    public string? Phone { get; init; }

    [Description("IANA time zone of the person. Default: the conversation's.")]
    public string? TimeZone { get; init; }
}

internal sealed record RescheduleBookingBody : TimedBody
{
    [Description("The bookingId of an earlier answer. Without it the booking is found by this conversation or by the number the call comes from.")]
    public string? BookingId { get; init; }

    [Description("The checkId of the answer in which the new time was said to be free. Required in a conversation.")]
    public string? CheckId { get; init; }
}

internal sealed record CancelBookingBody : ToolBody
{
    [Description("The bookingId of an earlier answer. Without it the booking is found by this conversation or by the number the call comes from.")]
    public string? BookingId { get; init; }

    [Description("Why, in the person's words.")]
    public string? Reason { get; init; }
}

internal sealed record GetBookingBody : ToolBody
{
    [Description("The bookingId of an earlier answer. Without it the bookings are found by this conversation or by the number the call comes from.")]
    public string? BookingId { get; init; }
}

internal sealed record CurrentContextBody : ToolBody
{
    [Description("Which calendar's opening times: default or direct_book. Default: default.")]
    public string? Source { get; init; }
}

/// <summary>What every tool answers.</summary>
internal interface IToolReply
{
    /// <summary>To be spoken as it is.</summary>
    string Message { get; }

    /// <summary>A stable word; see <see cref="Slotkeeper.Agents.AgentOutcomes"/>.</summary>
    string Outcome { get; }
}

internal sealed record NamedTimeBody(DateTimeOffset Start, string Label, string CheckId);

internal sealed record CheckReply(
    [property: Description("Whether this very time can be booked by this person.")] bool Available,
    DateTimeOffset? Start,
    [property: Description("Refer to it when you book this time.")] string? CheckId,
    string? HoldId,
    DateTimeOffset? HoldExpiresAt,
    [property: Description("Speak this sentence as it is.")] string Message,
    [property: Description("Free times instead, the best first. Each may be booked by its checkId.")] IReadOnlyList<NamedTimeBody> Alternatives,
    [property: Description("A stable word: available, held, taken, not_offered, free_times, nothing_free, in_past, inside_notice, question (ask the person and call again), one_moment (call again with the same arguments), cannot_say, no_calendar.")] string Outcome,
    DateTimeOffset? AsOf,
    long? AgeSeconds,
    bool Fresh) : IToolReply;

internal sealed record HoldReply(
    bool Held, string? HoldId, DateTimeOffset? Start, DateTimeOffset? ExpiresAt, string? CheckId,
    [property: Description("Speak this sentence as it is.")] string Message, IReadOnlyList<NamedTimeBody> Alternatives, string Outcome) : IToolReply;

internal sealed record ReleaseReply(bool Released, string Message, string Outcome) : IToolReply;

internal sealed record CreateReply(
    [property: Description("True only when the appointment is really made.")] bool Booked,
    string? BookingId,
    DateTimeOffset? Start,
    [property: Description("Set where the time is free but was not checked: book with it once the person has agreed.")] string? CheckId,
    [property: Description("Speak this sentence as it is.")] string Message,
    [property: Description("Free times instead, the best first.")] IReadOnlyList<NamedTimeBody> Alternatives,
    [property: Description("A stable word: booked, already_booked, being_settled, taken, hold_ended, check_first, question, one_moment (call again with the same arguments), refused, and those of check_availability.")] string Outcome,
    [property: Description("Why it was refused; not to be spoken.")] string? Reason) : IToolReply;

internal sealed record RescheduleReply(
    bool Rescheduled, string? BookingId,
    [property: Description("Of the booking as it stands now.")] DateTimeOffset? Start,
    string? CheckId, string Message, IReadOnlyList<NamedTimeBody> Alternatives, string Outcome, string? Reason) : IToolReply;

internal sealed record CancelReply(bool Cancelled, string? BookingId, DateTimeOffset? Start, string Message, string Outcome, string? Reason) : IToolReply;

internal sealed record FoundReply(bool Found, IReadOnlyList<FoundBookingBody> Bookings, string Message, string Outcome) : IToolReply;

internal sealed record FoundBookingBody(string BookingId, DateTimeOffset Start, string Label, string Status);

internal sealed record ContextReply(
    string Date, string Weekday, string Time, string TimeZone, string Locale, DateTimeOffset Now,
    [property: Description("By weekday, from what the calendar offers; days that are missing have nothing.")] IReadOnlyList<OpeningTimeBody> OpeningTimes,
    string Message, string Outcome) : IToolReply;

internal sealed record OpeningTimeBody(string Weekday, string From, string Until);
