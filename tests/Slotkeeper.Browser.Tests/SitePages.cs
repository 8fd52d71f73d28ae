namespace Slotkeeper.Browser.Tests;

/// <summary>Every page of the dashboard by a short name, with the things of the demo in their addresses.</summary>
internal static class SitePages
{
    public static readonly IReadOnlyList<string> Names =
    [
        "sign-in", "fleet", "runs", "run", "workspaces", "workspace", "explain", "settings", "plan", "missing",
    ];

    /// <summary>The address of a page; things that the demo has none of are made.</summary>
    public static async Task<string> AddressOfAsync(DemoSite site, string name)
    {
        switch (name)
        {
            case "run":
                return $"/dashboard/runs/{First(await site.GetAsync("/v1/runs?limit=1"))}";
            case "workspace":
                return $"/dashboard/workspaces/{(await site.HealthyAsync("calendly")).Id}";
            case "explain":
                return $"/dashboard/workspaces/{(await site.HealthyAsync("calendly")).Id}#explain";
            case "settings":
                return $"/dashboard/workspaces/{(await site.HealthyAsync("calendly")).Id}/settings";
            case "missing":
                return "/dashboard/nowhere";
            default:
                return $"/dashboard/{name}";
        }

        static string First(System.Text.Json.JsonElement list) => list.GetProperty("items")[0].GetProperty("id").GetString()!;
    }
}
