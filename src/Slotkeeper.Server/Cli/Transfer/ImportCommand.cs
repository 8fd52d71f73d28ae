using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Slotkeeper.Server.Cli.Transfer;

/// <summary>Sends a file of workspaces to a running server.</summary>
internal sealed class ImportCommand : CliCommand
{
    private readonly Argument<string> file = new("file") { Description = "NDJSON or CSV, one workspace a line; - reads standard input." };
    private readonly Option<string?> server;
    private readonly Option<string?> key;
    private readonly Option<string?> agency;
    private readonly Option<string?> format;

    public ImportCommand(Terminal terminal)
        : base("import", "Create and update workspaces with their calendars from a file, on a running server. Repeatable.", terminal)
    {
        Add(file);
        server = Adding(RunningServer.UrlOption());
        key = Adding(RunningServer.KeyOption());
        agency = Adding(OptionOf.Text("--agency", "id", "Agency to import into; needed with an admin key where the lines name none."));
        format = Adding(OptionOf.Word("--format", TransferFormat.All, "Default: by the name of the file, else by its first character."));
        AddJson();
    }

    public override IReadOnlyList<string> Examples =>
    [
        "import workspaces.csv --agency agy_...",
        "import workspaces.ndjson --server https://slots.example.com --json",
        "export | slotkeeper import - --server http://127.0.0.1:5081 --key $OTHER_KEY --format ndjson",
    ];

    public override IReadOnlyList<(int Code, string Meaning)> ExitCodes =>
    [
        (ExitCode.Done, "every line was taken over, or was so already"),
        (ExitCode.Failed, "the server refuses (key, agency, format), or rejected every line"),
        (ExitCode.WrongUsage, "an option or the file is wrong"),
        (ExitCode.NotReachable, "the server does not answer or stays busy; running the same command again is safe"),
        (ExitCode.PartlyDone, "some lines were rejected; each is printed with its line number"),
        (ExitCode.Interrupted, "interrupted by Ctrl-C; running the same command again is safe"),
    ];

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var target = RunningServer.Of(parsed.GetValue(server), parsed.GetValue(key), Terminal);
        var path = parsed.GetRequiredValue(file);
        await using var opened = Open(path);
        var (source, chosen) = await FormatAsync(opened, path, parsed.GetValue(format), cancellationToken);
        var chunks = new TransferChunks(source, chosen == TransferFormat.Csv, TransferChunks.UsualBytes);
        var tally = new ImportTally();
        var progress = new ImportProgress(Terminal, opened);
        try
        {
            await foreach (var chunk in chunks.ReadAsync(cancellationToken))
            {
                await SendAsync(target, chunk, chosen, parsed.GetValue(agency), tally, cancellationToken);
                progress.Show(tally);
            }
        }
        catch (CliException refusal) when (tally.Requests > 0)
        {
            throw new CliException(refusal.ExitCode, refusal.Code, $"{refusal.Message}{Environment.NewLine}Before that, {tally.Accepted} lines were taken over. Running the same command again is safe.");
        }
        finally
        {
            progress.Clear();
        }
        tally.Rejected.AddRange(chunks.TooLong.Select(line => new RejectedLine(line, "line_too_long", $"The line is longer than {TransferChunks.UsualBytes} bytes.")));
        tally.Rejected.Sort(static (one, other) => one.Line.CompareTo(other.Line));
        Print(tally, parsed.GetValue(JsonOption!));
        return tally.Rejected.Count == 0 ? ExitCode.Done : tally.Accepted == 0 ? ExitCode.Failed : ExitCode.PartlyDone;
    }

    private static async Task SendAsync(RunningServer target, TransferChunk chunk, string format, string? agencyId, ImportTally tally, CancellationToken cancellationToken)
    {
        var path = agencyId is null ? "v1/import" : $"v1/import?agencyId={Uri.EscapeDataString(agencyId)}";
        using var response = await target.SendAsync(Request, cancellationToken);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            using var answer = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            tally.Add(chunk, answer.RootElement);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new CliException(ExitCode.Failed, "not_slotkeeper", $"{target.Address} answered with something that is not Slotkeeper's answer to an import. Is --server its address?");
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw target.NotReachable(fault.Message);
        }

        HttpRequestMessage Request()
        {
            var message = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = new ReadOnlyMemoryContent(chunk.Body) };
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(TransferFormat.MediaType(format)) { CharSet = "utf-8" };
            return message;
        }
    }

    private static async Task<(Stream Source, string Format)> FormatAsync(Stream opened, string path, string? typed, CancellationToken cancellationToken)
    {
        if ((typed ?? TransferFormat.OfFile(path)) is { } known)
            return (opened, known);
        // Neither option nor name says it: an object begins with a brace, a header of CSV never does.
        var peeked = new PeekedStream(opened);
        return (peeked, await peeked.FirstLetterAsync(cancellationToken) == (byte)'{' ? TransferFormat.Ndjson : TransferFormat.Csv);
    }

    private Stream Open(string path)
    {
        if (path == "-")
            return Terminal.OpenInput();
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CliException.WrongUsage($"<file> is \"{path}\", which cannot be read: {fault.Message}");
        }
    }

    private void Print(ImportTally tally, bool json)
    {
        if (json)
        {
            Terminal.WriteJson(new { tally.Created, tally.Updated, tally.Unchanged, rejected = tally.Rejected });
            return;
        }
        foreach (var (line, code, detail) in tally.Rejected)
            Terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"line {line}: {code}: {detail}"));
        Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{tally.Created} created, {tally.Updated} updated, {tally.Unchanged} unchanged, {tally.Rejected.Count} rejected"));
    }
}
