using Slotkeeper.Offers;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>Withdraws offers whose slots died.</summary>
internal sealed class Recalling(OfferRecaller recaller, Catalog catalog, TimeProvider clock, ILogger<Recalling> logger) : LastingWork(catalog, clock)
{
    protected override Task WorkAsync(CancellationToken cancellationToken) => recaller.RunAsync(cancellationToken);

    protected override void Broke(Exception fault) => ServerLog.RecallingBroke(logger, fault);
}
