namespace Slotkeeper.Server;

/// <summary>What the process ends with, so that whoever started it can tell what to change.</summary>
public static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>Something unforeseen; the log has it.</summary>
    public const int Unexpected = 1;

    /// <summary>A setting is missing, malformed or out of range.</summary>
    public const int Settings = 2;

    /// <summary>The database cannot be used as it is: another process owns the file, or a right or an extension is missing.</summary>
    public const int Storage = 3;

    /// <summary>Stored credentials cannot be opened with the master key.</summary>
    public const int MasterKey = 4;

    /// <summary>The address to listen on is taken or not allowed.</summary>
    public const int Listen = 5;
}
