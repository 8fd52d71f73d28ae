using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Agencies: the tenants.</summary>
internal static class AgenciesApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/agencies", CreateAsync).Takes<AgencyRequest>().Note("Create an agency");
        routes.MapGet("/v1/agencies", ListAsync).Note("List agencies", "An agency's key sees its own.", ["limit", "cursor"]);
        routes.MapGet("/v1/agencies/{id}", FindAsync).Note("Read an agency");
        routes.MapPatch("/v1/agencies/{id}", ChangeAsync).Takes<AgencyRequest>().Note("Change an agency", "Absent fields stay as they are.");
        routes.MapDelete("/v1/agencies/{id}", DeleteAsync)
            .Note("Delete an agency and its keys", "Refused while workspaces or connections belong to it.", refusals: [(409, "agency_not_empty")]);
    }

    private static async Task<Results<Created<AgencyBody>, Refusal>> CreateAsync(HttpContext context, IAgencyStore agencies, Catalog catalog, TimeProvider clock, CancellationToken cancellationToken)
    {
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var name = fields.Text("name", 1, 200);
        var weight = fields.Whole("weight", 1, Agency.MaximumWeight) ?? Agency.DefaultWeight;
        if (fields.Refusal is { } refusal)
            return refusal;
        var agency = new Agency(Ids.New(Ids.Agency), name, weight, clock.GetUtcNow());
        await agencies.CreateAsync(agency, cancellationToken);
        catalog.Put(agency);
        return TypedResults.Created($"/v1/agencies/{agency.Id}", AgencyBody.Of(agency));
    }

    private static async Task<Results<Ok<Page<AgencyBody>>, Refusal>> ListAsync(HttpContext context, IAgencyStore agencies, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var page = PageRequest.Read(ref parameters);
        if (parameters.Refusal is { } refusal)
            return refusal;
        if (Caller.Of(context).AgencyId is { } own)
        {
            var agency = await agencies.FindAsync(own, cancellationToken);
            return TypedResults.Ok(new Page<AgencyBody>(agency is null ? [] : [AgencyBody.Of(agency)], null));
        }
        return TypedResults.Ok(page.Of(await agencies.ListAsync(page.AfterId, page.Limit + 1, cancellationToken), agency => agency.Id, AgencyBody.Of));
    }

    private static async Task<Results<Ok<AgencyBody>, Refusal>> FindAsync(string id, HttpContext context, IAgencyStore agencies, CancellationToken cancellationToken) =>
        Caller.Of(context).SeesAgency(id) && await agencies.FindAsync(id, cancellationToken) is { } agency
            ? TypedResults.Ok(AgencyBody.Of(agency))
            : Refusal.NotFound("agency");

    private static async Task<Results<Ok<AgencyBody>, Refusal>> ChangeAsync(string id, HttpContext context, IAgencyStore agencies, Catalog catalog, CancellationToken cancellationToken)
    {
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var name = fields.Has("name") ? fields.Text("name", 1, 200) : null;
        var weight = fields.Whole("weight", 1, Agency.MaximumWeight);
        var resetWeight = fields.Has("weight") && !fields.HasValue("weight");
        if (fields.Refusal is { } refusal)
            return refusal;
        if (await agencies.FindAsync(id, cancellationToken) is not { } agency)
            return Refusal.NotFound("agency");
        var changed = agency with { Name = name ?? agency.Name, Weight = resetWeight ? Agency.DefaultWeight : weight ?? agency.Weight };
        if (!await agencies.UpdateAsync(changed, cancellationToken))
            return Refusal.NotFound("agency");
        catalog.Put(changed);
        return TypedResults.Ok(AgencyBody.Of(changed));
    }

    private static async Task<Results<NoContent, Refusal>> DeleteAsync(string id, IAgencyStore agencies, Catalog catalog, KeyRing keys, CancellationToken cancellationToken)
    {
        switch (await agencies.DeleteAsync(id, cancellationToken))
        {
            case AgencyDeletion.Deleted:
                catalog.RemoveAgency(id);
                keys.ForgetAll();
                return TypedResults.NoContent();
            case AgencyDeletion.NotEmpty:
                return new Refusal(StatusCodes.Status409Conflict, "agency_not_empty", "Workspaces or connections still belong to the agency; delete them first.");
            case AgencyDeletion.NotFound:
                return Refusal.NotFound("agency");
            default:
                throw new InvalidOperationException("No such outcome of a deletion.");
        }
    }
}

/// <param name="Name">1 to 200 characters.</param>
/// <param name="Weight">Calendars the agency gets per round of a run, 1 to 100; default 1.</param>
internal sealed record AgencyRequest(string Name, int? Weight);

internal sealed record AgencyBody(string Id, string Name, int Weight, DateTimeOffset CreatedAt)
{
    public static AgencyBody Of(Agency agency) => new(agency.Id, agency.Name, agency.Weight, agency.CreatedAt);
}
