namespace Slotkeeper.Server.Cli;

/// <summary>Ends a command with a message for the person who typed it, and no stack trace.</summary>
internal sealed class CliException(int exitCode, string code, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>Stable, snake_case, for <c>--json</c>.</summary>
    public string Code { get; } = code;

    public static CliException WrongUsage(string message) => new(Cli.ExitCode.WrongUsage, "wrong_usage", message);
}
