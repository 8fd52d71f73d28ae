using Slotkeeper.Offers;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Workers;

/// <summary>Forgets drafts that nobody sent and offers whose slot is long past.</summary>
internal sealed class OfferForgetting(IOfferStore offers, ServerSettings settings, Catalog catalog, TimeProvider clock, ILogger<OfferForgetting> logger) : LastingWork(catalog, clock)
{
    private static readonly TimeSpan Between = TimeSpan.FromHours(1);

    private static readonly TimeSpan DraftsKept = TimeSpan.FromDays(7);

    private readonly TimeProvider clock = clock;

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        try
        {
            var now = clock.GetUtcNow();
            await offers.ForgetAsync(now - DraftsKept, now - settings.Storage.OffersKept, cancellationToken);
        }
        catch (StorageUnavailableException)
        {
            // Said by whoever needs it now; this can wait for the next time.
        }
        await Task.Delay(Between, clock, cancellationToken);
    }

    protected override void Broke(Exception fault) => ServerLog.ForgettingBroke(logger, fault);
}
