using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Where agencies want to be told of events, and the log of what they were told.</summary>
internal static class EndpointsApi
{
    private const int MaximumUrl = 2000;

    private static readonly string Events = string.Join(", ", EventTypes.All);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/agencies/{id}/webhooks", CreateAsync).Takes<EndpointRequest>().Note(
            "Create a webhook endpoint",
            $"Events: {Events}. Messages are signed as Standard Webhooks with the secret, which is shown this once.",
            refusals: [(409, "too_many_webhooks"), (503, "not_configured")]);
        routes.MapGet("/v1/agencies/{id}/webhooks", ListAsync).Note("List the webhook endpoints of an agency", "", ["limit", "cursor"]);
        routes.MapGet("/v1/webhooks/{id}", FindAsync).Note("Read a webhook endpoint", "failingSince, disabledSince and disabledReason say how it fares.");
        routes.MapPatch("/v1/webhooks/{id}", ChangeAsync).Takes<EndpointChangeRequest>()
            .Note("Change a webhook endpoint", "Absent fields stay as they are. Disabling gives up what is waiting; enabling forgets earlier failures.");
        routes.MapDelete("/v1/webhooks/{id}", DeleteAsync).Note("Delete a webhook endpoint with its log");
        routes.MapPost("/v1/webhooks/{id}/rotate-secret", RotateAsync).Note(
            "Make a new signing secret", "Shown this once. For 24 hours messages carry a signature by each of the two.", refusals: [(503, "not_configured")]);
        routes.MapPost("/v1/webhooks/{id}/test", TestAsync)
            .Note("Send a test event", $"Of the type {EventTypes.Test}, to this endpoint alone. What became of it stands in the log.", refusals: [(409, "webhook_disabled")]);
        routes.MapGet("/v1/webhooks/{id}/deliveries", LogAsync).Note("Read the delivery log", "Newest first, kept for 14 days.", ["deliveryState", "limit", "cursor"]);
        routes.MapGet("/v1/deliveries/{id}", FindDeliveryAsync).Note("Read a delivery with its body");
        routes.MapPost("/v1/deliveries/{id}/replay", ReplayAsync)
            .Note("Send an event again", "As a new delivery with the same webhook-id, whatever became of the first.", refusals: [(409, "webhook_disabled")]);
    }

    private static async Task<Results<Created<NewEndpointBody>, Refusal>> CreateAsync(
        string id,
        HttpContext context,
        ServerSettings settings,
        IAgencyStore agencies,
        IDeliveryStore deliveries,
        CredentialVault vault,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (!Caller.Of(context).SeesAgency(id) || await agencies.FindAsync(id, cancellationToken) is null)
            return Refusal.NotFound("agency");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var url = ReadUrl(fields, settings);
        var events = ReadEvents(fields);
        if (fields.Refusal is { } refusal)
            return refusal;
        if (!vault.IsOpen)
            return ConnectionsApi.NoMasterKey();
        var secret = StandardWebhook.NewSecret();
        var endpointId = Ids.New(Ids.Webhook);
        var sealedSecret = await vault.SealAsync(id, endpointId, WebhookEndpoint.SecretField, secret, cancellationToken);
        var endpoint = new WebhookEndpoint(
            endpointId, id, url, events, sealedSecret, null, null, clock.GetUtcNow(), null, null, false);
        if (!await deliveries.CreateAsync(endpoint, cancellationToken))
            return new Refusal(
                StatusCodes.Status409Conflict, "too_many_webhooks", $"The agency has {IDeliveryStore.MaximumEndpoints} webhook endpoints, the most there can be; delete one first.");
        return TypedResults.Created($"/v1/webhooks/{endpointId}", new NewEndpointBody(endpointId, id, url, events, StandardWebhook.ToText(secret), endpoint.CreatedAt));
    }

    private static async Task<Results<Ok<Page<EndpointBody>>, Refusal>> ListAsync(
        string id, HttpContext context, IAgencyStore agencies, IDeliveryStore deliveries, TimeProvider clock, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var page = PageRequest.Read(ref parameters);
        if (parameters.Refusal is { } refusal)
            return refusal;
        if (!Caller.Of(context).SeesAgency(id) || await agencies.FindAsync(id, cancellationToken) is null)
            return Refusal.NotFound("agency");
        var now = clock.GetUtcNow();
        return TypedResults.Ok(page.Of(await deliveries.ListAsync(id, page.AfterId, page.Limit + 1, cancellationToken), one => one.Id, one => EndpointBody.Of(one, now)));
    }

    private static async Task<Results<Ok<EndpointBody>, Refusal>> FindAsync(
        string id, HttpContext context, IDeliveryStore deliveries, TimeProvider clock, CancellationToken cancellationToken) =>
        await OwnAsync(id, context, deliveries, cancellationToken) is { } endpoint ? TypedResults.Ok(EndpointBody.Of(endpoint, clock.GetUtcNow())) : NoEndpoint();

    private static async Task<Results<Ok<EndpointBody>, Refusal>> ChangeAsync(
        string id, HttpContext context, ServerSettings settings, IDeliveryStore deliveries, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await OwnAsync(id, context, deliveries, cancellationToken) is null)
            return NoEndpoint();
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var change = new EndpointChange(
            fields.Has("url") ? ReadUrl(fields, settings) : null,
            fields.Has("events") ? ReadEvents(fields) : null,
            fields.Flag("enabled"));
        if (fields.Refusal is { } refusal)
            return refusal;
        return await deliveries.ChangeAsync(id, change, cancellationToken) is { } changed ? TypedResults.Ok(EndpointBody.Of(changed, clock.GetUtcNow())) : NoEndpoint();
    }

    private static async Task<Results<NoContent, Refusal>> DeleteAsync(string id, HttpContext context, IDeliveryStore deliveries, CancellationToken cancellationToken) =>
        await OwnAsync(id, context, deliveries, cancellationToken) is not null && await deliveries.DeleteAsync(id, cancellationToken)
            ? TypedResults.NoContent()
            : NoEndpoint();

    private static async Task<Results<Ok<NewSecretBody>, Refusal>> RotateAsync(
        string id, HttpContext context, IDeliveryStore deliveries, CredentialVault vault, CancellationToken cancellationToken)
    {
        if (await OwnAsync(id, context, deliveries, cancellationToken) is not { } endpoint)
            return NoEndpoint();
        if (!vault.IsOpen)
            return ConnectionsApi.NoMasterKey();
        var secret = StandardWebhook.NewSecret();
        var sealedSecret = await vault.SealAsync(endpoint.AgencyId, id, WebhookEndpoint.SecretField, secret, cancellationToken);
        var rotated = await deliveries.RotateAsync(id, sealedSecret, DeliveryRules.SecretOverlap, cancellationToken);
        return rotated is null ? NoEndpoint() : TypedResults.Ok(new NewSecretBody(id, StandardWebhook.ToText(secret), rotated.PreviousUntil!.Value));
    }

    private static async Task<Results<Accepted<DeliveryBody>, Refusal>> TestAsync(
        string id, HttpContext context, IDeliveryStore deliveries, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await OwnAsync(id, context, deliveries, cancellationToken) is not { } endpoint)
            return NoEndpoint();
        var payload = EventEnvelope.Write(EventTypes.Test, clock.GetUtcNow(), json =>
        {
            json.WriteString("webhookId", endpoint.Id);
            json.WriteString("agencyId", endpoint.AgencyId);
        });
        return await deliveries.AddAsync(id, EventTypes.Test, payload, cancellationToken) is { } added ? Accepted(added) : Disabled();
    }

    private static async Task<Results<Ok<Page<DeliveryBody>>, Refusal>> LogAsync(
        string id, HttpContext context, IDeliveryStore deliveries, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var page = PageRequest.Read(ref parameters);
        var state = parameters.Choice("state", DeliveryBody.Parse, "pending, delivered, failed");
        if (parameters.Refusal is { } refusal)
            return refusal;
        if (await OwnAsync(id, context, deliveries, cancellationToken) is null)
            return NoEndpoint();
        return TypedResults.Ok(page.Of(await deliveries.ListDeliveriesAsync(id, state, page.AfterId, page.Limit + 1, cancellationToken), one => one.Id, DeliveryBody.Of));
    }

    private static async Task<Results<Ok<WholeDeliveryBody>, Refusal>> FindDeliveryAsync(
        string id, HttpContext context, IDeliveryStore deliveries, CancellationToken cancellationToken) =>
        await OwnDeliveryAsync(id, context, deliveries, cancellationToken) is { } delivery
            ? TypedResults.Ok(new WholeDeliveryBody(DeliveryBody.Of(delivery), JsonElement.Parse(delivery.Payload)))
            : Refusal.NotFound("delivery");

    private static async Task<Results<Accepted<DeliveryBody>, Refusal>> ReplayAsync(
        string id, HttpContext context, IDeliveryStore deliveries, CancellationToken cancellationToken)
    {
        if (await OwnDeliveryAsync(id, context, deliveries, cancellationToken) is null)
            return Refusal.NotFound("delivery");
        return await deliveries.ReplayAsync(id, cancellationToken) is { } added ? Accepted(added) : Disabled();
    }

    private static async Task<WebhookEndpoint?> OwnAsync(string id, HttpContext context, IDeliveryStore deliveries, CancellationToken cancellationToken) =>
        await deliveries.FindAsync(id, cancellationToken) is { } endpoint && Caller.Of(context).SeesAgency(endpoint.AgencyId) ? endpoint : null;

    private static async Task<Delivery?> OwnDeliveryAsync(string id, HttpContext context, IDeliveryStore deliveries, CancellationToken cancellationToken) =>
        await deliveries.FindDeliveryAsync(id, cancellationToken) is { } delivery && await OwnAsync(delivery.EndpointId, context, deliveries, cancellationToken) is not null
            ? delivery
            : null;

    private static string ReadUrl(Fields fields, ServerSettings settings)
    {
        var text = fields.Text("url", 1, MaximumUrl);
        if (text.Length == 0)
            return "";
        var schemes = settings.AllowPrivateAddresses ? "http or https" : "https";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || !(uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && settings.AllowPrivateAddresses))
            || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
            fields.Fault("url", $"must be an absolute {schemes} address without user and fragment");
        else if (!settings.AllowPrivateAddresses && PrivateHost.Is(uri))
            fields.Fault("url", "must not lead to this machine or into a private network");
        return text;
    }

    private static List<string> ReadEvents(Fields fields)
    {
        if (!fields.HasValue("events"))
        {
            fields.Fault("events", $"is required; allowed are {Events}");
            return [];
        }
        if (fields.Texts("events", 50) is not { } events)
            return [];
        if (events.Count == 0 || events.Any(name => !EventTypes.All.Contains(name)))
            fields.Fault("events", $"must name one or more of {Events}");
        return [.. events.Distinct(StringComparer.Ordinal)];
    }

    private static Accepted<DeliveryBody> Accepted(Delivery delivery) => TypedResults.Accepted($"/v1/deliveries/{delivery.Id}", DeliveryBody.Of(delivery));

    private static Refusal NoEndpoint() => Refusal.NotFound("webhook endpoint");

    private static Refusal Disabled() =>
        new(StatusCodes.Status409Conflict, "webhook_disabled", "The endpoint is disabled, disabledReason says why. Enable it with PATCH {\"enabled\": true} first.");
}

/// <param name="Url">Absolute, https.</param>
/// <param name="Events">One or more.</param>
internal sealed record EndpointRequest(string Url, IReadOnlyList<string> Events);

/// <param name="Url">Absolute, https.</param>
/// <param name="Events">One or more; replaces all.</param>
/// <param name="Enabled">false tells it of nothing.</param>
internal sealed record EndpointChangeRequest(string? Url, IReadOnlyList<string>? Events, bool? Enabled);

/// <param name="Secret">Shown this once.</param>
internal sealed record NewEndpointBody(string Id, string AgencyId, string Url, IReadOnlyList<string> Events, string Secret, DateTimeOffset CreatedAt);

/// <param name="Secret">Shown this once.</param>
/// <param name="PreviousUntil">Until then the secret before signs too.</param>
internal sealed record NewSecretBody(string Id, string Secret, DateTimeOffset PreviousUntil);

/// <param name="FailingSince">The first failure since it last accepted anything.</param>
/// <param name="PreviousSecretUntil">Until then two secrets sign; null when one does.</param>
internal sealed record EndpointBody(
    string Id, string AgencyId, string Url, IReadOnlyList<string> Events, bool Enabled, DateTimeOffset? DisabledSince, string? DisabledReason, DateTimeOffset? FailingSince,
    DateTimeOffset? PreviousSecretUntil, DateTimeOffset CreatedAt)
{
    public static EndpointBody Of(WebhookEndpoint endpoint, DateTimeOffset now) => new(
        endpoint.Id, endpoint.AgencyId, endpoint.Url, endpoint.Events, endpoint.Disabled is null, endpoint.Disabled?.Since, endpoint.Disabled?.Reason, endpoint.FailingSince,
        endpoint.PreviousUntil > now ? endpoint.PreviousUntil : null, endpoint.CreatedAt);
}

/// <param name="EventId">Sent as webhook-id; the same for a replay.</param>
/// <param name="State">pending, delivered or failed.</param>
/// <param name="NextAt">When it is tried next.</param>
internal sealed record DeliveryBody(
    string Id, string WebhookId, string EventId, string Type, string? WorkspaceId, string State, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset? NextAt,
    DateTimeOffset? DeliveredAt, int? LastStatus, string? LastError)
{
    public static DeliveryBody Of(Delivery delivery) => new(
        delivery.Id, delivery.EndpointId, delivery.EventId, delivery.Type, delivery.WorkspaceId, NameOf(delivery.State), delivery.Attempts, delivery.CreatedAt, delivery.NextAt,
        delivery.DeliveredAt, delivery.LastStatus, delivery.LastError);

    /// <returns>Null when the text names no state.</returns>
    public static DeliveryState? Parse(string name) => name switch
    {
        "pending" => DeliveryState.Pending,
        "delivered" => DeliveryState.Delivered,
        "failed" => DeliveryState.Failed,
        _ => null,
    };

    internal static string NameOf(DeliveryState state) => state switch
    {
        DeliveryState.Pending => "pending",
        DeliveryState.Delivered => "delivered",
        DeliveryState.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state of a delivery."),
    };
}

/// <param name="Payload">The body as it is sent.</param>
internal sealed record WholeDeliveryBody(DeliveryBody Delivery, JsonElement Payload);
