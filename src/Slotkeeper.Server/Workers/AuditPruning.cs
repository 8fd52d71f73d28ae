using Slotkeeper.Audit;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>Removes audit records whose time is over. On every node: what one has removed, the next does not find.</summary>
internal sealed class AuditPruning(IAuditStore audit, ServerSettings settings, Catalog catalog, TimeProvider clock, ILogger<AuditPruning> logger) : LastingWork(catalog, clock)
{
    private static readonly TimeSpan Between = TimeSpan.FromHours(6);

    private readonly TimeProvider clock = clock;

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var chain in (await audit.PruneAsync(settings.AuditKept, cancellationToken)).Broken)
                ServerLog.AuditBroken(logger, chain);
        }
        catch (StorageUnavailableException)
        {
            // Said by whoever needs it now; this can wait for the next time.
        }
        await Task.Delay(Between, clock, cancellationToken);
    }

    protected override void Broke(Exception fault) => ServerLog.AuditPruningBroke(logger, fault);
}
