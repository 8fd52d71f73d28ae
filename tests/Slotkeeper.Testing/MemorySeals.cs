using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Slotkeeper.Calendars;

namespace Slotkeeper.Testing;

/// <summary>Data keys in memory; of old secrets it has those a test puts in.</summary>
public sealed class MemorySeals : ISealStore
{
    private readonly ConcurrentDictionary<string, DataKey> keys = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    public List<OldSeal> Old { get; } = [];

    /// <summary>How often it was asked for data keys.</summary>
    public int Reads { get; private set; }

    /// <summary>A secret as a master key sealed it itself, before there were data keys.</summary>
    /// <param name="masterKey">64 hexadecimal digits.</param>
    /// <param name="owner">Id of the row.</param>
    /// <param name="field">What it is for.</param>
    /// <param name="text">The secret.</param>
    public static byte[] SealAsBefore(string masterKey, string owner, string field, string text)
    {
        var (key, plain, nonce, tag) = (Convert.FromHexString(masterKey), Encoding.UTF8.GetBytes(text), RandomNumberGenerator.GetBytes(12), new byte[16]);
        var cipher = new byte[plain.Length];
        using var aes = new AesGcm(key, tag.Length);
        aes.Encrypt(nonce, plain, cipher, tag, Encoding.UTF8.GetBytes($"{owner}|{field}"));
        return [1, .. SHA256.HashData(key).AsSpan(0, 4), .. nonce, .. tag, .. cipher];
    }

    public Task<DataKey?> FindAsync(string agencyId, CancellationToken cancellationToken)
    {
        Reads++;
        return Task.FromResult(keys.GetValueOrDefault(agencyId));
    }

    public Task<IReadOnlyList<DataKey>> ListAsync(string? afterAgencyId, int limit, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<DataKey>>(
        [.. keys.Values.Where(key => string.CompareOrdinal(key.AgencyId, afterAgencyId ?? "") > 0).OrderBy(key => key.AgencyId, StringComparer.Ordinal).Take(limit)]);

    public Task<DataKey> AddAsync(DataKey key, CancellationToken cancellationToken) => Task.FromResult(keys.GetOrAdd(key.AgencyId, key));

    public Task<bool> ReplaceAsync(DataKey before, byte[] sealedKey, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            var isSame = keys.TryGetValue(before.AgencyId, out var present) && present.SealedKey.AsSpan().SequenceEqual(before.SealedKey);
            if (isSame)
                keys[before.AgencyId] = before with { SealedKey = sealedKey };
            return Task.FromResult(isSame);
        }
    }

    public Task<IReadOnlyList<OldSeal>> ListOldAsync(int limit, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<OldSeal>>([.. Old.Take(limit)]);

    public Task<bool> ReplaceAsync(OldSeal before, byte[] sealedValue, CancellationToken cancellationToken) => Task.FromResult(Old.Remove(before));

    public Task<IReadOnlyList<SealedUnder>> CountAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<SealedUnder>>(
        [.. keys.Values.Select(key => (Id: IdOf(key.SealedKey), IsKey: true)).Concat(Old.Select(old => (Id: IdOf(old.Sealed), IsKey: false)))
            .GroupBy(one => one.Id, StringComparer.Ordinal).Select(group => new SealedUnder(group.Key, group.Count(one => one.IsKey), group.Count(one => !one.IsKey)))]);

    public Task ForgetOrphansAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string IdOf(byte[] sealedValue) => Convert.ToHexStringLower(sealedValue.AsSpan(1, 4));
}
