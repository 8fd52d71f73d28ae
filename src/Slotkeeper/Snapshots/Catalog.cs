using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Snapshots;

/// <summary>
/// What this node has in memory: every workspace, every calendar a workspace uses, every agency. The database is the truth;
/// this follows it (see <see cref="Invalidation.CatalogSync"/>), so that reading and planning cost no query.
/// </summary>
public sealed class Catalog
{
    private readonly ConcurrentDictionary<string, LiveCalendar> calendars = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, LiveCalendar[]> byResource = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Workspace> workspaces = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Agency> agencies = new(StringComparer.Ordinal);
    private long generation;
    private volatile bool loaded;

    /// <summary>Raised, with a calendar's id, when what can be had of it may be another than before: slots, claims, or who uses it. Cheap to hear, and heard more often than needed.</summary>
    public event Action<string>? Changed;

    /// <summary>Whether the first load is done; before, nothing can be answered.</summary>
    public bool IsLoaded => loaded;

    /// <summary>Raised when changes may have been missed; copies of an older generation are not trusted.</summary>
    public long Generation => Interlocked.Read(ref generation);

    public int CalendarCount => calendars.Count;

    public int WorkspaceCount => workspaces.Count;

    /// <summary>All calendars, in no order.</summary>
    public IEnumerable<LiveCalendar> Calendars => calendars.Select(entry => entry.Value);

    /// <summary>All workspaces, in no order.</summary>
    public IEnumerable<Workspace> Workspaces => workspaces.Select(entry => entry.Value);

    public bool TryWorkspace(string id, [NotNullWhen(true)] out Workspace? workspace) => workspaces.TryGetValue(id, out workspace);

    public bool TryCalendar(string id, [NotNullWhen(true)] out LiveCalendar? calendar) => calendars.TryGetValue(id, out calendar);

    public bool TryAgency(string id, [NotNullWhen(true)] out Agency? agency) => agencies.TryGetValue(id, out agency);

    public void Put(Workspace workspace) => workspaces[workspace.Id] = workspace;

    public void Put(Agency agency) => agencies[agency.Id] = agency;

    public void RemoveWorkspace(string id) => workspaces.TryRemove(id, out _);

    public void RemoveAgency(string id) => agencies.TryRemove(id, out _);

    public void RemoveCalendar(string id)
    {
        if (!calendars.TryRemove(id, out var removed))
            return;
        byResource.AddOrUpdate(
            removed.Calendar.ResourceId,
            static (_, _) => [],
            static (_, known, gone) => Array.FindAll(known, calendar => calendar != gone),
            removed);
    }

    /// <summary>Calendars whose bookings occupy a resource.</summary>
    public IReadOnlyList<LiveCalendar> CalendarsOf(string resourceId) => byResource.GetValueOrDefault(resourceId, []);

    /// <summary>Takes over a calendar as the database has it; one that no workspace uses is dropped.</summary>
    /// <param name="stored">What was read.</param>
    /// <param name="readIn">The <see cref="Generation"/> before it was read.</param>
    /// <param name="doubtsBefore">The calendar's doubts before it was read; null when nobody looked.</param>
    /// <returns>Null when it was dropped.</returns>
    public LiveCalendar? Put(StoredCalendar stored, long readIn, int? doubtsBefore = null)
    {
        if (stored.SharedBy == 0)
        {
            RemoveCalendar(stored.Calendar.Id);
            return null;
        }
        var calendar = calendars.GetOrAdd(
            stored.Calendar.Id,
            static (_, made) => new LiveCalendar(made.Stored, made.Generation),
            (Stored: stored, Generation: readIn));
        byResource.AddOrUpdate(
            stored.Calendar.ResourceId,
            static (_, added) => [added],
            static (_, known, added) => Array.IndexOf(known, added) < 0 ? [.. known, added] : known,
            calendar);
        calendar.Replace(stored, readIn, doubtsBefore);
        return calendar;
    }

    /// <summary>From now on no copy made before is trusted.</summary>
    public void DistrustAll() => Interlocked.Increment(ref generation);

    internal void Tell(string calendarId) => Changed?.Invoke(calendarId);

    internal void MarkLoaded() => loaded = true;
}
