using System.Security.Cryptography;

namespace Slotkeeper.Calendars;

/// <summary>
/// The key that seals the data keys of the agencies, and during its rotation the one before it, which only opens. They come from the settings and are stored nowhere.
/// </summary>
public sealed class MasterKeys : IDisposable
{
    /// <summary>Sealed by a master key itself: every data key, and secrets from before there were data keys.</summary>
    internal const byte Format = 1;

    private readonly Cipher? present;
    private readonly Cipher? previous;

    private MasterKeys(Cipher? present, Cipher? previous) => (this.present, this.previous) = (present, previous);

    /// <summary>False when none is set: nothing can be sealed or opened.</summary>
    public bool IsSet => present is not null;

    /// <summary>Of the key that seals; 8 hexadecimal digits that tell nothing of it. Null when none is set.</summary>
    public string? PresentId => present?.KeyId;

    /// <summary>Of the key that only opens; null when there is none.</summary>
    public string? PreviousId => previous?.KeyId;

    /// <summary>
    /// Takes the keys from their settings: 32 bytes in base 64, 64 hexadecimal digits, or any text of at least 16 characters, from which a key is derived.
    /// </summary>
    /// <exception cref="FormatException">One of them is shorter.</exception>
    public static MasterKeys FromSettings(string? present, string? previous = null)
    {
        var first = CipherOf(present);
        try
        {
            return new MasterKeys(first, CipherOf(previous));
        }
        catch (FormatException)
        {
            first?.Dispose();
            throw;
        }
    }

    public bool Knows(string keyId) => keyId == PresentId || keyId == PreviousId;

    public void Dispose()
    {
        present?.Dispose();
        previous?.Dispose();
    }

    internal byte[] Seal(string bound, ReadOnlySpan<byte> text) =>
        (present ?? throw new InvalidOperationException("No master key is set.")).Seal(Format, bound, text);

    /// <returns>Null when neither key opens it.</returns>
    internal byte[]? Open(string bound, ReadOnlySpan<byte> sealedValue)
    {
        if (Cipher.FormatOf(sealedValue) != Format)
            return null;
        var keyId = Cipher.KeyIdOf(sealedValue);
        return keyId == PresentId ? present!.Open(bound, sealedValue) : keyId == PreviousId ? previous!.Open(bound, sealedValue) : null;
    }

    private static Cipher? CipherOf(string? setting)
    {
        if (string.IsNullOrEmpty(setting))
            return null;
        var key = KeyOf(setting);
        try
        {
            return new Cipher(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static byte[] KeyOf(string setting)
    {
        if (setting.Length == 64 && setting.All(char.IsAsciiHexDigit))
            return Convert.FromHexString(setting);
        var decoded = new byte[setting.Length];
        if (Convert.TryFromBase64String(setting, decoded, out var length) && length == Cipher.KeyLength)
            return decoded[..Cipher.KeyLength];
        if (setting.Length < 16)
            throw new FormatException("It must be 32 bytes in base 64, 64 hexadecimal digits, or a text of at least 16 characters.");
        return Rfc2898DeriveBytes.Pbkdf2(setting, "slotkeeper master key"u8, 600_000, HashAlgorithmName.SHA256, Cipher.KeyLength);
    }
}
