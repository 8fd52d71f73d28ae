using System.Globalization;
using Slotkeeper.Server.Cli;
using Xunit;

namespace Slotkeeper.Server.Tests.Cli;

/// <summary>
/// Help of the whole names every command; help of each command has a description, examples and every exit code; the version is
/// printed; the default is serving.
/// </summary>
public sealed class HelpTests
{
    private static readonly string[] Names = ["serve", "demo", "sandbox", "slots", "import", "export", "plan", "doctor"];

    public static TheoryData<string> Commands => [.. Names];

    [Fact]
    public async Task Help_of_the_program_names_every_command()
    {
        var run = await CliRun.Of("--help");
        Assert.Equal(0, run.Code);
        Assert.All(Names, name => Assert.Contains($"\n  {name}", run.Out, StringComparison.Ordinal));
        Assert.Contains("slotkeeper [command] [options]", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_of_a_command_shows_how_to_call_it_and_how_it_can_end(string name)
    {
        var run = await CliRun.Of(name, "--help");
        Assert.Equal(0, run.Code);
        Assert.Contains($"slotkeeper {name}", run.Out, StringComparison.Ordinal);
        var command = Command(name);
        Assert.NotEmpty(command.Examples);
        Assert.All(command.Examples, example => Assert.Contains($"  slotkeeper {example}", run.Out, StringComparison.Ordinal));
        Assert.Contains("Exit codes:", run.Out, StringComparison.Ordinal);
        Assert.All(command.ExitCodes, exit => Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"\n  {exit.Code,-4} {exit.Meaning}"), run.Out, StringComparison.Ordinal));
        // A server prints its log, which has a setting of its own.
        Assert.Equal(name != "serve", run.Out.Contains("--json", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_example_is_a_command_line_that_parses(string name)
    {
        var root = CommandLine.Root(Terminal.OfProcess(Slotkeeper.Testing.Databases.RealClock.Instance));
        Assert.All(Command(name).Examples, example => Assert.Empty(root.Parse(example.Split('|', '>')[0]).Errors));
    }

    [Fact]
    public void Nothing_at_all_means_serve()
    {
        var root = CommandLine.Root(Terminal.OfProcess(Slotkeeper.Testing.Databases.RealClock.Instance));
        Assert.Same(root.Parse("serve").Action, root.Parse("").Action);
        Assert.Empty(root.Parse("").Errors);
    }

    private static CliCommand Command(string name) =>
        CommandLine.Root(Terminal.OfProcess(Slotkeeper.Testing.Databases.RealClock.Instance)).Subcommands.OfType<CliCommand>().Single(command => command.Name == name);
}
