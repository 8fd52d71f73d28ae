using Slotkeeper.Claims;
using Slotkeeper.Invalidation;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Webhooks;

/// <summary>
/// Releases the claims that webhooks took, once every calendar of the resource was read by a fetch that began after the provider last
/// told of the booking, and none names the time any more, but for the calendar it was booked at where that has shown to have room: from then on
/// the snapshots themselves say what is free. A calendar of another provider may go on naming it for ever; there it stays taken.
/// </summary>
internal sealed class ExternalClaimReview(
    IExternalClaimStore externals, Catalog catalog, ResourceChanges changes, TimeProvider clock, ILogger<ExternalClaimReview> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>Between the database's clock and this node's.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    /// <summary>Whether a calendar does not need the claim to keep the time from being named.</summary>
    internal static bool IsShownBy(ExternalClaim external, string calendarId, CalendarPicture picture)
    {
        if (picture is not { Snapshot: { } snapshot, State.LastSuccessAt: { } read } || read <= external.HeardAt + Margin)
            return false;
        if (external.Claim.LeavesRoomFor(calendarId))
            return true;
        var (from, to) = (external.Claim.Start.ToUnixTimeSeconds() - snapshot.DurationSeconds, external.Claim.End.ToUnixTimeSeconds());
        return !SnapshotCodec.Unpack(snapshot.Packed, snapshot.Count).Any(start => start > from && start < to && start >= read.ToUnixTimeSeconds());
    }

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
        var calendars = catalog.CalendarsOf(resourceId);
        var released = false;
        foreach (var claim in claims.Where(claim => calendars.All(calendar => IsShownBy(claim, calendar.Calendar.Id, calendar.Picture))))
            released |= await externals.ReleaseExternalAsync(resourceId, claim.ProviderBookingId, cancellationToken);
        if (released || claims.Count == 0)
            changes.Happened(resourceId);
    }
}
