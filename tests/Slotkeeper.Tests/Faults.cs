using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Tests;

/// <summary>What goes wrong between a node and its database.</summary>
internal sealed class Faults
{
    /// <summary>Every call fails.</summary>
    public bool IsAway { get; set; }

    /// <summary>Only outcomes cannot be stored.</summary>
    public bool RefusesWrites { get; set; }

    /// <summary>Done before a batch of outcomes is stored.</summary>
    public Func<IReadOnlyList<SnapshotWrite>, Task>? BeforeWrite { get; set; }

    /// <summary>Done after a calendar was read and before the reader gets it.</summary>
    public Func<string, Task>? AfterLoad { get; set; }

    public int Loads { get; set; }

    public void Check()
    {
        if (IsAway)
            throw new StorageUnavailableException("The database is away.");
    }
}

internal sealed class FaultySnapshots(ISnapshotStore inner, Faults faults) : ISnapshotStore
{
    public IAsyncEnumerable<StoredCalendar> LoadAllAsync(CancellationToken cancellationToken)
    {
        faults.Check();
        return inner.LoadAllAsync(cancellationToken);
    }

    public async Task<StoredCalendar?> LoadAsync(string calendarId, CancellationToken cancellationToken)
    {
        faults.Check();
        faults.Loads++;
        var stored = await inner.LoadAsync(calendarId, cancellationToken);
        if (faults.AfterLoad is { } then)
            await then(calendarId);
        return stored;
    }

    public IAsyncEnumerable<(string CalendarId, CalendarState State)> LoadStatesAsync(CancellationToken cancellationToken)
    {
        faults.Check();
        return inner.LoadStatesAsync(cancellationToken);
    }

    public async Task<BatchOutcome> WriteAsync(IReadOnlyList<SnapshotWrite> writes, FencingToken? fence, CancellationToken cancellationToken)
    {
        if (faults.BeforeWrite is { } first)
            await first(writes);
        faults.Check();
        if (faults.RefusesWrites)
            throw new StorageUnavailableException("The disk is full.");
        return await inner.WriteAsync(writes, fence, cancellationToken);
    }

    public Task<bool> ProveRoomAsync(RoomProof proof, CancellationToken cancellationToken)
    {
        faults.Check();
        return inner.ProveRoomAsync(proof, cancellationToken);
    }

    public Task<IReadOnlyList<BumpedEpoch>> BumpAsync(IReadOnlyList<string> calendarIds, CancellationToken cancellationToken)
    {
        faults.Check();
        return inner.BumpAsync(calendarIds, cancellationToken);
    }

    public Task<IReadOnlyList<BumpedEpoch>> BumpEventTypeAsync(EventTypeAsked asked, IReadOnlyList<string> calendarIds, CancellationToken cancellationToken)
    {
        faults.Check();
        return inner.BumpEventTypeAsync(asked, calendarIds, cancellationToken);
    }

    public Task<IReadOnlyList<string>> FindByEventTypeAsync(Provider provider, string externalId, CancellationToken cancellationToken)
    {
        faults.Check();
        return inner.FindByEventTypeAsync(provider, externalId, cancellationToken);
    }
}

internal sealed class FaultyLeases(ILeaseStore inner, Faults faults) : ILeaseStore
{
    public Task<LeaseOutcome> TryAcquireAsync(string name, string holder, TimeSpan duration, TimeSpan notWithin, CancellationToken cancellationToken)
    {
        faults.Check();
        return inner.TryAcquireAsync(name, holder, duration, notWithin, cancellationToken);
    }

    public Task<bool> RenewAsync(FencingToken token, TimeSpan duration, CancellationToken cancellationToken)
    {
        faults.Check();
        return inner.RenewAsync(token, duration, cancellationToken);
    }

    public Task ReleaseAsync(FencingToken token, CancellationToken cancellationToken)
    {
        faults.Check();
        return inner.ReleaseAsync(token, cancellationToken);
    }
}
