namespace Slotkeeper.Server.Cli.Transfer;

/// <summary>Reads a stream from its beginning although the first bytes were looked at, which a pipe does not allow.</summary>
internal sealed class PeekedStream(Stream source) : Stream
{
    private readonly byte[] head = new byte[256];
    private int length;
    private int read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The first byte that is neither blank nor part of a byte order mark; null when there is none.</summary>
    public async Task<byte?> FirstLetterAsync(CancellationToken cancellationToken)
    {
        length = await source.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        var text = head.AsSpan(0, length).TrimStart("\uFEFF \t\r\n"u8);
        return text.IsEmpty ? null : text[0];
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (read == length)
            return await source.ReadAsync(buffer, cancellationToken);
        var taken = Math.Min(buffer.Length, length - read);
        head.AsSpan(read, taken).CopyTo(buffer.Span);
        read += taken;
        return taken;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
