namespace Slotkeeper.Invalidation;

/// <summary>What kind of thing changed.</summary>
public enum ChangeKind
{
    /// <summary>Availability of a calendar: its epoch, snapshot, claims or settings.</summary>
    Calendar,
    Workspace,
    Agency,
    Connection,
    Key,
}

/// <summary>One change that another node made.</summary>
/// <param name="Kind">Of what.</param>
/// <param name="Id">Which.</param>
/// <param name="Epoch">The calendar's epoch after it; 0 where there is none.</param>
public readonly record struct Change(ChangeKind Kind, string Id, long Epoch);

/// <summary>
/// Changes made by other nodes, as they are committed. A node's own changes do not come back to it. Stores write to it in the
/// transaction of the change.
/// </summary>
public interface IChangeFeed
{
    /// <summary>
    /// Starts listening and calls <paramref name="apply"/> for each change in order. When changes may have been missed,
    /// <paramref name="missed"/> is called once the feed hears again, and <see cref="IsTrusted"/> is false in between.
    /// Runs until cancelled; a lost connection is taken up again by itself.
    /// </summary>
    Task RunAsync(Func<Change, CancellationToken, Task> apply, Func<CancellationToken, Task> missed, CancellationToken cancellationToken);

    /// <summary>Whether every change committed elsewhere reaches this node promptly. Always true where there is one node.</summary>
    bool IsTrusted { get; }

    /// <summary>Whether other nodes may write to the same database.</summary>
    bool IsShared { get; }
}
