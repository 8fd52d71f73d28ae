using System.Text;
using System.Text.Json;

namespace Slotkeeper.Deliveries;

/// <summary>What agencies' systems can be told of, as it is called in the contract.</summary>
public static class EventTypes
{
    public const string BookingConfirmed = "booking.confirmed";
    public const string BookingCancelled = "booking.cancelled";
    public const string OfferWithdrawn = "offer.withdrawn";
    public const string AvailabilityChanged = "availability.changed";
    public const string CalendarUnhealthy = "calendar.unhealthy";
    public const string CalendarRecovered = "calendar.recovered";

    /// <summary>Sent on request only, to one endpoint; nobody can subscribe to it.</summary>
    public const string Test = "webhook.test";

    /// <summary>Sent to the workspace's own address only; nobody can subscribe to it.</summary>
    public const string FollowUpSend = "follow_up.send";

    /// <summary>Those that can be asked for: every one is caused somewhere.</summary>
    public static readonly IReadOnlyList<string> All = [AvailabilityChanged, OfferWithdrawn, BookingConfirmed, BookingCancelled, CalendarUnhealthy, CalendarRecovered];
}

/// <summary>The body of every event: <c>{"type", "timestamp", "data"}</c>.</summary>
public static class EventEnvelope
{
    /// <summary>Longest body, bytes: receivers refuse large ones, and every waiting one is kept.</summary>
    public const int MaximumLength = 64 * 1024;

    /// <param name="type">One of <see cref="EventTypes"/>.</param>
    /// <param name="at">When it happened, UTC; not when it is sent.</param>
    /// <param name="writeData">Writes the properties of <c>data</c>; the object itself is open.</param>
    /// <exception cref="ArgumentException">It is longer than <see cref="MaximumLength"/>.</exception>
    public static string Write(string type, DateTimeOffset at, Action<Utf8JsonWriter> writeData)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteString("timestamp", UtcText.Format(at));
            json.WriteStartObject("data");
            writeData(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        if (buffer.Length > MaximumLength)
            throw new ArgumentException($"An event of {buffer.Length} bytes; at most {MaximumLength} are sent.", nameof(writeData));
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Whether a text is the body of an event of this type, as <see cref="Write"/> makes it. Looks at its head only.</summary>
    public static bool IsOf(string type, string payload) => payload.StartsWith($$"""{"type":"{{type}}","timestamp":"20""", StringComparison.Ordinal);
}
