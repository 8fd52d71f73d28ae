namespace Slotkeeper.Agents;

/// <summary>How a voice vendor reaches a workspace: with calls that it signs.</summary>
/// <param name="WorkspaceId">Whose calls they are.</param>
/// <param name="SealedSecret">What the vendor signs with; sealed for the workspace's id and <see cref="SecretField"/>.</param>
/// <param name="PhoneNumbers">Dialled numbers whose calls are the workspace's; empty for any.</param>
/// <param name="CreatedAt">Since when the secret counts, UTC.</param>
public sealed record VoiceLine(string WorkspaceId, byte[] SealedSecret, IReadOnlyList<string> PhoneNumbers, DateTimeOffset CreatedAt)
{
    public const string SecretField = "voice_secret";
}

/// <summary>Voice lines as stored, at most one a workspace.</summary>
public interface IVoiceLineStore
{
    Task<VoiceLine?> FindAsync(string workspaceId, CancellationToken cancellationToken);

    /// <summary>Sets or replaces it.</summary>
    /// <returns>As it is then; null when there is no such workspace.</returns>
    Task<VoiceLine?> PutAsync(string workspaceId, byte[] sealedSecret, IReadOnlyList<string> phoneNumbers, CancellationToken cancellationToken);

    /// <returns>False when there was none. Repeatable.</returns>
    Task<bool> DeleteAsync(string workspaceId, CancellationToken cancellationToken);
}
