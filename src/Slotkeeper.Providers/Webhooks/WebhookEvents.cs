using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.CalCom;

namespace Slotkeeper.Providers.Webhooks;

/// <summary>What a provider says has happened.</summary>
public enum WebhookEventKind
{
    /// <summary>A time was taken, or asked for.</summary>
    Created,

    /// <summary>A booking is over.</summary>
    Cancelled,

    /// <summary>A booking has another time, and perhaps another id.</summary>
    Rescheduled,

    /// <summary>Anything else: at most a reason to look.</summary>
    Other,
}

/// <summary>One thing that a webhook tells. A hint, never truth: what really stands is read from the provider.</summary>
/// <param name="Kind">What.</param>
/// <param name="EventId">The same for every delivery of the same event.</param>
/// <param name="BookingId">The provider's id of the booking as it is now; null when it names none.</param>
/// <param name="EarlierBookingId">The id it had before it was moved; null when the same or not said.</param>
/// <param name="Reference">Ours, where the provider carried it.</param>
/// <param name="Start">UTC; null when not given.</param>
/// <param name="End">UTC; null when not given.</param>
/// <param name="CreatedAt">When it happened, by the provider, UTC; null when not given.</param>
public sealed record WebhookEvent(
    WebhookEventKind Kind,
    string EventId,
    string? BookingId,
    string? EarlierBookingId,
    string? Reference,
    DateTimeOffset? Start,
    DateTimeOffset? End,
    DateTimeOffset? CreatedAt);

/// <summary>Reads the bodies of webhooks whose signature was accepted.</summary>
public static class WebhookEvents
{
    private const int MostEvents = 1000;
    private const int LongestId = 300;

    /// <returns>Null when the body is none of the provider's. HubSpot sends several events in one body, the others one.</returns>
    public static IReadOnlyList<WebhookEvent>? Read(Provider provider, ReadOnlyMemory<byte> body)
    {
        if (Nodes.Parse(body) is not { } root)
            return null;
        if (provider == Provider.HubSpot)
        {
            if (root.ValueKind != JsonValueKind.Array || root.GetArrayLength() > MostEvents)
                return null;
            return root.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object) ? root.EnumerateArray().Select(HubSpot).ToArray() : null;
        }
        if (root.ValueKind != JsonValueKind.Object)
            return null;
        var read = provider switch
        {
            Provider.CalCom => CalCom(root, body.Span),
            Provider.Calendly => Calendly(root, body.Span),
            Provider.HighLevel => HighLevel(root, body.Span),
            _ => null,
        };
        return read is null ? null : [read];
    }

    private static WebhookEvent? CalCom(JsonElement root, ReadOnlySpan<byte> body)
    {
        if (root.Text("triggerEvent") is not { } trigger)
            return null;
        var payload = root.At("payload");
        var uid = payload.Text("uid");
        // One of several attendees who share a booking.
        var seat = payload.Text("attendeeSeatId");
        var kind = trigger switch
        {
            _ when uid is null => WebhookEventKind.Other,
            // A request takes the time until the host decides.
            "BOOKING_CREATED" or "BOOKING_REQUESTED" => WebhookEventKind.Created,
            "BOOKING_CANCELLED" or "BOOKING_REJECTED" => WebhookEventKind.Cancelled,
            "BOOKING_RESCHEDULED" => WebhookEventKind.Rescheduled,
            _ => WebhookEventKind.Other,
        };
        var id = uid is null || root.Text("createdAt") is null ? Hash(body) : Name(trigger, $"{uid}/{seat}", root.Text("createdAt")!);
        return new WebhookEvent(
            kind, id, uid is null || seat is null ? uid : $"{uid}/{seat}", kind == WebhookEventKind.Rescheduled ? payload.Text("rescheduleUid") ?? payload.Text("rescheduledFromUid") : null,
            payload.At("metadata").Text(CalComBooking.ReferenceKey), payload.Instant("startTime"), payload.Instant("endTime"), root.Instant("createdAt"));
    }

    private static WebhookEvent? Calendly(JsonElement root, ReadOnlySpan<byte> body)
    {
        if (root.Text("event") is not { } name)
            return null;
        var payload = root.At("payload");
        var uri = payload.Text("uri");
        var at = root.Text("created_at");
        var id = uri is null || at is null ? Hash(body) : Name(name, uri, at);
        var scheduled = payload.At("scheduled_event");
        var (start, end) = (scheduled.Instant("start_time"), scheduled.Instant("end_time"));
        var reference = payload.At("tracking").Text("utm_content");
        var created = root.Instant("created_at");
        return name switch
        {
            "invitee.created" when uri is not null => payload.Text("old_invitee") is { } old
                ? new WebhookEvent(WebhookEventKind.Rescheduled, id, uri, old, reference, start, end, created)
                : new WebhookEvent(WebhookEventKind.Created, id, uri, null, reference, start, end, created),
            // Half of a move: the booking goes on under another URI, and the times here are the ones it left.
            "invitee.canceled" when uri is not null && payload.Is("rescheduled") =>
                new WebhookEvent(WebhookEventKind.Rescheduled, id, payload.Text("new_invitee"), uri, reference, null, null, created),
            "invitee.canceled" when uri is not null => new WebhookEvent(WebhookEventKind.Cancelled, id, uri, null, reference, start, end, created),
            _ => new WebhookEvent(WebhookEventKind.Other, id, uri, null, reference, start, end, created),
        };
    }

    private static WebhookEvent? HighLevel(JsonElement root, ReadOnlySpan<byte> body)
    {
        if (root.Text("type") is not { } type)
            return null;
        var appointment = root.At("appointment");
        var id = appointment.Id("id");
        var over = appointment.Text("appointmentStatus") is "cancelled" or "invalid";
        var kind = type switch
        {
            _ when id is null => WebhookEventKind.Other,
            "AppointmentDelete" => WebhookEventKind.Cancelled,
            "AppointmentCreate" => over ? WebhookEventKind.Cancelled : WebhookEventKind.Created,
            // It does not say what changed: the start in it is where the booking is now.
            "AppointmentUpdate" => over ? WebhookEventKind.Cancelled : WebhookEventKind.Rescheduled,
            _ => WebhookEventKind.Other,
        };
        return new WebhookEvent(kind, root.Text("webhookId") ?? Hash(body), id, null, null, appointment.Instant("startTime"), appointment.Instant("endTime"), root.Instant("timestamp"));
    }

    private static WebhookEvent HubSpot(JsonElement item)
    {
        var type = item.Text("subscriptionType") ?? "";
        // CRM objects have ids of their own, not those that booking gave: no more than a reason to look.
        var id = item.Id("eventId") is { } given ? Name(type, given, item.Id("occurredAt") ?? "") : Hash(JsonSerializer.SerializeToUtf8Bytes(item));
        return new WebhookEvent(WebhookEventKind.Other, id, item.Id("objectId"), null, null, null, null, item.Instant("occurredAt"));
    }

    private static string Name(string what, string whose, string when)
    {
        var name = $"{what}|{whose}|{when}";
        return name.Length <= LongestId ? name : Hash(Encoding.UTF8.GetBytes(name));
    }

    private static string Hash(ReadOnlySpan<byte> text) => "sha256|" + Convert.ToHexStringLower(SHA256.HashData(text));
}
