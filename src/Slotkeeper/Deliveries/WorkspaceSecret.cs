using Slotkeeper.Calendars;

namespace Slotkeeper.Deliveries;

/// <summary>What is signed with that goes to a workspace's own address.</summary>
/// <param name="WorkspaceId">Whose.</param>
/// <param name="Sealed">Sealed for the workspace's id and <see cref="Field"/>.</param>
/// <param name="SealedPrevious">The one before, which signs too until <paramref name="PreviousUntil"/>; null when there is none.</param>
/// <param name="PreviousUntil">UTC, by the database's clock.</param>
/// <param name="CreatedAt">Of the present one, UTC.</param>
public sealed record WorkspaceSecret(string WorkspaceId, byte[] Sealed, byte[]? SealedPrevious, DateTimeOffset? PreviousUntil, DateTimeOffset CreatedAt)
{
    public const string Field = "delivery_secret";

    /// <summary>Those that sign now; none when the vault does not open the present one.</summary>
    /// <param name="vault">Opens them.</param>
    /// <param name="agencyId">Of the workspace.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellationToken">Ends the wait for a data key that is not in memory yet.</param>
    public async ValueTask<IReadOnlyList<byte[]>> OpenAsync(CredentialVault vault, string agencyId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await vault.OpenAsync(agencyId, WorkspaceId, Field, Sealed, cancellationToken) is not { } present)
            return [];
        return SealedPrevious is { } kept && PreviousUntil > now && await vault.OpenAsync(agencyId, WorkspaceId, Field, kept, cancellationToken) is { } previous ? [present, previous] : [present];
    }
}

/// <summary>Signing secrets of workspaces as stored.</summary>
public interface IWorkspaceSecretStore
{
    Task<WorkspaceSecret?> FindAsync(string workspaceId, CancellationToken cancellationToken);

    /// <summary>A new secret signs from now on; the present one, if there is one, signs too for <paramref name="overlap"/>, and one before it no more.</summary>
    /// <returns>As it is then; null when there is no such workspace.</returns>
    Task<WorkspaceSecret?> RotateAsync(string workspaceId, byte[] sealedSecret, TimeSpan overlap, CancellationToken cancellationToken);
}
