using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>API keys of agencies.</summary>
internal static class KeysApi
{
    private const string Allowed = "agency, workspace, agent";

    private const int UsualOverlapSeconds = 24 * 60 * 60;
    private const int MostOverlapSeconds = 30 * UsualOverlapSeconds;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/agencies/{id}/keys", CreateAsync).Takes<KeyRequest>()
            .Note("Create an API key", "The key itself is shown this once. A workspace's key needs workspaceId; an agent's may have it.");
        routes.MapGet("/v1/agencies/{id}/keys", ListAsync).Note("List the keys of an agency", "Revoked ones too, never the keys themselves.", ["limit", "cursor"]);
        routes.MapPost("/v1/keys/{id}/rotate", RotateAsync).Takes<KeyRotationRequest>().Note(
            "Replace a key",
            "A new key of the same name, role and scope, shown this once. The one before works for overlapSeconds (0 to 2592000; default 86400) and ends by itself. One that was to expire is followed by one that lives as long again.",
            refusals: [(409, "key_ended")]);
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

    private static async Task<Results<Created<RotatedKeyBody>, Refusal>> RotateAsync(
        string id, HttpContext context, IKeyStore keys, KeyRing ring, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await OwnAsync(id, context, keys, cancellationToken) is not { } before)
            return Refusal.NotFound("key");
        var fields = await Fields.ReadOptionalAsync(context.Request, cancellationToken);
        var overlap = TimeSpan.FromSeconds(fields.Whole("overlapSeconds", 0, MostOverlapSeconds) ?? UsualOverlapSeconds);
        if (fields.Refusal is { } refusal)
            return refusal;
        var now = clock.GetUtcNow();
        var (key, next) = KeyIssuer.Issue(before.Name, before.Role, before.AgencyId, before.WorkspaceId, now, before.ExpiresAt is { } end ? now + (end - before.CreatedAt) : null);
        var (outcome, endsAt) = await keys.RotateAsync(id, next, now + overlap, cancellationToken);
        switch (outcome)
        {
            case KeyRotation.Rotated:
                ring.ForgetAll();
                return TypedResults.Created($"/v1/keys/{next.Id}", new RotatedKeyBody(next.Id, next.Name, next.Role.ToName(), next.WorkspaceId, next.ExpiresAt, key, id, endsAt));
            case KeyRotation.NotFound:
                return Refusal.NotFound("key");
            case KeyRotation.Ended:
                return new Refusal(StatusCodes.Status409Conflict, "key_ended", "The key is revoked or its time is over, so there is nothing to replace; create a new key.");
            default:
                throw new InvalidOperationException("No such outcome of a rotation.");
        }
    }

    private static async Task<ApiKey?> OwnAsync(string id, HttpContext context, IKeyStore keys, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        return await keys.FindAsync(id, cancellationToken) is { } key && (caller.Role == Role.Admin || key.AgencyId == caller.AgencyId) ? key : null;
    }

    private static async Task<Results<NoContent, Refusal>> RevokeAsync(string id, HttpContext context, IKeyStore keys, KeyRing ring, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await OwnAsync(id, context, keys, cancellationToken) is null || !await keys.RevokeAsync(id, clock.GetUtcNow(), cancellationToken))
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

/// <param name="OverlapSeconds">How long the key before works on, 0 to 2592000; default 86400.</param>
internal sealed record KeyRotationRequest(int? OverlapSeconds);

/// <param name="Key">Shown this once.</param>
/// <param name="PreviousId">The key it takes the place of.</param>
/// <param name="PreviousUntil">Until then that one works too.</param>
internal sealed record RotatedKeyBody(
    string Id, string Name, string Role, string? WorkspaceId, DateTimeOffset? ExpiresAt, string Key, string PreviousId, DateTimeOffset PreviousUntil);

/// <param name="Prefix">The public first part of the key.</param>
/// <param name="LastUsedAt">To the minute; null when never.</param>
internal sealed record KeyBody(
    string Id, string Name, string Role, string? WorkspaceId, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? LastUsedAt)
{
    public static KeyBody Of(ApiKey key) =>
        new(key.Id, key.Name, key.Role.ToName(), key.WorkspaceId, key.LookupPrefix, key.CreatedAt, key.ExpiresAt, key.RevokedAt, key.LastUsedAt);
}
