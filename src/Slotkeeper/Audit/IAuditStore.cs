namespace Slotkeeper.Audit;

/// <summary>What is wrong with one chain, at one place.</summary>
/// <param name="Sequence">The record where it shows.</param>
/// <param name="Code">Stable: <c>altered</c>, <c>missing</c>, <c>chopped</c>, <c>beyond_head</c>, <c>before_checkpoint</c>, <c>head_altered</c>, <c>no_head</c>, <c>pruning_not_recorded</c>.</param>
/// <param name="Detail">For people.</param>
public sealed record ChainFault(long Sequence, string Code, string Detail);

/// <summary>What a look through one chain came to.</summary>
/// <param name="AgencyId">Whose; null for what belongs to no agency.</param>
/// <param name="Sequence">Of the last record, as the chain's head has it.</param>
/// <param name="Hash">Of the last record, as the chain's head has it. Kept elsewhere, it shows later whether the chain was rewritten as a whole.</param>
/// <param name="PrunedThrough">Records up to this one are gone because their time was over; 0 for none.</param>
/// <param name="Checked">Records looked at.</param>
/// <param name="Faults">At most <see cref="IAuditStore.MostFaults"/>, in the order of their places; empty when all is well.</param>
public sealed record ChainReport(string? AgencyId, long Sequence, byte[] Hash, long PrunedThrough, long Checked, IReadOnlyList<ChainFault> Faults);

/// <summary>What a pruning came to.</summary>
/// <param name="Removed">Records that are gone.</param>
/// <param name="Broken">Chains that are not as they were written, by agency id (or the installation's name): nothing of them was removed from there on.</param>
public sealed record PruneResult(int Removed, IReadOnlyList<string> Broken);

/// <summary>
/// The audit as stored: one record per change of state, written by the stores in the transaction of the change, never altered afterwards. Records of an
/// agency form a chain of hashes; so do those that belong to no agency.
/// </summary>
public interface IAuditStore
{
    /// <summary>Faults of one chain that are told.</summary>
    const int MostFaults = 100;

    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<AuditRecord>> ListAsync(AuditFilter filter, AuditPlace? before, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Removes records older than <paramref name="kept"/> by the database's clock, from the beginning of each chain on. The chain keeps the sequence and hash of the
    /// last one removed, so that the rest stays verifiable, and a record of it (<c>audit.pruned</c>). What is not as it was written is not removed.
    /// </summary>
    Task<PruneResult> PruneAsync(TimeSpan kept, CancellationToken cancellationToken);

    /// <summary>Whether the database has an audit: not before its schema step.</summary>
    Task<bool> ExistsAsync(CancellationToken cancellationToken);

    /// <summary>Looks through every chain, or one: each record against the one before, the last against the chain's head.</summary>
    /// <param name="agencyId">Null for all, with that of no agency.</param>
    /// <param name="looked">Told of records looked at so far; null for nobody.</param>
    /// <param name="cancellationToken">Ends it.</param>
    IAsyncEnumerable<ChainReport> VerifyAsync(string? agencyId, Action<long>? looked, CancellationToken cancellationToken);
}
