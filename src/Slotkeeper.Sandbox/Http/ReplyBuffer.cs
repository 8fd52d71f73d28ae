using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Slotkeeper.Sandbox.Http;

/// <summary>A growing UTF-8 buffer that is reused from answer to answer.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "It is a buffer first; being a buffer writer lets the JSON writer use it.")]
internal sealed class ReplyBuffer : IBufferWriter<byte>
{
    // A buffer that had to hold something huge is not kept.
    private const int LargestKept = 1 << 20;

    private byte[] bytes = new byte[64 * 1024];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => bytes.AsSpan(0, Length);

    public void Clear()
    {
        Length = 0;
        if (bytes.Length > LargestKept)
            bytes = new byte[64 * 1024];
    }

    public void Truncate(int length) => Length = length;

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(1, sizeHint));
        return bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(1, sizeHint));
        return bytes.AsSpan(Length);
    }

    public void Add(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(bytes.AsSpan(Length));
        Length += text.Length;
    }

    public void Add(byte value)
    {
        Reserve(1);
        bytes[Length++] = value;
    }

    public void Add(long number)
    {
        Reserve(20);
        Utf8Formatter.TryFormat(number, bytes.AsSpan(Length), out var written);
        Length += written;
    }

    /// <summary>Text that is known to need no escaping in JSON.</summary>
    public void AddPlain(ReadOnlySpan<char> text)
    {
        Reserve(text.Length * 3);
        Length += System.Text.Encoding.UTF8.GetBytes(text, bytes.AsSpan(Length));
    }

    /// <summary>Takes back a comma that turned out to be the last.</summary>
    public void DropTrailing(byte value)
    {
        if (Length > 0 && bytes[Length - 1] == value)
            Length--;
    }

    private void Reserve(int count)
    {
        if (bytes.Length - Length < count)
            Array.Resize(ref bytes, Math.Max(bytes.Length * 2, Length + count));
    }
}
