using Slotkeeper.Claims;
using Slotkeeper.Invalidation;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Webhooks;

/// <summary>
/// Releases the claims that webhooks took, once every calendar of the resource was read by a fetch that began after the provider last
/// told of the booking: from then on the snapshots themselves say what is free.
/// </summary>
internal sealed class ExternalClaimReview(
    IExternalClaimStore externals, Catalog catalog, ResourceChanges changes, TimeProvider clock, ILogger<ExternalClaimReview> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>Between the database's clock and this node's, and for providers that answer from a copy.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(Look, clock, stoppingToken);
            try
            {
                var resources = catalog.Calendars
                    .Where(calendar => calendar.Picture.Claims.Any(claim => claim.State == ClaimState.External))
                    .Select(calendar => calendar.Calendar.ResourceId).Distinct(StringComparer.Ordinal).ToList();
                foreach (var resourceId in resources)
                    await ReviewAsync(resourceId, stoppingToken);
            }
            catch (StorageUnavailableException away)
            {
                ServerLog.WebhooksWait(logger, away.Message);
            }
        }
    }

    private async Task ReviewAsync(string resourceId, CancellationToken cancellationToken)
    {
        var claims = await externals.ListExternalAsync(resourceId, cancellationToken);
        var read = catalog.CalendarsOf(resourceId).Select(calendar => calendar.Picture.State.LastSuccessAt).Min() ?? DateTimeOffset.MinValue;
        if (catalog.CalendarsOf(resourceId).Any(calendar => calendar.Picture.State.LastSuccessAt is null))
            return;
        var released = false;
        foreach (var claim in claims.Where(claim => claim.HeardAt + Margin < read))
            released |= await externals.ReleaseExternalAsync(resourceId, claim.ProviderBookingId, cancellationToken);
        if (released || claims.Count == 0)
            changes.Happened(resourceId);
    }
}
