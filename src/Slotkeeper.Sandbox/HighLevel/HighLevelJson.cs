using System.Globalization;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.HighLevel;

/// <summary>Writes HighLevel's appointments, for its answers and its webhooks alike.</summary>
internal sealed class HighLevelJson(SandboxWorld world)
{
    private static readonly OffsetDateTimePattern Local = OffsetDateTimePattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd'T'HH':'mm':'sso<+HH:mm>");

    /// <summary>An instant as free-slots gives it in a zone.</summary>
    public static string Text(DateTimeOffset instant, DateTimeZone zone)
    {
        var local = Instant.FromDateTimeOffset(instant).InZone(zone);
        return local.Offset == Offset.Zero ? BookingDesk.Text(instant) : Local.Format(local.ToOffsetDateTime());
    }

    /// <summary>What a create or change is answered with.</summary>
    public void WriteAppointment(Utf8JsonWriter json, SandboxBooking booking)
    {
        json.WriteStartObject();
        WriteMembers(json, booking);
        json.WriteString("address"u8, booking.Metadata.GetValueOrDefault("address") ?? "");
        json.WriteBoolean("isRecurring"u8, false);
        json.WriteEndObject();
    }

    /// <summary>What looking up answers.</summary>
    public void WriteEvent(Utf8JsonWriter json, SandboxBooking booking)
    {
        json.WriteStartObject();
        WriteMembers(json, booking);
        json.WriteString("groupId"u8, ""u8);
        json.WriteStartArray("users"u8);
        json.WriteEndArray();
        json.WriteString("notes"u8, booking.Metadata.GetValueOrDefault("description") ?? "");
        json.WriteString("description"u8, booking.Metadata.GetValueOrDefault("description") ?? "");
        json.WriteBoolean("isRecurring"u8, false);
        json.WriteString("dateAdded"u8, BookingDesk.Text(booking.CreatedAt, 3));
        json.WriteString("dateUpdated"u8, BookingDesk.Text(booking.UpdatedAt, 3));
        json.WriteEndObject();
    }

    public void WriteMembers(Utf8JsonWriter json, SandboxBooking booking)
    {
        if (!world.TryTraits(booking.Key, out var calendar))
            return;
        json.WriteString("id"u8, booking.Uid);
        json.WriteString("calendarId"u8, world.Names.HighLevelId(booking.Calendar));
        json.WriteString("locationId"u8, world.Names.HighLevelLocation(booking.Agency));
        json.WriteString("contactId"u8, booking.ContactId);
        json.WriteString("title"u8, booking.Metadata.GetValueOrDefault("title") ?? booking.Name);
        json.WriteString("appointmentStatus"u8, booking.Outcome ?? "confirmed");
        json.WriteString("assignedUserId"u8, "user" + booking.Agency.ToString(CultureInfo.InvariantCulture));
        json.WriteString("startTime"u8, Text(booking.Start, calendar.Zone));
        json.WriteString("endTime"u8, Text(booking.End, calendar.Zone));
    }
}
