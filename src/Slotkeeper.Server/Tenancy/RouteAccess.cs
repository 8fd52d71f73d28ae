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

    /// <summary>A voice vendor, who signs with the secret of a voice line, or a key of any role; the route checks it itself.</summary>
    Voice = 128,

    Managers = Admin | Agency,
    Keepers = Managers | Workspace,
    Everyone = Keepers | Agent,
}

/// <summary>One route and its callers. Stands in the metadata of the endpoint.</summary>
internal sealed record RouteAccess(string Method, string Pattern, Callers Callers)
{
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
/// Every route of the server with its callers, in one place. A route that does not stand here is refused, whoever asks, and
/// fails a test.
/// </summary>
internal static class RouteTable
{
    public static readonly IReadOnlyList<RouteAccess> Routes =
    [
        new("GET", "/healthz", Callers.Anybody),
        new("GET", "/readyz", Callers.Anybody),
        new("GET", "/metrics", Callers.Anybody),
        new("GET", "/openapi/v1.json", Callers.Anybody),

        new("GET", "/api/cron/availability", Callers.Cron),
        new("POST", "/api/cron/availability", Callers.Cron),
        new("GET", "/api/cron/followups", Callers.Cron),
        new("POST", "/api/cron/followups", Callers.Cron),
        new("GET", "/api/cron/emailbison/availability-slot", Callers.Cron),
        new("POST", "/api/cron/emailbison/availability-slot", Callers.Cron),

        new("POST", "/v1/agencies", Callers.Admin),
        new("GET", "/v1/agencies", Callers.Managers),
        new("GET", "/v1/agencies/{id}", Callers.Managers),
        new("PATCH", "/v1/agencies/{id}", Callers.Admin),
        new("DELETE", "/v1/agencies/{id}", Callers.Admin),
        new("POST", "/v1/agencies/{id}/keys", Callers.Managers),
        new("GET", "/v1/agencies/{id}/keys", Callers.Managers),
        new("DELETE", "/v1/keys/{id}", Callers.Managers),
        new("POST", "/v1/keys/{id}/rotate", Callers.Managers),

        new("POST", "/v1/agencies/{id}/webhooks", Callers.Managers),
        new("GET", "/v1/agencies/{id}/webhooks", Callers.Managers),
        new("GET", "/v1/webhooks/{id}", Callers.Managers),
        new("PATCH", "/v1/webhooks/{id}", Callers.Managers),
        new("DELETE", "/v1/webhooks/{id}", Callers.Managers),
        new("POST", "/v1/webhooks/{id}/rotate-secret", Callers.Managers),
        new("POST", "/v1/webhooks/{id}/test", Callers.Managers),
        new("GET", "/v1/webhooks/{id}/deliveries", Callers.Managers),
        new("GET", "/v1/deliveries/{id}", Callers.Managers),
        new("POST", "/v1/deliveries/{id}/replay", Callers.Managers),

        new("POST", "/v1/connections", Callers.Managers),
        new("GET", "/v1/connections", Callers.Managers),
        new("GET", "/v1/connections/{id}", Callers.Managers),
        new("PATCH", "/v1/connections/{id}", Callers.Managers),
        new("DELETE", "/v1/connections/{id}", Callers.Managers),
        new("POST", "/v1/connections/{id}/webhook-secret", Callers.Managers),

        new("POST", "/v1/workspaces", Callers.Managers),
        new("GET", "/v1/workspaces", Callers.Everyone),
        new("GET", "/v1/workspaces/{id}", Callers.Everyone),
        new("PATCH", "/v1/workspaces/{id}", Callers.Keepers),
        new("DELETE", "/v1/workspaces/{id}", Callers.Managers),
        new("GET", "/v1/workspaces/{id}/calendars/{source}", Callers.Everyone),
        new("PUT", "/v1/workspaces/{id}/calendars/{source}", Callers.Keepers),
        new("DELETE", "/v1/workspaces/{id}/calendars/{source}", Callers.Keepers),

        new("POST", "/v1/import", Callers.Managers),
        new("GET", "/v1/export", Callers.Managers),

        new("GET", "/v1/workspaces/{id}/slots", Callers.Everyone),
        new("GET", "/v1/workspaces/{id}/slots/explain", Callers.Everyone),
        new("POST", "/v1/workspaces/{id}/refresh", Callers.Everyone),
        new("POST", "/v1/event-types/{provider}/{externalId}/invalidate", Callers.Managers),

        new("GET", "/v1/workspaces/{id}/first-touch/preview", Callers.Everyone),

        new("POST", "/v1/workspaces/{id}/holds", Callers.Everyone),
        new("DELETE", "/v1/holds/{id}", Callers.Everyone),
        new("POST", "/v1/workspaces/{id}/bookings", Callers.Everyone),
        new("GET", "/v1/workspaces/{id}/bookings", Callers.Everyone),
        new("GET", "/v1/bookings/{id}", Callers.Everyone),
        new("POST", "/v1/bookings/{id}/cancel", Callers.Everyone),
        new("POST", "/v1/bookings/{id}/reschedule", Callers.Everyone),

        new("POST", "/v1/workspaces/{id}/offers", Callers.Everyone),
        new("GET", "/v1/workspaces/{id}/offers", Callers.Everyone),
        new("POST", "/v1/workspaces/{id}/offers/sent", Callers.Everyone),
        new("POST", "/v1/workspaces/{id}/offers/confirm-or-replace", Callers.Everyone),
        new("POST", "/v1/workspaces/{id}/offers/candidates", Callers.Everyone),
        new("POST", "/v1/workspaces/{id}/offers/swap", Callers.Everyone),
        new("POST", "/v1/workspaces/{id}/offers/match", Callers.Everyone),
        new("GET", "/v1/workspaces/{id}/leads", Callers.Keepers),
        new("PUT", "/v1/workspaces/{id}/leads/{reference}", Callers.Keepers),
        new("GET", "/v1/workspaces/{id}/leads/{reference}", Callers.Keepers),
        new("DELETE", "/v1/workspaces/{id}/leads/{reference}", Callers.Keepers),

        new("POST", "/v1/workspaces/{id}/follow-ups", Callers.Keepers),
        new("GET", "/v1/workspaces/{id}/follow-ups", Callers.Keepers),
        new("GET", "/v1/follow-ups/{id}", Callers.Keepers),
        new("PATCH", "/v1/follow-ups/{id}", Callers.Keepers),
        new("POST", "/v1/follow-ups/{id}/cancel", Callers.Keepers),
        new("POST", "/v1/workspaces/{id}/delivery-secret", Callers.Keepers),

        new("POST", "/v1/agent/{id}/check-availability", Callers.Everyone),
        new("POST", "/v1/agent/{id}/find-alternatives", Callers.Everyone),
        new("POST", "/v1/agent/{id}/hold-slot", Callers.Everyone),
        new("POST", "/v1/agent/{id}/release-hold", Callers.Everyone),
        new("POST", "/v1/agent/{id}/create-booking", Callers.Everyone),
        new("POST", "/v1/agent/{id}/reschedule-booking", Callers.Everyone),
        new("POST", "/v1/agent/{id}/cancel-booking", Callers.Everyone),
        new("POST", "/v1/agent/{id}/get-booking", Callers.Everyone),
        new("POST", "/v1/agent/{id}/current-context", Callers.Everyone),
        new("POST", "/v1/agent/{id}/function-call", Callers.Voice),
        new("POST", "/mcp", Callers.Everyone),
        new("PUT", "/v1/workspaces/{id}/voice-line", Callers.Keepers),
        new("GET", "/v1/workspaces/{id}/voice-line", Callers.Keepers),
        new("DELETE", "/v1/workspaces/{id}/voice-line", Callers.Keepers),

        new("POST", "/api/webhooks/{provider}/{connectionId}", Callers.Provider),

        new("GET", "/v1/fleet/freshness", Callers.Managers),
        new("GET", "/v1/runs", Callers.Admin),
    ];

    private static readonly Dictionary<(string Method, string Pattern), RouteAccess> Known =
        Routes.ToDictionary(route => (route.Method, route.Pattern));

    /// <returns>Null when the route does not stand in the table.</returns>
    public static RouteAccess? Find(string method, string pattern) => Known.GetValueOrDefault((method, pattern));
}
