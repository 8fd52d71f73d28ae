using System.CommandLine;
using System.Globalization;
using Slotkeeper.Audit;
using Slotkeeper.Storage;

namespace Slotkeeper.Server.Cli.Audit;

/// <summary>Looks through the audit in the database itself, with a server beside it or without.</summary>
internal sealed class AuditVerifyCommand : CliCommand
{
    private readonly Option<string?> agency;

    public AuditVerifyCommand(Terminal terminal) : base(
        "verify", "Look for audit records that were edited, removed, put in or exchanged, in the database that DATABASE_URL or SLOTKEEPER_DATA names. Changes nothing; a server may run.", terminal)
    {
        agency = Adding(OptionOf.Text("--agency", "id", $"Only this agency's records; \"{AuditPlace.Installation}\" for those of no agency."));
        AddJson();
    }

    public override IReadOnlyList<string> Examples => ["audit verify", "audit verify --agency agy_123 --json"];

    public override IReadOnlyList<(int Code, string Meaning)> ExitCodes =>
    [
        (ExitCode.Done, "every record is as it was written, and none is missing"),
        (ExitCode.Failed, "something was tampered with: the output says where; or there is no audit to look at"),
        (ExitCode.WrongUsage, "an option or a setting is wrong"),
        (ExitCode.NotReachable, "the database does not answer"),
        (ExitCode.Interrupted, "interrupted by Ctrl-C"),
    ];

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = Settings();
        var file = Path.GetFullPath(Path.Combine(Terminal.Variable("SLOTKEEPER_DATA") ?? ServerSettings.DefaultDataFolder, StorageSettings.SqliteFileName));
        if (!settings.Storage.IsPostgres && !File.Exists(file))
            throw new CliException(ExitCode.Failed, "no_audit", $"There is no database at {file}. Set SLOTKEEPER_DATA or DATABASE_URL as the server has it.");
        await using var storage = Composition.Storage(settings.Storage, Terminal.Clock);
        storage.OpenToLook();
        if (!await storage.Audit.ExistsAsync(cancellationToken))
            throw new CliException(ExitCode.Failed, "no_audit", $"The database keeps no audit yet ({settings.Storage.Description}): the next start of the server begins it.");
        var only = parsed.GetValue(agency);
        var reports = new List<ChainReport>();
        await foreach (var report in storage.Audit.VerifyAsync(only, Terminal.IsErrorInteractive ? Show : null, cancellationToken))
            reports.Add(report);
        if (Terminal.IsErrorInteractive)
            await Terminal.Error.WriteAsync("\r" + new string(' ', 40) + "\r");
        if (only is not null && reports.Count == 0)
            throw new CliException(ExitCode.Failed, "no_audit", $"The database has no agency {only} and no records of one.");
        var isSound = reports.TrueForAll(report => report.Faults.Count == 0);
        if (parsed.GetValue(JsonOption!))
            Terminal.WriteJson(new { ok = isSound, chains = reports.Select(ForPrograms) });
        else
            Print(reports);
        return isSound ? ExitCode.Done : ExitCode.Failed;
    }

    private static object ForPrograms(ChainReport report) => new
    {
        report.AgencyId, report.Sequence, hash = Convert.ToHexStringLower(report.Hash), report.PrunedThrough, report.Checked,
        faults = report.Faults.Select(fault => new { fault.Sequence, fault.Code, fault.Detail }),
    };

    private ServerSettings Settings()
    {
        try
        {
            return ServerSettings.Read(Terminal.Settings());
        }
        catch (SettingsException faults)
        {
            throw new CliException(ExitCode.WrongUsage, "wrong_setting", faults.Message);
        }
    }

    private void Show(long looked) => Terminal.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{looked:N0} records looked at"));

    private void Print(List<ChainReport> reports)
    {
        foreach (var report in reports)
        {
            foreach (var fault in report.Faults)
                Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.AgencyId ?? AuditPlace.Installation}, record {fault.Sequence}: {fault.Detail}"));
            if (report.Faults.Count == IAuditStore.MostFaults)
                Terminal.Out.WriteLine($"{report.AgencyId ?? AuditPlace.Installation}: more is wrong from there on.");
        }
        var broken = reports.Count(report => report.Faults.Count > 0);
        var looked = string.Create(CultureInfo.InvariantCulture, $"{reports.Sum(report => report.Checked):N0} records in {reports.Count:N0} chains");
        Terminal.Out.WriteLine(broken == 0 ? $"{looked}: all as they were written." : string.Create(CultureInfo.InvariantCulture, $"{looked}: {broken:N0} of the chains were tampered with."));
    }
}
