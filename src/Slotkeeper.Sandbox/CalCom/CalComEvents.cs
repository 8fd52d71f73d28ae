using System.Text.Json;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.CalCom;

/// <summary>Cal.com's webhook bodies. Nothing in them but createdAt tells their age.</summary>
internal sealed class CalComEvents(SandboxWorld world) : IWebhookWriter
{
    public IEnumerable<WebhookEvent> Write(BookingChange change, long number)
    {
        var name = change.Kind switch
        {
            BookingChangeKind.Created => "BOOKING_CREATED",
            BookingChangeKind.Replaced or BookingChangeKind.Moved => "BOOKING_RESCHEDULED",
            BookingChangeKind.Cancelled or BookingChangeKind.Deleted => "BOOKING_CANCELLED",
            _ => null,
        };
        if (name is not null && world.TryTraits(change.Booking.Key, out var calendar))
            yield return WebhookJson.Event(name, json => Write(json, name, change, in calendar));
    }

    private static void Write(Utf8JsonWriter json, string name, BookingChange change, in CalendarTraits calendar)
    {
        var booking = change.Booking;
        json.WriteStartObject();
        json.WriteString("triggerEvent"u8, name);
        json.WriteString("createdAt"u8, BookingDesk.Text(change.At, 3));
        json.WriteStartObject("payload"u8);
        json.WriteString("type"u8, CalendarNames.EventSlug(in calendar));
        json.WriteString("title"u8, $"{calendar.Word} between Agency {calendar.Agency} and {booking.Name}");
        json.WriteString("startTime"u8, BookingDesk.Text(booking.Start, 3));
        json.WriteString("endTime"u8, BookingDesk.Text(booking.End, 3));
        json.WriteStartObject("organizer"u8);
        json.WriteNumber("id"u8, calendar.Agency + 1);
        json.WriteString("name"u8, $"Agency {calendar.Agency}");
        json.WriteString("email"u8, $"owner@{CalendarNames.Profile(calendar.Agency)}.example");
        json.WriteString("timeZone"u8, calendar.Zone.Id);
        json.WriteEndObject();
        json.WriteStartArray("attendees"u8);
        json.WriteStartObject();
        json.WriteString("name"u8, booking.Name);
        json.WriteString("email"u8, booking.Email);
        json.WriteString("timeZone"u8, booking.Zone);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("uid"u8, booking.Uid);
        json.WriteNumber("bookingId"u8, booking.Number);
        json.WriteNumber("eventTypeId"u8, CalendarNames.CalComId(booking.Calendar));
        json.WriteNumber("length"u8, booking.Minutes);
        json.WriteString("status"u8, booking.IsLive ? "ACCEPTED" : "CANCELLED");
        CalComBookings.WriteTexts(json, "metadata", booking.Metadata);
        CalComBookings.WriteTexts(json, "responses", booking.Answers);
        if (change.Kind == BookingChangeKind.Replaced)
        {
            json.WriteString("rescheduleUid"u8, change.Before!.Uid);
            json.WriteNumber("rescheduleId"u8, change.Before.Number);
            json.WriteString("rescheduleStartTime"u8, BookingDesk.Text(change.Before.Start, 3));
            json.WriteString("rescheduleEndTime"u8, BookingDesk.Text(change.Before.End, 3));
        }
        else if (!booking.IsLive)
        {
            json.WriteString("cancellationReason"u8, booking.Reason ?? "");
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
