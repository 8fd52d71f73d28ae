using Slotkeeper.Server.Operation;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>Looks every minute how much of their budgets connections have used.</summary>
internal sealed class BudgetSampling(BudgetHistory history, Catalog catalog, TimeProvider clock, ILogger<BudgetSampling> logger) : LastingWork(catalog, clock)
{
    private static readonly TimeSpan Between = TimeSpan.FromMinutes(1);

    private readonly TimeProvider clock = clock;

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        history.Take(clock.GetUtcNow());
        await Task.Delay(Between, clock, cancellationToken);
    }

    protected override void Broke(Exception fault) => ServerLog.BudgetSamplingBroke(logger, fault);
}
