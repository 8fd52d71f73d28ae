using Slotkeeper.Calendars;
using Slotkeeper.Server.Operation;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>Has everything sealed by the present keys, and says when the previous master key is not needed any more.</summary>
internal sealed class SecretKeeping(SecretKeeper keeper, MasterKeys masters, Catalog catalog, TimeProvider clock, ILogger<SecretKeeping> logger) : LastingWork(catalog, clock)
{
    private static readonly TimeSpan Between = TimeSpan.FromMinutes(10);

    private readonly TimeProvider clock = clock;
    private bool isSaid;

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (masters.IsSet)
                Tell(await keeper.PassAsync(cancellationToken));
        }
        catch (StorageUnavailableException)
        {
            // Said by whoever needs it now; this can wait for the next time.
        }
        await Task.Delay(Between, clock, cancellationToken);
    }

    protected override void Broke(Exception fault) => ServerLog.SecretKeepingBroke(logger, fault);

    private void Tell(SealPass pass)
    {
        if (masters.PreviousId is not { } previous || pass.PreviousIsNeeded || isSaid)
            return;
        ServerLog.PreviousKeyNotNeeded(logger, previous);
        isSaid = true;
    }
}
