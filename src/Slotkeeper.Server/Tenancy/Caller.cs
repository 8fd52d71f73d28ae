using Slotkeeper.Bookings;
using Slotkeeper.FollowUps;
using Slotkeeper.Server.Ingress;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Tenancy;

/// <summary>Who asks. The tenant comes from here and from nowhere else.</summary>
/// <param name="Role">What the key allows.</param>
/// <param name="AgencyId">Null for <see cref="Role.Admin"/> only.</param>
/// <param name="WorkspaceId">Set where the key is for one workspace.</param>
/// <param name="KeyId">For people; null for the key from the settings.</param>
internal sealed record Caller(Role Role, string? AgencyId, string? WorkspaceId, string? KeyId)
{
    /// <summary>What the calls are paid from; null for the operator's keys, which are not counted.</summary>
    public KeyBudget? Budget { get; init; }

    /// <summary>The caller of a request that passed <see cref="Gatekeeper"/>.</summary>
    public static Caller Of(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The route is reached without a caller.");

    public bool Sees(Workspace workspace) => Role == Role.Admin
        || (WorkspaceId is null ? workspace.AgencyId == AgencyId : workspace.Id == WorkspaceId && workspace.AgencyId == AgencyId);

    public bool Sees(Booking booking) => Role == Role.Admin
        || (booking.AgencyId == AgencyId && (WorkspaceId is null || booking.WorkspaceId == WorkspaceId));

    public bool Sees(FollowUp followUp) => Role == Role.Admin
        || (followUp.AgencyId == AgencyId && (WorkspaceId is null || followUp.WorkspaceId == WorkspaceId));

    /// <summary>Whether an agency's own things (keys, connections, lists) are the caller's.</summary>
    public bool SeesAgency(string agencyId) => Role == Role.Admin || agencyId == AgencyId;
}
