using System.Runtime.CompilerServices;
using Slotkeeper.Audit;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>Reads, checks and prunes what <see cref="AuditTrail"/> writes.</summary>
internal sealed class AuditStore(Database database) : IAuditStore
{
    private const int Page = 2000;

    private const string OfHead =
        """
        SELECT c.chain, c.sequence, c.hash, c.pruned_sequence, c.pruned_hash, COALESCE((SELECT MAX(r.sequence) FROM audit_records r WHERE r.chain = c.chain), 0)
        FROM audit_chains c WHERE c.chain = @chain
        """;

    public Task<IReadOnlyList<AuditRecord>> ListAsync(AuditFilter filter, AuditPlace? before, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<AuditRecord>>(
            async session => await session.QueryAsync(
                $"""
                SELECT {AuditRow.Columns} FROM audit_records
                WHERE {(filter.AgencyId is null ? "" : "chain = @chain AND ")}{(filter.SubjectId is null ? "" : "subject_id = @subject AND ")}
                  {(filter.Action is null ? "" : "action = @action AND ")}{(before is null ? "" : "(at, chain, sequence) < (@before_at, @before_chain, @before_sequence) AND ")}
                  at >= @from AND at < @to
                ORDER BY at DESC, chain DESC, sequence DESC LIMIT @limit
                """,
                (ref Row row) => AuditRow.Read(ref row).ToRecord(),
                ("chain", filter.AgencyId ?? ""), ("subject", filter.SubjectId ?? ""), ("action", filter.Action ?? ""), ("before_at", before?.At ?? default),
                ("before_chain", before?.Chain ?? ""), ("before_sequence", before?.Sequence ?? 0), ("from", filter.From ?? DateTimeOffset.UnixEpoch),
                ("to", filter.To ?? DateTimeOffset.MaxValue), ("limit", limit)),
            cancellationToken);

    public async Task<PruneResult> PruneAsync(TimeSpan kept, CancellationToken cancellationToken)
    {
        var chains = await database.ReadAsync(
            session => session.QueryAsync(
                "SELECT DISTINCT chain FROM audit_records WHERE at < (SELECT {now}) - @kept ORDER BY chain", (ref Row row) => row.Text(), ("kept", kept)),
            cancellationToken);
        var (removed, broken) = (0, new List<string>());
        foreach (var chain in chains)
        {
            int? step;
            do
            {
                step = await database.WriteAsync(session => PruneAsync(session, chain, kept), cancellationToken);
                removed += step ?? 0;
            }
            while (step == Page);
            if (step is null)
                broken.Add(chain);
        }
        return new PruneResult(removed, broken);
    }

    public Task<bool> ExistsAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async session => await session.NumberAsync($"SELECT 1 FROM {database.Tables} WHERE name = 'audit_chains'") is not null, cancellationToken);

    public async IAsyncEnumerable<ChainReport> VerifyAsync(string? agencyId, Action<long>? looked, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var chains = await database.ReadAsync(
            session => session.QueryAsync(
                """
                SELECT chain FROM (
                  SELECT chain FROM audit_chains UNION SELECT DISTINCT chain FROM audit_records UNION SELECT id FROM agencies) AS every
                WHERE @agency = '' OR chain = @agency ORDER BY chain
                """,
                (ref Row row) => row.Text(),
                ("agency", agencyId ?? "")),
            cancellationToken);
        var total = 0L;
        foreach (var chain in chains)
        {
            var report = await WalkAsync(chain, more => looked?.Invoke(total + more), cancellationToken);
            total += report.Checked;
            yield return report;
        }
    }

    private async Task<ChainReport> WalkAsync(string chain, Action<long> looked, CancellationToken cancellationToken)
    {
        while (true)
        {
            var head = await database.ReadAsync(session => HeadAsync(session, chain), cancellationToken);
            if (head is null)
            {
                return new ChainReport(
                    chain == AuditPlace.Installation ? null : chain, 0, AuditRow.Genesis, 0, 0,
                    [new ChainFault(0, "no_head", "The chain's head is missing: what the chain had cannot be told.")]);
            }
            var walk = new ChainWalk(head);
            // Up to what there was when the head was read; what is written since is left to the next look.
            for (var after = long.MinValue; ;)
            {
                var (from, to) = (after, Math.Max(head.Sequence, head.Newest));
                var page = await database.ReadAsync(session => PageAsync(session, chain, from, to), cancellationToken);
                foreach (var row in page)
                    walk.Step(row);
                looked(walk.Checked);
                if (page.Count < Page)
                    break;
                after = page[^1].Sequence;
            }
            // Pruned meanwhile, records were missing for that reason.
            if ((await database.ReadAsync(session => HeadAsync(session, chain), cancellationToken))?.PrunedSequence == head.PrunedSequence)
                return walk.End();
        }
    }

    /// <returns>How many were removed: a page, or fewer when no more are due; null when the chain is not as it was written.</returns>
    private static async Task<int?> PruneAsync(Session session, string chain, TimeSpan kept)
    {
        var found = await session.QueryAsync(
            "SELECT {now} - @kept FROM audit_chains WHERE chain = @chain [[FOR NO KEY UPDATE]]", (ref Row row) => row.Long(), ("chain", chain), ("kept", kept));
        if (found is not [var until] || await HeadAsync(session, chain) is not { } head)
            return null;
        var walk = new ChainWalk(head);
        AuditRow? last = null;
        var removed = 0;
        foreach (var row in await PageAsync(session, chain, long.MinValue, head.Sequence))
        {
            if (row.At >= until)
                break;
            walk.Step(row);
            if (!walk.IsSound)
                return null;
            last = row;
            removed++;
        }
        if (last is null)
            return 0;
        await session.ExecuteAsync(
            """
            UPDATE audit_chains SET pruned_sequence = @through, pruned_hash = @hash WHERE chain = @chain;
            DELETE FROM audit_records WHERE chain = @chain AND sequence <= @through
            """,
            ("chain", chain), ("through", last.Sequence), ("hash", last.Hash));
        session.Note(chain == AuditPlace.Installation ? null : chain, ChainWalk.PrunedAction, chain, ChainWalk.Pruning(last.Sequence, last.Hash));
        return removed;
    }

    private static Task<ChainHead?> HeadAsync(Session session, string chain) => session.FirstAsync(
        OfHead, (ref Row row) => new ChainHead(row.Text(), row.Long(), row.Bytes(), row.Long(), row.Bytes(), row.Long()), ("chain", chain));

    private static Task<List<AuditRow>> PageAsync(Session session, string chain, long after, long through) => session.QueryAsync(
        $"SELECT {AuditRow.Columns} FROM audit_records WHERE chain = @chain AND sequence > @after AND sequence <= @through ORDER BY sequence LIMIT @limit",
        AuditRow.Read,
        ("chain", chain), ("after", after), ("through", through), ("limit", Page));
}
