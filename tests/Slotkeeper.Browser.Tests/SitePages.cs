namespace Slotkeeper.Browser.Tests;

/// <summary>Every page of the dashboard by a short name, with the things of the demo in their addresses.</summary>
internal static class SitePages
{
    public static readonly IReadOnlyList<string> Names =
    [
        "sign-in", "fleet", "workspaces", "workspace", "explain", "settings", "runs", "run", "run-by-provider", "plan", "plan-asked", "missing",
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
