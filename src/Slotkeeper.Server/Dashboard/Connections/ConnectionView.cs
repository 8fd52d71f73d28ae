using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Server.Webhooks;

namespace Slotkeeper.Server.Dashboard.Connections;

/// <summary>Looks at connections: what the contract tells of them, and what this node has seen besides.</summary>
internal sealed class ConnectionView(
    ServerAddress address, ProviderConnections providers, WebhookHealth webhooks, IWebhookSourceStore sources, BudgetHistory history, WebhookTally tally)
{
    /// <param name="connections">In the order of their ids.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<ConnectionBody>> ReadAsync(IReadOnlyList<Connection> connections, CancellationToken cancellationToken)
    {
        var health = await webhooks.ReadAsync(connections, cancellationToken);
        return [.. connections.Select(connection => ConnectionBody.Of(connection, address, providers, health(connection)))];
    }

    public async Task<ConnectionNow> ReadAsync(Connection connection, CancellationToken cancellationToken) => new(
        (await ReadAsync([connection], cancellationToken))[0],
        history.Of(connection.Id),
        tally.Of(connection.Id),
        await sources.ListAsync(connection.Id, connection.Id, cancellationToken) is [var trust] ? trust : null);
}
