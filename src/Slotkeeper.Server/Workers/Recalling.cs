using Slotkeeper.Offers;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>Withdraws offers whose slots died, for as long as the process lives, and forgets what is long past.</summary>
internal sealed class Recalling(OfferRecaller recaller, IOfferStore offers, Catalog catalog, TimeProvider clock, ILogger<Recalling> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BetweenForgetting = TimeSpan.FromHours(1);

    /// <summary>Sent offers stay for a year after their slot, for whoever asks what a lead was told.</summary>
    private static readonly TimeSpan OffersKept = TimeSpan.FromDays(365);
    private static readonly TimeSpan DraftsKept = TimeSpan.FromDays(7);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!catalog.IsLoaded)
            await Task.Delay(Pause, clock, stoppingToken);
        await Task.WhenAll(RecallAsync(stoppingToken), ForgetAsync(stoppingToken));
    }

    private async Task RecallAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await recaller.RunAsync(cancellationToken);
            }
#pragma warning disable CA1031 // One calendar that breaks must not keep all others' dead offers alive; it is looked at again.
            catch (Exception fault) when (fault is not OperationCanceledException)
#pragma warning restore CA1031
            {
                ServerLog.RecallingBroke(logger, fault);
                await Task.Delay(AfterFault, clock, cancellationToken);
            }
        }
    }

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var now = clock.GetUtcNow();
                await offers.ForgetAsync(now - DraftsKept, now - OffersKept, cancellationToken);
            }
            catch (StorageUnavailableException)
            {
                // Said by whoever needs it now; this can wait for the next time.
            }
            await Task.Delay(BetweenForgetting, clock, cancellationToken);
        }
    }
}
