using System.Globalization;
using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Calendly;
using Slotkeeper.Providers.Pipeline;

namespace Slotkeeper.Providers.Webhooks;

/// <summary>What asking a provider about one of its webhooks to us came to.</summary>
public abstract record WebhookResult
{
    private WebhookResult()
    {
    }

    /// <summary>It is there and sends.</summary>
    public sealed record Active(string SubscriptionId) : WebhookResult;

    /// <summary>It is there but sends nothing: the provider gave it up, or somebody switched it off. Registering again mends it.</summary>
    public sealed record Silent(string SubscriptionId, string Detail) : WebhookResult;

    /// <summary>There is none, or none any more.</summary>
    public sealed record Absent : WebhookResult;

    /// <summary>The provider has no such call, or its plan lacks it: it is set up by hand there.</summary>
    public sealed record Cannot(string Detail) : WebhookResult;

    /// <summary>It did not work out; trying again later does no harm.</summary>
    public sealed record Failed(string Detail) : WebhookResult;
}

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

    /// <param name="connectionId">Whose account sends.</param>
    /// <param name="callback">Where to; it names the connection, as bodies do not.</param>
    /// <param name="secret">What it signs with.</param>
    /// <param name="cancellationToken">Ends it between two calls.</param>
    public Task<WebhookResult> RegisterAsync(string connectionId, Uri callback, string secret, CancellationToken cancellationToken) => WithAsync(
        connectionId,
        errand => errand.Provider == Provider.CalCom ? RegisterCalComAsync(errand, callback, secret) : RegisterCalendlyAsync(errand, callback, secret),
        cancellationToken);

    public Task<WebhookResult> CheckAsync(string connectionId, string subscriptionId, CancellationToken cancellationToken) => WithAsync(
        connectionId,
        async errand =>
        {
            var answer = await sender.SendAsync(errand, Call(errand, HttpMethod.Get, PathOf(errand, subscriptionId)));
            if (answer.Status == 404)
                return new WebhookResult.Absent();
            if (!answer.IsSuccess)
                return Failure(answer);
            return errand.Provider == Provider.CalCom ? OfCalCom(answer) : OfCalendly(answer);
        },
        cancellationToken);

    public Task<WebhookResult> RemoveAsync(string connectionId, string subscriptionId, CancellationToken cancellationToken) => WithAsync(
        connectionId,
        async errand =>
        {
            var answer = await sender.SendAsync(errand, Call(errand, HttpMethod.Delete, PathOf(errand, subscriptionId)));
            return answer.IsSuccess || answer.Status == 404 ? new WebhookResult.Absent() : Failure(answer);
        },
        cancellationToken);

    private async Task<WebhookResult> WithAsync(string connectionId, Func<Errand, Task<WebhookResult>> act, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (office.Open(connectionId, cancellationToken, out var lacks) is not { } errand)
            return new WebhookResult.Failed(lacks!);
        if (errand.Provider is not (Provider.CalCom or Provider.Calendly))
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
        var known = list.Body.At("data").Items().Where(item => item.Text("subscriberUrl") == callback.AbsoluteUri).Select(item => item.Id("id")).OfType<string>().FirstOrDefault();
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

    private static WebhookResult Failure(Answer answer)
    {
        if (answer is { Status: 403 } && answer.Says("upgrade"))
            return new WebhookResult.Cannot(answer.Detail);
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
