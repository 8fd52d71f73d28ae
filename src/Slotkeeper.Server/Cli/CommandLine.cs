using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Slotkeeper.Storage;

namespace Slotkeeper.Server.Cli;

/// <summary>The program's commands, and the one place where what they end with becomes text and an exit code.</summary>
internal static class CommandLine
{
    public const string Program = "slotkeeper";

    /// <summary>How long a command may take to end after Ctrl-C.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(40);

    public static Task<int> RunAsync(IReadOnlyList<string> arguments, TimeProvider clock) =>
        RunAsync(arguments, Terminal.OfProcess(clock), CancellationToken.None);

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        var root = Root(terminal);
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            foreach (var fault in parsed.Errors.Select(error => error.Message).Distinct(StringComparer.Ordinal))
                await terminal.Error.WriteLineAsync(fault);
            await terminal.Error.WriteLineAsync($"Try: {PathOf(parsed.CommandResult)} --help");
            return ExitCode.WrongUsage;
        }

        var wantsJson = parsed.CommandResult.Command is CliCommand { JsonOption: { } json } && parsed.GetValue(json);
        try
        {
            var configuration = new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = Farewell,
            };
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (CliException refusal)
        {
            return Report(terminal, wantsJson, refusal.ExitCode, refusal.Code, refusal.Message);
        }
        catch (StorageSetupException refusal)
        {
            return Report(terminal, wantsJson, ExitCode.Failed, "database_unusable", refusal.Message);
        }
        catch (StorageUnavailableException refusal)
        {
            return Report(terminal, wantsJson, ExitCode.NotReachable, "database_unavailable", refusal.Message);
        }
        catch (OperationCanceledException)
        {
            return Report(terminal, wantsJson, ExitCode.Interrupted, "interrupted", "Interrupted.");
        }
    }

    public static RootCommand Root(Terminal terminal)
    {
        var serve = new ServeCommand(terminal);
        CliCommand[] commands =
        [
            serve,
            new Demo.DemoCommand(terminal),
            new SandboxCommand(terminal),
            new Slots.SlotsCommand(terminal),
            new Transfer.ImportCommand(terminal),
            new Transfer.ExportCommand(terminal),
            new Mcp.McpCommand(terminal),
            new Plan.PlanCommand(terminal),
            new Doctor.DoctorCommand(terminal),
        ];
        var root = new RootCommand("Slotkeeper keeps bookable times true, and books each of them once. Without a command it serves.") { HelpName = Program };
        foreach (var command in commands)
            root.Add(command);
        root.Add(new Audit.AuditCommand(terminal));
        root.Action = serve.Action;
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new FullHelp((HelpAction)help.Action!, terminal.Width);
        return root;
    }

    /// <summary>The command with those it belongs to.</summary>
    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : Program;

    private static int Report(Terminal terminal, bool json, int exitCode, string code, string message)
    {
        if (json)
            terminal.WriteJson(new { error = new { code, message } });
        else
            terminal.Error.WriteLine(message);
        return exitCode;
    }

    /// <summary>The generated help, then examples and exit codes.</summary>
    private sealed class FullHelp(HelpAction generated, int width) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            generated.MaxWidth = width;
            var code = generated.Invoke(parseResult);
            var text = parseResult.InvocationConfiguration.Output;
            if (parseResult.CommandResult.Command is not CliCommand command)
            {
                text.WriteLine($"Each command's own help has examples and exit codes: {Program} <command> --help");
                return code;
            }
            text.WriteLine("Examples:");
            foreach (var example in command.Examples)
                text.WriteLine($"  {Program} {example}");
            text.WriteLine();
            text.WriteLine("Exit codes:");
            foreach (var (exit, meaning) in command.ExitCodes)
                text.WriteLine($"  {exit,-4} {meaning}");
            text.WriteLine();
            return code;
        }
    }
}
