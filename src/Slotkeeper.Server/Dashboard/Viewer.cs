using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard;

/// <summary>Who looks at a page, and what it may show and offer them. What a page offers is convenience: the routes behind it judge by themselves.</summary>
/// <param name="Role">Of the key they signed in with.</param>
/// <param name="AgencyId">Null for an administrator.</param>
/// <param name="WorkspaceId">Set where the key is for one workspace.</param>
/// <param name="Proof">What requests that change something have to show; null where somebody looks with a key instead of a session.</param>
/// <param name="Now">The moment of the answer, UTC.</param>
public sealed record Viewer(Role Role, string? AgencyId, string? WorkspaceId, string? Proof, DateTimeOffset Now)
{
    public bool IsAdmin => Role == Role.Admin;

    /// <summary>Whether agencies' own things are theirs: connections, keys, webhooks, import.</summary>
    public bool CanManage => Role is Role.Admin or Role.Agency;

    /// <summary>Whether they may change a workspace's settings.</summary>
    public bool CanKeep => Role is Role.Admin or Role.Agency or Role.Workspace;

    public string RoleName => Role.ToName();

    internal static Viewer Of(HttpContext context, Caller caller) =>
        new(caller.Role, caller.AgencyId, caller.WorkspaceId, context.Features.Get<OpenSession>()?.Proof, context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());
}
