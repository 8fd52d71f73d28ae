using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Slotkeeper.Holds;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Agents;

/// <summary>The key of this installation for a purpose; the same on every node and after every start.</summary>
public delegate Task<byte[]> InstallationKey(string purpose, CancellationToken cancellationToken);

/// <summary>What was checked.</summary>
/// <param name="Start">UTC.</param>
/// <param name="Source">The source it was asked for with.</param>
public readonly record struct CheckedTime(DateTimeOffset Start, CalendarSource Source);

/// <summary>
/// Makes the ids that tie a booking to what was checked before. A check writes nothing, so its id carries what was checked, sealed for the workspace and the
/// conversation: whoever names another time, or one that nobody checked, is found out on every node without looking anything up.
/// </summary>
public sealed class ConversationSeal(InstallationKey installationKey, TimeProvider clock)
{
    /// <summary>As old as the data may be that is offered at all by default.</summary>
    public static readonly TimeSpan CheckCounts = TimeSpan.FromMinutes(15);

    private const string Purpose = "conversations";
    private const int NonceLength = 8;
    private const int BodyLength = 8 + 8 + 1 + NonceLength;
    private const int SealLength = 16;
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int HoldLetters = 26;

    private byte[]? key;

    /// <summary>Has the key read, once. Nothing below works before.</summary>
    public ValueTask ReadyAsync(CancellationToken cancellationToken) => key is null ? new ValueTask(LoadAsync(cancellationToken)) : default;

    /// <summary>An id for a time that was said to be free just now, good for <see cref="CheckCounts"/>.</summary>
    public string Seal(string workspaceId, string? conversationId, CheckedTime time)
    {
        Span<byte> bytes = stackalloc byte[BodyLength + SealLength];
        BinaryPrimitives.WriteInt64BigEndian(bytes, time.Start.ToUnixTimeSeconds());
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], clock.GetUtcNow().Add(CheckCounts).ToUnixTimeSeconds());
        bytes[16] = (byte)time.Source;
        // Two callers who are told of one time at one moment still have checks of their own.
        RandomNumberGenerator.Fill(bytes.Slice(17, NonceLength));
        Mac(Key, workspaceId, conversationId, bytes[..BodyLength], bytes[BodyLength..]);
        return string.Concat(Ids.Check, Base64Url.EncodeToString(bytes));
    }

    /// <returns>What was checked; null when the id is not one of ours, of another workspace or conversation, or too old.</returns>
    public CheckedTime? Open(string workspaceId, string? conversationId, string checkId)
    {
        const int Letters = (((BodyLength + SealLength) * 8) + 5) / 6;
        Span<byte> bytes = stackalloc byte[BodyLength + SealLength];
        if (checkId.Length != Ids.Check.Length + Letters || !checkId.StartsWith(Ids.Check, StringComparison.Ordinal)
            // What models make up is no base 64, and no reason for an exception.
            || Base64Url.DecodeFromChars(checkId.AsSpan(Ids.Check.Length), bytes, out _, out var length) != OperationStatus.Done || length != bytes.Length)
            return null;
        Span<byte> mac = stackalloc byte[SealLength];
        Mac(Key, workspaceId, conversationId, bytes[..BodyLength], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[BodyLength..])
            || BinaryPrimitives.ReadInt64BigEndian(bytes[8..]) < clock.GetUtcNow().ToUnixTimeSeconds())
            return null;
        return new CheckedTime(DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(bytes)), (CalendarSource)bytes[16]);
    }

    /// <summary>The id of the hold that a conversation has of a time: asking for it again finds the same one instead of taking it from oneself.</summary>
    public string HoldOf(string workspaceId, string conversationId, CheckedTime time)
    {
        Span<byte> mac = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes($"hold\n{workspaceId}\n{time.Source.ToName()}\n{time.Start.ToUnixTimeSeconds()}\n{conversationId}"), mac);
        Span<char> letters = stackalloc char[HoldLetters];
        for (var i = 0; i < HoldLetters; i++)
            letters[i] = Alphabet[mac[i] & 31];
        return HoldId.Of(string.Concat(Ids.Hold, letters), workspaceId);
    }

    private byte[] Key => key ?? throw new InvalidOperationException("The key was not read yet.");

    private async Task LoadAsync(CancellationToken cancellationToken) => key = await installationKey(Purpose, cancellationToken);

    private static void Mac(byte[] secret, string workspaceId, string? conversationId, ReadOnlySpan<byte> body, Span<byte> mac)
    {
        // The line that is a conversation's own text comes last, so that it cannot be taken for another.
        var owner = Encoding.UTF8.GetBytes($"check\n{workspaceId}\n{Convert.ToHexStringLower(body)}\n{conversationId}");
        Span<byte> whole = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, owner, whole);
        whole[..SealLength].CopyTo(mac);
    }
}
