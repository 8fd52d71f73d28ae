namespace Slotkeeper.Calendars;

/// <summary>The key that seals all secrets of one agency; itself sealed by a master key.</summary>
/// <param name="AgencyId">Whose.</param>
/// <param name="SealedKey">256 random bits, sealed.</param>
/// <param name="CreatedAt">UTC.</param>
public sealed record DataKey(string AgencyId, byte[] SealedKey, DateTimeOffset CreatedAt);

/// <summary>A secret of a row that a master key sealed itself, from before there were data keys.</summary>
/// <param name="Place">Where the store finds it again.</param>
/// <param name="AgencyId">Whose.</param>
/// <param name="Owner">Id of the row it belongs to.</param>
/// <param name="Field">What it was sealed for.</param>
/// <param name="Sealed">As it is stored.</param>
public sealed record OldSeal(int Place, string AgencyId, string Owner, string Field, byte[] Sealed);

/// <summary>How much is sealed by one master key.</summary>
/// <param name="KeyId">Of the master key.</param>
/// <param name="DataKeys">Data keys under it.</param>
/// <param name="Secrets">Secrets it sealed itself.</param>
public sealed record SealedUnder(string KeyId, int DataKeys, int Secrets);

/// <summary>Data keys, and what is sealed by which master key, as stored.</summary>
public interface ISealStore
{
    Task<DataKey?> FindAsync(string agencyId, CancellationToken cancellationToken);

    /// <summary>In the order of the agencies' ids.</summary>
    Task<IReadOnlyList<DataKey>> ListAsync(string? afterAgencyId, int limit, CancellationToken cancellationToken);

    /// <summary>Stores it, unless the agency has one.</summary>
    /// <returns>The one the agency has: of two nodes that make one at once, both get the same.</returns>
    Task<DataKey> AddAsync(DataKey key, CancellationToken cancellationToken);

    /// <summary>Replaces the seal of a data key if it still is as it was read.</summary>
    Task<bool> ReplaceAsync(DataKey before, byte[] sealedKey, CancellationToken cancellationToken);

    /// <summary>Secrets that a master key sealed itself, at most <paramref name="limit"/> of each column.</summary>
    Task<IReadOnlyList<OldSeal>> ListOldAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Replaces the seal of a secret if it still is as it was read; tells every node where that keeps it in memory.</summary>
    Task<bool> ReplaceAsync(OldSeal before, byte[] sealedValue, CancellationToken cancellationToken);

    /// <summary>Which master keys are needed to open everything.</summary>
    Task<IReadOnlyList<SealedUnder>> CountAsync(CancellationToken cancellationToken);

    /// <summary>Deletes data keys whose agency is gone, once nothing of it is left to be opened.</summary>
    Task ForgetOrphansAsync(CancellationToken cancellationToken);
}
