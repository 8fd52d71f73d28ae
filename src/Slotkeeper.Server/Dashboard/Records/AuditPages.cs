using Slotkeeper.Audit;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Dashboard.Agencies;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Records;

/// <param name="From">As it was typed; null for nothing.</param>
/// <param name="To">As it was typed; null for nothing.</param>
/// <param name="Records">The newest first.</param>
/// <param name="Next">Where the next page begins; null on the last one.</param>
public sealed record AuditModel(
    AgencyScope Scope, string? Subject, string? Action, string? From, string? To, IReadOnlyDictionary<string, string> Faults, IReadOnlyList<AuditBody> Records, string? Next);

/// <summary>Who changed what.</summary>
internal static class AuditPages
{
    private const int PageSize = 50;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/dashboard/audit", PageAsync);

    private static async Task<IResult> PageAsync(HttpContext context, IAgencyStore agencies, IAuditStore audit, CancellationToken cancellationToken)
    {
        var (scope, refusal) = await AgencyScope.ReadAsync(context, agencies, cancellationToken);
        if (scope is null)
            return refusal!;
        var (subject, action) = (PageQuery.Text(context, "subject"), PageQuery.Text(context, "action"));
        var (fromText, toText) = (PageQuery.Text(context, "from"), PageQuery.Text(context, "to"));
        var faults = new Dictionary<string, string>(StringComparer.Ordinal);
        var (from, to) = (Instant("from", fromText), Instant("to", toText));
        AuditPlace? before = PageQuery.Text(context, "after") is { } cursor ? AuditApi.Place(cursor) : null;
        var caller = Caller.Of(context);
        var found = faults.Count > 0 ? [] : await audit.ListAsync(new AuditFilter(scope.AgencyId, subject, action, from, to), before, PageSize + 1, cancellationToken);
        var shown = found.Take(PageSize).ToList();
        var next = found.Count > PageSize
            ? PageQuery.Address("/dashboard/audit", ("agencyId", PageQuery.Text(context, "agencyId")), ("subject", subject), ("action", action), ("from", fromText), ("to", toText), ("after", AuditApi.Cursor(shown[^1])))
            : null;
        return Html.Page<AuditPage>(context, new() { ["Model"] = new AuditModel(scope, subject, action, fromText, toText, faults, [.. shown.Select(record => AuditBody.Of(record, caller))], next) });

        DateTimeOffset? Instant(string name, string? text)
        {
            if (text is null)
                return null;
            if (Instants.TryParse(text, out var instant))
                return instant;
            faults[name] = Instants.Expected;
            return null;
        }
    }
}
