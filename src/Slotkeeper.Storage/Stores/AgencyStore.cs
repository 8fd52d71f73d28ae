using Slotkeeper.Invalidation;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Stores;

internal sealed class AgencyStore(Database database) : IAgencyStore
{
    private const string Columns = "id, name, weight, created_at";

    public Task CreateAsync(Agency agency, CancellationToken cancellationToken) => database.WriteAsync(
        session =>
        {
            session.Changed(ChangeKind.Agency, agency.Id);
            session.Note(agency.Id, "agency.created", agency.Id, FieldChanges.Made(("name", agency.Name), ("weight", agency.Weight)));
            return session.ExecuteAsync(
                $"INSERT INTO agencies ({Columns}) VALUES (@id, @name, @weight, @created)",
                ("id", agency.Id), ("name", agency.Name), ("weight", agency.Weight), ("created", agency.CreatedAt));
        },
        cancellationToken);

    public Task<Agency?> FindAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync($"SELECT {Columns} FROM agencies WHERE id = @id", Read, ("id", id)),
        cancellationToken);

    public Task<IReadOnlyList<Agency>> ListAsync(string? afterId, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<Agency>>(
            async session => await session.QueryAsync(
                $"SELECT {Columns} FROM agencies WHERE id > @after ORDER BY id LIMIT @limit",
                Read,
                ("after", afterId ?? ""), ("limit", limit)),
            cancellationToken);

    public Task<bool> UpdateAsync(Agency agency, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await session.FirstAsync($"SELECT {Columns} FROM agencies WHERE id = @id [[FOR NO KEY UPDATE]]", Read, ("id", agency.Id)) is not { } before)
                return false;
            await session.ExecuteAsync(
                "UPDATE agencies SET name = @name, weight = @weight WHERE id = @id", ("id", agency.Id), ("name", agency.Name), ("weight", agency.Weight));
            session.Changed(ChangeKind.Agency, agency.Id);
            session.NoteChange(agency.Id, "agency.updated", agency.Id, new FieldChanges().Set("name", before.Name, agency.Name).Set("weight", before.Weight, agency.Weight));
            return true;
        },
        cancellationToken);

    public Task<AgencyDeletion> DeleteAsync(string id, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // Locked first: whoever adds something to the agency meanwhile waits for us, or we for them, and then we see it.
            if (await session.FirstAsync($"SELECT {Columns} FROM agencies WHERE id = @id [[FOR UPDATE]]", Read, ("id", id)) is not { } agency)
                return AgencyDeletion.NotFound;
            var inUse = await session.NumberAsync(
                """
                SELECT 1 WHERE EXISTS (SELECT 1 FROM workspaces WHERE agency_id = @id)
                            OR EXISTS (SELECT 1 FROM connections WHERE agency_id = @id)
                """,
                ("id", id));
            if (inUse is not null)
                return AgencyDeletion.NotEmpty;
            var keys = await KeyStore.DeleteAsync(session, "agency_id", id);
            await session.ExecuteAsync("DELETE FROM agencies WHERE id = @id", ("id", id));
            session.Changed(ChangeKind.Agency, id);
            session.Note(id, "agency.deleted", id, FieldChanges.Gone(("name", agency.Name), ("keys", FieldChanges.List(keys))));
            return AgencyDeletion.Deleted;
        },
        cancellationToken);

    private static Agency Read(ref Row row) => new(row.Text(), row.Text(), row.Int(), row.Instant());
}
