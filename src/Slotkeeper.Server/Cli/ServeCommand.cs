using System.CommandLine;

namespace Slotkeeper.Server.Cli;

/// <summary>The server, until it is told to stop. Its settings come from the environment.</summary>
internal sealed class ServeCommand(Terminal terminal)
    : CliCommand("serve", "Start the server (also without any command). Settings come from the environment; `doctor` checks them.", terminal)
{
    public override IReadOnlyList<string> Examples => ["serve", "serve --help"];

    public override IReadOnlyList<(int Code, string Meaning)> ExitCodes =>
    [
        (Server.ExitCodes.Ok, "stopped by Ctrl-C or SIGTERM"),
        (Server.ExitCodes.Unexpected, "something unforeseen; the log has it"),
        (Server.ExitCodes.Settings, "a setting is wrong; the message names it, its value and the range"),
        (Server.ExitCodes.Storage, "the database cannot be used: another process owns the file, or a right is missing"),
        (Server.ExitCodes.MasterKey, "SLOTKEEPER_MASTER_KEY does not open the stored credentials"),
        (Server.ExitCodes.Listen, "the address in ASPNETCORE_URLS is taken or not allowed"),
        (ExitCode.Interrupted, "interrupted while it was still starting"),
    ];

    protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        ServerSettings settings;
        try
        {
            settings = ServerSettings.Read(Terminal.Settings());
        }
        catch (SettingsException faults)
        {
            throw new CliException(Server.ExitCodes.Settings, "wrong_setting", faults.Message);
        }
        var overrides = new CompositionOverrides { Clock = Terminal.Clock, Output = Terminal.Out, HandleSignals = false };
        return Server.ServeCommand.RunAsync(settings, overrides, cancellationToken);
    }
}
