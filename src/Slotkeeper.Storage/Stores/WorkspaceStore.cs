using System.Runtime.CompilerServices;
using System.Text.Json;
using Slotkeeper.Invalidation;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Stores;

internal sealed class WorkspaceStore(Database database) : IWorkspaceStore
{
    private const int PageSize = 4000;

    /// <summary>Times a batch is planned anew because somebody took a name or removed an agency in between.</summary>
    private const int Attempts = 5;

    private const string Columns =
        """
        w.id, w.agency_id, w.name, w.time_zone, w.locale, w.external_ref, w.settings,
        (SELECT d.calendar_id FROM workspace_calendars d WHERE d.workspace_id = w.id AND d.source = 'default'),
        (SELECT d.calendar_id FROM workspace_calendars d WHERE d.workspace_id = w.id AND d.source = 'direct_book'),
        w.created_at
        """;

    public Task<IReadOnlyList<WorkspaceWritten>> WriteAsync(IReadOnlyList<WorkspaceWrite> writes, CancellationToken cancellationToken) =>
        WriteAsync(session => WriteAsync(session, writes), cancellationToken);

    public Task<IReadOnlyList<WorkspaceForeseen>> ForeseeAsync(IReadOnlyList<WorkspaceWrite> writes, CancellationToken cancellationToken) => WriteAsync<IReadOnlyList<WorkspaceForeseen>>(
        async session =>
        {
            session.Abandon();
            var written = await WriteAsync(session, writes);
            var notes = session.Notes.ToLookup(note => note.SubjectId, note => note.Changes, StringComparer.Ordinal);
            return [.. written.Select(one => one.Workspace is { } workspace && notes[workspace.Id].LastOrDefault() is { } changes
                ? new WorkspaceForeseen(one.Outcome, changes.Before, changes.After)
                : new WorkspaceForeseen(one.Outcome, null, null))];
        },
        cancellationToken);

    public Task<Workspace?> FindAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync($"SELECT {Columns} FROM workspaces w WHERE w.id = @id", Read, ("id", id)),
        cancellationToken);

    public Task<Workspace?> FindByExternalRefAsync(string agencyId, string externalRef, CancellationToken cancellationToken) =>
        database.ReadAsync(
            session => session.FirstAsync(
                $"SELECT {Columns} FROM workspaces w WHERE w.agency_id = @agency AND w.external_ref = @ref",
                Read,
                ("agency", agencyId), ("ref", externalRef)),
            cancellationToken);

    public Task<IReadOnlyList<Workspace>> ListAsync(
        string? agencyId, string? externalRef, string? afterId, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<Workspace>>(
            async session => await session.QueryAsync(
                $"""
                SELECT {Columns} FROM workspaces w
                WHERE {(agencyId is null ? "" : "w.agency_id = @agency AND ")}{(externalRef is null ? "" : "w.external_ref = @ref AND ")}w.id > @after
                ORDER BY w.id LIMIT @limit
                """,
                Read,
                ("agency", agencyId ?? ""), ("ref", externalRef ?? ""), ("after", afterId ?? ""), ("limit", limit)),
            cancellationToken);

    public async IAsyncEnumerable<Workspace> LoadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        while (true)
        {
            var page = await ListAsync(null, null, after, PageSize, cancellationToken);
            foreach (var workspace in page)
                yield return workspace;
            if (page.Count < PageSize)
                yield break;
            after = page[^1].Id;
        }
    }

    public Task<bool> DeleteAsync(string id, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if ((await FindAsync(session, [id])).FirstOrDefault() is not { } workspace)
                return false;
            var keys = await KeyStore.DeleteAsync(session, "workspace_id", id);
            await session.ExecuteAsync("DELETE FROM workspaces WHERE id = @id", ("id", id));
            session.Changed(ChangeKind.Workspace, id);
            session.Note(workspace.AgencyId, "workspace.deleted", id, FieldChanges.Gone(
                ("name", workspace.Name), ("externalRef", workspace.ExternalRef), ("defaultCalendar", workspace.DefaultCalendarId),
                ("directBookCalendar", workspace.DirectBookCalendarId), ("keys", keys.Count == 0 ? null : FieldChanges.List(keys))));
            return true;
        },
        cancellationToken);

    public static Workspace Read(ref Row row) => new(
        row.Text(), row.Text(), row.Text(), row.Text(), row.Text(), row.TextOrNull(), ReadSettings(row.Text()),
        row.TextOrNull(), row.TextOrNull(), row.Instant());

    /// <summary>Also how two settings are compared: they hold a list, and lists compare by reference.</summary>
    public static string WriteSettings(WorkspaceSettings settings) => JsonSerializer.Serialize(settings, JsonSerializerOptions.Web);

    /// <returns>Null when there is no such workspace.</returns>
    public static Task<string?> AgencyOfAsync(Session session, string id) =>
        session.FirstAsync("SELECT agency_id FROM workspaces WHERE id = @id", (ref Row row) => row.Text(), ("id", id));

    public static Task<List<Workspace>> FindAsync(Session session, IEnumerable<string> ids) => session.QueryRowsAsync(
        $"SELECT {Columns} FROM {{rows}} JOIN workspaces w ON w.id = r.id [[FOR UPDATE OF w]]",
        RowSet.OfIds(ids),
        Read);

    private async Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await database.WriteAsync(work, cancellationToken);
            }
            catch (ConstraintException refusal) when (attempt < Attempts && refusal.Kind is (ConstraintKind.Unique or ConstraintKind.ForeignKey))
            {
                // The next look finds what this one ran into, and turns it into an outcome.
            }
        }
    }

    private static WorkspaceSettings ReadSettings(string json) =>
        JsonSerializer.Deserialize<WorkspaceSettings>(json, JsonSerializerOptions.Web) ?? WorkspaceSettings.Defaults;

    /// <summary>A workspace that is named twice is written twice, in rounds: a statement over many rows must not meet a row twice.</summary>
    private static async Task<IReadOnlyList<WorkspaceWritten>> WriteAsync(Session session, IReadOnlyList<WorkspaceWrite> writes)
    {
        var results = new WorkspaceWritten[writes.Count];
        var left = Enumerable.Range(0, writes.Count).ToList();
        while (left.Count > 0)
        {
            var round = left.DistinctBy(i => writes[i].Workspace.Id).ToList();
            var written = await new WorkspaceBatch(session, [.. round.Select(i => writes[i])]).WriteAsync();
            for (var i = 0; i < round.Count; i++)
                results[round[i]] = written[i];
            left = [.. left.Except(round)];
        }
        return results;
    }
}
