using Slotkeeper.Invalidation;

namespace Slotkeeper.Storage.Sqlite;

/// <summary>One process owns the file, so nobody else changes anything.</summary>
internal sealed class SingleNodeFeed(TimeProvider clock) : IChangeFeed
{
    public bool IsTrusted => true;

    public bool IsShared => false;

    public Task RunAsync(Func<Change, CancellationToken, Task> apply, Func<CancellationToken, Task> missed, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellationToken);
}
