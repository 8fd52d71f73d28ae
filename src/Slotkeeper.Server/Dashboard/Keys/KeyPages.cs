using Slotkeeper.Server.Api;
using Slotkeeper.Server.Dashboard.Agencies;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Keys;

/// <summary>Whether a key can be used.</summary>
public enum KeyStanding
{
    Valid,
    Expired,
    Revoked,
}

/// <param name="Keys">Of the agency; without one, an administrator's own kind.</param>
/// <param name="Next">Where the next page begins; null on the last one.</param>
public sealed record KeysModel(AgencyScope Scope, DateTimeOffset Now, IReadOnlyList<ApiKey> Keys, string? Next)
{
    public KeyStanding StandingOf(ApiKey key) => key.RevokedAt is not null ? KeyStanding.Revoked : key.ExpiresAt <= Now ? KeyStanding.Expired : KeyStanding.Valid;
}

/// <summary>API keys: who can come in.</summary>
internal static class KeyPages
{
    private const int PageSize = 100;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/dashboard/keys", PageAsync);

    private static async Task<IResult> PageAsync(HttpContext context, IAgencyStore agencies, IKeyStore keys, TimeProvider clock, CancellationToken cancellationToken)
    {
        var (scope, refusal) = await AgencyScope.ReadAsync(context, agencies, cancellationToken);
        if (scope is null)
            return refusal!;
        // Keys of no agency are the administrators', so that nobody else may ask without one.
        if (scope.AgencyId is null && Caller.Of(context).Role != Role.Admin)
            return Refusal.NotFound("agency");
        var found = await keys.ListAsync(scope.AgencyId, PageQuery.Text(context, "after"), PageSize + 1, cancellationToken);
        var shown = found.Take(PageSize).ToList();
        return Html.Page<KeysPage>(context, new()
        {
            ["Model"] = new KeysModel(
                scope, clock.GetUtcNow(), shown, found.Count > PageSize ? PageQuery.Address("/dashboard/keys", ("agencyId", PageQuery.Text(context, "agencyId")), ("after", shown[^1].Id)) : null),
        });
    }
}
