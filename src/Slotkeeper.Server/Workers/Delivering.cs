using Slotkeeper.Deliveries;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>Sends what is in the outbox.</summary>
internal sealed class Delivering(Deliverer deliverer, Catalog catalog, TimeProvider clock, ILogger<Delivering> logger) : LastingWork(catalog, clock)
{
    protected override Task WorkAsync(CancellationToken cancellationToken) => deliverer.RunAsync(cancellationToken);

    protected override void Broke(Exception fault) => ServerLog.DeliveringBroke(logger, fault);
}
