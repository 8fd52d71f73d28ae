using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>API keys of agencies.</summary>
internal static class KeysApi
{
    private const string Allowed = "agency, workspace, agent";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/agencies/{id}/keys", CreateAsync).Takes<KeyRequest>()
            .Note("Create an API key", "The key itself is shown this once. A workspace's key needs workspaceId; an agent's may have it.");
        routes.MapGet("/v1/agencies/{id}/keys", ListAsync).Note("List the keys of an agency", "Revoked ones too, never the keys themselves.", ["limit", "cursor"]);
        routes.MapDelete("/v1/keys/{id}", RevokeAsync).Note("Revoke a key", "At once, on every node. Repeatable.");
    }

    private static async Task<Results<Created<NewKeyBody>, Refusal>> CreateAsync(
        string id, HttpContext context, IAgencyStore agencies, IWorkspaceStore workspaces, IKeyStore keys, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!Caller.Of(context).SeesAgency(id) || await agencies.FindAsync(id, cancellationToken) is null)
            return Refusal.NotFound("agency");
        var now = clock.GetUtcNow();
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var name = fields.Text("name", 1, 200);
        var role = fields.Choice("role", RoleNames.Parse, Allowed);
        if (!fields.HasValue("role"))
            fields.Fault("role", $"is required; allowed are {Allowed}");
        else if (role == Role.Admin)
            fields.Fault("role", $"must be one of {Allowed}; an agency has no admin keys");
        var workspaceId = fields.OptionalText("workspaceId", 1, 200);
        if (role == Role.Workspace && !fields.HasValue("workspaceId"))
            fields.Fault("workspaceId", "is required for the role workspace");
        if (role == Role.Agency && fields.HasValue("workspaceId"))
            fields.Fault("workspaceId", "is only for the roles workspace and agent");
        var expiresAt = fields.Instant("expiresAt");
        if (expiresAt <= now)
            fields.Fault("expiresAt", "must be in the future");
        if (fields.Refusal is { } refusal)
            return refusal;
        if (workspaceId is not null && (await workspaces.FindAsync(workspaceId, cancellationToken))?.AgencyId != id)
            return Refusal.NotFound("workspace");

        var (key, row) = KeyIssuer.Issue(name, role!.Value, id, workspaceId, now, expiresAt);
        await keys.CreateAsync(row, cancellationToken);
        return TypedResults.Created($"/v1/keys/{row.Id}", new NewKeyBody(row.Id, row.Name, row.Role.ToName(), row.WorkspaceId, row.ExpiresAt, key));
    }

    private static async Task<Results<Ok<Page<KeyBody>>, Refusal>> ListAsync(string id, HttpContext context, IAgencyStore agencies, IKeyStore keys, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var page = PageRequest.Read(ref parameters);
        if (parameters.Refusal is { } refusal)
            return refusal;
        if (!Caller.Of(context).SeesAgency(id) || await agencies.FindAsync(id, cancellationToken) is null)
            return Refusal.NotFound("agency");
        return TypedResults.Ok(page.Of(await keys.ListAsync(id, page.AfterId, page.Limit + 1, cancellationToken), key => key.Id, KeyBody.Of));
    }

    private static async Task<Results<NoContent, Refusal>> RevokeAsync(string id, HttpContext context, IKeyStore keys, KeyRing ring, TimeProvider clock, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        if (await keys.FindAsync(id, cancellationToken) is not { } key
            || (caller.Role != Role.Admin && key.AgencyId != caller.AgencyId)
            || !await keys.RevokeAsync(id, clock.GetUtcNow(), cancellationToken))
            return Refusal.NotFound("key");
        ring.ForgetAll();
        return TypedResults.NoContent();
    }
}

/// <summary>The names of the roles over HTTP.</summary>
internal static class RoleNames
{
    public static string ToName(this Role role) => role switch
    {
        Role.Admin => "admin",
        Role.Agency => "agency",
        Role.Workspace => "workspace",
        Role.Agent => "agent",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "No such role."),
    };

    /// <returns>Null when the text names no role.</returns>
    public static Role? Parse(string name) => name switch
    {
        "admin" => Role.Admin,
        "agency" => Role.Agency,
        "workspace" => Role.Workspace,
        "agent" => Role.Agent,
        _ => null,
    };
}

/// <param name="Name">1 to 200 characters, for people.</param>
/// <param name="Role">agency, workspace or agent.</param>
/// <param name="WorkspaceId">Required for workspace, optional for agent.</param>
/// <param name="ExpiresAt">In the future; absent for a key that does not expire.</param>
internal sealed record KeyRequest(string Name, string Role, string? WorkspaceId, DateTimeOffset? ExpiresAt);

/// <param name="Key">Shown this once.</param>
internal sealed record NewKeyBody(string Id, string Name, string Role, string? WorkspaceId, DateTimeOffset? ExpiresAt, string Key);

/// <param name="Prefix">The public first part of the key.</param>
internal sealed record KeyBody(
    string Id, string Name, string Role, string? WorkspaceId, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt)
{
    public static KeyBody Of(ApiKey key) =>
        new(key.Id, key.Name, key.Role.ToName(), key.WorkspaceId, key.LookupPrefix, key.CreatedAt, key.ExpiresAt, key.RevokedAt);
}
