using System.Collections.ObjectModel;
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
/// <param name="BeganAt">
/// The epoch when the fetch began. The write counts unless the content, the settings or an invalidation has raised the epoch since;
/// changes of claims may have, because claims are taken out of answers whatever the snapshot says.
/// </param>
/// <param name="State">
/// The state to store. Its epoch is <paramref name="BeganAt"/>, or one more when <paramref name="NewSnapshot"/> is set: that much is added to the
/// stored one.
/// </param>
/// <param name="NewSnapshot">Null when the content did not change, or when the fetch failed: then no payload is written.</param>
/// <param name="NewResolved">Null when what is remembered stays as it is.</param>
public sealed record SnapshotWrite(
    string CalendarId,
    long BeganAt,
    CalendarState State,
    Snapshot? NewSnapshot,
    ResolvedIds? NewResolved)
{
    /// <summary>What agencies are told of it, in the same transaction.</summary>
    public CalendarNews News { get; init; }
}

/// <summary>What a fetch has shown that agencies may want to be told of.</summary>
[Flags]
public enum CalendarNews
{
    None = 0,

    /// <summary>The provider names other times than before.</summary>
    AvailabilityChanged = 1,

    /// <summary>Its data will get old unless somebody does something, or it failed again and again.</summary>
    Unhealthy = 2,

    /// <summary>It was unhealthy, and was read again.</summary>
    Recovered = 4,
}

/// <summary>What became of one write.</summary>
public enum SnapshotWriteOutcome
{
    Written,

    /// <summary>Something that concerns what the provider answers changed since it began, or a later attempt was stored already.</summary>
    Superseded,

    /// <summary>There is no such calendar any more.</summary>
    Gone,
}

/// <summary>What became of a batch.</summary>
/// <param name="Fenced">The run that wrote it no longer holds its lease: nothing at all was written.</param>
/// <param name="Outcomes">In the order of the writes; empty when fenced.</param>
public sealed record BatchOutcome(bool Fenced, IReadOnlyList<SnapshotWriteOutcome> Outcomes)
{
    /// <summary>What was written, by calendar.</summary>
    public IReadOnlyDictionary<string, Landing> Landed { get; init; } = ReadOnlyDictionary<string, Landing>.Empty;
}

/// <summary>What a calendar is after the outcome of a fetch was written.</summary>
/// <param name="Epoch">Above the one the write expected where claims have changed since the fetch began.</param>
/// <param name="IsDueAgain">Something has changed at the provider since it began, so that a later one is asked for.</param>
public readonly record struct Landing(long Epoch, bool IsDueAgain);

/// <summary>Proof that a run holds its lease. See <see cref="Refresh.ILeaseStore"/>.</summary>
/// <param name="Lease">Name of the lease.</param>
/// <param name="Token">Grows with every holder.</param>
public sealed record FencingToken(string Lease, long Token);

/// <summary>What is to be done about freshness after an invalidation.</summary>
/// <param name="CalendarId">Whose.</param>
/// <param name="Epoch">The new epoch.</param>
public sealed record BumpedEpoch(string CalendarId, long Epoch);

/// <summary>Somebody's word that an event type has changed at its provider.</summary>
/// <param name="Provider">Where.</param>
/// <param name="Name">The provider's id of it, or its link.</param>
/// <param name="AgencyId">Who says so; null for an administrator.</param>
public sealed record EventTypeAsked(Provider Provider, string Name, string? AgencyId);

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

    /// <summary>
    /// Marks bookings as leaving room at their calendar, those that still stand as they did. Adds one to its epoch and tells every node, if there
    /// are any; other calendars of the resource see no difference.
    /// </summary>
    /// <returns>Whether there were any.</returns>
    Task<bool> ProveRoomAsync(RoomProof proof, CancellationToken cancellationToken);

    /// <summary>
    /// Adds one to the epoch of each calendar, makes it due at once, ends its back-off and tells every node, in one transaction. What fetches
    /// bring that began before counts no more.
    /// </summary>
    Task<IReadOnlyList<BumpedEpoch>> BumpAsync(IReadOnlyList<string> calendarIds, CancellationToken cancellationToken);

    /// <summary><see cref="BumpAsync"/> because somebody asked for it, which the audit has.</summary>
    Task<IReadOnlyList<BumpedEpoch>> BumpEventTypeAsync(EventTypeAsked asked, IReadOnlyList<string> calendarIds, CancellationToken cancellationToken);

    /// <summary>Ids of calendars that read an event type, by the provider's own id of it or by their link.</summary>
    Task<IReadOnlyList<string>> FindByEventTypeAsync(Provider provider, string externalId, CancellationToken cancellationToken);
}
