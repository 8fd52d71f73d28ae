using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Tenancy;

/// <summary>
/// Makes API keys and checks texts against stored ones. Form: <c>sk_</c>, 10 letters by which the row is found, <c>_</c>, 32 secret
/// letters (160 bits).
/// </summary>
internal static class KeyIssuer
{
    private const string Start = "sk_";
    private const int LookupLetters = 10;
    private const int SecretLetters = 32;
    private const int Length = 3 + LookupLetters + 1 + SecretLetters;
    private const int SaltLength = 16;

    private static readonly byte[] NoSalt = RandomNumberGenerator.GetBytes(SaltLength);
    private static readonly byte[] NoHash = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>A new key and the row that is kept of it. The key itself is kept nowhere.</summary>
    public static (string Key, ApiKey Row) Issue(string name, Role role, string? agencyId, string? workspaceId, DateTimeOffset createdAt, DateTimeOffset? expiresAt)
    {
        var lookup = Start + RandomNumberGenerator.GetString(Alphabet, LookupLetters);
        var key = lookup + "_" + RandomNumberGenerator.GetString(Alphabet, SecretLetters);
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        return (key, new ApiKey(Ids.New(Ids.Key), agencyId, workspaceId, role, name, lookup, salt, Hash(salt, key), createdAt, expiresAt, null));
    }

    /// <summary>The part a stored key is found by; null when the text has not the form of a key.</summary>
    public static string? LookupPrefix(string presented) =>
        presented.Length == Length && presented.StartsWith(Start, StringComparison.Ordinal) && presented[Start.Length + LookupLetters] == '_'
            ? presented[..(Start.Length + LookupLetters)]
            : null;

    /// <summary>Whether the text is the key of a row, in constant time. Without a row the work is the same, so that its time does not tell which prefixes exist.</summary>
    public static bool Matches([NotNullWhen(true)] ApiKey? row, string presented) =>
        CryptographicOperations.FixedTimeEquals(Hash(row?.Salt ?? NoSalt, presented), row?.Hash ?? NoHash) & row is not null;

    private static byte[] Hash(byte[] salt, string key)
    {
        var text = Encoding.UTF8.GetBytes(key);
        return SHA256.HashData([.. salt, .. text]);
    }
}
