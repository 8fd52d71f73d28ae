using Slotkeeper.Server.Operation;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>Writes when keys were last used, together and seldom; once more when the node stops.</summary>
internal sealed class KeyUseWriting(KeyUse use, Catalog catalog, TimeProvider clock, ILogger<KeyUseWriting> logger) : LastingWork(catalog, clock)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(30);

    private readonly TimeProvider clock = clock;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteAsync(cancellationToken);
    }

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Between, clock, cancellationToken);
        await WriteAsync(cancellationToken);
    }

    protected override void Broke(Exception fault) => ServerLog.KeyUseBroke(logger, fault);

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await use.WriteAsync(cancellationToken);
        }
        catch (StorageUnavailableException)
        {
            // Said by whoever needs it now; this can wait for the next time.
        }
    }
}
