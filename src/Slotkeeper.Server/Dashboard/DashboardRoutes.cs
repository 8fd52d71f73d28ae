using Slotkeeper.Server.Dashboard.Agencies;
using Slotkeeper.Server.Dashboard.Bookings;
using Slotkeeper.Server.Dashboard.Connections;
using Slotkeeper.Server.Dashboard.Endpoints;
using Slotkeeper.Server.Dashboard.Fleet;
using Slotkeeper.Server.Dashboard.Holds;
using Slotkeeper.Server.Dashboard.Importing;
using Slotkeeper.Server.Dashboard.Keys;
using Slotkeeper.Server.Dashboard.Plan;
using Slotkeeper.Server.Dashboard.Records;
using Slotkeeper.Server.Dashboard.Runs;
using Slotkeeper.Server.Dashboard.Workspaces;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard;

/// <summary>Every page. They only read; what changes something goes from the browser to the routes of the contract.</summary>
internal static class DashboardRoutes
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var routes = app.MapGroup("").ExcludeFromDescription();
        routes.MapGet("/", () => TypedResults.Redirect(DashboardBoundary.Root));
        routes.MapGet(DashboardBoundary.Root, First);
        routes.MapGet(DashboardBoundary.SignIn, SignIn);
        routes.MapGet("/dashboard/{**rest}", () => Api.Refusal.NotFound("page"));
        AssetFiles.Map(routes);
        FleetPages.Map(routes);
        RunPages.Map(routes);
        AgencyPages.Map(routes);
        WorkspacePages.Map(routes);
        BookingPages.Map(routes);
        HoldPages.Map(routes);
        ConnectionPages.Map(routes);
        KeyPages.Map(routes);
        EndpointPages.Map(routes);
        AuditPages.Map(routes);
        ImportPages.Map(routes);
        PlanPages.Map(routes);
    }

    /// <summary>Whoever keeps a fleet begins with it, whoever has one workspace with that.</summary>
    private static IResult First(HttpContext context) => Caller.Of(context) switch
    {
        { WorkspaceId: { } workspace } => TypedResults.Redirect($"/dashboard/workspaces/{workspace}"),
        { Role: Role.Agent } => TypedResults.Redirect("/dashboard/workspaces"),
        _ => TypedResults.Redirect("/dashboard/fleet"),
    };

    private static IResult SignIn(HttpContext context) =>
        Html.Page<SignInPage>(context, new() { ["To"] = DashboardBoundary.Target(context.Request.Query["to"]), ["IsOver"] = context.Request.Query.ContainsKey("over") });
}
