using System.Security.Cryptography;
using System.Text;

namespace Slotkeeper.Calendars;

/// <summary>
/// Seals secrets with AES-256-GCM under the master key. A sealed value is bound to its owner and field, so that a row copied
/// to another owner does not open. Layout: format (1 byte), key id (4), nonce (12), tag (16), text.
/// </summary>
public sealed class CredentialVault : IDisposable
{
    private const byte Format = 1;
    private const int KeyIdLength = 4;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int Header = 1 + KeyIdLength + NonceLength + TagLength;

    /// <summary>One cipher must not be used by two threads at once: what they seal or open would come out wrong.</summary>
    private readonly Lock gate = new();
    private readonly AesGcm? aes;
    private readonly byte[] keyId = new byte[KeyIdLength];

    private CredentialVault(byte[]? key)
    {
        if (key is null)
            return;
        SHA256.HashData(key).AsSpan(0, KeyIdLength).CopyTo(keyId);
        aes = new AesGcm(key, TagLength);
    }

    /// <summary>False when no master key is set: nothing can be sealed or opened.</summary>
    public bool IsOpen => aes is not null;

    /// <summary>
    /// Takes the master key from its setting: 32 bytes in base 64, 64 hexadecimal digits, or any text of at least 16
    /// characters, from which a key is derived.
    /// </summary>
    /// <exception cref="FormatException">It is shorter.</exception>
    public static CredentialVault FromSetting(string? masterKey)
    {
        if (string.IsNullOrEmpty(masterKey))
            return new CredentialVault(null);
        if (masterKey.Length == 64 && masterKey.All(char.IsAsciiHexDigit))
            return new CredentialVault(Convert.FromHexString(masterKey));
        var decoded = new byte[masterKey.Length];
        if (Convert.TryFromBase64String(masterKey, decoded, out var length) && length == 32)
            return new CredentialVault(decoded[..32]);
        if (masterKey.Length < 16)
            throw new FormatException("It must be 32 bytes in base 64, 64 hexadecimal digits, or a text of at least 16 characters.");
        return new CredentialVault(Rfc2898DeriveBytes.Pbkdf2(masterKey, "slotkeeper master key"u8, 600_000, HashAlgorithmName.SHA256, 32));
    }

    /// <param name="owner">Id of the row it belongs to.</param>
    /// <param name="field">Column it belongs in.</param>
    /// <param name="text">The secret.</param>
    /// <exception cref="InvalidOperationException">No master key is set.</exception>
    public byte[] Seal(string owner, string field, ReadOnlySpan<byte> text)
    {
        var cipher = aes ?? throw new InvalidOperationException("No master key is set.");
        var sealedValue = new byte[Header + text.Length];
        sealedValue[0] = Format;
        keyId.CopyTo(sealedValue, 1);
        var nonce = sealedValue.AsSpan(1 + KeyIdLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        lock (gate)
            cipher.Encrypt(nonce, text, sealedValue.AsSpan(Header), sealedValue.AsSpan(Header - TagLength, TagLength), Bound(owner, field));
        return sealedValue;
    }

    /// <returns>Null when it cannot be opened: another master key, another owner, or altered bytes.</returns>
    public byte[]? Open(string owner, string field, ReadOnlySpan<byte> sealedValue)
    {
        if (aes is null || sealedValue.Length < Header || sealedValue[0] != Format)
            return null;
        var text = new byte[sealedValue.Length - Header];
        try
        {
            lock (gate)
                aes.Decrypt(sealedValue.Slice(1 + KeyIdLength, NonceLength), sealedValue[Header..], sealedValue.Slice(Header - TagLength, TagLength), text, Bound(owner, field));
            return text;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public void Dispose() => aes?.Dispose();

    private static byte[] Bound(string owner, string field) => Encoding.UTF8.GetBytes($"{owner}|{field}");
}
