namespace Slotkeeper.Server.Cli;

/// <summary>What a command ends with. Each command's help lists the ones it can end with and what they mean there.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The answer is no, or what was asked for cannot be done.</summary>
    public const int Failed = 1;

    /// <summary>An option or a setting is wrong; the message names it.</summary>
    public const int WrongUsage = 2;

    /// <summary>Somebody else does not answer or asks for a pause: trying again later may help.</summary>
    public const int NotReachable = 3;

    /// <summary>Done, but not all of it; the output says what is missing.</summary>
    public const int PartlyDone = 4;

    /// <summary>Ctrl-C ended it before it was done. The number that shells use for it.</summary>
    public const int Interrupted = 130;
}
