using Microsoft.Extensions.Logging;
using Slotkeeper.Diagnostics;
using Slotkeeper.Invalidation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>
/// Starts runs, one at a time for certain: each holds a lease by the database's clock, renews it while it works and carries its
/// token in every write. Who comes second is told so and does nothing.
/// </summary>
public sealed class SweepRunner(
    Catalog catalog,
    CatalogSync sync,
    Refresher refresher,
    ILeaseStore leases,
    AvailabilityOptions options,
    TimeProvider clock,
    Random random,
    RefreshMetrics metrics,
    ILogger<SweepRunner> logger)
{
    public const string LeaseName = "availability-sweep";

    /// <summary>A holder that dies is followed within this and the next try.</summary>
    public static readonly TimeSpan LeaseDuration = LeaseKeeper.Duration;

    private readonly LeaseKeeper keeper = new(leases, clock, logger);
    private readonly string holder = $"{Environment.MachineName}:{Environment.ProcessId}:{Ids.New(Ids.Run)}";

    /// <summary>Told of every run that ended, whoever asked for it, while its lease is still held.</summary>
    public Func<SweepResult, CancellationToken, Task>? Ended { get; set; }

    /// <summary>Runs now, unless another run is on.</summary>
    /// <exception cref="SweepBrokeException">It broke in the middle; what was stored until then stays.</exception>
    /// <exception cref="StorageUnavailableException">The database is away.</exception>
    public async Task<SweepOutcome> RunAsync(SweepRequest request, CancellationToken cancellationToken)
    {
        if (request.Limit == 0)
        {
            metrics.Run("disabled");
            return new SweepOutcome.Disabled();
        }
        switch (await leases.TryAcquireAsync(LeaseName, holder, LeaseDuration, request.Spacing, cancellationToken))
        {
            case LeaseOutcome.Acquired acquired:
                return new SweepOutcome.Ran(await HoldingAsync(acquired.Token, request, cancellationToken));
            case LeaseOutcome.Held held:
                metrics.Run("locked");
                return new SweepOutcome.Locked(held.ExpiresIn);
            case LeaseOutcome.TooSoon:
                return new SweepOutcome.Locked(null);
            default:
                throw new InvalidOperationException("No such outcome of taking a lease.");
        }
    }

    private Task<SweepResult> HoldingAsync(FencingToken token, SweepRequest request, CancellationToken cancellationToken)
    {
        var invocationId = Ids.NewInOrder(Ids.Run, clock.GetUtcNow());
        return keeper.KeepAsync(token, invocationId, lost => HoldingAsync(token, request, invocationId, lost, cancellationToken));
    }

    private async Task<SweepResult> HoldingAsync(FencingToken token, SweepRequest request, string invocationId, CancellationToken lost, CancellationToken cancellationToken)
    {
        try
        {
            await sync.ReloadFreshnessAsync(cancellationToken);
            var run = new SweepRun(catalog, refresher, options, clock, random, token, request, invocationId);
            var result = await run.ExecuteAsync(lost, cancellationToken);
            metrics.Run(result.FinishedWithinBudget ? "finished" : "out_of_time");
            metrics.RunEnded(TimeSpan.FromMilliseconds(result.DurationMs));
            Log.RunEnded(logger, invocationId, result.Attempted, result.Checked, result.Refreshed, result.ErrorCount, result.NotAttempted, result.DurationMs);
            if (Ended is { } told)
                await told(result, cancellationToken);
            return result;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            metrics.Run("broke");
            Log.RunBroke(logger, exception, invocationId);
            throw new SweepBrokeException(invocationId, exception);
        }
    }
}

/// <summary>A run broke in the middle.</summary>
public sealed class SweepBrokeException(string invocationId, Exception innerException)
    : Exception($"Run {invocationId} broke.", innerException)
{
    public string InvocationId { get; } = invocationId;
}
