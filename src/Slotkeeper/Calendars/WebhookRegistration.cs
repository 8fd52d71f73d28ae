namespace Slotkeeper.Calendars;

/// <summary>How registering a connection's webhook at its provider came out, where the provider has a call for it.</summary>
public enum RegistrationState
{
    /// <summary>Registered at the provider, and there when it was last looked at.</summary>
    Registered,

    /// <summary>The account's plan lacks them.</summary>
    Unsupported,

    /// <summary>It did not work out; <see cref="WebhookRegistration.Error"/> says why.</summary>
    Failed,
}

/// <summary>What is known of a connection's webhook at its provider.</summary>
/// <param name="ConnectionId">Whose.</param>
/// <param name="State">How it stands.</param>
/// <param name="Since">Since when it stands so, UTC.</param>
/// <param name="Fingerprint">Of everything it was made from: when that changes, it is made anew.</param>
/// <param name="Url">The address it sends to.</param>
/// <param name="SubscriptionId">The provider's id of it; null when there is none.</param>
/// <param name="Error">For people; null when nothing is wrong. No secrets.</param>
/// <param name="Failures">Tries that failed in a row.</param>
/// <param name="NextAt">Not looked at again before this, unless the fingerprint changes; UTC.</param>
public sealed record WebhookRegistration(
    string ConnectionId,
    RegistrationState State,
    DateTimeOffset Since,
    byte[] Fingerprint,
    string Url,
    string? SubscriptionId,
    string? Error,
    int Failures,
    DateTimeOffset NextAt);

/// <summary>A webhook whose connection was deleted or has another credential since: it is to be removed with the credential it was made with.</summary>
/// <param name="ConnectionId">Whose it was; the credential is sealed for it.</param>
/// <param name="SubscriptionId">The provider's id of it.</param>
/// <param name="Provider">Where.</param>
/// <param name="AgencyId">Whose the credential is; null for one left before that was kept.</param>
/// <param name="SealedCredential">The credential of then.</param>
/// <param name="BaseUrl">The provider's address of then; null for the usual one.</param>
/// <param name="Failures">Tries that failed.</param>
/// <param name="LeftAt">When it was left behind, by the database's clock, UTC.</param>
public sealed record FormerWebhook(
    string ConnectionId, string SubscriptionId, Provider Provider, string? AgencyId, byte[] SealedCredential, string? BaseUrl, int Failures, DateTimeOffset LeftAt);

/// <summary>Webhooks at providers as remembered.</summary>
public interface IWebhookRegistrationStore
{
    /// <summary>Those of the connections with an id between two, both included; of all without.</summary>
    Task<IReadOnlyList<WebhookRegistration>> ListAsync(string? firstConnectionId, string? lastConnectionId, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps what became of it. When the connection is gone or has another credential than <paramref name="madeWith"/>, nothing is
    /// kept but that the webhook has to be removed.
    /// </summary>
    /// <returns>False when the connection is no longer as it was.</returns>
    Task<bool> SaveAsync(WebhookRegistration registration, Connection madeWith, CancellationToken cancellationToken);

    /// <summary>Those left behind whose time for a try has come by <paramref name="now"/>.</summary>
    Task<IReadOnlyList<FormerWebhook>> ListFormerAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>It could not be removed yet.</summary>
    Task RetryFormerAsync(FormerWebhook former, DateTimeOffset nextAt, CancellationToken cancellationToken);

    /// <summary>It is removed, or given up: its credential is forgotten.</summary>
    Task ForgetFormerAsync(FormerWebhook former, CancellationToken cancellationToken);
}
