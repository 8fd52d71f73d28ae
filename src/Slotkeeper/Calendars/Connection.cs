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
    DateTimeOffset CreatedAt)
{
    /// <summary>The webhook secret before the present one, sealed; null when there is none that may still count.</summary>
    public byte[]? SealedFormerWebhookSecret { get; init; }

    /// <summary>What <see cref="SealedCredential"/> is sealed for.</summary>
    public const string CredentialField = "credential";

    /// <summary>What webhook secrets are sealed for.</summary>
    public const string WebhookSecretField = "webhook_secret";

    /// <summary>Until when the former webhook secret counts, UTC; null when there is none.</summary>
    public DateTimeOffset? FormerWebhookSecretUntil { get; init; }
}

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

    /// <summary>
    /// Replaces name, base URL and credential; makes every calendar of the connection due and tells every node. The webhook secret stays:
    /// it may have been changed since the connection was read. With another credential or base URL the registered webhook is left
    /// behind, to be removed with what it was made with.
    /// </summary>
    /// <returns>False when there is no such connection.</returns>
    Task<bool> UpdateAsync(Connection connection, CancellationToken cancellationToken);

    /// <summary>Replaces the webhook secret; the present one counts as the former until <paramref name="formerUntil"/>, and the one before it no longer.</summary>
    /// <returns>The connection as it is now; null when there is none.</returns>
    Task<Connection?> ReplaceWebhookSecretAsync(string id, byte[] sealedSecret, DateTimeOffset formerUntil, CancellationToken cancellationToken);

    /// <summary>Drops former webhook secrets whose time is over.</summary>
    Task ForgetFormerWebhookSecretsAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Deletes it; its registered webhook is left behind, to be removed.</summary>
    Task<ConnectionDeletion> DeleteAsync(string id, CancellationToken cancellationToken);
}
