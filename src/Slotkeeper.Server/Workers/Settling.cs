using Slotkeeper.Bookings;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>Settles what was begun and not ended.</summary>
internal sealed class Settling(Settler settler, Catalog catalog, TimeProvider clock, ILogger<Settling> logger) : LastingWork(catalog, clock)
{
    protected override Task WorkAsync(CancellationToken cancellationToken) => settler.RunAsync(cancellationToken);

    protected override void Broke(Exception fault) => ServerLog.SettlingBroke(logger, fault);
}
