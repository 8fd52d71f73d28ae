using System.CommandLine;

namespace Slotkeeper.Server.Cli;

/// <summary>A command with what its help shows beside its options. One class per command.</summary>
internal abstract class CliCommand : Command
{
    protected CliCommand(string name, string description, Terminal terminal) : base(name, description)
    {
        Terminal = terminal;
        SetAction(BeginAsync);
    }

    /// <summary>Lines that can be copied, without the program's name.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>Every code the command can end with, and what it means here.</summary>
    public abstract IReadOnlyList<(int Code, string Meaning)> ExitCodes { get; }

    /// <summary>Set where output for programs is offered.</summary>
    public Option<bool>? JsonOption { get; private set; }

    protected Terminal Terminal { get; }

    protected abstract Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken);

    protected Option<bool> AddJson(string description = "Print JSON instead of text.")
    {
        JsonOption = new Option<bool>("--json") { Description = description };
        Add(JsonOption);
        return JsonOption;
    }

    protected T Adding<T>(T option) where T : Option
    {
        Add(option);
        return option;
    }

    private async Task<int> BeginAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // Ctrl-C is listened to once this has returned; a start that never waits would print its address before that.
        await Task.Yield();
        return await RunAsync(parsed, cancellationToken);
    }
}
