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
    DateTimeOffset? RevokedAt)
{
    /// <summary>When it was last seen at work, UTC, to the minute; null when never.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }
}

/// <summary>What a rotation of a key came to.</summary>
public enum KeyRotation
{
    Rotated,
    NotFound,

    /// <summary>It is revoked or its time is over: there is nothing to overlap with.</summary>
    Ended,
}

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

    /// <summary>Stores a key that takes another's place, which ends by itself: both in one step. Tells every node.</summary>
    /// <param name="id">The one before.</param>
    /// <param name="next">The new one.</param>
    /// <param name="endsAt">End of the one before, unless it ends earlier already.</param>
    /// <param name="cancellationToken">Ends the wait for the database.</param>
    /// <returns>The outcome, and when the one before ends.</returns>
    Task<(KeyRotation Outcome, DateTimeOffset EndsAt)> RotateAsync(string id, ApiKey next, DateTimeOffset endsAt, CancellationToken cancellationToken);

    /// <summary>Writes when keys were last used. Never back in time; keys that are gone are left out.</summary>
    Task UsedAsync(IReadOnlyList<(string Id, DateTimeOffset At)> uses, CancellationToken cancellationToken);
}
