using Slotkeeper.Deliveries;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

internal sealed class WorkspaceSecretStore(Database database) : IWorkspaceSecretStore
{
    private const string Columns = "workspace_id, sealed_secret, sealed_previous_secret, previous_until, created_at";

    public Task<WorkspaceSecret?> FindAsync(string workspaceId, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync($"SELECT {Columns} FROM workspace_secrets WHERE workspace_id = @id", Read, ("id", workspaceId)), cancellationToken);

    public Task<WorkspaceSecret?> RotateAsync(string workspaceId, byte[] sealedSecret, TimeSpan overlap, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var rotated = await session.FirstAsync(
                $$"""
                INSERT INTO workspace_secrets (workspace_id, sealed_secret, created_at) SELECT id, @secret, {now} FROM workspaces WHERE id = @id
                ON CONFLICT (workspace_id) DO UPDATE
                SET sealed_previous_secret = workspace_secrets.sealed_secret, previous_until = {now} + @overlap, sealed_secret = @secret, created_at = {now}
                RETURNING {{Columns}}
                """,
                Read,
                ("id", workspaceId), ("secret", sealedSecret), ("overlap", overlap));
            if (rotated is not null)
            {
                session.Note(
                    await WorkspaceStore.AgencyOfAsync(session, workspaceId),
                    rotated.SealedPrevious is null ? "workspace.delivery_secret_created" : "workspace.delivery_secret_rotated",
                    workspaceId,
                    new FieldChanges().Hidden("deliverySecret", isChanged: true));
            }
            return rotated;
        },
        cancellationToken);

    private static WorkspaceSecret Read(ref Row row) => new(row.Text(), row.Bytes(), row.BytesOrNull(), row.InstantOrNull(), row.Instant());
}
