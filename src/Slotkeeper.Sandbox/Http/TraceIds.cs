using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.Http;

/// <summary>Trace and correlation ids: different for each answer, the same for the same seed and order of requests.</summary>
internal sealed class TraceIds(ulong seed)
{
    private long last;

    public Guid Next()
    {
        var number = (ulong)Interlocked.Increment(ref last);
        Span<byte> bytes = stackalloc byte[16];
        var first = StableHash.Combine(seed, number);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, first);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], StableHash.Mix(first));
        return new Guid(bytes, bigEndian: true);
    }
}
