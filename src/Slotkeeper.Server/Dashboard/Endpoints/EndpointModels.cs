using Slotkeeper.Deliveries;
using Slotkeeper.Server.Dashboard.Agencies;

namespace Slotkeeper.Server.Dashboard.Endpoints;

/// <param name="Next">Where the next page begins; null on the last one.</param>
public sealed record EndpointsModel(AgencyScope Scope, IReadOnlyList<WebhookEndpoint> Endpoints, string? Next);

/// <param name="State">Of which the log shows deliveries; null for all.</param>
/// <param name="Deliveries">The newest first.</param>
/// <param name="Next">Where the next page of the log begins; null on the last one.</param>
public sealed record EndpointModel(WebhookEndpoint Endpoint, string AgencyName, bool TwoSecretsSign, DeliveryState? State, IReadOnlyList<Delivery> Deliveries, string? Next);
