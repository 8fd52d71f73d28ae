using System.CommandLine;
using System.Globalization;

namespace Slotkeeper.Server.Cli.Transfer;

/// <summary>Writes the workspaces of a running server into a file that <see cref="ImportCommand"/> reads.</summary>
internal sealed class ExportCommand : CliCommand
{
    private readonly Option<string?> server;
    private readonly Option<string?> key;
    private readonly Option<string?> agency;
    private readonly Option<string?> format;
    private readonly Option<string?> output;

    public ExportCommand(Terminal terminal) : base("export", "Write the workspaces of a running server, with their calendars, to a file or standard output.", terminal)
    {
        server = Adding(RunningServer.UrlOption());
        key = Adding(RunningServer.KeyOption());
        agency = Adding(OptionOf.Text("--agency", "id", "Only this agency; an admin key exports all otherwise."));
        format = Adding(OptionOf.Word("--format", TransferFormat.All, $"Default: by the name of --output, else {TransferFormat.Ndjson}."));
        output = Adding(OptionOf.Text("--output", "file", "File to write; replaced only when the export is complete. Default: standard output."));
        AddJson("Print what was written as JSON; goes with --output.");
    }

    public override IReadOnlyList<string> Examples =>
    [
        "export > workspaces.ndjson",
        "export --agency agy_... --output workspaces.csv",
    ];

    public override IReadOnlyList<(int Code, string Meaning)> ExitCodes =>
    [
        (ExitCode.Done, "everything was written"),
        (ExitCode.Failed, "the server refuses (key, agency), or the file cannot be written"),
        (ExitCode.WrongUsage, "an option is wrong"),
        (ExitCode.NotReachable, "the server does not answer, or the answer broke off"),
        (ExitCode.Interrupted, "interrupted by Ctrl-C; the file is as it was"),
    ];

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = parsed.GetValue(output);
        var json = parsed.GetValue(JsonOption!);
        if (json && path is null)
            throw CliException.WrongUsage("--json goes with --output: without it the export itself is what is printed.");
        using var source = RunningServer.Of(parsed.GetValue(server), parsed.GetValue(key), Terminal);
        var chosen = parsed.GetValue(format) ?? (path is null ? null : TransferFormat.OfFile(path)) ?? TransferFormat.Ndjson;
        var query = $"v1/export?format={chosen}" + (parsed.GetValue(agency) is { } id ? $"&agencyId={Uri.EscapeDataString(id)}" : "");
        using var response = await source.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, new Uri(query, UriKind.Relative)), cancellationToken);

        if (path is null)
        {
            await using var standard = Terminal.OpenOutput();
            await CopyAsync(source, response, standard, cancellationToken);
            return ExitCode.Done;
        }
        var bytes = await WriteFileAsync(source, response, path, cancellationToken);
        if (json)
            Terminal.WriteJson(new { file = Path.GetFullPath(path), format = chosen, bytes });
        else
            await Terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes of {chosen} in {path}"));
        return ExitCode.Done;
    }

    private static async Task<long> WriteFileAsync(RunningServer source, HttpResponseMessage response, string path, CancellationToken cancellationToken)
    {
        var partial = path + ".partial";
        try
        {
            long bytes;
            await using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous))
            {
                await CopyAsync(source, response, file, cancellationToken);
                bytes = file.Length;
            }
            File.Move(partial, path, overwrite: true);
            return bytes;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            File.Delete(partial);
            throw new CliException(ExitCode.Failed, "file_not_written", $"--output is \"{path}\", which cannot be written: {fault.Message}");
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static async Task CopyAsync(RunningServer source, HttpResponseMessage response, Stream target, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[64 * 1024];
        while (true)
        {
            int read;
            try
            {
                read = await body.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException)
            {
                throw source.NotReachable("the answer broke off");
            }
            if (read == 0)
                break;
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
        await target.FlushAsync(cancellationToken);
    }
}
