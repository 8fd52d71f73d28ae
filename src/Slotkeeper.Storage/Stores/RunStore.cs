using Slotkeeper.Refresh;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

internal sealed class RunStore(Database database, TimeSpan kept) : IRunStore
{
    public Task SaveAsync(RunRecord run, CancellationToken cancellationToken) => database.WriteForAllAsync(
        async session =>
        {
            await session.ExecuteAsync("DELETE FROM runs WHERE started_at < @oldest", ("oldest", run.StartedAt - kept));
            return await session.ExecuteAsync(
                """
                INSERT INTO runs (id, started_at, duration_ms, triggered_by, result)
                VALUES (@id, @started, @duration, @trigger, @result)
                """,
                ("id", run.Id), ("started", run.StartedAt), ("duration", run.DurationMs), ("trigger", run.Trigger), ("result", run.Result));
        },
        cancellationToken);

    public Task<RunRecord?> FindAsync(string id, CancellationToken cancellationToken) => database.ReadForAllAsync(
        session => session.FirstAsync("SELECT id, started_at, duration_ms, triggered_by, result FROM runs WHERE id = @id", Read, ("id", id)),
        cancellationToken);

    public Task<IReadOnlyList<RunRecord>> ListAsync(string? beforeId, int limit, CancellationToken cancellationToken) =>
        database.ReadForAllAsync<IReadOnlyList<RunRecord>>(
            async session => await session.QueryAsync(
                $"""
                SELECT id, started_at, duration_ms, triggered_by, result FROM runs
                {(beforeId is null ? "" : "WHERE id < @before")} ORDER BY id DESC LIMIT @limit
                """,
                Read,
                ("before", beforeId ?? ""), ("limit", limit)),
            cancellationToken);

    private static RunRecord Read(ref Row row) => new(row.Text(), row.Instant(), row.Long(), row.Text(), row.Text());
}
