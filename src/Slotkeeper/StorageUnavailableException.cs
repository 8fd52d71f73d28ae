namespace Slotkeeper;

/// <summary>
/// The database did not answer in time or is away. Thrown by every store, never swallowed: what was asked for did
/// not happen or is not known to have happened. Over HTTP it becomes 503 with <c>Retry-After</c>.
/// </summary>
public sealed class StorageUnavailableException : Exception
{
    public StorageUnavailableException()
    {
    }

    public StorageUnavailableException(string message) : base(message)
    {
    }

    public StorageUnavailableException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
