namespace Slotkeeper.Storage.Sql;

/// <summary>
/// Lets those who want times of one resource through one after the other, before they take a connection. The database would make them
/// wait for its lock all the same, but each on a connection, and a resource that hundreds want at once would leave none for the others.
/// Nothing is kept apart by this: that is the constraint's work, and other nodes have queues of their own.
/// </summary>
internal sealed class ResourceQueue
{
    private readonly SemaphoreSlim[] lanes = [.. Enumerable.Range(0, 256).Select(_ => new SemaphoreSlim(1))];

    public async Task<T> RunAsync<T>(string resourceId, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        var lane = lanes[unchecked((uint)StringComparer.Ordinal.GetHashCode(resourceId)) % (uint)lanes.Length];
        await lane.WaitAsync(cancellationToken);
        try
        {
            return await work();
        }
        finally
        {
            lane.Release();
        }
    }
}
