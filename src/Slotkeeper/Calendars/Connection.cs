namespace Slotkeeper.Calendars;

/// <summary>One credential at a provider: unit of rate budget, breaker and webhooks. Its secrets are stored sealed.</summary>
/// <param name="Id">Prefix <c>con_</c>.</param>
/// <param name="AgencyId">Its tenant.</param>
/// <param name="Provider">Whom it opens.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="SealedCredential">JSON object of the provider's credential fields, sealed by <see cref="CredentialVault"/>.</param>
/// <param name="SealedWebhookSecret">The secret that incoming webhooks are checked with, sealed.</param>
/// <param name="BaseUrl">The provider's address for this account; null for the provider's usual one.</param>
/// <param name="CreatedAt">UTC.</param>
public sealed record Connection(
    string Id,
    string AgencyId,
    Provider Provider,
    string Name,
    byte[] SealedCredential,
    byte[] SealedWebhookSecret,
    string? BaseUrl,
    DateTimeOffset CreatedAt);

/// <summary>What a delete of a connection came to.</summary>
public enum ConnectionDeletion
{
    Deleted,
    NotFound,

    /// <summary>A workspace's calendar still uses it.</summary>
    InUse,
}

/// <summary>Connections as stored.</summary>
public interface IConnectionStore
{
    Task CreateAsync(Connection connection, CancellationToken cancellationToken);

    Task<Connection?> FindAsync(string id, CancellationToken cancellationToken);

    Task<IReadOnlyList<Connection>> ListAsync(string? agencyId, string? afterId, int limit, CancellationToken cancellationToken);

    /// <summary>Replaces name, base URL and secrets; makes every calendar of the connection due and tells every node.</summary>
    /// <returns>False when there is no such connection.</returns>
    Task<bool> UpdateAsync(Connection connection, CancellationToken cancellationToken);

    Task<ConnectionDeletion> DeleteAsync(string id, CancellationToken cancellationToken);
}
