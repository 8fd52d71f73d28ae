using System.Text.Json;
using Slotkeeper.Agents;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

internal sealed class VoiceLineStore(Database database) : IVoiceLineStore
{
    private const string Columns = "workspace_id, sealed_secret, phone_numbers, created_at";

    public Task<VoiceLine?> FindAsync(string workspaceId, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync($"SELECT {Columns} FROM voice_lines WHERE workspace_id = @id", Read, ("id", workspaceId)), cancellationToken);

    public Task<VoiceLine?> PutAsync(string workspaceId, byte[] sealedSecret, IReadOnlyList<string> phoneNumbers, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var line = await session.FirstAsync(
                $$"""
                INSERT INTO voice_lines (workspace_id, sealed_secret, phone_numbers, created_at) SELECT id, @secret, @numbers, {now} FROM workspaces WHERE id = @id
                ON CONFLICT (workspace_id) DO UPDATE SET sealed_secret = @secret, phone_numbers = @numbers, created_at = {now}
                RETURNING {{Columns}}
                """,
                Read,
                ("id", workspaceId), ("secret", sealedSecret), ("numbers", JsonSerializer.Serialize(phoneNumbers)));
            if (line is not null)
                session.Note(await WorkspaceStore.AgencyOfAsync(session, workspaceId), "workspace.voice_line_set", workspaceId, new FieldChanges().Hidden("voiceSecret", isChanged: true));
            return line;
        },
        cancellationToken);

    public Task<bool> DeleteAsync(string workspaceId, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await session.ExecuteAsync("DELETE FROM voice_lines WHERE workspace_id = @id", ("id", workspaceId)) == 0)
                return false;
            session.Note(await WorkspaceStore.AgencyOfAsync(session, workspaceId), "workspace.voice_line_removed", workspaceId, new FieldChanges().Hidden("voiceSecret", isChanged: true));
            return true;
        },
        cancellationToken);

    private static VoiceLine Read(ref Row row) => new(row.Text(), row.Bytes(), JsonSerializer.Deserialize<string[]>(row.Text())!, row.Instant());
}
