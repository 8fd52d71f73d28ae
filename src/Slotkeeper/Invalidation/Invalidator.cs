using Slotkeeper.Calendars;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Invalidation;

/// <summary>What an invalidation touched.</summary>
/// <param name="Bumped">Calendars with their new epochs.</param>
/// <param name="Workspaces">Workspaces that see one of them.</param>
public sealed record Invalidated(IReadOnlyList<BumpedEpoch> Bumped, int Workspaces);

/// <summary>
/// The only publisher of change: adds one to an epoch, which makes every layer on every node stale at once. No list of keys is
/// ever deleted; everything derived carries the epoch it was made from.
/// </summary>
public sealed class Invalidator(Catalog catalog, ISnapshotStore snapshots)
{
    /// <summary>Raised for calendars that became due, so that they are fetched before the next run.</summary>
    public event Action<string>? Due;

    /// <summary>Makes calendars stale everywhere and due at once.</summary>
    public async Task<Invalidated> InvalidateAsync(IReadOnlyList<string> calendarIds, CancellationToken cancellationToken) =>
        Publish(calendarIds.Count == 0 ? [] : await snapshots.BumpAsync(calendarIds, cancellationToken));

    /// <summary>Makes the calendars of an event type stale because somebody says that it has changed.</summary>
    /// <param name="asked">Which, and who says so.</param>
    /// <param name="calendarIds">Every calendar that reads it, whatever workspace or agency uses it; at least one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Invalidated> InvalidateEventTypeAsync(EventTypeAsked asked, IReadOnlyList<string> calendarIds, CancellationToken cancellationToken) =>
        Publish(await snapshots.BumpEventTypeAsync(asked, calendarIds, cancellationToken));

    /// <summary>Makes every calendar of an event type stale, whatever workspace or agency uses it.</summary>
    public async Task<Invalidated> InvalidateEventTypeAsync(Provider provider, string externalId, CancellationToken cancellationToken) =>
        await InvalidateAsync(await snapshots.FindByEventTypeAsync(provider, externalId, cancellationToken), cancellationToken);

    /// <summary>A calendar was put into a workspace or its settings changed: the store has made it due, fetch it now.</summary>
    public void Announce(string calendarId) => Due?.Invoke(calendarId);

    private Invalidated Publish(IReadOnlyList<BumpedEpoch> bumped)
    {
        var workspaces = 0;
        foreach (var (id, epoch) in bumped)
        {
            if (!catalog.TryCalendar(id, out var calendar))
                continue;
            calendar.Raise(epoch);
            workspaces += calendar.SharedBy;
            Due?.Invoke(id);
        }
        return new Invalidated(bumped, workspaces);
    }
}
