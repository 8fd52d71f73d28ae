using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Agencies;

/// <summary>Which agency a page of agencies' own things is about.</summary>
/// <param name="AgencyId">Null where an administrator has not chosen one.</param>
/// <param name="Agencies">What an administrator may choose from, by name; for others just their own.</param>
public sealed record AgencyScope(string? AgencyId, IReadOnlyList<Agency> Agencies)
{
    /// <summary>More than these nobody finds by a list: they are reached by their own page.</summary>
    private const int MostListed = 1000;

    public string NameOf(string agencyId) => Agencies.FirstOrDefault(agency => agency.Id == agencyId)?.Name ?? agencyId;

    /// <summary>Reads <c>agencyId</c>; one that the caller does not see is refused as if it were not there.</summary>
    internal static async Task<(AgencyScope? Scope, Refusal? Refusal)> ReadAsync(HttpContext context, IAgencyStore agencies, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var wanted = PageQuery.Text(context, "agencyId") ?? caller.AgencyId;
        Agency? chosen = null;
        if (wanted is not null && (!caller.SeesAgency(wanted) || (chosen = await agencies.FindAsync(wanted, cancellationToken)) is null))
            return (null, Refusal.NotFound("agency"));
        if (caller.Role != Role.Admin)
            return (new AgencyScope(wanted, chosen is null ? [] : [chosen]), null);
        var all = (await agencies.ListAsync(null, MostListed, cancellationToken)).ToList();
        if (chosen is not null && all.TrueForAll(agency => agency.Id != chosen.Id))
            all.Add(chosen);
        return (new AgencyScope(wanted, [.. all.OrderBy(agency => agency.Name, StringComparer.OrdinalIgnoreCase)]), null);
    }
}
