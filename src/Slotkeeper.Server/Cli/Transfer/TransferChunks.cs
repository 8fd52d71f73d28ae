using System.Buffers;

namespace Slotkeeper.Server.Cli.Transfer;

/// <summary>A part of a file that one request can carry.</summary>
/// <param name="Body">Whole lines; for CSV with the file's header before them.</param>
/// <param name="HeaderLines">Lines of <paramref name="Body"/> that are the repeated header.</param>
/// <param name="FirstLine">Line of the file, from 1, where the lines after the header come from.</param>
/// <param name="Lines">How many those are.</param>
internal sealed record TransferChunk(ReadOnlyMemory<byte> Body, int HeaderLines, long FirstLine, int Lines)
{
    /// <summary>The line of the file that a line of the body is.</summary>
    public long LineOfFile(long lineOfBody) => lineOfBody <= HeaderLines ? lineOfBody : FirstLine + (lineOfBody - HeaderLines - 1);
}

/// <summary>Cuts a file into requests at the ends of lines, never inside a quoted CSV field.</summary>
internal sealed class TransferChunks(Stream source, bool isCsv, int mostBytes)
{
    /// <summary>Half of what the server takes: progress is seen more often, and a slow link still makes it in time.</summary>
    public const int UsualBytes = 512 * 1024;

    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    private readonly byte[] block = new byte[64 * 1024];
    private int blockLength;
    private int blockRead;
    private bool isFirst = true;

    /// <summary>Lines read so far.</summary>
    public long LinesRead { get; private set; }

    /// <summary>Lines that no request can carry.</summary>
    public List<long> TooLong { get; } = [];

    public async IAsyncEnumerable<TransferChunk> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var record = new ArrayBufferWriter<byte>(4096);
        var header = ReadOnlyMemory<byte>.Empty;
        var headerLines = 0;
        if (isCsv)
        {
            headerLines = await ReadRecordAsync(record, cancellationToken);
            if (headerLines == 0)
                yield break;
            header = record.WrittenMemory.ToArray();
        }

        var body = new ArrayBufferWriter<byte>(mostBytes);
        var firstLine = LinesRead + 1;
        var lines = 0;
        while (true)
        {
            var recordLine = LinesRead + 1;
            record.ResetWrittenCount();
            var recordLines = await ReadRecordAsync(record, cancellationToken);
            var isFull = body.WrittenCount > 0 && body.WrittenCount + record.WrittenCount > mostBytes;
            var isTooLong = header.Length + record.WrittenCount > mostBytes;
            if (lines > 0 && (recordLines == 0 || isFull || isTooLong))
            {
                yield return new TransferChunk(body.WrittenMemory, headerLines, firstLine, lines);
                body = new ArrayBufferWriter<byte>(mostBytes);
                lines = 0;
            }
            if (recordLines == 0)
                yield break;
            if (isTooLong)
            {
                TooLong.Add(recordLine);
                continue;
            }
            if (lines == 0)
            {
                firstLine = recordLine;
                body.Write(header.Span);
            }
            body.Write(record.WrittenSpan);
            lines += recordLines;
        }
    }

    /// <summary>One line, or for CSV as many lines as its quoted fields span, ending in a line feed.</summary>
    /// <returns>How many lines; 0 at the end.</returns>
    private async ValueTask<int> ReadRecordAsync(ArrayBufferWriter<byte> record, CancellationToken cancellationToken)
    {
        var lines = 0;
        var quotes = 0;
        while (true)
        {
            if (blockRead == blockLength)
            {
                blockLength = await source.ReadAtLeastAsync(block, isFirst ? ByteOrderMark.Length : 1, throwOnEndOfStream: false, cancellationToken);
                blockRead = isFirst && block.AsSpan(0, blockLength).StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
                isFirst = false;
                if (blockLength == blockRead)
                {
                    if (record.WrittenCount == 0)
                        return 0;
                    if (record.WrittenSpan[^1] != (byte)'\n')
                    {
                        record.Write("\n"u8);
                        lines++;
                        LinesRead++;
                    }
                    return lines;
                }
            }
            var rest = block.AsSpan(blockRead, blockLength - blockRead);
            var end = rest.IndexOf((byte)'\n');
            var taken = rest[..(end < 0 ? rest.Length : end + 1)];
            blockRead += taken.Length;
            record.Write(taken);
            if (isCsv)
                quotes += taken.Count((byte)'"');
            if (end < 0)
                continue;
            lines++;
            LinesRead++;
            if (quotes % 2 == 0)
                return lines;
        }
    }
}
