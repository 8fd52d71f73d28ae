namespace Slotkeeper.Browser.Tests;

/// <summary>Every page of the dashboard by a short name, with the things of the demo in their addresses.</summary>
internal static class SitePages
{
    public static readonly IReadOnlyList<string> Names =
    [
        "sign-in", "fleet", "runs", "run", "run-by-provider", "agencies", "agency", "workspaces", "workspace", "explain", "offers", "settings", "bookings", "booking", "holds",
        "connections", "new-connection", "connection", "keys", "webhooks", "webhook", "audit", "import", "plan", "plan-asked", "missing",
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
            case "agency":
                return $"/dashboard/agencies/{(await site.HealthyAsync("calendly")).AgencyId}";
            case "connection":
                return $"/dashboard/connections/{(await site.GetAsync("/v1/connections?limit=1")).GetProperty("items")[0].GetProperty("id").GetString()}";
            case "new-connection":
                return $"/dashboard/connections?agencyId={(await site.HealthyAsync("calendly")).AgencyId}&provider=highlevel";
            case "keys":
                return $"/dashboard/keys?agencyId={(await site.HealthyAsync("calendly")).AgencyId}";
            case "webhooks":
                return $"/dashboard/webhooks?agencyId={(await site.HealthyAsync("calendly")).AgencyId}";
            case "webhook":
                return $"/dashboard/webhooks/{await site.EndpointAsync()}";
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
            case "run":
                return $"/dashboard/runs/{await NewestRunAsync(site)}";
            case "run-by-provider":
                return $"/dashboard/runs/{await NewestRunAsync(site)}?rows=providers";
            case "plan-asked":
                return "/dashboard/plan?calendars=1000&provider=highlevel&connections=3";
            case "missing":
                return "/dashboard/nowhere";
            default:
                return $"/dashboard/{name}";
        }
    }

    private static async Task<string> NewestRunAsync(DemoSite site) => (await site.GetAsync("/v1/runs?limit=1")).GetProperty("items")[0].GetProperty("id").GetString()!;
}
