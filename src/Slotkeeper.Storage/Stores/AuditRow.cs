using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Slotkeeper.Audit;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>An audit record as its columns are, so that one that was tampered with can be read like any other.</summary>
/// <param name="At">Unix microseconds.</param>
internal sealed record AuditRow(
    string Chain,
    long Sequence,
    long At,
    AuditedActor Actor,
    string Action,
    string SubjectType,
    string SubjectId,
    string? Before,
    string? After)
{
    public const string Columns =
        "chain, sequence, at, actor_kind, actor_id, actor_role, actor_agency, address, user_agent, action, subject_type, subject_id, before, after, hash";

    /// <summary>What a chain begins with.</summary>
    public static readonly byte[] Genesis = new byte[SHA256.HashSizeInBytes];

    /// <summary>Names the form below; another form needs another name.</summary>
    private const string Form = "slotkeeper-audit-1";

    /// <summary>As stored; to be compared with <see cref="HashAfter"/>.</summary>
    public byte[] Hash { get; init; } = [];

    public static AuditRow Read(ref Row row) => new(
        row.Text(), row.Long(), row.Long(), new AuditedActor(row.Text(), row.Text(), row.TextOrNull(), row.TextOrNull(), row.TextOrNull(), row.TextOrNull()), row.Text(),
        row.Text(), row.Text(), row.TextOrNull(), row.TextOrNull())
    {
        Hash = row.Bytes(),
    };

    public AuditRecord ToRecord() => new(
        Chain == AuditPlace.Installation ? null : Chain, Sequence, Instants.FromMicroseconds(At), Actor, Action, SubjectType, SubjectId, Before, After, Hash);

    /// <summary>
    /// SHA-256 over the name of this form and every column but sequence, time and hash, in their order: each with its length in bytes (32 bits, big-endian; all ones
    /// for null) and its UTF-8. No two different records have the same bytes.
    /// </summary>
    public byte[] Content()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var field in (ReadOnlySpan<string?>)
            [Form, Chain, Actor.Kind, Actor.Id, Actor.Role, Actor.AgencyId, Actor.Address, Actor.UserAgent, Action, SubjectType, SubjectId, Before, After])
        {
            var bytes = field is null ? [] : Encoding.UTF8.GetBytes(field);
            BinaryPrimitives.WriteInt32BigEndian(length, field is null ? -1 : bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
        return hash.GetHashAndReset();
    }

    /// <summary>What the hash of this record has to be after one with the given hash.</summary>
    public byte[] HashAfter(byte[] previous) => Link(previous, Sequence, At, Content());

    /// <summary>SHA-256 over the hash of the record before, number and time (64 bits each, big-endian) and <see cref="Content"/>; <c>audit_hash</c> in both databases.</summary>
    public static byte[] Link(byte[] previous, long sequence, long at, byte[] content)
    {
        Span<byte> numbers = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(numbers, sequence);
        BinaryPrimitives.WriteInt64BigEndian(numbers[8..], at);
        return SHA256.HashData([.. previous, .. numbers, .. content]);
    }
}
