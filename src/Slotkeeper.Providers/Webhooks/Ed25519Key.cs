using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Slotkeeper.Providers.Webhooks;

/// <summary>A public key that checks Ed25519 signatures, which the base library does not.</summary>
internal sealed class Ed25519Key
{
    /// <summary>SubjectPublicKeyInfo of this algorithm is these bytes and the 32 of the key.</summary>
    private static readonly byte[] Prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

    private readonly byte[] point;

    private Ed25519Key(byte[] point) => this.point = point;

    /// <returns>Null when it is no such key.</returns>
    public static Ed25519Key? Read(string text)
    {
        var bytes = new byte[Prefix.Length + Ed25519.PublicKeySize];
        if (!Convert.TryFromBase64String(text.Trim(), bytes, out var length) || length != bytes.Length || !bytes.AsSpan().StartsWith(Prefix))
            return null;
        var key = bytes[Prefix.Length..];
        return Ed25519.ValidatePublicKeyFull(key, 0) ? new Ed25519Key(key) : null;
    }

    /// <param name="signature">64 bytes.</param>
    /// <param name="text">What was signed.</param>
    public bool Verifies(byte[] signature, byte[] text) => signature.Length == Ed25519.SignatureSize && Ed25519.Verify(signature, 0, point, 0, text, 0, text.Length);
}
