using Microsoft.Extensions.Logging;
using Slotkeeper.Diagnostics;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>Keeps a lease that was taken while some work is done under it: renews it in time, says when it is lost, gives it back.</summary>
internal sealed class LeaseKeeper(ILeaseStore leases, TimeProvider clock, ILogger logger)
{
    /// <summary>A holder that dies is followed within this and the next try.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Heartbeat = Duration / 3;

    /// <param name="token">Of the lease, taken for <see cref="Duration"/>.</param>
    /// <param name="invocationId">For the log.</param>
    /// <param name="work">Is told when the lease is lost: it has to stop then.</param>
    public async Task<T> KeepAsync<T>(FencingToken token, string invocationId, Func<CancellationToken, Task<T>> work)
    {
        using var ended = new CancellationTokenSource();
        using var lost = new CancellationTokenSource();
        var heartbeat = BeatAsync(token, invocationId, lost, ended.Token);
        try
        {
            return await work(lost.Token);
        }
        finally
        {
            await ended.CancelAsync();
            try
            {
                await heartbeat;
            }
            finally
            {
                await ReleaseAsync(token);
            }
        }
    }

    private async Task BeatAsync(FencingToken token, string invocationId, CancellationTokenSource lost, CancellationToken cancellationToken)
    {
        var renewedAt = clock.GetTimestamp();
        try
        {
            while (true)
            {
                await Task.Delay(Heartbeat, clock, cancellationToken);
                try
                {
                    if (await leases.RenewAsync(token, Duration, cancellationToken))
                    {
                        renewedAt = clock.GetTimestamp();
                        continue;
                    }
                }
                catch (StorageUnavailableException) when (clock.GetElapsedTime(renewedAt) < Duration)
                {
                    continue;
                }
                catch (StorageUnavailableException)
                {
                    // The lease has run out unrenewed: somebody else may hold it by now.
                }
                Log.LeaseLost(logger, invocationId);
                await lost.CancelAsync();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The work is over.
        }
    }

    private async Task ReleaseAsync(FencingToken token)
    {
        try
        {
            await leases.ReleaseAsync(token, CancellationToken.None);
        }
        catch (StorageUnavailableException exception)
        {
            Log.LeaseNotReleased(logger, exception);
        }
    }
}
