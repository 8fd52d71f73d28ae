using Slotkeeper.Invalidation;
using Slotkeeper.Server.Api;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Tenancy;

/// <summary>What became of an edit: one of the two is set.</summary>
internal readonly record struct Edited(Workspace? Workspace, Refusal? Refusal);

/// <summary>
/// Writes workspaces: reads the row as it is, changes it, stores it, takes it over into memory and has its new calendars fetched.
/// Edits of one workspace follow each other on this node, so that two that touch different fields both count.
/// </summary>
internal sealed class WorkspaceEditor(IWorkspaceStore workspaces, CatalogSync sync, Invalidator invalidator) : IDisposable
{
    private readonly SemaphoreSlim[] gates = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    public async Task<Edited> CreateAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var written = await WriteAsync([(null, new WorkspaceWrite(workspace, WorkspaceWrite.AsTheyAre))], cancellationToken);
        return Judge(written[0]);
    }

    /// <summary>Changes a workspace that the caller sees.</summary>
    public async Task<Edited> ChangeAsync(string id, Caller caller, Func<Workspace, WorkspaceWrite> change, CancellationToken cancellationToken)
    {
        var gate = gates[(id.GetHashCode(StringComparison.Ordinal) & int.MaxValue) % gates.Length];
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (await workspaces.FindAsync(id, cancellationToken) is not { } before || !caller.Sees(before))
                return new Edited(null, Refusal.NotFound("workspace"));
            var written = await WriteAsync([(before, change(before))], cancellationToken);
            return Judge(written[0]);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Writes many in one transaction; see <see cref="IWorkspaceStore.WriteAsync"/>.</summary>
    public async Task<IReadOnlyList<WorkspaceWritten>> WriteAsync(IReadOnlyList<(Workspace? Before, WorkspaceWrite Write)> writes, CancellationToken cancellationToken)
    {
        var written = await workspaces.WriteAsync([.. writes.Select(write => write.Write)], cancellationToken);
        // What is committed is taken over, whether or not somebody still waits for the answer.
        for (var i = 0; i < writes.Count; i++)
        {
            if (written[i].Workspace is not { } workspace)
                continue;
            if (written[i].Outcome != WorkspaceWriteOutcome.Unchanged)
                await sync.TakeOverAsync(written[i], writes[i].Before, CancellationToken.None);
            foreach (var (source, request) in writes[i].Write.Calendars)
            {
                if (request is not null && workspace.CalendarId(source) is { } calendarId)
                    invalidator.Announce(calendarId);
            }
        }
        return written;
    }

    public void Dispose()
    {
        foreach (var gate in gates)
            gate.Dispose();
    }

    /// <summary>The refusal for a write that was not done; null for one that was.</summary>
    public static Refusal? RefusalOf(WorkspaceWriteOutcome outcome) => outcome switch
    {
        WorkspaceWriteOutcome.Created or WorkspaceWriteOutcome.Updated or WorkspaceWriteOutcome.Unchanged => null,
        WorkspaceWriteOutcome.NoAgency => Refusal.NotFound("agency"),
        WorkspaceWriteOutcome.NoConnection => Refusal.NotFound("connection"),
        WorkspaceWriteOutcome.DuplicateExternalRef => new Refusal(
            StatusCodes.Status409Conflict, "external_ref_taken", "Another workspace of the agency has this externalRef."),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "No such outcome."),
    };

    private static Edited Judge(WorkspaceWritten written) =>
        RefusalOf(written.Outcome) is { } refusal ? new Edited(null, refusal) : new Edited(written.Workspace, null);
}
