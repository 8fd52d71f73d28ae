using Slotkeeper.Server.Api;
using Slotkeeper.Server.Dashboard.Fleet;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Agencies;

/// <summary>The tenants, and how each of them fares.</summary>
internal static class AgencyPages
{
    private const int PageSize = 100;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/dashboard/agencies", ListAsync);
        routes.MapGet("/dashboard/agencies/{id}", PageAsync);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IAgencyStore agencies, Catalog catalog, TimeProvider clock, CancellationToken cancellationToken)
    {
        var found = await agencies.ListAsync(PageQuery.Text(context, "after"), PageSize + 1, cancellationToken);
        var shown = found.Take(PageSize).ToList();
        var next = found.Count > PageSize ? PageQuery.Address("/dashboard/agencies", ("after", shown[^1].Id)) : null;
        return Html.Page<AgenciesPage>(context, new() { ["Model"] = new AgenciesModel(Lines(shown, catalog, clock.GetUtcNow()), next) });
    }

    private static async Task<IResult> PageAsync(string id, HttpContext context, IAgencyStore agencies, Catalog catalog, TimeProvider clock, CancellationToken cancellationToken) =>
        Caller.Of(context).SeesAgency(id) && await agencies.FindAsync(id, cancellationToken) is { } agency
            ? Html.Page<AgencyPage>(context, new() { ["Model"] = Lines([agency], catalog, clock.GetUtcNow())[0] })
            : Refusal.NotFound("agency");

    /// <summary>One look through the workspaces, however many agencies are shown.</summary>
    private static List<AgencyLine> Lines(IReadOnlyList<Agency> agencies, Catalog catalog, DateTimeOffset now)
    {
        var calendars = agencies.ToDictionary(agency => agency.Id, _ => new HashSet<string>(StringComparer.Ordinal), StringComparer.Ordinal);
        var workspaces = agencies.ToDictionary(agency => agency.Id, _ => 0, StringComparer.Ordinal);
        foreach (var workspace in catalog.Workspaces)
        {
            if (!calendars.TryGetValue(workspace.AgencyId, out var own))
                continue;
            workspaces[workspace.AgencyId]++;
            foreach (var calendarId in new[] { workspace.DefaultCalendarId, workspace.DirectBookCalendarId }.OfType<string>())
                own.Add(calendarId);
        }
        return [.. agencies.Select(agency =>
        {
            var (withinGoal, failing, known) = (0, 0, 0);
            foreach (var calendarId in calendars[agency.Id])
            {
                if (!catalog.TryCalendar(calendarId, out var calendar))
                    continue;
                known++;
                var state = calendar.Picture.State;
                withinGoal += CellStates.Is(CellState.Fresh, state, now) ? 1 : 0;
                failing += CellStates.Is(CellState.Failing, state, now) ? 1 : 0;
            }
            return new AgencyLine(agency, workspaces[agency.Id], known, withinGoal, failing);
        })];
    }
}
