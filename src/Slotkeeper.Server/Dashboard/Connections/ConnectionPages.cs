using Slotkeeper.Calendars;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Dashboard.Agencies;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Connections;

/// <summary>Credentials at providers: whether they are called, what of their budget is used, whether their webhooks come.</summary>
internal static class ConnectionPages
{
    private const int PageSize = 50;
    private const int MostWorkspaces = 50;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/dashboard/connections", ListAsync);
        routes.MapGet("/dashboard/connections/{id}", PageAsync);
        routes.MapGet("/dashboard/connections/{id}/live", LiveAsync);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, IAgencyStore agencies, IConnectionStore connections, ConnectionView view, CancellationToken cancellationToken)
    {
        var (scope, refusal) = await AgencyScope.ReadAsync(context, agencies, cancellationToken);
        if (scope is null)
            return refusal!;
        var found = await connections.ListAsync(scope.AgencyId, PageQuery.Text(context, "after"), PageSize + 1, cancellationToken);
        var shown = found.Take(PageSize).ToList();
        return Html.Page<ConnectionsPage>(context, new()
        {
            ["Model"] = new ConnectionsModel(
                scope,
                await view.ReadAsync(shown, cancellationToken),
                PageQuery.Text(context, "provider") is { } name ? ProviderNames.Parse(name) : null,
                found.Count > PageSize ? PageQuery.Address("/dashboard/connections", ("agencyId", PageQuery.Text(context, "agencyId")), ("after", shown[^1].Id)) : null),
        });
    }

    private static async Task<IResult> PageAsync(
        string id,
        HttpContext context,
        IConnectionStore connections,
        ConnectionView view,
        Catalog catalog,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        if (await connections.FindAsync(id, cancellationToken) is not { } connection || !caller.SeesAgency(connection.AgencyId))
            return Refusal.NotFound("connection");
        var calendars = catalog.Calendars.Where(calendar => calendar.Calendar.ConnectionId == id).Select(calendar => calendar.Calendar.Id).ToHashSet(StringComparer.Ordinal);
        var workspaces = calendars.Count == 0 ? [] : catalog.Workspaces
            .Where(workspace => caller.Sees(workspace) && (Uses(workspace.DefaultCalendarId) || Uses(workspace.DirectBookCalendarId)))
            .OrderBy(workspace => workspace.Name, StringComparer.OrdinalIgnoreCase)
            .Take(MostWorkspaces)
            .ToList();
        return Html.Page<ConnectionPage>(context, new()
        {
            ["Model"] = new ConnectionModel(
                await view.ReadAsync(connection, cancellationToken),
                connection.Provider,
                catalog.TryAgency(connection.AgencyId, out var agency) ? agency.Name : connection.AgencyId,
                WebhookSecretsApi.HasSecret(connection.Provider),
                connection.FormerWebhookSecretUntil is { } until && until > clock.GetUtcNow() ? until : null,
                calendars.Count,
                workspaces),
        });

        bool Uses(string? calendarId) => calendarId is not null && calendars.Contains(calendarId);
    }

    private static async Task<IResult> LiveAsync(string id, HttpContext context, IConnectionStore connections, ConnectionView view, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(id, cancellationToken) is not { } connection || !Caller.Of(context).SeesAgency(connection.AgencyId))
            return Refusal.NotFound("connection");
        return Html.Live<ConnectionHealthPart>(context, Every, async token => new() { ["Model"] = await view.ReadAsync(connection, token) });
    }
}
