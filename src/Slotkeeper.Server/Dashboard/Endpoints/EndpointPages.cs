using System.Text.Json;
using Slotkeeper.Deliveries;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Dashboard.Agencies;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Endpoints;

/// <summary>Where agencies are told of events, and the log of what they were told.</summary>
internal static class EndpointPages
{
    private const int PageSize = 50;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/dashboard/webhooks", ListAsync);
        routes.MapGet("/dashboard/webhooks/{id}", PageAsync);
        routes.MapGet("/dashboard/deliveries/{id}", DeliveryAsync);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IAgencyStore agencies, IDeliveryStore deliveries, CancellationToken cancellationToken)
    {
        var (scope, refusal) = await AgencyScope.ReadAsync(context, agencies, cancellationToken);
        if (scope is null)
            return refusal!;
        var found = await deliveries.ListAsync(scope.AgencyId, PageQuery.Text(context, "after"), PageSize + 1, cancellationToken);
        var shown = found.Take(PageSize).ToList();
        return Html.Page<EndpointsPage>(context, new()
        {
            ["Model"] = new EndpointsModel(
                scope, shown, found.Count > PageSize ? PageQuery.Address("/dashboard/webhooks", ("agencyId", PageQuery.Text(context, "agencyId")), ("after", shown[^1].Id)) : null),
        });
    }

    private static async Task<IResult> PageAsync(string id, HttpContext context, IDeliveryStore deliveries, Catalog catalog, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await OwnAsync(id, context, deliveries, cancellationToken) is not { } endpoint)
            return Refusal.NotFound("webhook endpoint");
        var name = PageQuery.Text(context, "state");
        DeliveryState? state = name is null ? null : DeliveryBody.Parse(name);
        if (name is not null && state is null)
            return Refusal.Invalid("state", "must be one of pending, delivered, failed");
        var found = await deliveries.ListDeliveriesAsync(id, state, PageQuery.Text(context, "after"), PageSize + 1, cancellationToken);
        var shown = found.Take(PageSize).ToList();
        return Html.Page<EndpointPage>(context, new()
        {
            ["Model"] = new EndpointModel(
                endpoint,
                catalog.TryAgency(endpoint.AgencyId, out var agency) ? agency.Name : endpoint.AgencyId,
                endpoint.PreviousUntil > clock.GetUtcNow(),
                state,
                shown,
                found.Count > PageSize ? PageQuery.Address($"/dashboard/webhooks/{id}", ("state", name), ("after", shown[^1].Id)) : null),
        });
    }

    /// <summary>The body of a delivery as it was sent, set out for reading.</summary>
    private static async Task<IResult> DeliveryAsync(string id, HttpContext context, IDeliveryStore deliveries, CancellationToken cancellationToken)
    {
        if (await deliveries.FindDeliveryAsync(id, cancellationToken) is not { } delivery || await OwnAsync(delivery.EndpointId, context, deliveries, cancellationToken) is null)
            return Refusal.NotFound("delivery");
        using var payload = JsonDocument.Parse(delivery.Payload);
        return Html.Part<DeliveryPart>(context, new() { ["EventId"] = delivery.EventId, ["Payload"] = JsonSerializer.Serialize(payload, Indented) });
    }

    private static async Task<WebhookEndpoint?> OwnAsync(string id, HttpContext context, IDeliveryStore deliveries, CancellationToken cancellationToken) =>
        await deliveries.FindAsync(id, cancellationToken) is { } endpoint && Caller.Of(context).SeesAgency(endpoint.AgencyId) ? endpoint : null;
}
