using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Slotkeeper.Deliveries;

/// <summary>Signs and verifies messages as the Standard Webhooks specification 1.0.0 has it, with symmetric secrets.</summary>
public static class StandardWebhook
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <summary>How far the time of a message may be from the receiver's clock.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private const string SecretPrefix = "whsec_";
    private const string Version = "v1,";
    private const int ShortestSecret = 24;
    private const int NewSecretLength = 32;
    private const int LongestSecret = 64;

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(NewSecretLength);

    /// <summary>The secret as people and receivers get it: <c>whsec_</c> and base 64.</summary>
    public static string ToText(byte[] secret) => SecretPrefix + Convert.ToBase64String(secret);

    /// <returns>Null when it is not <c>whsec_</c> (which may be absent) with 24 to 64 bytes in base 64.</returns>
    public static byte[]? ParseSecret(string text)
    {
        var encoded = text.StartsWith(SecretPrefix, StringComparison.Ordinal) ? text[SecretPrefix.Length..] : text;
        var decoded = new byte[encoded.Length];
        return Convert.TryFromBase64String(encoded, decoded, out var length) && length is >= ShortestSecret and <= LongestSecret ? decoded[..length] : null;
    }

    /// <summary>The value of <see cref="TimestampHeader"/>: whole Unix seconds.</summary>
    public static string Timestamp(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>The value of <see cref="SignatureHeader"/>: one signature for each secret, in their order, separated by spaces.</summary>
    /// <exception cref="ArgumentException">There is no secret, or the id holds a dot or a line break and could be read in two ways.</exception>
    public static string Sign(string id, DateTimeOffset at, ReadOnlySpan<byte> body, IReadOnlyList<byte[]> secrets)
    {
        if (secrets.Count == 0)
            throw new ArgumentException("A message needs a secret to be signed with.", nameof(secrets));
        if (id.Length == 0 || id.AsSpan().ContainsAny(".\r\n "))
            throw new ArgumentException("The id of a message is not empty and holds no dot, space or line break.", nameof(id));
        var content = Content(id, Timestamp(at), body);
        return string.Join(' ', secrets.Select(secret => Version + Convert.ToBase64String(HMACSHA256.HashData(secret, content))));
    }

    /// <summary>Whether one of the signatures is by one of the secrets and the time is near. Compares in constant time.</summary>
    /// <param name="id">As it came.</param>
    /// <param name="timestamp">As it came.</param>
    /// <param name="signatures">As it came: any number, separated by spaces, of any version; others than <c>v1</c> are passed over.</param>
    /// <param name="body">The raw bytes.</param>
    /// <param name="secrets">All that are valid now.</param>
    /// <param name="now">UTC.</param>
    public static bool Verify(string id, string timestamp, string signatures, ReadOnlySpan<byte> body, IReadOnlyList<byte[]> secrets, DateTimeOffset now)
    {
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs((decimal)now.ToUnixTimeSeconds() - seconds) > (decimal)Tolerance.TotalSeconds)
            return false;
        var content = Content(id, timestamp, body);
        var right = false;
        foreach (var secret in secrets)
        {
            var expected = HMACSHA256.HashData(secret, content);
            foreach (var signature in signatures.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var given = new byte[signature.Length];
                right |= signature.StartsWith(Version, StringComparison.Ordinal)
                    && Convert.TryFromBase64String(signature[Version.Length..], given, out var length)
                    && CryptographicOperations.FixedTimeEquals(expected, given.AsSpan(0, length));
            }
        }
        return right;
    }

    private static byte[] Content(string id, string timestamp, ReadOnlySpan<byte> body) => [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
}
