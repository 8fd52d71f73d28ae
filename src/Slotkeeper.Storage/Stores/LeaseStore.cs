using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>A lease without an expiry was released; one that is past its expiry was left behind by a holder that died.</summary>
internal sealed class LeaseStore(Database database) : ILeaseStore
{
    public Task<LeaseOutcome> TryAcquireAsync(
        string name, string holder, TimeSpan duration, TimeSpan notWithin, CancellationToken cancellationToken) =>
        database.WriteForAllAsync<LeaseOutcome>(
            async session =>
            {
                // One statement: PostgreSQL tests the condition again on the newest row once it has its lock.
                var token = await session.NumberAsync(
                    """
                    INSERT INTO leases (name, holder, token, taken_at, expires_at)
                    VALUES (@name, @holder, 1, {now}, {now} + @duration)
                    ON CONFLICT (name) DO UPDATE
                    SET holder = @holder, token = leases.token + 1, taken_at = {now}, expires_at = {now} + @duration
                    WHERE leases.expires_at <= {now} OR (leases.expires_at IS NULL AND leases.taken_at + @pause <= {now})
                    RETURNING token
                    """,
                    ("name", name), ("holder", holder), ("duration", duration), ("pause", notWithin));
                if (token is not null)
                    return new LeaseOutcome.Acquired(new FencingToken(name, token.Value));
                var left = await session.NumberAsync(
                    "SELECT expires_at - {now} FROM leases WHERE name = @name AND expires_at IS NOT NULL", ("name", name));
                return left is null
                    ? new LeaseOutcome.TooSoon()
                    : new LeaseOutcome.Held(TimeSpan.FromMicroseconds(Math.Max(0, left.Value)));
            },
            cancellationToken);

    public Task<bool> RenewAsync(FencingToken token, TimeSpan duration, CancellationToken cancellationToken) =>
        SetExpiryAsync("{now} + @duration", token, duration, cancellationToken);

    public Task ReleaseAsync(FencingToken token, CancellationToken cancellationToken) =>
        SetExpiryAsync("NULL", token, TimeSpan.Zero, cancellationToken);

    private Task<bool> SetExpiryAsync(string expiry, FencingToken token, TimeSpan duration, CancellationToken cancellationToken) =>
        database.WriteForAllAsync(
            async session => await session.ExecuteAsync(
                $"UPDATE leases SET expires_at = {expiry} WHERE name = @name AND token = @token AND expires_at > {{now}}",
                ("name", token.Lease), ("token", token.Token), ("duration", duration)) > 0,
            cancellationToken);
}
