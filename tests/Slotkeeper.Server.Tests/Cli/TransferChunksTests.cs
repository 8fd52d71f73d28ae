using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Slotkeeper.Server.Cli.Transfer;
using Xunit;

namespace Slotkeeper.Server.Tests.Cli;

/// <summary>
/// Chunks put together are the file; none is larger than allowed; none ends inside a line or a quoted field; a line of a chunk is found
/// in the file; what fits in no chunk is named; a byte order mark is no content.
/// </summary>
public sealed class TransferChunksTests
{
    [Fact]
    public void Chunks_are_the_file_again_and_know_their_lines() =>
        Prop.ForAll(
            Gen.Choose(0, 40).ListOf().SelectMany(lengths => Gen.Choose(45, 200).Select(most => (lengths, most))).ToArbitrary(),
            one =>
            {
                var lines = one.lengths.Select((length, index) => $"{index}:" + new string('x', length)).ToList();
                var chunks = Read(string.Concat(lines.Select(line => line + "\n")), isCsv: false, one.most);
                var together = string.Concat(chunks.Select(chunk => Text(chunk)));
                return together == string.Concat(lines.Select(line => line + "\n"))
                    && chunks.TrueForAll(chunk => chunk.Body.Length <= one.most)
                    && chunks.TrueForAll(chunk => Text(chunk).Split('\n').Index().SkipLast(1)
                        .All(line => lines[(int)chunk.LineOfFile(line.Index + 1) - 1] == line.Item));
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_header_of_CSV_stands_before_every_chunk()
    {
        var chunks = Read("ref,name\na,1\nb,2\nc,3\n", isCsv: true, 18);
        Assert.Equal(["ref,name\na,1\nb,2\n", "ref,name\nc,3\n"], chunks.Select(Text));
        Assert.Equal([1, 2, 3], new[] { 1L, 2, 3 }.Select(chunks[0].LineOfFile));
        Assert.Equal(4, chunks[1].LineOfFile(2));
    }

    [Fact]
    public void A_quoted_line_break_is_not_the_end_of_a_record()
    {
        var chunks = Read("ref,name\na,\"one\ntwo \"\"x\"\"\n\"\nb,2\n", isCsv: true, 30);
        Assert.Equal(["ref,name\na,\"one\ntwo \"\"x\"\"\n\"\n", "ref,name\nb,2\n"], chunks.Select(Text));
        Assert.Equal(5, chunks[1].LineOfFile(2));
    }

    [Fact]
    public void A_line_that_fits_in_no_chunk_is_named_and_the_others_go_on()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes($"a\n{new string('x', 100)}\nb\n"));
        var source = new TransferChunks(stream, isCsv: false, 50);
        var chunks = source.ReadAsync(TestContext.Current.CancellationToken).ToBlockingEnumerable(TestContext.Current.CancellationToken).ToList();
        Assert.Equal(["a\n", "b\n"], chunks.Select(Text));
        Assert.Equal(3, chunks[1].LineOfFile(1));
        Assert.Equal([2], source.TooLong);
    }

    [Theory]
    [InlineData("\uFEFFa\nb", "a\nb\n")]
    [InlineData("a\r\nb\r\n", "a\r\nb\r\n")]
    [InlineData("\uFEFF", "")]
    [InlineData("", "")]
    [InlineData("\n\n", "\n\n")]
    public void Marks_and_missing_line_ends_do_no_harm(string file, string sent) =>
        Assert.Equal(sent, string.Concat(Read(file, isCsv: false, 1000).Select(Text)));

    private static List<TransferChunk> Read(string file, bool isCsv, int most)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(file));
        return [.. new TransferChunks(stream, isCsv, most).ReadAsync(CancellationToken.None).ToBlockingEnumerable(CancellationToken.None)];
    }

    private static string Text(TransferChunk chunk) => Encoding.UTF8.GetString(chunk.Body.Span);
}
