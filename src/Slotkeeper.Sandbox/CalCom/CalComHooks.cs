using System.Globalization;
using System.Text.Json;
using Slotkeeper.Sandbox.Http;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.CalCom;

/// <summary>Cal.com's calls that register webhooks, for a user or for one event type.</summary>
internal sealed class CalComHooks(CalComVoice voice, SandboxWorld world, SandboxWebhooks webhooks)
{
    private static readonly string[] Triggers =
    [
        "BOOKING_CREATED", "BOOKING_PAYMENT_INITIATED", "BOOKING_PAID", "BOOKING_RESCHEDULED", "BOOKING_REQUESTED", "BOOKING_CANCELLED",
        "BOOKING_REJECTED", "BOOKING_NO_SHOW_UPDATED", "FORM_SUBMITTED", "MEETING_ENDED", "MEETING_STARTED", "RECORDING_READY",
        "INSTANT_MEETING", "RECORDING_TRANSCRIPTION_GENERATED", "OOO_CREATED", "AFTER_HOSTS_CAL_VIDEO_NO_SHOW",
        "AFTER_GUESTS_CAL_VIDEO_NO_SHOW", "FORM_SUBMITTED_NO_EVENT", "ROUTING_FORM_FALLBACK_HIT", "DELEGATION_CREDENTIAL_ERROR",
        "WRONG_ASSIGNMENT_REPORT",
    ];

    public bool TryRoute(Exchange exchange, string method, string[] parts)
    {
        Action<Exchange>? handler = (method, parts) switch
        {
            ("POST", ["v2", "webhooks"]) => one => Create(one, null),
            ("GET", ["v2", "webhooks"]) => one => List(one, null),
            ("GET" or "PATCH" or "DELETE", ["v2", "webhooks", var id]) => one => One(one, method, null, id),
            ("POST", ["v2", "event-types", var type, "webhooks"]) => one => Create(one, type),
            ("GET", ["v2", "event-types", var type, "webhooks"]) => one => List(one, type),
            ("GET" or "PATCH" or "DELETE", ["v2", "event-types", var type, "webhooks", var id]) => one => One(one, method, type, id),
            _ => null,
        };
        return handler is not null && exchange.Route(SandboxProvider.CalCom, FaultScope.Webhooks, null, handler);
    }

    private void Create(Exchange exchange, string? type)
    {
        if (!TryPlace(exchange, type, out var agency, out var calendar))
            return;
        if (!Uri.TryCreate(exchange.Text("subscriberUrl"), UriKind.Absolute, out var url) || !TryTriggers(exchange, out var triggers) || triggers is null)
        {
            voice.WriteError(exchange, 400, "subscriberUrl must be a URL address, triggers must be an array of known triggers");
            return;
        }

        var disabled = exchange.Member("active").ValueKind == JsonValueKind.False;
        Write(exchange, 201, webhooks.Add(SandboxProvider.CalCom, agency, calendar, url, exchange.Text("secret") ?? "", triggers, "user", disabled));
    }

    private void List(Exchange exchange, string? type)
    {
        if (!TryPlace(exchange, type, out var agency, out var calendar))
            return;
        if (BookingDesk.Number(exchange, "take", 250, 1, 250) is not { } take || BookingDesk.Number(exchange, "skip", 0, 0, int.MaxValue) is not { } skip)
        {
            voice.WriteError(exchange, 400, "take must be between 1 and 250, skip 0 or more");
            return;
        }

        var found = webhooks.Subscriptions.Where(one => Is(one, agency, calendar)).Skip(skip).Take(take).ToList();
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, "success"u8);
            json.WriteStartArray("data"u8);
            foreach (var subscription in found)
                Write(json, subscription);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private void One(Exchange exchange, string method, string? type, string id)
    {
        if (!TryPlace(exchange, type, out var agency, out var calendar))
            return;
        if (webhooks.Find(SandboxProvider.CalCom, one => Is(one, agency, calendar) && one.Id.ToString(CultureInfo.InvariantCulture) == id) is not { } found)
        {
            voice.WriteError(exchange, 404, $"Webhook ({id}) not found");
            return;
        }

        if (method == "DELETE")
        {
            webhooks.Unsubscribe(found.Id);
        }
        else if (method == "PATCH")
        {
            if (!TryTriggers(exchange, out var triggers))
            {
                voice.WriteError(exchange, 400, "triggers must be an array of known triggers");
                return;
            }

            found = webhooks.Update(found.Id, one => one with
            {
                Url = Uri.TryCreate(exchange.Text("subscriberUrl"), UriKind.Absolute, out var url) ? url : one.Url,
                Secret = exchange.Text("secret") ?? one.Secret,
                Events = triggers ?? one.Events,
                Disabled = exchange.Member("active").ValueKind switch { JsonValueKind.True => false, JsonValueKind.False => true, _ => one.Disabled },
            }) ?? found;
        }

        Write(exchange, 200, found);
    }

    private bool TryPlace(Exchange exchange, string? type, out int agency, out int? calendar)
    {
        calendar = null;
        if (!voice.TryAuthorize(exchange, out agency))
            return false;
        if (type is null)
            return true;
        if (world.Names.ByCalComId(type) is not { } found || found.Agency != agency)
        {
            voice.WriteError(exchange, 404, $"Event type ({type}) not found");
            return false;
        }

        calendar = found.Key.Index;
        return true;
    }

    private static bool Is(WebhookSubscription subscription, int agency, int? calendar) =>
        subscription.Provider == SandboxProvider.CalCom && subscription.Agency == agency && subscription.Calendar == calendar;

    /// <summary>Null triggers when there are none; false when one is unknown.</summary>
    private static bool TryTriggers(Exchange exchange, out string[]? triggers)
    {
        triggers = null;
        if (exchange.Member("triggers") is not { ValueKind: JsonValueKind.Array } list)
            return true;
        triggers = [.. list.EnumerateArray().Select(one => one.ToString())];
        return Array.TrueForAll(triggers, one => Triggers.Contains(one));
    }

    private static void Write(Exchange exchange, int status, WebhookSubscription subscription)
    {
        exchange.Json(status, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, "success"u8);
            json.WritePropertyName("data"u8);
            Write(json, subscription);
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, WebhookSubscription subscription)
    {
        json.WriteStartObject();
        json.WriteString("payloadTemplate"u8, ""u8);
        if (subscription.Calendar is { } calendar)
            json.WriteNumber("eventTypeId"u8, CalendarNames.CalComId(calendar));
        else
            json.WriteNumber("userId"u8, (subscription.Agency ?? -1) + 1);
        json.WriteNumber("id"u8, subscription.Id);
        json.WriteStartArray("triggers"u8);
        foreach (var trigger in subscription.Events ?? ["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED"])
            json.WriteStringValue(trigger);
        json.WriteEndArray();
        json.WriteString("subscriberUrl"u8, subscription.Url.ToString());
        json.WriteBoolean("active"u8, !subscription.Disabled);
        json.WriteString("secret"u8, subscription.Secret);
        json.WriteEndObject();
    }
}
