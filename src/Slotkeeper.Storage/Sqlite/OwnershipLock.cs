using System.Globalization;

namespace Slotkeeper.Storage.Sqlite;

/// <summary>
/// Makes one process the owner of a database file. The operating system gives the lock back when the process ends, however it
/// ends. The owner's number stands in a second file because the locked one cannot be read by others.
/// </summary>
internal sealed class OwnershipLock : IDisposable
{
    private readonly FileStream locked;

    private OwnershipLock(FileStream locked) => this.locked = locked;

    /// <exception cref="StorageSetupException">Another process has it, or nobody can own it safely there.</exception>
    public static OwnershipLock Take(string databasePath)
    {
        var folder = Path.GetDirectoryName(databasePath)!;
        var lockPath = databasePath + ".lock";
        var ownerPath = databasePath + ".owner";
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException)
        {
            throw new StorageSetupException($"The data folder {folder} cannot be made: {refusal.Message}", refusal);
        }
        if (IsNetworkFolder(folder))
            throw new StorageSetupException(
                $"The data folder {folder} lies on a network file system, where SQLite's locks cannot be relied on. Use a local folder, or PostgreSQL by DATABASE_URL.");
        FileStream file;
        try
        {
            file = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException refusal)
        {
            throw new StorageSetupException($"The file {lockPath} cannot be written: {refusal.Message}", refusal);
        }
        catch (IOException refusal)
        {
            throw new StorageSetupException(
                $"The database file {databasePath} is in use by {Owner(ownerPath)}, and only one process can own it. End that process first, give this one its own data folder, or use PostgreSQL by DATABASE_URL.",
                refusal);
        }
        File.WriteAllText(ownerPath, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new OwnershipLock(file);
    }

    public void Dispose() => locked.Dispose();

    private static string Owner(string ownerPath)
    {
        try
        {
            return $"process {File.ReadAllText(ownerPath).Trim()}";
        }
        catch (IOException)
        {
            return "another process";
        }
    }

    private static bool IsNetworkFolder(string folder)
    {
        try
        {
            return new DriveInfo(folder).DriveType == DriveType.Network;
        }
        catch (Exception unknown) when (unknown is ArgumentException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
