using System.Buffers;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.Pipeline;

/// <summary>What one call came to: a body in a pooled buffer, or a fault. Disposed by whoever asked.</summary>
internal sealed class Reply : IDisposable
{
    private byte[]? buffer;
    private readonly int length;

    private Reply(FetchResult? fault, int status, byte[]? buffer, int length)
    {
        Fault = fault;
        Status = status;
        this.buffer = buffer;
        this.length = length;
    }

    /// <summary>Null when there is a body.</summary>
    public FetchResult? Fault { get; }

    /// <summary>HTTP status, 0 when nothing came.</summary>
    public int Status { get; }

    /// <summary>The provider did not work: transport error or 5xx. What breakers count.</summary>
    public bool Down { get; private init; }

    /// <summary>Whoever asked gave up: says nothing of the provider.</summary>
    public bool GivenUp { get; private init; }

    public int Length => length;

    public ReadOnlySpan<byte> Body => buffer.AsSpan(0, length);

    public static Reply Of(byte[] buffer, int length) => new(null, 200, buffer, length);

    public static Reply Of(FetchResult fault, int status = 0) => new(fault, status, null, 0);

    public static Reply Broken(string reason, int status = 0) => new(new FetchResult.Unreachable(reason), status, null, 0) { Down = true };

    public static Reply Abandoned { get; } = new(new FetchResult.Unreachable("cancelled"), 0, null, 0) { GivenUp = true };

    public void Dispose()
    {
        if (buffer is null) return;
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
    }
}
