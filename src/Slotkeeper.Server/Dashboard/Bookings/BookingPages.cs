using Slotkeeper.Bookings;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Dashboard.Bookings;

/// <summary>Bookings over all workspaces that somebody sees, and each by itself.</summary>
internal static class BookingPages
{
    private const int PageSize = 50;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/dashboard/bookings", SearchAsync);
        routes.MapGet("/dashboard/bookings/{id}", OneAsync);
    }

    private static async Task<IResult> SearchAsync(
        HttpContext context, WorkspaceFinder workspaces, IBookingStore bookings, Catalog catalog, TimeProvider clock, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var filter = BookingFilter.Read(context.Request.Query, caller);
        string? workspaceName = null;
        if (filter.WorkspaceId is { } workspaceId)
        {
            if (await workspaces.FindAsync(workspaceId, caller, cancellationToken) is not { } workspace)
                return Refusal.NotFound("workspace");
            workspaceName = workspace.Name;
        }
        var isRight = filter.Faults.Count == 0;
        var found = isRight ? await bookings.SearchAsync(filter.Search, PageSize + 1, cancellationToken) : [];
        var unsettled = await bookings.UnsettledAsync(caller.AgencyId, caller.WorkspaceId, cancellationToken);
        var now = clock.GetUtcNow();
        return Html.Page<BookingsPage>(
            context,
            new()
            {
                ["Model"] = new BookingsModel(
                    filter, workspaceName, unsettled, [.. found.Take(PageSize).Select(booking => BookingLine.Of(booking, catalog, now))],
                    found.Count > PageSize ? filter.AddressAfter(found[PageSize - 1]) : null),
            },
            isRight ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> OneAsync(string id, HttpContext context, IBookingStore bookings, Catalog catalog, TimeProvider clock, CancellationToken cancellationToken) =>
        await bookings.FindAsync(id, cancellationToken) is { } booking && Caller.Of(context).Sees(booking)
            ? Html.Page<BookingPage>(context, new() { ["Line"] = BookingLine.Of(booking, catalog, clock.GetUtcNow()) })
            : Refusal.NotFound("booking");
}
