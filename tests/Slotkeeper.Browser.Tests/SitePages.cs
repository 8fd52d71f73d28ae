namespace Slotkeeper.Browser.Tests;

/// <summary>Every page of the dashboard by a short name, with the things of the demo in their addresses.</summary>
internal static class SitePages
{
    public static readonly IReadOnlyList<string> Names =
    [
        "sign-in", "fleet", "workspaces", "workspace", "explain", "settings", "offers", "bookings", "booking", "holds", "missing",
    ];

    /// <summary>The address of a page; things that the demo has none of are made.</summary>
    public static async Task<string> AddressOfAsync(DemoSite site, string name)
    {
        switch (name)
        {
            case "workspace":
                return $"/dashboard/workspaces/{(await site.HealthyAsync("calendly")).Id}";
            case "explain":
                return $"/dashboard/workspaces/{(await site.HealthyAsync("calendly")).Id}#explain";
            case "settings":
                return $"/dashboard/workspaces/{(await site.HealthyAsync("calendly")).Id}/settings";
            case "offers":
                return $"/dashboard/workspaces/{(await site.HealthyAsync("calendly")).Id}/offers";
            case "bookings":
                await site.BookAsync("Ada Lovelace");
                return "/dashboard/bookings";
            case "holds":
                await site.HoldAsync();
                return "/dashboard/holds";
            case "booking":
                return $"/dashboard/bookings/{await site.BookAsync("Ada Lovelace")}";
            case "missing":
                return "/dashboard/nowhere";
            default:
                return $"/dashboard/{name}";
        }
    }
}
