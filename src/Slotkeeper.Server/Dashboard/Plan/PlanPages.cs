using Slotkeeper.Server.Api;
using Slotkeeper.Server.Planning;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Dashboard.Plan;

/// <summary>Whether every calendar can be fresh every minute with the budgets there are.</summary>
internal static class PlanPages
{
    private const int PageSize = 50;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/dashboard/plan", Page);

    private static IResult Page(HttpContext context, Catalog catalog, ConnectionBook connections)
    {
        var (asked, refusal) = WhatIf.Read(context);
        if (refusal is not null)
            return refusal;
        var from = int.TryParse(context.Request.Query["from"], out var given) && given > 0 ? given : 0;
        var plan = FleetPlan.Of(catalog, Caller.Of(context), TimeSpan.FromSeconds(PlanBounds.UsualSeconds));
        return Html.Page<PlanPage>(context, new()
        {
            ["Model"] = new PlanModel(
                PlanBounds.UsualSeconds,
                plan.Calendars,
                plan.Budgets.Count,
                plan.TooSmall,
                plan.Unknown,
                plan.Tightest is { } tightest ? Line(tightest) : null,
                [.. plan.Budgets.Skip(from).Take(PageSize).Select(Line)],
                from + PageSize < plan.Budgets.Count ? $"/dashboard/plan?from={from + PageSize}" : null,
                asked),
        });

        PlanLine Line(PlannedBudget budget) => new(
            budget,
            budget.ConnectionId is { } id ? connections.Row(id)?.Name ?? id : null,
            budget.AgencyId is { } agencyId ? catalog.TryAgency(agencyId, out var agency) ? agency.Name : agencyId : null);
    }
}
