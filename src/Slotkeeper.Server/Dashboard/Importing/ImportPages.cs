using Slotkeeper.Server.Dashboard.Agencies;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Importing;

/// <summary>Workspaces from a file, looked at before they are written, and back into one.</summary>
internal static class ImportPages
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/dashboard/import", PageAsync);

    private static async Task<IResult> PageAsync(HttpContext context, IAgencyStore agencies, CancellationToken cancellationToken)
    {
        var (scope, refusal) = await AgencyScope.ReadAsync(context, agencies, cancellationToken);
        return scope is null ? refusal! : Html.Page<ImportPage>(context, new() { ["Scope"] = scope });
    }
}
