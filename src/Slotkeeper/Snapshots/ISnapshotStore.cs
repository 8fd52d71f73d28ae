using Slotkeeper.Calendars;
using Slotkeeper.Claims;

namespace Slotkeeper.Snapshots;

/// <summary>A calendar with everything that is needed to answer from it.</summary>
/// <param name="Calendar">What it is.</param>
/// <param name="AgencyId">The agency in whose turn it is fetched: the one with the smallest id among those that use it; null when no workspace uses it.</param>
/// <param name="SharedBy">Workspaces that use it.</param>
/// <param name="State">How fresh it is.</param>
/// <param name="Snapshot">Its slots; null before the first success.</param>
/// <param name="Claims">Live claims on its resource, ascending by start.</param>
public sealed record StoredCalendar(
    Calendar Calendar,
    string? AgencyId,
    int SharedBy,
    CalendarState State,
    Snapshot? Snapshot,
    IReadOnlyList<Claim> Claims);

/// <summary>The outcome of one fetch, to be stored.</summary>
/// <param name="CalendarId">Whose.</param>
/// <param name="ExpectedEpoch">The epoch when the fetch began: the write counts only while it is still that.</param>
/// <param name="State">
/// The state to store. Its epoch is <paramref name="ExpectedEpoch"/>, or one more when <paramref name="NewSnapshot"/> is set.
/// </param>
/// <param name="NewSnapshot">Null when the content did not change, or when the fetch failed: then no payload is written.</param>
/// <param name="NewResolved">Null when what is remembered stays as it is.</param>
public sealed record SnapshotWrite(
    string CalendarId,
    long ExpectedEpoch,
    CalendarState State,
    Snapshot? NewSnapshot,
    ResolvedIds? NewResolved);

/// <summary>What became of one write.</summary>
public enum SnapshotWriteOutcome
{
    Written,

    /// <summary>The epoch moved on, or a later attempt was stored already: what this fetch saw is no longer true.</summary>
    Superseded,

    /// <summary>There is no such calendar any more.</summary>
    Gone,
}

/// <summary>What became of a batch.</summary>
/// <param name="Fenced">The run that wrote it no longer holds its lease: nothing at all was written.</param>
/// <param name="Outcomes">In the order of the writes; empty when fenced.</param>
public sealed record BatchOutcome(bool Fenced, IReadOnlyList<SnapshotWriteOutcome> Outcomes);

/// <summary>Proof that a run holds its lease. See <see cref="Refresh.ILeaseStore"/>.</summary>
/// <param name="Lease">Name of the lease.</param>
/// <param name="Token">Grows with every holder.</param>
public sealed record FencingToken(string Lease, long Token);

/// <summary>What is to be done about freshness after an invalidation.</summary>
/// <param name="CalendarId">Whose.</param>
/// <param name="Epoch">The new epoch.</param>
public sealed record BumpedEpoch(string CalendarId, long Epoch);

/// <summary>Calendars and their snapshots as stored.</summary>
public interface ISnapshotStore
{
    /// <summary>Every calendar that a workspace uses, for the start of a node.</summary>
    IAsyncEnumerable<StoredCalendar> LoadAllAsync(CancellationToken cancellationToken);

    /// <summary>One calendar, used or not; null when there is none.</summary>
    Task<StoredCalendar?> LoadAsync(string calendarId, CancellationToken cancellationToken);

    /// <summary>How fresh every calendar is, without content: what a node reads that did not refresh them itself.</summary>
    IAsyncEnumerable<(string CalendarId, CalendarState State)> LoadStatesAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Stores the outcomes of many fetches in one transaction. With a fence, the transaction first makes sure that the lease
    /// is still held with that token and not expired by the database's clock. Nodes are told of calendars whose content changed.
    /// A back-off or an error is stored like any other state. Never waits for a provider.
    /// </summary>
    Task<BatchOutcome> WriteAsync(IReadOnlyList<SnapshotWrite> writes, FencingToken? fence, CancellationToken cancellationToken);

    /// <summary>Adds one to the epoch of each calendar, makes it due at once, ends its back-off and tells every node, in one transaction.</summary>
    Task<IReadOnlyList<BumpedEpoch>> BumpAsync(IReadOnlyList<string> calendarIds, CancellationToken cancellationToken);

    /// <summary>Ids of calendars that read an event type, by the provider's own id of it or by their link.</summary>
    Task<IReadOnlyList<string>> FindByEventTypeAsync(Provider provider, string externalId, CancellationToken cancellationToken);
}
