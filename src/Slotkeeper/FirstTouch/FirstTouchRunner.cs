using Microsoft.Extensions.Logging;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Diagnostics;
using Slotkeeper.Offers;
using Slotkeeper.Reading;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.FirstTouch;

/// <summary>What somebody wants of a run.</summary>
/// <param name="TimeBudget">It ends within this; <see cref="Shortest"/> to <see cref="Longest"/>.</param>
/// <param name="DryRun">Looks at everything and changes nothing: no lead, no offer, no variable, not even whose turn is next.</param>
/// <param name="Spacing">Only when no run began within this; zero for any time.</param>
public sealed record FirstTouchRequest(TimeSpan TimeBudget, bool DryRun = false, TimeSpan Spacing = default)
{
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(45);
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
}

/// <summary>What became of the wish.</summary>
public abstract record FirstTouchOutcome
{
    private FirstTouchOutcome()
    {
    }

    public sealed record Ran(FirstTouchResult Result) : FirstTouchOutcome;

    /// <param name="RetryIn">How long at most the other run's lease lasts; null when it began too recently.</param>
    public sealed record Locked(TimeSpan? RetryIn) : FirstTouchOutcome;
}

/// <summary>
/// Gives every lead its times shortly before its first mail goes out. One run at a time for certain, under a lease by the database's clock; a dry run
/// takes none, because it changes nothing.
/// </summary>
public sealed class FirstTouchRunner(
    ISequencer sequencer,
    AvailabilityReader reader,
    IOfferStore ledger,
    ILeadStore leads,
    IBookingStore bookings,
    IConnectionStore connections,
    Catalog catalog,
    ILeaseStore leases,
    FirstTouchMemory memory,
    TimeProvider clock,
    ILogger<FirstTouchRunner> logger)
{
    public const string LeaseName = "first-touch";

    private const int ConnectionPage = 500;

    /// <summary>Looks end this long before the budget does; a write that is under way then has still time to be answered.</summary>
    private static readonly TimeSpan LastLooks = TimeSpan.FromSeconds(1);

    private readonly LeaseKeeper keeper = new(leases, clock, logger);
    private readonly string holder = $"{Environment.MachineName}:{Environment.ProcessId}:{Ids.New(Ids.Run)}";

    /// <exception cref="StorageUnavailableException">The database is away, so that nobody knows whether another run is on.</exception>
    public async Task<FirstTouchOutcome> RunAsync(FirstTouchRequest request, CancellationToken cancellationToken)
    {
        if (request.TimeBudget < FirstTouchRequest.Shortest || request.TimeBudget > FirstTouchRequest.Longest)
            throw new ArgumentOutOfRangeException(nameof(request), request.TimeBudget, $"The time budget must be {FirstTouchRequest.Shortest} to {FirstTouchRequest.Longest}.");
        var invocationId = Ids.NewInOrder(Ids.Run, clock.GetUtcNow());
        if (request.DryRun)
            return new FirstTouchOutcome.Ran(await ExecuteAsync(request, invocationId, CancellationToken.None, cancellationToken));
        return await leases.TryAcquireAsync(LeaseName, holder, LeaseKeeper.Duration, request.Spacing, cancellationToken) switch
        {
            LeaseOutcome.Acquired acquired => new FirstTouchOutcome.Ran(
                await keeper.KeepAsync(acquired.Token, invocationId, lost => ExecuteAsync(request, invocationId, lost, cancellationToken))),
            LeaseOutcome.Held held => new FirstTouchOutcome.Locked(held.ExpiresIn),
            LeaseOutcome.TooSoon => new FirstTouchOutcome.Locked(null),
            _ => throw new InvalidOperationException("No such outcome of taking a lease."),
        };
    }

    private async Task<FirstTouchResult> ExecuteAsync(FirstTouchRequest request, string invocationId, CancellationToken lost, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var tally = new FirstTouchTally();
        using var deadline = new CancellationTokenSource(request.TimeBudget - LastLooks, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, lost, cancellationToken);
        var success = false;
        try
        {
            var (parties, misfits) = FirstTouchParties.Of(catalog.Workspaces, await ConnectionsAsync(stop.Token));
            foreach (var misfit in misfits)
                tally.Error($"{misfit.WorkspaceId}: not_configured: {misfit.Detail}");
            var touch = new LeadTouch(sequencer, ledger, leads, bookings, memory, tally, clock, request.DryRun);
            var tools = new FirstTouchTools(sequencer, reader, ledger, touch, memory, tally, clock, logger);
            await new FirstTouchRun(tools, request.DryRun, request.TimeBudget, started, stop.Token).ExecuteAsync(parties);
            success = true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            tally.Error(exception is StorageUnavailableException ? "storage_unavailable: the database is away" : $"run_broke: unexpected {exception.GetType().Name}; the log says more");
            Log.FirstTouchBroke(logger, exception, invocationId);
        }
        cancellationToken.ThrowIfCancellationRequested();
        var result = tally.Result(invocationId, request.DryRun, (long)clock.GetElapsedTime(started).TotalMilliseconds, success);
        Log.FirstTouchEnded(logger, invocationId, result.LeadsUpdated, result.LeadsDueWithin15m, result.LeadsScanned, result.ErrorCount, result.FinishedWithinBudget, result.DurationMs);
        return result;
    }

    private async Task<IReadOnlyList<Connection>> ConnectionsAsync(CancellationToken cancellationToken)
    {
        var found = new List<Connection>();
        for (string? after = null; ;)
        {
            var page = await connections.ListAsync(null, after, ConnectionPage, cancellationToken);
            found.AddRange(page.Where(connection => connection.Provider == Provider.EmailBison));
            if (page.Count < ConnectionPage)
                return found;
            after = page[^1].Id;
        }
    }
}
