using Slotkeeper.Invalidation;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Tenancy;

/// <summary>Finds workspaces that a caller sees: in memory, and in the database where another node may have made one a moment ago.</summary>
internal sealed class WorkspaceFinder(Catalog catalog, CatalogSync sync, IWorkspaceStore workspaces)
{
    /// <returns>Null when it is missing or foreign.</returns>
    public ValueTask<Workspace?> FindAsync(string id, Caller caller, CancellationToken cancellationToken)
    {
        if (catalog.TryWorkspace(id, out var workspace) && caller.Sees(workspace))
            return new ValueTask<Workspace?>(workspace);
        // A foreign one is looked for like a missing one, so that both take the same time.
        return sync.MayBeNewerElsewhere ? LookUpAsync(id, caller, cancellationToken) : default;
    }

    private async ValueTask<Workspace?> LookUpAsync(string id, Caller caller, CancellationToken cancellationToken)
    {
        if (await workspaces.FindAsync(id, cancellationToken) is not { } workspace || !caller.Sees(workspace))
            return null;
        await sync.TakeOverAsync(new WorkspaceWritten(WorkspaceWriteOutcome.Updated, workspace, []), null, cancellationToken);
        return workspace;
    }
}
