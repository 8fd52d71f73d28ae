using System.CommandLine;
using System.Globalization;
using Slotkeeper.Storage;
using Spectre.Console;

namespace Slotkeeper.Server.Cli.Doctor;

/// <summary>Looks at everything a server needs, and says what to do about what is wrong.</summary>
internal sealed class DoctorCommand : CliCommand
{
    private readonly Option<bool> open;

    public DoctorCommand(Terminal terminal) : base("doctor", "Check settings, data folder, database, clock, credentials and providers. Changes nothing.", terminal)
    {
        open = Adding(new Option<bool>("--open") { Description = "Open the database as a server's start does, which brings its schema up to date; needed to look into PostgreSQL." });
        AddJson();
    }

    public override IReadOnlyList<string> Examples => ["doctor", "doctor --open", "doctor --json"];

    public override IReadOnlyList<(int Code, string Meaning)> ExitCodes =>
    [
        (ExitCode.Done, "nothing is wrong"),
        (ExitCode.Failed, "something is wrong; the table says what to do"),
        (ExitCode.WrongUsage, "an option is wrong"),
        (ExitCode.Interrupted, "interrupted by Ctrl-C"),
    ];

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (settings, found) = SettingsChecks.Run(Terminal.Settings());
        var checks = new List<Check>(found);
        if (settings is not null)
        {
            var dataFolder = Terminal.Variable("SLOTKEEPER_DATA") ?? ServerSettings.DefaultDataFolder;
            var providers = new ProviderChecks(settings.Providers, Terminal.Clock).RunAsync(cancellationToken);
            if (!settings.Storage.IsPostgres)
                checks.Add(DataFolder(dataFolder));
            checks.AddRange(await new DatabaseChecks(settings.Storage, dataFolder, settings.MasterKey, settings.PreviousMasterKey, parsed.GetValue(open), Terminal.Clock).RunAsync(cancellationToken));
            checks.AddRange(await providers);
        }
        var isWell = checks.TrueForAll(check => check.Result != CheckResult.Wrong);
        if (parsed.GetValue(JsonOption!))
            Terminal.WriteJson(new { ok = isWell, checks = checks.Select(check => new { check.Name, result = Word(check.Result), check.Finding, check.Todo }) });
        else
            Print(checks);
        return isWell ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>Writes a file where the database would be, and takes it away again.</summary>
    private static Check DataFolder(string folder)
    {
        const string CheckName = "data folder";
        var path = Path.GetFullPath(folder);
        // One that is not there yet is made by the first start, in the nearest folder that is.
        var nearest = path;
        while (!Path.Exists(nearest) && Path.GetDirectoryName(nearest) is { } parent)
            nearest = parent;
        try
        {
            var probe = Path.Combine(nearest, $".slotkeeper-{Guid.NewGuid():N}");
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
                return Check.Ok(CheckName, nearest == path ? $"{path} can be written" : $"{path} can be made");
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException)
        {
            return Check.Wrong(CheckName, $"{path} cannot be written: {refusal.Message}", "Give this user the right to write there, or set SLOTKEEPER_DATA to another folder.");
        }
    }

    private static string Word(CheckResult result) => result switch
    {
        CheckResult.Ok => "ok",
        CheckResult.Note => "note",
        _ => "wrong",
    };

    private void Print(List<Check> checks)
    {
        if (Terminal.IsOutputInteractive)
            Terminal.Styled.Write(Table(checks));
        else
            PrintLines(checks);
        var wrong = checks.Count(check => check.Result == CheckResult.Wrong);
        Terminal.Out.WriteLine(wrong == 0 ? "Nothing is wrong." : string.Create(CultureInfo.InvariantCulture, $"{wrong} of {checks.Count} checks found something wrong."));
    }

    private static Table Table(List<Check> checks)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("check", "result", "finding", "what to do");
        foreach (var check in checks)
        {
            var colour = check.Result switch { CheckResult.Ok => "green", CheckResult.Note => "yellow", _ => "red" };
            table.AddRow(Markup.Escape(check.Name), $"[{colour}]{Word(check.Result)}[/]", Markup.Escape(check.Finding), Markup.Escape(check.Todo ?? ""));
        }
        return table;
    }

    /// <summary>A table that fits long advice would be wider than any log.</summary>
    private void PrintLines(List<Check> checks)
    {
        var width = checks.Max(check => check.Name.Length);
        foreach (var check in checks)
        {
            Terminal.Out.WriteLine($"{Word(check.Result),-5}  {check.Name.PadRight(width)}  {check.Finding}");
            if (check.Todo is { } todo)
                Terminal.Out.WriteLine($"{"",-5}  {"".PadRight(width)}  -> {todo}");
        }
    }
}
