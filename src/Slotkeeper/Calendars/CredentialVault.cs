using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Slotkeeper.Calendars;

/// <summary>
/// Seals the secrets of each agency with its own data key. A sealed value is bound to agency, owner and field, so that a row copied to another of them does
/// not open. Data keys are kept opened in memory: what is known of an agency never waits for the database. A data key never changes, only its seal does.
/// </summary>
public sealed class CredentialVault(MasterKeys masters, ISealStore store, TimeProvider clock) : IDisposable
{
    /// <summary>Sealed by a data key.</summary>
    private const byte Format = 2;
    private const int PageSize = 500;

    private readonly ConcurrentDictionary<string, Cipher> open = new(StringComparer.Ordinal);

    /// <summary>False when no master key is set: nothing can be sealed or opened.</summary>
    public bool IsOpen => masters.IsSet;

    /// <summary>Reads the data keys of all agencies.</summary>
    /// <returns>How many of them no master key opens.</returns>
    public async Task<int> LoadAsync(CancellationToken cancellationToken)
    {
        var locked = 0;
        for (string? after = null; ;)
        {
            var page = await store.ListAsync(after, PageSize, cancellationToken);
            locked += page.Count(key => Keep(key) is null);
            if (page.Count < PageSize)
                return locked;
            after = page[^1].AgencyId;
        }
    }

    /// <summary>Has the agency's data key in memory, if it has one that can be opened.</summary>
    public async ValueTask EnsureAsync(string agencyId, CancellationToken cancellationToken)
    {
        if (IsOpen && !open.ContainsKey(agencyId) && await store.FindAsync(agencyId, cancellationToken) is { } key)
            Keep(key);
    }

    /// <param name="agencyId">Whose secret it is. Its data key is made with its first secret.</param>
    /// <param name="owner">Id of the row it belongs to.</param>
    /// <param name="field">Column it belongs in.</param>
    /// <param name="text">The secret.</param>
    /// <param name="cancellationToken">Ends the wait for the database, which is asked for a data key not seen yet.</param>
    /// <exception cref="InvalidOperationException">No master key is set, or it does not open the data key.</exception>
    public async ValueTask<byte[]> SealAsync(string agencyId, string owner, string field, ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        if (!open.TryGetValue(agencyId, out var cipher))
            cipher = await MakeAsync(agencyId, cancellationToken);
        return cipher.Seal(Format, Bound(agencyId, owner, field), text.Span);
    }

    /// <summary>Opens with what is in memory.</summary>
    /// <returns>Null when it cannot be opened: another key, another agency, owner or field, or altered bytes.</returns>
    public byte[]? Open(string agencyId, string owner, string field, ReadOnlySpan<byte> sealedValue) => Cipher.FormatOf(sealedValue) switch
    {
        Format => open.TryGetValue(agencyId, out var cipher) ? cipher.Open(Bound(agencyId, owner, field), sealedValue) : null,
        MasterKeys.Format => masters.Open(BoundBefore(owner, field), sealedValue),
        _ => null,
    };

    /// <summary>Opens it, with a look for the data key where another node has just made it.</summary>
    /// <inheritdoc cref="Open"/>
    public async ValueTask<byte[]?> OpenAsync(string agencyId, string owner, string field, byte[] sealedValue, CancellationToken cancellationToken)
    {
        if (Cipher.FormatOf(sealedValue) == Format)
            await EnsureAsync(agencyId, cancellationToken);
        return Open(agencyId, owner, field, sealedValue);
    }

    /// <summary>A data key sealed by the present master key.</summary>
    /// <returns>Null when it is already, or cannot be opened.</returns>
    public byte[]? Rewrap(DataKey key)
    {
        if (!IsOpen || Cipher.FormatOf(key.SealedKey) != MasterKeys.Format || Cipher.KeyIdOf(key.SealedKey) == masters.PresentId
            || masters.Open(BoundKey(key.AgencyId), key.SealedKey) is not { } plain)
            return null;
        var wrapped = masters.Seal(BoundKey(key.AgencyId), plain);
        CryptographicOperations.ZeroMemory(plain);
        return wrapped;
    }

    /// <summary>A secret sealed by its agency's data key instead of a master key.</summary>
    /// <returns>Null when it cannot be opened.</returns>
    public async ValueTask<byte[]?> ResealAsync(OldSeal old, CancellationToken cancellationToken)
    {
        if (masters.Open(BoundBefore(old.Owner, old.Field), old.Sealed) is not { } plain)
            return null;
        var resealed = await SealAsync(old.AgencyId, old.Owner, old.Field, plain, cancellationToken);
        CryptographicOperations.ZeroMemory(plain);
        return resealed;
    }

    public void Dispose()
    {
        foreach (var cipher in open.Values)
            cipher.Dispose();
    }

    private async ValueTask<Cipher> MakeAsync(string agencyId, CancellationToken cancellationToken)
    {
        var key = await store.FindAsync(agencyId, cancellationToken);
        if (key is null)
        {
            var plain = RandomNumberGenerator.GetBytes(Cipher.KeyLength);
            key = await store.AddAsync(new DataKey(agencyId, masters.Seal(BoundKey(agencyId), plain), clock.GetUtcNow()), cancellationToken);
            CryptographicOperations.ZeroMemory(plain);
        }
        return Keep(key) ?? throw new InvalidOperationException(
            $"The data key of agency {agencyId} is sealed by the master key with id {Cipher.KeyIdOf(key.SealedKey)}, which is not set here. Set it as SLOTKEEPER_MASTER_KEY or SLOTKEEPER_MASTER_KEY_PREVIOUS.");
    }

    /// <returns>Null when no master key opens it.</returns>
    private Cipher? Keep(DataKey key)
    {
        if (open.TryGetValue(key.AgencyId, out var known))
            return known;
        if (masters.Open(BoundKey(key.AgencyId), key.SealedKey) is not { } plain)
            return null;
        var made = new Cipher(plain);
        CryptographicOperations.ZeroMemory(plain);
        var kept = open.GetOrAdd(key.AgencyId, made);
        if (!ReferenceEquals(kept, made))
            made.Dispose();
        return kept;
    }

    private static string Bound(string agencyId, string owner, string field) => $"{agencyId}|{owner}|{field}";

    /// <summary>As it was before there were data keys.</summary>
    private static string BoundBefore(string owner, string field) => $"{owner}|{field}";

    private static string BoundKey(string agencyId) => $"{agencyId}|data_key";
}
