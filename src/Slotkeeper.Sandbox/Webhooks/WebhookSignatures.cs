using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Slotkeeper.Sandbox;

/// <summary>How each provider signs what it sends.</summary>
public static class WebhookSignatures
{
    // What stands before the 32 bytes of an Ed25519 key in its SPKI form.
    private static readonly byte[] KeyInfo = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];

    /// <summary>X-Cal-Signature-256.</summary>
    public static string CalCom(string secret, ReadOnlySpan<byte> body) => Hex(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));

    /// <summary>Calendly-Webhook-Signature.</summary>
    public static string Calendly(string key, long unixSeconds, ReadOnlySpan<byte> body)
    {
        var time = unixSeconds.ToString(CultureInfo.InvariantCulture);
        return $"t={time},v1={Hex(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), (byte[])[.. Encoding.UTF8.GetBytes(time + "."), .. body]))}";
    }

    /// <summary>X-HubSpot-Signature-v3.</summary>
    public static string HubSpot(string secret, string method, string uri, ReadOnlySpan<byte> body, long unixMilliseconds) => Convert.ToBase64String(HMACSHA256.HashData(
        Encoding.UTF8.GetBytes(secret),
        (byte[])[.. Encoding.UTF8.GetBytes(method + uri), .. body, .. Encoding.UTF8.GetBytes(unixMilliseconds.ToString(CultureInfo.InvariantCulture))]));

    /// <summary>X-HubSpot-Signature, the older one.</summary>
    public static string HubSpotFirst(string secret, ReadOnlySpan<byte> body) => Hex(SHA256.HashData((byte[])[.. Encoding.UTF8.GetBytes(secret), .. body]));

    /// <summary>X-GHL-Signature, with a private key of 32 bytes.</summary>
    public static string HighLevel(byte[] privateKey, byte[] body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var signer = new Ed25519Signer();
        signer.Init(forSigning: true, new Ed25519PrivateKeyParameters(privateKey));
        signer.BlockUpdate(body, 0, body.Length);
        return Convert.ToBase64String(signer.GenerateSignature());
    }

    /// <summary>The public half of a private key, as HighLevel publishes its own: base64 of the SPKI form.</summary>
    public static string HighLevelPublicKey(byte[] privateKey) =>
        Convert.ToBase64String([.. KeyInfo, .. new Ed25519PrivateKeyParameters(privateKey).GeneratePublicKey().GetEncoded()]);

    [SuppressMessage("Globalization", "CA1308", Justification = "The providers write lower case.")]
    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}
