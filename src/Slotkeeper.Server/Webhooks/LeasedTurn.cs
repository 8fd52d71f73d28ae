using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Webhooks;

/// <summary>Work that one node at a time does, until it stops or dies.</summary>
internal sealed class LeasedTurn(ILeaseStore leases, string name)
{
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(2);

    private FencingToken? token;

    /// <summary>Takes the turn or keeps it.</summary>
    /// <returns>False when another node has it.</returns>
    public async Task<bool> IsOursAsync(CancellationToken cancellationToken)
    {
        if (await IsStillOursAsync(cancellationToken))
            return true;
        token = await leases.TryAcquireAsync(name, Environment.MachineName, Length, TimeSpan.Zero, cancellationToken) is LeaseOutcome.Acquired acquired ? acquired.Token : null;
        return token is not null;
    }

    /// <summary>Keeps the turn, but does not take it again.</summary>
    public async Task<bool> IsStillOursAsync(CancellationToken cancellationToken) => token is { } held && await leases.RenewAsync(held, Length, cancellationToken);

    /// <summary>Lets the next node begin at once.</summary>
    public async Task EndAsync()
    {
        if (token is not { } held)
            return;
        token = null;
        try
        {
            await leases.ReleaseAsync(held, CancellationToken.None);
        }
        catch (StorageUnavailableException)
        {
            // It ends by itself.
        }
    }
}
