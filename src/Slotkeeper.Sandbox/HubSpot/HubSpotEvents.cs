using System.Text.Json;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.HubSpot;

/// <summary>HubSpot's CRM events about meetings: an array of them, which names no slot, only the record that changed.</summary>
internal sealed class HubSpotEvents : IWebhookWriter
{
    private const string MeetingEvent = "0-47";

    public IEnumerable<WebhookEvent> Write(BookingChange change, long number)
    {
        switch (change.Kind)
        {
            case BookingChangeKind.Created:
                yield return Event("object.creation", change, number, null, null);
                break;
            case BookingChangeKind.Cancelled or BookingChangeKind.Edited:
                yield return Event("object.propertyChange", change, number, "hs_meeting_outcome", change.Booking.Outcome);
                break;
            case BookingChangeKind.Moved or BookingChangeKind.Replaced:
                yield return Event("object.propertyChange", change, number, "hs_meeting_start_time", BookingDesk.Text(change.Booking.Start));
                break;
            case BookingChangeKind.Deleted:
                yield return Event("object.deletion", change, number, null, null);
                break;
        }
    }

    private static WebhookEvent Event(string name, BookingChange change, long number, string? property, string? value) => WebhookJson.Event(name, json =>
    {
        json.WriteStartArray();
        json.WriteStartObject();
        json.WriteNumber("eventId"u8, number);
        json.WriteString("subscriptionType"u8, name);
        json.WriteString("objectTypeId"u8, MeetingEvent);
        json.WriteNumber("objectId"u8, change.Booking.Number);
        json.WriteNumber("portalId"u8, CalendarNames.HubSpotPortal(change.Booking.Agency));
        json.WriteNumber("occurredAt"u8, change.At.ToUnixTimeMilliseconds());
        json.WriteNumber("attemptNumber"u8, 0);
        if (property is not null)
        {
            json.WriteString("propertyName"u8, property);
            json.WriteString("propertyValue"u8, value);
        }

        json.WriteEndObject();
        json.WriteEndArray();
    });
}
