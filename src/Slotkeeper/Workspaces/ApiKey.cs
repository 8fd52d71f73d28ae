namespace Slotkeeper.Workspaces;

/// <summary>What the bearer of a key may do.</summary>
public enum Role
{
    /// <summary>Everything.</summary>
    Admin,

    /// <summary>The workspaces of one agency.</summary>
    Agency,

    /// <summary>One workspace.</summary>
    Workspace,

    /// <summary>Read, offer, hold and book in one workspace or agency; no settings, no keys.</summary>
    Agent,
}

/// <summary>A stored API key: never the key itself, only its salted hash and the part it is looked up by.</summary>
/// <param name="Id">Prefix <c>key_</c>.</param>
/// <param name="AgencyId">Null for <see cref="Role.Admin"/> only.</param>
/// <param name="WorkspaceId">Set for <see cref="Role.Workspace"/>, optional for <see cref="Role.Agent"/>.</param>
/// <param name="Role">What it allows.</param>
/// <param name="Name">1 to 200 characters, for people.</param>
/// <param name="LookupPrefix">The public first part of the key, unique.</param>
/// <param name="Salt">16 random bytes.</param>
/// <param name="Hash">SHA-256 over salt and key. The key carries 160 random bits, so a slow hash adds nothing.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="ExpiresAt">UTC; null when it does not expire.</param>
/// <param name="RevokedAt">UTC; null while it is valid.</param>
public sealed record ApiKey(
    string Id,
    string? AgencyId,
    string? WorkspaceId,
    Role Role,
    string Name,
    string LookupPrefix,
    byte[] Salt,
    byte[] Hash,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt);

/// <summary>API keys as stored.</summary>
public interface IKeyStore
{
    Task CreateAsync(ApiKey key, CancellationToken cancellationToken);

    Task<ApiKey?> FindAsync(string id, CancellationToken cancellationToken);

    Task<ApiKey?> FindByPrefixAsync(string lookupPrefix, CancellationToken cancellationToken);

    /// <summary>Keys of an agency (null: of no agency, which are the admin keys), in the order of their ids, revoked ones too.</summary>
    Task<IReadOnlyList<ApiKey>> ListAsync(string? agencyId, string? afterId, int limit, CancellationToken cancellationToken);

    /// <summary>Ends a key for good and tells every node. Repeatable.</summary>
    /// <returns>False when there is no such key.</returns>
    Task<bool> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken);
}
