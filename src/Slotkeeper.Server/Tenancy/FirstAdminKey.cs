using Slotkeeper.Refresh;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Tenancy;

/// <summary>
/// Without <c>SLOTKEEPER_ADMIN_KEY</c>, the first start of all makes an admin key and shows it this once. Later starts find its row
/// and say nothing. Nodes that start together agree by a lease on who is first.
/// </summary>
internal sealed class FirstAdminKey(IKeyStore keys, ILeaseStore leases, TextWriter output, TimeProvider clock)
{
    private const string Lease = "first-admin-key";
    private static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(10);

    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        while (!await ExistsAsync(cancellationToken))
        {
            var outcome = await leases.TryAcquireAsync(Lease, Environment.MachineName, LeaseDuration, TimeSpan.Zero, cancellationToken);
            if (outcome is not LeaseOutcome.Acquired acquired)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), clock, cancellationToken);
                continue;
            }
            if (!await ExistsAsync(cancellationToken))
                await MakeAsync(cancellationToken);
            await leases.ReleaseAsync(acquired.Token, cancellationToken);
        }
    }

    private async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        for (string? after = null; ;)
        {
            var page = await keys.ListAsync(null, after, 100, cancellationToken);
            if (page.Any(key => key.RevokedAt is null))
                return true;
            if (page.Count < 100)
                return false;
            after = page[^1].Id;
        }
    }

    private async Task MakeAsync(CancellationToken cancellationToken)
    {
        var (key, row) = KeyIssuer.Issue("first admin key", Role.Admin, null, null, clock.GetUtcNow(), null);
        await keys.CreateAsync(row, cancellationToken);
        await output.WriteLineAsync($"Admin key, shown only this once: {key}");
        await output.FlushAsync(cancellationToken);
    }
}
