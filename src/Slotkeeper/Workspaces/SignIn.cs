namespace Slotkeeper.Workspaces;

/// <summary>A person who signed in with a key, until they sign out, stay away or the day is over.</summary>
/// <param name="SecretHash">SHA-256 of the 256 random bits that their cookie holds.</param>
/// <param name="KeyId">Of the key; what it allows is looked up at each request, so that a revoked key ends its sessions too.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="SeenAt">UTC, to the minute.</param>
public sealed record SignIn(byte[] SecretHash, string KeyId, DateTimeOffset CreatedAt, DateTimeOffset SeenAt)
{
    /// <summary>Without a request for so long it is over.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);

    /// <summary>After so long it is over, whatever was asked meanwhile.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(12);

    public DateTimeOffset EndsAt => CreatedAt + Longest;

    public bool IsOver(DateTimeOffset now) => now >= EndsAt || now - SeenAt >= Idle;
}

/// <summary>Sign-ins as stored.</summary>
public interface ISignInStore
{
    /// <summary>Stores a new one and removes those that are over.</summary>
    /// <param name="signIn">The new one.</param>
    /// <param name="agencyId">Of its key, for the audit; null for an admin's.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task CreateAsync(SignIn signIn, string? agencyId, CancellationToken cancellationToken);

    Task<SignIn?> FindAsync(byte[] secretHash, CancellationToken cancellationToken);

    Task SeenAsync(byte[] secretHash, DateTimeOffset at, CancellationToken cancellationToken);

    /// <returns>False when there was none. Repeatable.</returns>
    Task<bool> EndAsync(SignIn signIn, string? agencyId, CancellationToken cancellationToken);
}
