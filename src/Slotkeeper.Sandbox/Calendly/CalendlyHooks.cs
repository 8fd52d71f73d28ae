using System.Text.Json;
using Slotkeeper.Sandbox.Http;

namespace Slotkeeper.Sandbox.Calendly;

/// <summary>Calendly's webhook subscriptions. They cannot be changed, only deleted and made again.</summary>
internal sealed class CalendlyHooks(CalendlyVoice voice, SandboxWorld world, SandboxWebhooks webhooks)
{
    private static readonly string[] Known = ["invitee.created", "invitee.canceled", "routing_form_submission.created"];

    public bool TryRoute(Exchange exchange, string method, string[] parts)
    {
        Action<Exchange>? handler = (method, parts) switch
        {
            ("POST", ["webhook_subscriptions"]) => Create,
            ("GET", ["webhook_subscriptions"]) => List,
            ("GET" or "DELETE", ["webhook_subscriptions", var uid]) => one => One(one, method, uid),
            _ => null,
        };
        return handler is not null && exchange.Route(SandboxProvider.Calendly, FaultScope.Webhooks, null, handler);
    }

    private void Create(Exchange exchange)
    {
        if (!voice.TryAuthorize(exchange, out var agency))
            return;
        string[] events = exchange.Member("events") is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(one => one.ToString())] : [];
        if (!Uri.TryCreate(exchange.Text("url"), UriKind.Absolute, out var url))
            voice.WriteDetail(exchange, "url", "is invalid");
        else if (events.Length == 0 || !Array.TrueForAll(events, one => Known.Contains(one)))
            voice.WriteDetail(exchange, "events", "is invalid");
        else if (exchange.Text("scope") is not ("user" or "organization"))
            voice.WriteDetail(exchange, "scope", "is invalid");
        else if (exchange.Text("organization") is not { } organization)
            voice.WriteDetail(exchange, "organization", "can't be blank");
        else if (exchange.Text("scope") == "user" && exchange.Text("user") is null)
            voice.WriteDetail(exchange, "user", "can't be blank");
        else if (organization != world.Names.CalendlyOrganizationUri(agency) || (exchange.Text("user") is { } user && user != world.Names.CalendlyUserUri(agency)))
            voice.WriteError(exchange, 403, "");
        else if (webhooks.Find(SandboxProvider.Calendly, one => one.Agency == agency && one.Url == url && one.Level == exchange.Text("scope")) is not null)
            voice.WriteConflict(exchange, "Hook with this url already exists");
        else
            Write(exchange, 201, webhooks.Add(SandboxProvider.Calendly, agency, null, url, exchange.Text("signing_key") ?? "", events, exchange.Text("scope")!));
    }

    private void List(Exchange exchange)
    {
        if (!voice.TryAuthorize(exchange, out var agency))
            return;
        var scope = exchange.Query("scope");
        if (scope is not ("user" or "organization"))
            voice.WriteDetail(exchange, "scope", "is invalid");
        else if (exchange.Query("organization") != world.Names.CalendlyOrganizationUri(agency))
            voice.WriteError(exchange, 403, "");
        else
            voice.WritePage(exchange, [.. webhooks.Subscriptions.Where(one => one.Provider == SandboxProvider.Calendly && one.Agency == agency && one.Level == scope)], Write);
    }

    private void One(Exchange exchange, string method, string uid)
    {
        if (!voice.TryAuthorize(exchange, out var agency))
            return;
        if (webhooks.Find(SandboxProvider.Calendly, one => one.Uid == uid) is not { } found)
        {
            voice.WriteError(exchange, 404, "");
        }
        else if (found.Agency != agency)
        {
            voice.WriteError(exchange, 403, "");
        }
        else if (method == "DELETE")
        {
            webhooks.Unsubscribe(found.Id);
            exchange.Status = 204;
        }
        else
        {
            Write(exchange, 200, found);
        }
    }

    private void Write(Exchange exchange, int status, WebhookSubscription subscription)
    {
        exchange.Json(status, json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("resource"u8);
            Write(json, subscription);
            json.WriteEndObject();
        });
    }

    private void Write(Utf8JsonWriter json, WebhookSubscription subscription)
    {
        var agency = subscription.Agency ?? 0;
        json.WriteStartObject();
        json.WriteString("uri"u8, "https://api.calendly.com/webhook_subscriptions/" + subscription.Uid);
        json.WriteString("callback_url"u8, subscription.Url.ToString());
        json.WriteString("created_at"u8, BookingDesk.Text(subscription.CreatedAt, 6));
        json.WriteString("updated_at"u8, BookingDesk.Text(subscription.CreatedAt, 6));
        CalendlyJson.OrNull(json, "retry_started_at", subscription.RetryStartedAt is { } since ? BookingDesk.Text(since, 6) : null);
        json.WriteString("state"u8, subscription.Disabled ? "disabled"u8 : "active"u8);
        json.WriteStartArray("events"u8);
        foreach (var name in subscription.Events ?? Known)
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteString("scope"u8, subscription.Level);
        json.WriteString("organization"u8, world.Names.CalendlyOrganizationUri(agency));
        CalendlyJson.OrNull(json, "user", subscription.Level == "user" ? world.Names.CalendlyUserUri(agency) : null);
        json.WriteString("creator"u8, world.Names.CalendlyUserUri(agency));
        json.WriteEndObject();
    }
}
