using System.Text.Json;

namespace Slotkeeper.Server.Cli.Transfer;

/// <summary>A line that the server did not take.</summary>
internal readonly record struct RejectedLine(long Line, string Code, string Detail);

/// <summary>What an import came to, over all its requests.</summary>
internal sealed class ImportTally
{
    public long Created { get; private set; }

    public long Updated { get; private set; }

    public long Unchanged { get; private set; }

    public List<RejectedLine> Rejected { get; } = [];

    public int Requests { get; private set; }

    public long Accepted => Created + Updated + Unchanged;

    /// <summary>Adds the server's answer to one chunk; its line numbers become those of the file.</summary>
    public void Add(TransferChunk chunk, JsonElement answer)
    {
        Requests++;
        Created += answer.GetProperty("created").GetInt64();
        Updated += answer.GetProperty("updated").GetInt64();
        Unchanged += answer.GetProperty("unchanged").GetInt64();
        foreach (var rejected in answer.GetProperty("rejected").EnumerateArray())
        {
            Rejected.Add(new RejectedLine(
                chunk.LineOfFile(rejected.GetProperty("line").GetInt64()),
                rejected.GetProperty("code").GetString() ?? "",
                rejected.GetProperty("detail").GetString() ?? ""));
        }
    }
}
