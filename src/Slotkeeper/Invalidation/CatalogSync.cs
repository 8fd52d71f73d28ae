using Microsoft.Extensions.Logging;
using Slotkeeper.Diagnostics;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Invalidation;

/// <summary>
/// Keeps a node's <see cref="Catalog"/> true to the database: loads it at the start, follows what other nodes change, and reads
/// again what may have been missed. A calendar another node changed is only marked; whoever needs it next reads it.
/// </summary>
public sealed class CatalogSync(
    Catalog catalog,
    IAgencyStore agencies,
    IWorkspaceStore workspaces,
    ISnapshotStore snapshots,
    IChangeFeed feed,
    TimeProvider clock,
    ILogger<CatalogSync> logger)
{
    private const int PageSize = 1000;

    /// <summary>Raised for keys, connections and agencies changed by other nodes, so that other memories can follow.</summary>
    public event Action<Change>? OtherChanged;

    /// <summary>Raised when anything may have been missed.</summary>
    public event Action? Missed;

    /// <summary>Reads everything. Ends with <see cref="Catalog.IsLoaded"/>.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var generation = catalog.Generation;
        var present = new HashSet<string>(StringComparer.Ordinal);
        for (string? after = null; ;)
        {
            var page = await agencies.ListAsync(after, PageSize, cancellationToken);
            foreach (var agency in page)
            {
                catalog.Put(agency);
                present.Add(agency.Id);
            }
            if (page.Count < PageSize)
                break;
            after = page[^1].Id;
        }
        await foreach (var stored in snapshots.LoadAllAsync(cancellationToken))
        {
            catalog.Put(stored, generation);
            present.Add(stored.Calendar.Id);
        }
        await foreach (var workspace in workspaces.LoadAllAsync(cancellationToken))
        {
            catalog.Put(workspace);
            present.Add(workspace.Id);
        }
        await ForgetAsync(present, cancellationToken);
        catalog.MarkLoaded();
        Log.CatalogLoaded(logger, catalog.CalendarCount, catalog.WorkspaceCount, (long)clock.GetElapsedTime(started).TotalMilliseconds);
    }

    /// <summary>Follows other nodes until cancelled.</summary>
    public Task FollowAsync(CancellationToken cancellationToken) => feed.RunAsync(ApplyAsync, RecoverAsync, cancellationToken);

    /// <summary>
    /// The calendar as it is now: at once when this node's copy can be trusted, else read again first.
    /// </summary>
    public ValueTask EnsureTrustedAsync(LiveCalendar calendar, CancellationToken cancellationToken) =>
        feed.IsTrusted && calendar.IsTrusted(catalog.Generation)
            ? ValueTask.CompletedTask
            : new ValueTask(ReloadCalendarAsync(calendar.Calendar.Id, cancellationToken));

    /// <summary>A fetch of this node has changed a calendar's slots.</summary>
    public void Published(string calendarId) => catalog.Tell(calendarId);

    /// <summary>Whether what other nodes change reaches this one promptly.</summary>
    public bool IsTrusted => feed.IsTrusted;

    /// <summary>Whether another node may have refreshed it since, so that it is worth looking before a provider is asked.</summary>
    public bool MayBeNewerElsewhere => feed.IsShared;

    /// <summary>Reads one calendar again.</summary>
    public async Task ReloadCalendarAsync(string id, CancellationToken cancellationToken)
    {
        var generation = catalog.Generation;
        var doubts = catalog.TryCalendar(id, out var known) ? known.Doubts : 0;
        var stored = await snapshots.LoadAsync(id, cancellationToken);
        if (stored is null)
            catalog.RemoveCalendar(id);
        else
            catalog.Put(stored, generation, doubts);
    }

    /// <summary>A calendar, also one that no workspace uses any more; null when there never was one.</summary>
    public async Task<Calendars.Calendar?> FindCalendarAsync(string id, CancellationToken cancellationToken) =>
        catalog.TryCalendar(id, out var calendar) ? calendar.Calendar : (await snapshots.LoadAsync(id, cancellationToken))?.Calendar;

    /// <summary>Takes over how fresh every calendar is, where other nodes may have refreshed them.</summary>
    public async Task ReloadFreshnessAsync(CancellationToken cancellationToken)
    {
        if (!feed.IsShared)
            return;
        await foreach (var (id, state) in snapshots.LoadStatesAsync(cancellationToken))
        {
            if (catalog.TryCalendar(id, out var calendar) && !calendar.Touch(state))
                calendar.Distrust();
        }
    }

    /// <summary>Takes over a workspace that this node has written, with its calendars.</summary>
    public async Task TakeOverAsync(WorkspaceWritten written, Workspace? before, CancellationToken cancellationToken)
    {
        if (written.Workspace is not { } workspace)
            return;
        var touched = new HashSet<string>(StringComparer.Ordinal);
        AddCalendars(before, touched);
        AddCalendars(workspace, touched);
        foreach (var id in touched)
            await ReloadCalendarAsync(id, cancellationToken);
        catalog.Put(workspace);
        foreach (var id in touched)
            catalog.Tell(id);
    }

    /// <summary>Takes over that this node has deleted a workspace.</summary>
    public async Task ForgetWorkspaceAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        catalog.RemoveWorkspace(workspace.Id);
        var touched = new HashSet<string>(StringComparer.Ordinal);
        AddCalendars(workspace, touched);
        foreach (var id in touched)
            await ReloadCalendarAsync(id, cancellationToken);
    }

    private static void AddCalendars(Workspace? workspace, HashSet<string> touched)
    {
        if (workspace?.DefaultCalendarId is { } first)
            touched.Add(first);
        if (workspace?.DirectBookCalendarId is { } second)
            touched.Add(second);
    }

    private async Task ApplyAsync(Change change, CancellationToken cancellationToken)
    {
        switch (change.Kind)
        {
            case ChangeKind.Calendar:
                if (catalog.TryCalendar(change.Id, out var calendar))
                {
                    calendar.Distrust();
                    catalog.Tell(change.Id);
                }
                break;
            case ChangeKind.Workspace:
                catalog.TryWorkspace(change.Id, out var before);
                var workspace = await workspaces.FindAsync(change.Id, cancellationToken);
                if (workspace is not null)
                    await TakeOverAsync(new WorkspaceWritten(WorkspaceWriteOutcome.Updated, workspace, []), before, cancellationToken);
                else if (before is not null)
                    await ForgetWorkspaceAsync(before, cancellationToken);
                break;
            case ChangeKind.Agency:
                if (await agencies.FindAsync(change.Id, cancellationToken) is { } agency)
                    catalog.Put(agency);
                else
                    catalog.RemoveAgency(change.Id);
                OtherChanged?.Invoke(change);
                break;
            case ChangeKind.Connection:
            case ChangeKind.Key:
                OtherChanged?.Invoke(change);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(change), change.Kind, "No such kind of change.");
        }
    }

    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        Log.ChangesMissed(logger);
        catalog.DistrustAll();
        Missed?.Invoke();
        await LoadAsync(cancellationToken);
    }

    /// <summary>
    /// Drops what is no longer there. Each one is looked up again first: it may have been written while the load ran.
    /// </summary>
    private async Task ForgetAsync(HashSet<string> present, CancellationToken cancellationToken)
    {
        foreach (var id in catalog.Workspaces.Select(workspace => workspace.Id).Where(id => !present.Contains(id)).ToList())
        {
            if (await workspaces.FindAsync(id, cancellationToken) is null)
                catalog.RemoveWorkspace(id);
        }
        foreach (var id in catalog.Calendars.Select(calendar => calendar.Calendar.Id).Where(id => !present.Contains(id)).ToList())
            await ReloadCalendarAsync(id, cancellationToken);
    }
}
