using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Dashboard.Agencies;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Server.Webhooks;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Connections;

/// <param name="NewOf">The provider that a new connection is asked for; null while none is.</param>
/// <param name="Next">Where the next page begins; null on the last one.</param>
public sealed record ConnectionsModel(AgencyScope Scope, IReadOnlyList<ConnectionBody> Connections, Provider? NewOf, string? Next);

/// <summary>What of a connection's page changes by itself.</summary>
/// <param name="History">The oldest first.</param>
/// <param name="Webhooks">That came to this node since it started.</param>
/// <param name="Trust">How far its webhooks are believed to come; null while nothing is known of it.</param>
public sealed record ConnectionNow(ConnectionBody Connection, IReadOnlyList<BudgetSample> History, WebhookCounts Webhooks, SourceTrust? Trust);

/// <param name="HasWebhookSecret">Whether its webhooks are signed with a secret of ours, or of its app.</param>
/// <param name="CalendarCount">Calendars that are read with it.</param>
/// <param name="Workspaces">Some of the workspaces that use them.</param>
public sealed record ConnectionModel(
    ConnectionNow Now, Provider Provider, string AgencyName, bool HasWebhookSecret, DateTimeOffset? FormerSecretUntil, int CalendarCount, IReadOnlyList<Workspace> Workspaces);
