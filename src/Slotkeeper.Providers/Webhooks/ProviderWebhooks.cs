using System.Globalization;
using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Calendly;
using Slotkeeper.Providers.Pipeline;

namespace Slotkeeper.Providers.Webhooks;

/// <summary>
/// Registers the webhooks that providers send us, where they have calls for it: Cal.com and Calendly. HubSpot's and HighLevel's
/// belong to an app and are set there. Registering twice leaves one, with the secret of the second time.
/// </summary>
public sealed class ProviderWebhooks
{
    private static readonly string[] CalComTriggers = ["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED", "BOOKING_REQUESTED", "BOOKING_REJECTED"];
    private static readonly string[] CalendlyEvents = ["invitee.created", "invitee.canceled"];

    private readonly ErrandOffice office;
    private readonly ErrandSender sender;

    internal ProviderWebhooks(ErrandOffice office, ErrandSender sender)
    {
        this.office = office;
        this.sender = sender;
    }

    /// <summary>Whether a provider has calls for it; where it has none, somebody sets it up there.</summary>
    public static bool HasCalls(Provider provider) => provider is Provider.CalCom or Provider.Calendly;

    /// <param name="connectionId">Whose account sends.</param>
    /// <param name="callback">Where to; it names the connection, as bodies do not.</param>
    /// <param name="secret">What it signs with.</param>
    /// <param name="cancellationToken">Ends it between two calls.</param>
    public Task<WebhookResult> RegisterAsync(string connectionId, Uri callback, string secret, CancellationToken cancellationToken) => WithAsync(
        connectionId,
        errand => errand.Provider == Provider.CalCom ? RegisterCalComAsync(errand, callback, secret) : RegisterCalendlyAsync(errand, callback, secret),
        cancellationToken);

    /// <summary>Whether it is there, switched on, and sends what we need to where we are.</summary>
    public Task<WebhookResult> CheckAsync(string connectionId, string subscriptionId, Uri callback, CancellationToken cancellationToken) => WithAsync(
        connectionId,
        async errand =>
        {
            var answer = await sender.SendAsync(errand, Call(errand, HttpMethod.Get, PathOf(errand, subscriptionId)));
            if (answer.Status == 404)
                return new WebhookResult.Absent();
            if (!answer.IsSuccess)
                return Failure(answer);
            return errand.Provider == Provider.CalCom
                ? Judged(OfCalCom(answer), answer.Body.At("data"), "subscriberUrl", "triggers", callback, CalComTriggers)
                : Judged(OfCalendly(answer), answer.Body.At("resource"), "callback_url", "events", callback, CalendlyEvents);
        },
        cancellationToken);

    public Task<WebhookResult> RemoveAsync(string connectionId, string subscriptionId, CancellationToken cancellationToken) =>
        WithAsync(connectionId, errand => RemoveAsync(errand, subscriptionId), cancellationToken);

    /// <summary>Removes one that was registered with a credential which the connection has no more.</summary>
    public async Task<WebhookResult> RemoveFormerAsync(string connectionId, OpenedConnection former, string subscriptionId, CancellationToken cancellationToken)
    {
        var errand = office.OpenFormer(connectionId, former, cancellationToken, out var lacks);
        try
        {
            return errand is null ? new WebhookResult.Failed(lacks!) : await WithAsync(errand, one => RemoveAsync(one, subscriptionId));
        }
        finally
        {
            office.CloseFormer(connectionId);
        }
    }

    private async Task<WebhookResult> RemoveAsync(Errand errand, string subscriptionId)
    {
        var answer = await sender.SendAsync(errand, Call(errand, HttpMethod.Delete, PathOf(errand, subscriptionId)));
        return answer.IsSuccess || answer.Status == 404 ? new WebhookResult.Absent() : Failure(answer);
    }

    private async Task<WebhookResult> WithAsync(string connectionId, Func<Errand, Task<WebhookResult>> act, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (office.Open(connectionId, cancellationToken, out var lacks) is not { } errand)
            return new WebhookResult.Failed(lacks!);
        return await WithAsync(errand, act);
    }

    private static async Task<WebhookResult> WithAsync(Errand errand, Func<Errand, Task<WebhookResult>> act)
    {
        if (!HasCalls(errand.Provider))
            return new WebhookResult.Cannot($"Webhooks of {errand.Provider.ToName()} belong to an app there and are set up in it.");
        if (Credentials.Read(errand.Connection!, FieldOf(errand), out _) is Refresh.FetchResult.NotConfigured fault)
            return new WebhookResult.Failed(fault.Detail);
        return await act(errand);
    }

    private async Task<WebhookResult> RegisterCalComAsync(Errand errand, Uri callback, string secret)
    {
        var list = await sender.SendAsync(errand, Call(errand, HttpMethod.Get, "/v2/webhooks?take=250"));
        if (!list.IsSuccess)
            return Failure(list);
        var all = list.Body.At("data").Items().Where(item => item.Text("subscriberUrl") == callback.AbsoluteUri).Select(item => item.Id("id")).OfType<string>().ToList();
        var known = all.FirstOrDefault();
        // Two nodes that registered at once: each event need come only once.
        foreach (var other in all.Skip(1))
            await RemoveAsync(errand, other);
        var body = Texts.Json(json =>
        {
            json.WriteBoolean("active", true);
            json.WriteString("subscriberUrl", callback.AbsoluteUri);
            Write(json, "triggers", CalComTriggers);
            json.WriteString("secret", secret);
        });
        var answer = await sender.SendAsync(errand, (known is null ? Call(errand, HttpMethod.Post, "/v2/webhooks") : Call(errand, HttpMethod.Patch, PathOf(errand, known))) with { Body = body });
        return answer.IsSuccess ? OfCalCom(answer) : Failure(answer);
    }

    private async Task<WebhookResult> RegisterCalendlyAsync(Errand errand, Uri callback, string secret)
    {
        var me = await sender.SendAsync(errand, Call(errand, HttpMethod.Get, "/users/me"));
        if (!me.IsSuccess || me.Body.At("resource").Text("uri") is not { } user || me.Body.At("resource").Text("current_organization") is not { } organization)
            return Failure(me);

        // The organization's hear of every host's bookings, but only its administrators may have them.
        var result = await SubscribeAsync(errand, callback, secret, organization, user: null);
        return result is { Status: 403 } && !result.Says("upgrade")
            ? Subscribed(await SubscribeAsync(errand, callback, secret, organization, user))
            : Subscribed(result);

        static WebhookResult Subscribed(Answer answer) => answer.IsSuccess ? OfCalendly(answer) : Failure(answer);
    }

    private async Task<Answer> SubscribeAsync(Errand errand, Uri callback, string secret, string organization, string? user)
    {
        var scope = user is null ? "organization" : "user";
        var query = $"organization={Uri.EscapeDataString(organization)}&scope={scope}&count=100" + (user is null ? "" : "&user=" + Uri.EscapeDataString(user));
        var list = await sender.SendAsync(errand, Call(errand, HttpMethod.Get, "/webhook_subscriptions?" + query));
        if (!list.IsSuccess)
            return list;
        // There is no call that changes one, and a second one for the same address is refused.
        foreach (var old in list.Body.At("collection").Items().Where(item => item.Text("callback_url") == callback.AbsoluteUri).Select(item => CalendlyIds.Last(item.Text("uri"))).OfType<string>())
        {
            var removed = await sender.SendAsync(errand, Call(errand, HttpMethod.Delete, PathOf(errand, old)));
            if (!removed.IsSuccess && removed.Status != 404)
                return removed;
        }
        return await sender.SendAsync(errand, Call(errand, HttpMethod.Post, "/webhook_subscriptions") with
        {
            Body = Texts.Json(json =>
            {
                json.WriteString("url", callback.AbsoluteUri);
                Write(json, "events", CalendlyEvents);
                json.WriteString("organization", organization);
                if (user is not null)
                    json.WriteString("user", user);
                json.WriteString("scope", scope);
                json.WriteString("signing_key", secret);
            }),
        });
    }

    private static WebhookResult OfCalCom(Answer answer)
    {
        var data = answer.Body.At("data");
        if (data.Id("id") is not { } id)
            return new WebhookResult.Failed($"{answer.Detail} without the webhook's id");
        return data.Is("active") ? new WebhookResult.Active(id) : new WebhookResult.Silent(id, "It is switched off.");
    }

    private static WebhookResult OfCalendly(Answer answer)
    {
        var resource = answer.Body.At("resource");
        if (CalendlyIds.Last(resource.Text("uri")) is not { } id)
            return new WebhookResult.Failed($"{answer.Detail} without the subscription's URI");
        return resource.Text("state") == "disabled"
            ? new WebhookResult.Silent(id, resource.Instant("retry_started_at") is { } since
                ? string.Create(CultureInfo.InvariantCulture, $"It was given up after failures since {since:O}.")
                : "It was given up after failures.")
            : new WebhookResult.Active(id);
    }

    /// <summary>One that somebody has changed at the provider is as good as none.</summary>
    private static WebhookResult Judged(WebhookResult result, JsonElement? body, string urlName, string eventsName, Uri callback, string[] needed)
    {
        if (result is not WebhookResult.Active active)
            return result;
        if (body.Text(urlName) is { } url && url != callback.AbsoluteUri)
            return new WebhookResult.Silent(active.SubscriptionId, "It sends to another address.");
        var sent = body.At(eventsName).Items().Select(item => ((JsonElement?)item).Text()).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return sent.Count > 0 && needed.FirstOrDefault(name => !sent.Contains(name)) is { } missing
            ? new WebhookResult.Silent(active.SubscriptionId, $"It does not send {missing}.")
            : active;
    }

    private static WebhookResult Failure(Answer answer)
    {
        if (answer is { Status: 403 } && answer.Says("upgrade"))
            return new WebhookResult.Cannot(answer.Detail);
        if (answer is { Fault: null, Status: 401 or 403 })
            return new WebhookResult.Denied(answer.Detail);
        return new WebhookResult.Failed(answer.Fault switch
        {
            BookResult.NotSent f => f.Detail,
            BookResult.Unknown f => f.Detail,
            BookResult.RateLimited f => string.Create(CultureInfo.InvariantCulture, $"rate limited until {f.Until:O}"),
            _ => answer.Detail,
        });
    }

    private static void Write(Utf8JsonWriter json, string name, string[] values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static string FieldOf(Errand errand) => errand.Provider == Provider.CalCom ? "apiKey" : "accessToken";

    private static string PathOf(Errand errand, string subscriptionId) =>
        (errand.Provider == Provider.CalCom ? "/v2/webhooks/" : "/webhook_subscriptions/") + Uri.EscapeDataString(subscriptionId);

    private static ErrandCall Call(Errand errand, HttpMethod method, string path)
    {
        Credentials.Read(errand.Connection!, FieldOf(errand), out var token);
        // Unlike Cal.com's other calls, these have no version to choose.
        return new ErrandCall(method, path) { Bearer = token };
    }
}
