using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Tenancy;

/// <summary>Who may call a route.</summary>
[Flags]
internal enum Callers
{
    None = 0,
    Admin = 1,
    Agency = 2,
    Workspace = 4,
    Agent = 8,

    /// <summary>Anybody, without a key.</summary>
    Anybody = 16,

    /// <summary>Whoever knows <c>CRON_SECRET</c>; the route checks it itself.</summary>
    Cron = 32,

    /// <summary>Providers, who sign with a connection's secret; the route checks it itself.</summary>
    Provider = 64,

    /// <summary>A voice vendor without a key, who signs with the secret of a voice line; the route checks it itself.</summary>
    Voice = 128,

    Managers = Admin | Agency,
    Keepers = Managers | Workspace,
    Everyone = Keepers | Agent,
}

/// <summary>One route and its callers. Stands in the metadata of the endpoint.</summary>
/// <param name="Method">Of HTTP.</param>
/// <param name="Pattern">As it is mapped.</param>
/// <param name="Callers">Who may call it.</param>
/// <param name="Cost">Tokens that a call takes; 1 is a read from memory. 0 is neither counted nor held up under load: for the tools of the operator.</param>
internal sealed record RouteAccess(string Method, string Pattern, Callers Callers, int Cost = 1)
{
    /// <summary>From this cost on a route works at the database, and gets places of its own under load.</summary>
    public const int Database = 3;

    /// <summary>From this cost on a route may wait for a provider or do much at the database, and gets places of its own under load.</summary>
    public const int Costly = 10;

    public bool IsForAnybody => (Callers & Callers.Anybody) != Callers.None;

    public bool IsForCron => (Callers & Callers.Cron) != Callers.None;

    public bool IsForProviders => (Callers & Callers.Provider) != Callers.None;

    public bool IsForVoice => (Callers & Callers.Voice) != Callers.None;

    public bool Allows(Role role) => (Callers & role switch
    {
        Role.Admin => Callers.Admin,
        Role.Agency => Callers.Agency,
        Role.Workspace => Callers.Workspace,
        Role.Agent => Callers.Agent,
        _ => Callers.None,
    }) != Callers.None;
}

/// <summary>
/// Every route of the server with its callers and its cost, in one place. A route that does not stand here is refused, whoever asks, and
/// fails a test.
/// </summary>
internal static class RouteTable
{
    public static readonly IReadOnlyList<RouteAccess> Routes =
    [
        new("GET", "/healthz", Callers.Anybody, 0),
        new("GET", "/readyz", Callers.Anybody, 0),
        new("GET", "/metrics", Callers.Anybody, 0),
        new("GET", "/openapi/v1.json", Callers.Anybody, 50),

        new("GET", "/api/cron/availability", Callers.Cron),
        new("POST", "/api/cron/availability", Callers.Cron),
        new("GET", "/api/cron/followups", Callers.Cron),
        new("POST", "/api/cron/followups", Callers.Cron),
        new("GET", "/api/cron/emailbison/availability-slot", Callers.Cron),
        new("POST", "/api/cron/emailbison/availability-slot", Callers.Cron),

        new("POST", "/v1/session", Callers.Anybody, 50),
        new("GET", "/v1/session", Callers.Everyone),
        new("DELETE", "/v1/session", Callers.Everyone, 5),

        new("POST", "/v1/agencies", Callers.Admin, 5),
        new("GET", "/v1/agencies", Callers.Managers, 3),
        new("GET", "/v1/agencies/{id}", Callers.Managers),
        new("PATCH", "/v1/agencies/{id}", Callers.Admin, 5),
        new("DELETE", "/v1/agencies/{id}", Callers.Admin, 10),
        new("POST", "/v1/agencies/{id}/keys", Callers.Managers, 5),
        new("GET", "/v1/agencies/{id}/keys", Callers.Managers, 3),
        new("DELETE", "/v1/keys/{id}", Callers.Managers, 5),
        new("POST", "/v1/keys/{id}/rotate", Callers.Managers, 5),

        new("POST", "/v1/agencies/{id}/webhooks", Callers.Managers, 5),
        new("GET", "/v1/agencies/{id}/webhooks", Callers.Managers, 3),
        new("GET", "/v1/webhooks/{id}", Callers.Managers, 2),
        new("PATCH", "/v1/webhooks/{id}", Callers.Managers, 5),
        new("DELETE", "/v1/webhooks/{id}", Callers.Managers, 5),
        new("POST", "/v1/webhooks/{id}/rotate-secret", Callers.Managers, 5),
        new("POST", "/v1/webhooks/{id}/test", Callers.Managers, 20),
        new("GET", "/v1/webhooks/{id}/deliveries", Callers.Managers, 5),
        new("GET", "/v1/deliveries/{id}", Callers.Managers, 2),
        new("POST", "/v1/deliveries/{id}/replay", Callers.Managers, 20),

        new("POST", "/v1/connections", Callers.Managers, 20),
        new("GET", "/v1/connections", Callers.Managers, 3),
        new("GET", "/v1/connections/{id}", Callers.Managers, 2),
        new("PATCH", "/v1/connections/{id}", Callers.Managers, 20),
        new("DELETE", "/v1/connections/{id}", Callers.Managers, 20),
        new("POST", "/v1/connections/{id}/webhook-secret", Callers.Managers, 20),
        new("POST", "/v1/connections/{id}/test", Callers.Managers, 20),

        new("POST", "/v1/workspaces", Callers.Managers, 5),
        new("GET", "/v1/workspaces", Callers.Everyone, 3),
        new("GET", "/v1/workspaces/{id}", Callers.Everyone),
        new("PATCH", "/v1/workspaces/{id}", Callers.Keepers, 5),
        new("DELETE", "/v1/workspaces/{id}", Callers.Managers, 10),
        new("GET", "/v1/workspaces/{id}/calendars/{source}", Callers.Everyone),
        new("PUT", "/v1/workspaces/{id}/calendars/{source}", Callers.Keepers, 20),
        new("DELETE", "/v1/workspaces/{id}/calendars/{source}", Callers.Keepers, 5),

        new("POST", "/v1/import", Callers.Managers, 200),
        new("GET", "/v1/export", Callers.Managers, 200),

        new("GET", "/v1/workspaces/{id}/slots", Callers.Everyone),
        new("GET", "/v1/workspaces/{id}/slots/explain", Callers.Everyone, 3),
        new("POST", "/v1/workspaces/{id}/refresh", Callers.Everyone, 50),
        new("POST", "/v1/event-types/{provider}/{externalId}/invalidate", Callers.Managers, 50),

        new("GET", "/v1/workspaces/{id}/first-touch/preview", Callers.Everyone, 10),

        new("POST", "/v1/workspaces/{id}/holds", Callers.Everyone, 10),
        new("DELETE", "/v1/holds/{id}", Callers.Everyone, 10),
        new("POST", "/v1/workspaces/{id}/bookings", Callers.Everyone, 10),
        new("GET", "/v1/workspaces/{id}/bookings", Callers.Everyone, 3),
        new("GET", "/v1/bookings/{id}", Callers.Everyone, 2),
        new("POST", "/v1/bookings/{id}/cancel", Callers.Everyone, 10),
        new("POST", "/v1/bookings/{id}/reschedule", Callers.Everyone, 10),

        new("POST", "/v1/workspaces/{id}/offers", Callers.Everyone, 5),
        new("GET", "/v1/workspaces/{id}/offers", Callers.Everyone, 3),
        new("POST", "/v1/workspaces/{id}/offers/sent", Callers.Everyone, 5),
        new("POST", "/v1/workspaces/{id}/offers/confirm-or-replace", Callers.Everyone, 5),
        new("POST", "/v1/workspaces/{id}/offers/candidates", Callers.Everyone, 5),
        new("POST", "/v1/workspaces/{id}/offers/swap", Callers.Everyone, 5),
        new("POST", "/v1/workspaces/{id}/offers/match", Callers.Everyone, 5),
        new("GET", "/v1/workspaces/{id}/leads", Callers.Keepers, 3),
        new("PUT", "/v1/workspaces/{id}/leads/{reference}", Callers.Keepers, 5),
        new("GET", "/v1/workspaces/{id}/leads/{reference}", Callers.Keepers, 2),
        new("DELETE", "/v1/workspaces/{id}/leads/{reference}", Callers.Keepers, 5),
        new("GET", "/v1/workspaces/{id}/leads/{reference}/export", Callers.Keepers, 10),

        new("POST", "/v1/workspaces/{id}/follow-ups", Callers.Keepers, 5),
        new("GET", "/v1/workspaces/{id}/follow-ups", Callers.Keepers, 3),
        new("GET", "/v1/follow-ups/{id}", Callers.Keepers, 2),
        new("PATCH", "/v1/follow-ups/{id}", Callers.Keepers, 5),
        new("POST", "/v1/follow-ups/{id}/cancel", Callers.Keepers, 5),
        new("POST", "/v1/workspaces/{id}/delivery-secret", Callers.Keepers, 5),

        new("POST", "/v1/agent/{id}/check-availability", Callers.Everyone, 2),
        new("POST", "/v1/agent/{id}/find-alternatives", Callers.Everyone, 2),
        new("POST", "/v1/agent/{id}/hold-slot", Callers.Everyone, 5),
        new("POST", "/v1/agent/{id}/release-hold", Callers.Everyone, 5),
        new("POST", "/v1/agent/{id}/create-booking", Callers.Everyone, 10),
        new("POST", "/v1/agent/{id}/reschedule-booking", Callers.Everyone, 10),
        new("POST", "/v1/agent/{id}/cancel-booking", Callers.Everyone, 10),
        new("POST", "/v1/agent/{id}/get-booking", Callers.Everyone, 5),
        new("POST", "/v1/agent/{id}/current-context", Callers.Everyone, 2),
        new("POST", "/v1/agent/{id}/function-call", Callers.Everyone | Callers.Voice, 5),
        new("POST", "/mcp", Callers.Everyone, 5),
        new("PUT", "/v1/workspaces/{id}/voice-line", Callers.Keepers, 5),
        new("GET", "/v1/workspaces/{id}/voice-line", Callers.Keepers, 2),
        new("DELETE", "/v1/workspaces/{id}/voice-line", Callers.Keepers, 5),

        new("POST", "/api/webhooks/{provider}/{connectionId}", Callers.Provider),

        new("GET", "/v1/fleet/freshness", Callers.Managers, 10),
        new("GET", "/v1/runs", Callers.Admin, 3),
        new("GET", "/v1/audit", Callers.Managers, 10),
    ];

    /// <summary>The dashboard's pages, parts of pages and live parts. They are no part of the published contract.</summary>
    public static readonly IReadOnlyList<RouteAccess> Pages =
    [
        new("GET", "/", Callers.Anybody),
        new("GET", "/dashboard/sign-in", Callers.Anybody),
        new("GET", "/dashboard/assets/{version}/{name}", Callers.Anybody),
        new("GET", "/dashboard", Callers.Everyone),
        new("GET", "/dashboard/{**rest}", Callers.Everyone),
        new("GET", "/dashboard/fleet", Callers.Managers, 5),
        new("GET", "/dashboard/fleet/facts", Callers.Managers),
        // Live parts have bounds of their own and must not take the places of others for as long as somebody looks.
        new("GET", "/dashboard/fleet/live", Callers.Managers, 0),
        new("GET", "/dashboard/fleet/cells", Callers.Managers, 0),
        new("GET", "/dashboard/fleet/charts", Callers.Admin, 10),
        new("GET", "/dashboard/runs", Callers.Admin, 3),
        new("GET", "/dashboard/runs/live", Callers.Admin, 0),
        new("GET", "/dashboard/runs/{id}", Callers.Admin, 5),
        new("GET", "/dashboard/plan", Callers.Managers, 5),
        new("GET", "/dashboard/calendars/{id}", Callers.Everyone),
        new("GET", "/dashboard/workspaces", Callers.Everyone, 3),
        new("GET", "/dashboard/workspaces/{id}", Callers.Everyone, 5),
        new("GET", "/dashboard/workspaces/{id}/live", Callers.Everyone, 0),
        new("GET", "/dashboard/workspaces/{id}/explain", Callers.Everyone, 3),
        new("GET", "/dashboard/workspaces/{id}/offers", Callers.Everyone, 3),
        new("GET", "/dashboard/workspaces/{id}/settings", Callers.Keepers, 5),
        new("GET", "/dashboard/workspaces/{id}/first-touch", Callers.Keepers, 10),
        new("GET", "/dashboard/bookings", Callers.Everyone, 5),
        new("GET", "/dashboard/bookings/{id}", Callers.Everyone, 3),
        new("GET", "/dashboard/holds", Callers.Everyone, 3),
        new("GET", "/dashboard/holds/live", Callers.Everyone, 0),
        new("GET", "/dashboard/agencies", Callers.Admin, 5),
        new("GET", "/dashboard/agencies/{id}", Callers.Managers, 5),
        new("GET", "/dashboard/connections", Callers.Managers, 5),
        new("GET", "/dashboard/connections/{id}", Callers.Managers, 5),
        new("GET", "/dashboard/connections/{id}/live", Callers.Managers, 0),
        new("GET", "/dashboard/keys", Callers.Managers, 5),
        new("GET", "/dashboard/webhooks", Callers.Managers, 5),
        new("GET", "/dashboard/webhooks/{id}", Callers.Managers, 5),
        new("GET", "/dashboard/deliveries/{id}", Callers.Managers, 2),
        new("GET", "/dashboard/audit", Callers.Managers, 10),
        new("GET", "/dashboard/import", Callers.Managers, 3),
    ];

    private static readonly Dictionary<(string Method, string Pattern), RouteAccess> Known =
        Routes.Concat(Pages).ToDictionary(route => (route.Method, route.Pattern));

    /// <returns>Null when the route does not stand in the table.</returns>
    public static RouteAccess? Find(string method, string pattern) => Known.GetValueOrDefault((method, pattern));
}
