namespace Slotkeeper.Server.Cli.Transfer;

/// <summary>The two formats of workspaces in files.</summary>
internal static class TransferFormat
{
    public const string Ndjson = "ndjson";
    public const string Csv = "csv";

    public static readonly IReadOnlyList<string> All = [Ndjson, Csv];

    public static string MediaType(string format) => format == Csv ? "text/csv" : "application/x-ndjson";

    /// <summary>What the name of a file says; null when it says nothing.</summary>
    public static string? OfFile(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".CSV" => Csv,
        ".NDJSON" or ".JSONL" or ".JSON" => Ndjson,
        _ => null,
    };
}
