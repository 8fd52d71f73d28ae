using System.Text.Json;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.Calendly;

/// <summary>Writes Calendly's scheduled events and invitees, for its answers and its webhooks alike.</summary>
internal sealed class CalendlyJson(SandboxWorld world)
{
    private const string Api = "https://api.calendly.com/";

    private static readonly string[] Tracking = ["utm_campaign", "utm_source", "utm_medium", "utm_content", "utm_term", "salesforce_uuid"];

    public static string EventUri(SandboxBooking booking) => $"{Api}scheduled_events/{booking.Uid}";

    public static string InviteeUri(string uid, string seat) => $"{Api}scheduled_events/{uid}/invitees/{seat}";

    /// <param name="json">Where it goes.</param>
    /// <param name="invitees">All of one event; at least one.</param>
    public void WriteEvent(Utf8JsonWriter json, IReadOnlyList<SandboxBooking> invitees)
    {
        var booking = invitees[0];
        if (!world.TryTraits(booking.Key, out var calendar))
            return;
        var live = invitees.Count(one => one.IsLive);
        var over = live == 0;
        json.WriteStartObject();
        json.WriteString("uri"u8, EventUri(booking));
        json.WriteString("name"u8, $"{calendar.Word} {calendar.Key.Index}");
        json.WriteNull("meeting_notes_plain"u8);
        json.WriteString("status"u8, over ? "canceled" : "active");
        json.WriteString("start_time"u8, BookingDesk.Text(booking.Start, 6));
        json.WriteString("end_time"u8, BookingDesk.Text(booking.End, 6));
        json.WriteString("event_type"u8, world.Names.CalendlyEventTypeUri(in calendar));
        json.WriteStartObject("location"u8);
        json.WriteString("type"u8, "custom"u8);
        json.WriteString("location"u8, "By phone"u8);
        json.WriteEndObject();
        json.WriteStartObject("invitees_counter"u8);
        json.WriteNumber("total"u8, invitees.Count);
        json.WriteNumber("active"u8, live);
        json.WriteNumber("limit"u8, calendar.Seats);
        json.WriteEndObject();
        json.WriteString("created_at"u8, BookingDesk.Text(booking.CreatedAt, 6));
        json.WriteString("updated_at"u8, BookingDesk.Text(invitees.Max(one => one.UpdatedAt), 6));
        json.WriteStartArray("event_memberships"u8);
        json.WriteStartObject();
        json.WriteString("user"u8, world.Names.CalendlyUserUri(calendar.Agency));
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartArray("event_guests"u8);
        json.WriteEndArray();
        json.WriteStartObject("calendar_event"u8);
        json.WriteString("kind"u8, "google"u8);
        json.WriteString("external_id"u8, booking.SeatUid.Replace("-", "", StringComparison.Ordinal));
        json.WriteEndObject();
        if (over)
            WriteCancellation(json, "cancellation", invitees.First(one => !one.IsLive));
        json.WriteEndObject();
    }

    public void WriteInvitee(Utf8JsonWriter json, SandboxBooking booking)
    {
        json.WriteStartObject();
        WriteInviteeMembers(json, booking);
        json.WriteEndObject();
    }

    public void WriteInviteeMembers(Utf8JsonWriter json, SandboxBooking booking)
    {
        json.WriteString("uri"u8, InviteeUri(booking.Uid, booking.SeatUid));
        json.WriteString("email"u8, booking.Email);
        json.WriteNull("first_name"u8);
        json.WriteNull("last_name"u8);
        json.WriteString("name"u8, booking.Name);
        json.WriteString("status"u8, booking.IsLive ? "active" : "canceled");
        json.WriteStartArray("questions_and_answers"u8);
        foreach (var (index, answer) in booking.Answers.Index())
        {
            json.WriteStartObject();
            json.WriteString("question"u8, answer.Key);
            json.WriteString("answer"u8, answer.Value);
            json.WriteNumber("position"u8, index);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("timezone"u8, booking.Zone);
        json.WriteString("event"u8, EventUri(booking));
        json.WriteString("created_at"u8, BookingDesk.Text(booking.CreatedAt, 6));
        json.WriteString("updated_at"u8, BookingDesk.Text(booking.UpdatedAt, 6));
        json.WriteStartObject("tracking"u8);
        foreach (var name in Tracking)
            OrNull(json, name, booking.Metadata.GetValueOrDefault(name));
        json.WriteEndObject();
        json.WriteNull("text_reminder_number"u8);
        json.WriteBoolean("rescheduled"u8, booking.RescheduledTo is not null);
        OrNull(json, "old_invitee", booking.RescheduledFrom is null ? null : InviteeUri(booking.RescheduledFrom, booking.RescheduledFromSeat!));
        OrNull(json, "new_invitee", booking.RescheduledTo is null ? null : InviteeUri(booking.RescheduledTo, booking.RescheduledToSeat!));
        json.WriteString("cancel_url"u8, "https://calendly.com/cancellations/" + booking.SeatUid);
        json.WriteString("reschedule_url"u8, "https://calendly.com/reschedulings/" + booking.SeatUid);
        json.WriteNull("routing_form_submission"u8);
        if (!booking.IsLive)
            WriteCancellation(json, "cancellation", booking);
        json.WriteNull("payment"u8);
        json.WriteNull("no_show"u8);
        json.WriteNull("reconfirmation"u8);
        json.WriteString("scheduling_method"u8, "instant_book"u8);
        json.WriteNull("invitee_scheduled_by"u8);
    }

    public static void WriteCancellation(Utf8JsonWriter json, string name, SandboxBooking booking)
    {
        json.WriteStartObject(name);
        json.WriteString("canceled_by"u8, $"Agency {booking.Agency}");
        OrNull(json, "reason", booking.Reason);
        json.WriteString("canceler_type"u8, "host"u8);
        json.WriteString("created_at"u8, BookingDesk.Text(booking.UpdatedAt, 6));
        json.WriteEndObject();
    }

    public static void OrNull(Utf8JsonWriter json, string name, string? value)
    {
        if (value is null)
            json.WriteNull(name);
        else
            json.WriteString(name, value);
    }
}
