using System.Text.Json;
using System.Text.Json.Serialization;
using Slotkeeper.Calendars;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Calendars as a caller may see them.</summary>
internal sealed class CalendarView(Catalog catalog, ISnapshotStore snapshots)
{
    public async ValueTask<CalendarBody?> FindAsync(string? id, Caller caller, CancellationToken cancellationToken)
    {
        if (id is null)
            return null;
        if (catalog.TryCalendar(id, out var live))
            return CalendarBody.Of(live.Calendar, live.Picture.State.Epoch, SharedBy(live.Calendar.Id, live.SharedBy, caller));
        // Put into the workspace by another node, which this one has not heard of yet.
        return await snapshots.LoadAsync(id, cancellationToken) is { } stored
            ? CalendarBody.Of(stored.Calendar, stored.State.Epoch, SharedBy(id, stored.SharedBy, caller))
            : null;
    }

    /// <summary>Workspaces that use it, of those the caller's agency has: nobody learns that a stranger uses the same link.</summary>
    private int SharedBy(string id, int all, Caller caller) => caller.Role == Role.Admin || all <= 1
        ? all
        : catalog.Workspaces.Count(workspace => workspace.AgencyId == caller.AgencyId && (workspace.DefaultCalendarId == id || workspace.DirectBookCalendarId == id));
}

/// <param name="Epoch">Adds one with every event that may change availability.</param>
/// <param name="SharedBy">Workspaces that use it.</param>
public sealed record CalendarBody(
    string Id,
    string Provider,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Url,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ExternalId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ConnectionId,
    int DurationMinutes,
    string ResourceId,
    int Capacity,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? WorkingHours,
    long Epoch,
    int SharedBy)
{
    public static CalendarBody Of(Calendar calendar, long epoch, int sharedBy) => new(
        calendar.Id,
        calendar.Provider.ToName(),
        calendar.Url,
        calendar.ExternalId,
        calendar.ConnectionId,
        calendar.DurationMinutes,
        calendar.ResourceId,
        calendar.Capacity,
        calendar.WorkingHours is { } hours ? JsonElement.Parse(hours) : null,
        epoch,
        sharedBy);
}
