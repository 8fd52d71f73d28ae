using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Slotkeeper.Server.Agents;

/// <summary>
/// The signature of the voice vendor over the raw body, in both of its forms: <c>v=milliseconds,d=hex</c>, an HMAC-SHA256 of the body followed by that number, and
/// <c>t=seconds,v1=hex</c>, one of that number, a dot and the body. Either counts for five minutes, before and after.
/// </summary>
internal static class VoiceSignature
{
    public const string Header = "X-Retell-Signature";

    public static readonly TimeSpan Counts = TimeSpan.FromMinutes(5);

    /// <summary>Whether a body was signed with a secret not long ago.</summary>
    /// <param name="header">As it came; null when there was none.</param>
    /// <param name="body">As it came.</param>
    /// <param name="secret">The vendor's.</param>
    /// <param name="now">UTC.</param>
    public static bool IsGood(string? header, ReadOnlySpan<byte> body, ReadOnlySpan<byte> secret, DateTimeOffset now)
    {
        if (header is not { Length: > 0 and <= 200 })
            return false;
        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in header.Split(','))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            // What is given twice could be read twice, differently.
            if (at <= 0 || !parts.TryAdd(part[..at].Trim(), part[(at + 1)..].Trim()))
                return false;
        }
        if (parts.Count != 2)
            return false;
        var form = parts switch
        {
            _ when parts.TryGetValue("v", out var number) && parts.TryGetValue("d", out var digest) => (Number: number, Digest: digest, Unit: TimeSpan.FromMilliseconds(1), IsBefore: false),
            _ when parts.TryGetValue("t", out var number) && parts.TryGetValue("v1", out var digest) => (Number: number, Digest: digest, Unit: TimeSpan.FromSeconds(1), IsBefore: true),
            _ => default,
        };
        if (form.Number is null || form.Digest.Length != 64 || !form.Digest.All(char.IsAsciiHexDigit)
            || !long.TryParse(form.Number, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() / (long)form.Unit.TotalMilliseconds
            || (now - DateTimeOffset.UnixEpoch.Add(count * form.Unit)).Duration() > Counts)
            return false;
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        if (form.IsBefore)
            hash.AppendData(Encoding.ASCII.GetBytes(form.Number + "."));
        hash.AppendData(body);
        if (!form.IsBefore)
            hash.AppendData(Encoding.ASCII.GetBytes(form.Number));
        return CryptographicOperations.FixedTimeEquals(hash.GetHashAndReset(), Convert.FromHexString(form.Digest));
    }
}
