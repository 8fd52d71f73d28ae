using System.Globalization;

namespace Slotkeeper.Sandbox.HighLevel;

/// <summary>HighLevel's webhook bodies. Their age and their id are inside the signed body.</summary>
internal sealed class HighLevelEvents(SandboxWorld world) : IWebhookWriter
{
    private readonly HighLevelJson writer = new(world);

    public IEnumerable<WebhookEvent> Write(BookingChange change, long number)
    {
        var name = change.Kind switch
        {
            BookingChangeKind.Created => "AppointmentCreate",
            BookingChangeKind.Deleted => "AppointmentDelete",
            _ => "AppointmentUpdate",
        };
        yield return WebhookJson.Event(name, json =>
        {
            json.WriteStartObject();
            json.WriteString("type"u8, name);
            json.WriteString("locationId"u8, world.Names.HighLevelLocation(change.Booking.Agency));
            json.WriteStartObject("appointment"u8);
            writer.WriteMembers(json, change.Booking);
            json.WriteString("dateAdded"u8, BookingDesk.Text(change.Booking.CreatedAt, 3));
            json.WriteString("dateUpdated"u8, BookingDesk.Text(change.Booking.UpdatedAt, 3));
            json.WriteEndObject();
            json.WriteString("timestamp"u8, BookingDesk.Text(change.At, 3));
            json.WriteString("webhookId"u8, "wh-" + number.ToString("D12", CultureInfo.InvariantCulture));
            json.WriteEndObject();
        });
    }
}
