using System.Text.Json;

namespace Slotkeeper.Sandbox.Calendly;

/// <summary>Calendly's webhook bodies. A reschedule is a cancellation and a creation.</summary>
internal sealed class CalendlyEvents(SandboxWorld world) : IWebhookWriter
{
    private readonly CalendlyJson writer = new(world);

    public IEnumerable<WebhookEvent> Write(BookingChange change, long number)
    {
        switch (change.Kind)
        {
            case BookingChangeKind.Created:
                yield return Event("invitee.created", change.Booking, change.At);
                break;
            case BookingChangeKind.Cancelled:
                yield return Event("invitee.canceled", change.Booking, change.At);
                break;
            case BookingChangeKind.Replaced:
                yield return Event("invitee.canceled", change.Before!, change.At);
                yield return Event("invitee.created", change.Booking, change.At);
                break;
        }
    }

    private WebhookEvent Event(string name, SandboxBooking booking, DateTimeOffset at) => WebhookJson.Event(name, json =>
    {
        json.WriteStartObject();
        json.WriteString("event"u8, name);
        json.WriteString("created_at"u8, BookingDesk.Text(at, 6));
        json.WriteString("created_by"u8, world.Names.CalendlyUserUri(booking.Agency));
        json.WriteStartObject("payload"u8);
        writer.WriteInviteeMembers(json, booking);
        json.WritePropertyName("scheduled_event"u8);
        writer.WriteEvent(json, [booking]);
        json.WriteEndObject();
        json.WriteEndObject();
    });
}
