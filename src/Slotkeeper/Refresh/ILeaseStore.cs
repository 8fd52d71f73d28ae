using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>What became of an attempt to take a lease.</summary>
public abstract record LeaseOutcome
{
    private LeaseOutcome()
    {
    }

    /// <summary>It is ours until it expires or is released.</summary>
    public sealed record Acquired(FencingToken Token) : LeaseOutcome;

    /// <summary>Somebody else holds it.</summary>
    /// <param name="ExpiresIn">At most this long by the database's clock, unless it is renewed.</param>
    public sealed record Held(TimeSpan ExpiresIn) : LeaseOutcome;

    /// <summary>It is free, but was taken less than the asked interval ago: somebody has done this round's work.</summary>
    public sealed record TooSoon : LeaseOutcome;
}

/// <summary>
/// Leases by the database's clock: one row per name with holder, expiry and a token that grows with every holder. Not a session
/// lock: those neither exclude nor release reliably behind a connection pool.
/// </summary>
public interface ILeaseStore
{
    /// <summary>Takes a lease that is free or expired.</summary>
    /// <param name="name">Which.</param>
    /// <param name="holder">Who, for people.</param>
    /// <param name="duration">Until it expires, if it is not renewed.</param>
    /// <param name="notWithin">Only when it was last taken at least this long ago; zero for any time. A lease that expired unreleased may always be taken.</param>
    Task<LeaseOutcome> TryAcquireAsync(string name, string holder, TimeSpan duration, TimeSpan notWithin, CancellationToken cancellationToken);

    /// <returns>False when it is no longer ours: stop.</returns>
    Task<bool> RenewAsync(FencingToken token, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>Gives it back. Does nothing when it is no longer ours.</summary>
    Task ReleaseAsync(FencingToken token, CancellationToken cancellationToken);
}
