using Slotkeeper.Claims;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Dashboard.Holds;

/// <summary>Times that are held just now, over all workspaces that somebody sees.</summary>
internal static class HoldPages
{
    private const int PageSize = 50;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/dashboard/holds", PageAsync);
        routes.MapGet("/dashboard/holds/live", Live);
    }

    private static async Task<IResult> PageAsync(HttpContext context, IHeldClaimStore holds, Catalog catalog, CancellationToken cancellationToken)
    {
        var place = context.Request.Query["after"].ToString();
        return Html.Page<HoldsPage>(context, new()
        {
            ["Model"] = await ReadAsync(Caller.Of(context), place, holds, catalog, cancellationToken),
            ["LiveAddress"] = PlaceText.Read(place) is null ? "/dashboard/holds/live" : $"/dashboard/holds/live?after={Uri.EscapeDataString(place)}",
        });
    }

    private static IResult Live(HttpContext context, IHeldClaimStore holds, Catalog catalog)
    {
        var caller = Caller.Of(context);
        var place = context.Request.Query["after"].ToString();
        return Html.Live<HoldsPart>(context, Every, async cancellationToken => new() { ["Model"] = await ReadAsync(caller, place, holds, catalog, cancellationToken) });
    }

    private static async Task<HoldsModel> ReadAsync(Caller caller, string place, IHeldClaimStore holds, Catalog catalog, CancellationToken cancellationToken)
    {
        var after = PlaceText.Read(place) is var (at, id) ? new HeldPlace(at, id) : null;
        var found = await holds.ListAsync(caller.AgencyId, caller.WorkspaceId, after, PageSize + 1, cancellationToken);
        return new HoldsModel(
            [.. found.Take(PageSize).Select(hold => LineOf(hold, catalog))],
            found.Count > PageSize ? $"/dashboard/holds?after={Uri.EscapeDataString(PlaceText.Of(found[PageSize - 1].ExpiresAt, found[PageSize - 1].Id))}" : null);
    }

    private static HoldLine LineOf(HeldClaim hold, Catalog catalog)
    {
        var workspace = catalog.TryWorkspace(hold.WorkspaceId, out var known) ? known : null;
        var calendar = hold.CalendarId is { } calendarId && catalog.TryCalendar(calendarId, out var live) ? live.Calendar : null;
        return new HoldLine(hold, workspace?.Name ?? hold.WorkspaceId, workspace?.TimeZone ?? "UTC", calendar?.Provider);
    }
}
