namespace Slotkeeper.Storage;

/// <summary>
/// The database cannot be used as it is, and trying again will not help: somebody has to change a setting, a right or the
/// program's version. The message says what. Compare <see cref="StorageUnavailableException"/>, which passes by itself.
/// </summary>
public sealed class StorageSetupException : Exception
{
    public StorageSetupException()
    {
    }

    public StorageSetupException(string message) : base(message)
    {
    }

    public StorageSetupException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
