using System.Globalization;
using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Pipeline;

namespace Slotkeeper.Providers.Bookings;

/// <summary>What one call of an errand came to: an answer to be judged, or a fault that needs no judging.</summary>
internal sealed class Answer
{
    private Answer(BookResult? fault, Reply learnt)
    {
        Fault = fault;
        Learnt = learnt;
    }

    /// <summary>Not sent, refused for quantity, or unknown; null when an answer came.</summary>
    public BookResult? Fault { get; }

    /// <summary>What the gate and the breaker make of it. A refusal of a booking is a working provider.</summary>
    public Reply Learnt { get; }

    public Provider Provider { get; private init; }

    /// <summary>HTTP status.</summary>
    public int Status { get; private init; }

    /// <summary>The answer's JSON; null when it has none that can be read.</summary>
    public JsonElement? Body { get; private init; }

    /// <summary>What the provider says for people, short and presentable; empty when nothing.</summary>
    public string Said { get; private init; } = "";

    /// <summary>The same as it came, to be judged and never shown: an attendee's name may be a word of it.</summary>
    private string Heard { get; init; } = "";

    public bool IsSuccess => Fault is null && Status is >= 200 and < 300;

    public string Detail => Said.Length == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Provider.ToName()} answered {Status}")
        : string.Create(CultureInfo.InvariantCulture, $"{Provider.ToName()} answered {Status}: {Said}");

    public static Answer Of(Provider provider, int status, JsonElement? body, string heard, string said, Reply learnt) =>
        new(null, learnt) { Provider = provider, Status = status, Body = body, Heard = heard, Said = said };

    public static Answer NotSent(string detail, Reply learnt) => new(new BookResult.NotSent(detail), learnt);

    public static Answer Limited(DateTimeOffset until, Reply learnt) => new(new BookResult.RateLimited(until), learnt);

    public static Answer Unknown(string detail, Reply learnt) => new(new BookResult.Unknown(detail), learnt);

    /// <summary>
    /// For a call that only prepares a booking: null when it brought what was asked for. Whatever else it came to, nothing has
    /// been booked.
    /// </summary>
    public BookResult? StopsBooking() => Fault switch
    {
        BookResult.Unknown unknown => new BookResult.NotSent(unknown.Detail),
        not null => Fault,
        null when !IsSuccess => Refused(Refusals.Refused),
        null when Body is null => new BookResult.NotSent($"{Provider.ToName()} answered {Status.ToString(CultureInfo.InvariantCulture)} with what cannot be read."),
        null => null,
    };

    /// <summary>A refusal that says the same at every provider, or <paramref name="otherwise"/>.</summary>
    public BookResult.Refused Refused(string otherwise) => new(
        Status switch
        {
            401 => Refusals.Unauthorized,
            402 => Refusals.PlanRequired,
            403 => Refusals.Forbidden,
            404 or 410 => Refusals.NotFound,
            _ => otherwise,
        },
        Detail);

    /// <summary>It succeeded, but does not say what it must.</summary>
    public BookResult.Unknown Unreadable(string missing) => new($"{Detail} without {missing}");

    /// <summary>For a look: no usable answer.</summary>
    public LookupResult.NoAnswer NoAnswer() => new(Fault switch
    {
        BookResult.NotSent f => f.Detail,
        BookResult.Unknown f => f.Detail,
        BookResult.RateLimited f => string.Create(CultureInfo.InvariantCulture, $"rate limited until {f.Until:O}"),
        _ => IsSuccess ? Detail + " with what cannot be read" : Detail,
    });

    public bool Says(string text) => Heard.Contains(text, StringComparison.OrdinalIgnoreCase);
}
