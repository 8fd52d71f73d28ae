using System.Security.Cryptography;
using System.Text;

namespace Slotkeeper.Calendars;

/// <summary>AES-256-GCM under one key. What it seals: format (1 byte), key id (4), nonce (12), tag (16), text.</summary>
internal sealed class Cipher : IDisposable
{
    public const int KeyLength = 32;
    public const int KeyIdLength = 4;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int Header = 1 + KeyIdLength + NonceLength + TagLength;

    /// <summary>One cipher must not be used by two threads at once: what they seal or open would come out wrong.</summary>
    private readonly Lock gate = new();
    private readonly AesGcm aes;
    private readonly byte[] keyId = new byte[KeyIdLength];

    public Cipher(ReadOnlySpan<byte> key)
    {
        SHA256.HashData(key).AsSpan(0, KeyIdLength).CopyTo(keyId);
        aes = new AesGcm(key, TagLength);
        KeyId = Convert.ToHexStringLower(keyId);
    }

    /// <summary>Names the key without telling anything of it: 8 hexadecimal digits.</summary>
    public string KeyId { get; }

    /// <returns>0 for what was never sealed.</returns>
    public static byte FormatOf(ReadOnlySpan<byte> sealedValue) => sealedValue.Length < Header ? (byte)0 : sealedValue[0];

    /// <summary>Which key it was sealed with. Only of what has a format.</summary>
    public static string KeyIdOf(ReadOnlySpan<byte> sealedValue) => Convert.ToHexStringLower(sealedValue.Slice(1, KeyIdLength));

    /// <param name="format">First byte of what comes out; says whose key this is.</param>
    /// <param name="bound">Has to be said again to open it.</param>
    /// <param name="text">The secret.</param>
    public byte[] Seal(byte format, string bound, ReadOnlySpan<byte> text)
    {
        var sealedValue = new byte[Header + text.Length];
        sealedValue[0] = format;
        keyId.CopyTo(sealedValue, 1);
        var nonce = sealedValue.AsSpan(1 + KeyIdLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        lock (gate)
            aes.Encrypt(nonce, text, sealedValue.AsSpan(Header), sealedValue.AsSpan(Header - TagLength, TagLength), Encoding.UTF8.GetBytes(bound));
        return sealedValue;
    }

    /// <returns>Null when it cannot be opened: another key, bound to something else, or altered bytes.</returns>
    public byte[]? Open(string bound, ReadOnlySpan<byte> sealedValue)
    {
        if (FormatOf(sealedValue) == 0)
            return null;
        var text = new byte[sealedValue.Length - Header];
        try
        {
            lock (gate)
                aes.Decrypt(sealedValue.Slice(1 + KeyIdLength, NonceLength), sealedValue[Header..], sealedValue.Slice(Header - TagLength, TagLength), text, Encoding.UTF8.GetBytes(bound));
            return text;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public void Dispose() => aes.Dispose();
}
