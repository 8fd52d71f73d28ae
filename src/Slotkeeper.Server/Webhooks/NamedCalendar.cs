using System.Text.Json;
using Slotkeeper.Calendars;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Webhooks;

/// <summary>The event type that a webhook's body names, where its provider writes it.</summary>
internal sealed class NamedCalendar(string eventTypeId)
{
    /// <returns>Null when the body names none.</returns>
    public static NamedCalendar? Of(Provider provider, ReadOnlyMemory<byte> body)
    {
        string[] path = provider switch
        {
            Provider.CalCom => ["payload", "eventTypeId"],
            Provider.Calendly => ["payload", "scheduled_event", "event_type"],
            Provider.HighLevel => ["appointment", "calendarId"],
            _ => [],
        };
        if (path.Length == 0)
            return null;
        using var json = JsonDocument.Parse(body);
        var value = json.RootElement;
        foreach (var step in path)
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(step, out value))
                return null;
        }
        return value.ValueKind switch
        {
            JsonValueKind.String when value.GetString() is { Length: > 0 } text => new NamedCalendar(text),
            JsonValueKind.Number => new NamedCalendar(value.GetRawText()),
            _ => null,
        };
    }

    public bool Names(LiveCalendar calendar) => Is(calendar.Calendar.ExternalId) || Is(calendar.Calendar.Resolved?.EventTypeId);

    // Calendly's ids are addresses, and either side may have only the last part.
    private bool Is(string? id) => id is { Length: > 0 } && Last(id) == Last(eventTypeId);

    private static string Last(string id) => id[(id.LastIndexOf('/') + 1)..];
}
