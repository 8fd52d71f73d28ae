using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Invalidation;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Testing;

/// <summary>
/// A database in memory that several nodes share, with the fake clock for its own. Keeps the rules of the store interfaces, so
/// that hours of a fleet can be told without a file.
/// </summary>
public sealed class MemoryStorage(FakeClock time) : IClaimStore
{
    private readonly FakeClock clock = time;
    private readonly Dictionary<string, ClaimReservation> reservations = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, Agency> agencies = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Workspace> workspaces = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, StoredCalendar> calendars = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> idsByKey = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Lease> leases = new(StringComparer.Ordinal);
    private readonly List<Node> nodes = [];

    /// <summary>Epoch of the last change after which an answer to an earlier question says nothing, by calendar.</summary>
    private readonly Dictionary<string, long> fences = new(StringComparer.Ordinal);

    /// <summary>Epoch of the last change after which the provider has to be asked again, by calendar.</summary>
    private readonly Dictionary<string, long> dues = new(StringComparer.Ordinal);

    /// <summary>Times that slots were written.</summary>
    public int PayloadsWritten { get; private set; }

    /// <summary>Transactions that wrote outcomes.</summary>
    public int Batches { get; private set; }

    /// <summary>Another node on this database.</summary>
    public Node Connect()
    {
        lock (gate)
        {
            var node = new Node(this);
            nodes.Add(node);
            return node;
        }
    }

    /// <summary>As stored, without going through a node.</summary>
    public StoredCalendar Stored(string calendarId)
    {
        lock (gate)
            return With(calendars[calendarId]);
    }

    /// <summary>Somebody takes an interval: raises the epoch of every calendar on the resource and tells the nodes.</summary>
    public void Claim(Claim claim)
    {
        lock (gate)
        {
            foreach (var stored in calendars.Values.Where(stored => stored.Calendar.ResourceId == claim.ResourceId).ToList())
            {
                Claimed(stored, [.. stored.Claims.Append(claim).OrderBy(known => known.Start)]);
            }
        }
    }

    /// <summary>One seat; whoever asks is on no node, so every node is told.</summary>
    public Task<ClaimOutcome> TakeAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            var claims = calendars.Values.FirstOrDefault(stored => stored.Calendar.ResourceId == request.ResourceId)?.Claims;
            if (claims is null)
                return Task.FromResult<ClaimOutcome>(new ClaimOutcome.Missing());
            if (claims.Any(claim => claim.IsLive(clock.GetUtcNow()) && claim.Start < request.End && claim.End > request.Start))
                return Task.FromResult<ClaimOutcome>(new ClaimOutcome.Overlaps());
            var taken = new Claim(request.Id, request.ResourceId, 0, request.Start, request.End, request.State, clock.GetUtcNow() + request.HoldFor, request.Token);
            Claim(taken);
            return Task.FromResult<ClaimOutcome>(new ClaimOutcome.Taken(taken));
        }
    }

    public Task<bool> ReleaseAsync(string id, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            var having = calendars.Values.Where(stored => stored.Claims.Any(claim => claim.Id == id)).ToList();
            foreach (var stored in having)
                Claimed(stored, [.. stored.Claims.Where(claim => claim.Id != id)]);
            return Task.FromResult(having.Count > 0);
        }
    }

    public Task<bool> KeepReservationAsync(string id, ClaimReservation reservation, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            var isHeld = calendars.Values.Any(stored => stored.Claims.Any(claim => claim.Id == id && claim.State == ClaimState.Held && claim.IsLive(clock.GetUtcNow())));
            if (isHeld)
                reservations[id] = reservation;
            return Task.FromResult(isHeld);
        }
    }

    public Task<ClaimReservation?> FindReservationAsync(string id, CancellationToken cancellationToken)
    {
        lock (gate)
            return Task.FromResult(reservations.GetValueOrDefault(id));
    }

    public Task<IReadOnlyList<Claim>> ListAsync(string resourceId, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            var claims = calendars.Values.FirstOrDefault(stored => stored.Calendar.ResourceId == resourceId)?.Claims ?? [];
            return Task.FromResult<IReadOnlyList<Claim>>([.. claims.Where(claim => claim.IsLive(clock.GetUtcNow()))]);
        }
    }

    /// <summary>Takes a lease away from whoever holds it, as a paused holder finds it.</summary>
    public void StealLease(string name)
    {
        lock (gate)
            leases[name] = new Lease("thief", leases[name].Token + 1, clock.GetUtcNow().AddHours(1), clock.GetUtcNow());
    }

    private void Claimed(StoredCalendar stored, Claim[] claims)
    {
        calendars[stored.Calendar.Id] = stored with { Claims = claims, State = stored.State with { Epoch = stored.State.Epoch + 1 } };
        Tell(null, new Change(ChangeKind.Calendar, stored.Calendar.Id, stored.State.Epoch + 1));
    }

    /// <summary>Something was booked or cancelled at the provider.</summary>
    public void ChangeAtProvider(string calendarId)
    {
        lock (gate)
        {
            var state = calendars[calendarId].State;
            dues[calendarId] = state.Epoch + 1;
            calendars[calendarId] = calendars[calendarId] with { State = state with { Epoch = state.Epoch + 1, StaleAt = DateTimeOffset.UnixEpoch } };
            Tell(null, new Change(ChangeKind.Calendar, calendarId, state.Epoch + 1));
        }
    }

    private void Tell(Node? by, Change change)
    {
        foreach (var node in nodes.Where(node => node != by))
            node.Hear(change);
    }

    private StoredCalendar With(StoredCalendar stored)
    {
        var users = workspaces.Values.Where(workspace => workspace.DefaultCalendarId == stored.Calendar.Id || workspace.DirectBookCalendarId == stored.Calendar.Id).ToList();
        return stored with { SharedBy = users.Count, AgencyId = users.Select(workspace => workspace.AgencyId).Min(StringComparer.Ordinal) };
    }

    private sealed record Lease(string Holder, long Token, DateTimeOffset? ExpiresAt, DateTimeOffset TakenAt);

    /// <summary>One process's way to the database, and its ear for what others change.</summary>
    public sealed class Node(MemoryStorage storage) : IAgencyStore, IWorkspaceStore, ISnapshotStore, ILeaseStore, IChangeFeed
    {
        // What is told is heard without a detour over the thread pool, so that a story's clock cannot overtake it.
        private readonly Channel<Change?> heard = Channel.CreateUnbounded<Change?>(new UnboundedChannelOptions { AllowSynchronousContinuations = true });

        public bool IsTrusted { get; set; } = true;

        public bool IsShared { get; set; }

        internal void Hear(Change change) => heard.Writer.TryWrite(change);

        /// <summary>Something may have been missed.</summary>
        public void Miss() => heard.Writer.TryWrite(null);

        public async Task RunAsync(Func<Change, CancellationToken, Task> apply, Func<CancellationToken, Task> missed, CancellationToken cancellationToken)
        {
            await foreach (var change in heard.Reader.ReadAllAsync(cancellationToken))
            {
                if (change is { } told)
                    await apply(told, cancellationToken);
                else
                    await missed(cancellationToken);
            }
        }

        public Task CreateAsync(Agency agency, CancellationToken cancellationToken)
        {
            lock (storage.gate)
                storage.agencies.Add(agency.Id, agency);
            storage.Tell(this, new Change(ChangeKind.Agency, agency.Id, 0));
            return Task.CompletedTask;
        }

        Task<Agency?> IAgencyStore.FindAsync(string id, CancellationToken cancellationToken)
        {
            lock (storage.gate)
                return Task.FromResult(storage.agencies.GetValueOrDefault(id));
        }

        Task<IReadOnlyList<Agency>> IAgencyStore.ListAsync(string? afterId, int limit, CancellationToken cancellationToken)
        {
            lock (storage.gate)
                return Task.FromResult<IReadOnlyList<Agency>>([.. storage.agencies.Values.Where(agency => string.CompareOrdinal(agency.Id, afterId) > 0).Take(limit)]);
        }

        Task<bool> IAgencyStore.UpdateAsync(Agency agency, CancellationToken cancellationToken)
        {
            lock (storage.gate)
            {
                if (!storage.agencies.ContainsKey(agency.Id))
                    return Task.FromResult(false);
                storage.agencies[agency.Id] = agency;
            }
            storage.Tell(this, new Change(ChangeKind.Agency, agency.Id, 0));
            return Task.FromResult(true);
        }

        Task<AgencyDeletion> IAgencyStore.DeleteAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<WorkspaceWritten>> WriteAsync(IReadOnlyList<WorkspaceWrite> writes, CancellationToken cancellationToken)
        {
            lock (storage.gate)
                return Task.FromResult<IReadOnlyList<WorkspaceWritten>>([.. writes.Select(Write)]);
        }

        public Task<IReadOnlyList<WorkspaceForeseen>> ForeseeAsync(IReadOnlyList<WorkspaceWrite> writes, CancellationToken cancellationToken) => throw new NotSupportedException();

        Task<Workspace?> IWorkspaceStore.FindAsync(string id, CancellationToken cancellationToken)
        {
            lock (storage.gate)
                return Task.FromResult(storage.workspaces.GetValueOrDefault(id));
        }

        public Task<Workspace?> FindByExternalRefAsync(string agencyId, string externalRef, CancellationToken cancellationToken) => throw new NotSupportedException();

        Task<IReadOnlyList<Workspace>> IWorkspaceStore.ListAsync(string? agencyId, string? externalRef, string? afterId, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        async IAsyncEnumerable<Workspace> IWorkspaceStore.LoadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            List<Workspace> all;
            lock (storage.gate)
                all = [.. storage.workspaces.Values];
            foreach (var workspace in all)
                yield return workspace;
            await Task.CompletedTask;
        }

        Task<bool> IWorkspaceStore.DeleteAsync(string id, CancellationToken cancellationToken)
        {
            lock (storage.gate)
            {
                if (!storage.workspaces.Remove(id))
                    return Task.FromResult(false);
            }
            storage.Tell(this, new Change(ChangeKind.Workspace, id, 0));
            return Task.FromResult(true);
        }

        async IAsyncEnumerable<StoredCalendar> ISnapshotStore.LoadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            List<StoredCalendar> all;
            lock (storage.gate)
                all = [.. storage.calendars.Values.Select(storage.With).Where(stored => stored.SharedBy > 0)];
            foreach (var stored in all)
                yield return stored;
            await Task.CompletedTask;
        }

        Task<StoredCalendar?> ISnapshotStore.LoadAsync(string calendarId, CancellationToken cancellationToken)
        {
            lock (storage.gate)
                return Task.FromResult(storage.calendars.TryGetValue(calendarId, out var stored) ? storage.With(stored) : null);
        }

        public async IAsyncEnumerable<(string CalendarId, CalendarState State)> LoadStatesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            List<StoredCalendar> all;
            lock (storage.gate)
                all = [.. storage.calendars.Values];
            foreach (var stored in all)
                yield return (stored.Calendar.Id, stored.State);
            await Task.CompletedTask;
        }

        public Task<BatchOutcome> WriteAsync(IReadOnlyList<SnapshotWrite> writes, FencingToken? fence, CancellationToken cancellationToken)
        {
            lock (storage.gate)
            {
                if (fence is not null && !Holds(fence))
                    return Task.FromResult(new BatchOutcome(true, []));
                storage.Batches++;
                var landed = new Dictionary<string, Landing>(StringComparer.Ordinal);
                return Task.FromResult(new BatchOutcome(false, [.. writes.Select(write => Write(write, landed))]) { Landed = landed });
            }
        }

        public Task<bool> ProveRoomAsync(RoomProof proof, CancellationToken cancellationToken)
        {
            lock (storage.gate)
            {
                var proven = storage.calendars[proof.CalendarId].Claims.Where(claim => proof.ClaimIds.Contains(claim.Id, StringComparer.Ordinal)
                    && claim.At is { LeavesRoom: false } at && at.CalendarId == proof.CalendarId && at.Since < proof.StandingBefore).ToList();
                if (proven.Count == 0)
                    return Task.FromResult(false);
                foreach (var stored in storage.calendars.Values.Where(stored => stored.Calendar.ResourceId == proof.ResourceId).ToList())
                {
                    storage.calendars[stored.Calendar.Id] = stored with
                    {
                        Claims = [.. stored.Claims.Select(claim => proven.Contains(claim) ? claim with { At = claim.At! with { LeavesRoom = true } } : claim)],
                        State = stored.State with { Epoch = stored.State.Epoch + (stored.Calendar.Id == proof.CalendarId ? 1 : 0) },
                    };
                }
                storage.Tell(this, new Change(ChangeKind.Calendar, proof.CalendarId, storage.calendars[proof.CalendarId].State.Epoch));
                return Task.FromResult(true);
            }
        }

        public Task<IReadOnlyList<BumpedEpoch>> BumpAsync(IReadOnlyList<string> calendarIds, CancellationToken cancellationToken)
        {
            var bumped = new List<BumpedEpoch>();
            lock (storage.gate)
            {
                foreach (var id in calendarIds.Where(storage.calendars.ContainsKey))
                {
                    var state = storage.calendars[id].State;
                    state = state with { Epoch = state.Epoch + 1, StaleAt = DateTimeOffset.UnixEpoch, BackoffUntil = null };
                    storage.fences[id] = storage.dues[id] = state.Epoch;
                    storage.calendars[id] = storage.calendars[id] with { State = state };
                    bumped.Add(new BumpedEpoch(id, state.Epoch));
                    storage.Tell(this, new Change(ChangeKind.Calendar, id, state.Epoch));
                }
            }
            return Task.FromResult<IReadOnlyList<BumpedEpoch>>(bumped);
        }

        public Task<IReadOnlyList<BumpedEpoch>> BumpEventTypeAsync(EventTypeAsked asked, IReadOnlyList<string> calendarIds, CancellationToken cancellationToken) =>
            BumpAsync(calendarIds, cancellationToken);

        public Task<IReadOnlyList<string>> FindByEventTypeAsync(Provider provider, string externalId, CancellationToken cancellationToken)
        {
            lock (storage.gate)
            {
                return Task.FromResult<IReadOnlyList<string>>([.. storage.calendars.Values.Select(stored => stored.Calendar)
                    .Where(calendar => calendar.Provider == provider && (calendar.ExternalId == externalId || calendar.Url == externalId))
                    .Select(calendar => calendar.Id)]);
            }
        }

        public Task<LeaseOutcome> TryAcquireAsync(string name, string holder, TimeSpan duration, TimeSpan notWithin, CancellationToken cancellationToken)
        {
            lock (storage.gate)
            {
                var now = storage.clock.GetUtcNow();
                var known = storage.leases.GetValueOrDefault(name);
                if (known?.ExpiresAt > now)
                    return Task.FromResult<LeaseOutcome>(new LeaseOutcome.Held(known.ExpiresAt.Value - now));
                if (known is { ExpiresAt: null } && now - known.TakenAt < notWithin)
                    return Task.FromResult<LeaseOutcome>(new LeaseOutcome.TooSoon());
                var token = (known?.Token ?? 0) + 1;
                storage.leases[name] = new Lease(holder, token, now + duration, now);
                return Task.FromResult<LeaseOutcome>(new LeaseOutcome.Acquired(new FencingToken(name, token)));
            }
        }

        public Task<bool> RenewAsync(FencingToken token, TimeSpan duration, CancellationToken cancellationToken)
        {
            lock (storage.gate)
            {
                if (!Holds(token))
                    return Task.FromResult(false);
                storage.leases[token.Lease] = storage.leases[token.Lease] with { ExpiresAt = storage.clock.GetUtcNow() + duration };
                return Task.FromResult(true);
            }
        }

        public Task ReleaseAsync(FencingToken token, CancellationToken cancellationToken)
        {
            lock (storage.gate)
            {
                if (Holds(token))
                    storage.leases[token.Lease] = storage.leases[token.Lease] with { ExpiresAt = null };
            }
            return Task.CompletedTask;
        }

        private bool Holds(FencingToken token) =>
            storage.leases.GetValueOrDefault(token.Lease) is { } lease && lease.Token == token.Token && lease.ExpiresAt > storage.clock.GetUtcNow();

        private SnapshotWriteOutcome Write(SnapshotWrite write, Dictionary<string, Landing> landed)
        {
            if (!storage.calendars.TryGetValue(write.CalendarId, out var stored))
                return SnapshotWriteOutcome.Gone;
            // An attempt of the future was stored before the clock was set back; it says nothing.
            if (storage.fences.GetValueOrDefault(write.CalendarId) > write.BeganAt
                || (stored.State.LastAttemptAt > write.State.LastAttemptAt && stored.State.LastAttemptAt <= storage.clock.GetUtcNow()))
                return SnapshotWriteOutcome.Superseded;
            var landing = new Landing(
                stored.State.Epoch + (write.State.Epoch - write.BeganAt), storage.dues.GetValueOrDefault(write.CalendarId) > write.BeganAt);
            landed[write.CalendarId] = landing;
            storage.calendars[write.CalendarId] = stored with
            {
                Calendar = stored.Calendar with { Resolved = write.NewResolved ?? stored.Calendar.Resolved },
                State = write.State with { Epoch = landing.Epoch, StaleAt = landing.IsDueAgain ? DateTimeOffset.UnixEpoch : write.State.StaleAt },
                Snapshot = write.NewSnapshot ?? stored.Snapshot,
            };
            if (write.NewSnapshot is not null)
            {
                storage.PayloadsWritten++;
                storage.fences[write.CalendarId] = landing.Epoch;
                storage.Tell(this, new Change(ChangeKind.Calendar, write.CalendarId, landing.Epoch));
            }
            return SnapshotWriteOutcome.Written;
        }

        private WorkspaceWritten Write(WorkspaceWrite write)
        {
            if (!storage.agencies.ContainsKey(write.Workspace.AgencyId))
                return new WorkspaceWritten(WorkspaceWriteOutcome.NoAgency, null, []);
            var known = storage.workspaces.GetValueOrDefault(write.Workspace.Id);
            var workspace = write.Workspace with { DefaultCalendarId = known?.DefaultCalendarId, DirectBookCalendarId = known?.DirectBookCalendarId };
            foreach (var (source, wanted) in write.Calendars)
            {
                var id = wanted is null ? null : Put(wanted, workspace.AgencyId);
                workspace = source == CalendarSource.Default ? workspace with { DefaultCalendarId = id } : workspace with { DirectBookCalendarId = id };
                if (id is not null && id != known?.CalendarId(source))
                    storage.calendars[id] = storage.calendars[id] with { State = storage.calendars[id].State with { StaleAt = DateTimeOffset.UnixEpoch, BackoffUntil = null } };
            }
            storage.workspaces[workspace.Id] = workspace;
            storage.Tell(this, new Change(ChangeKind.Workspace, workspace.Id, 0));
            string?[] ids = [workspace.DefaultCalendarId, workspace.DirectBookCalendarId];
            return new WorkspaceWritten(
                known is null ? WorkspaceWriteOutcome.Created : WorkspaceWriteOutcome.Updated,
                workspace,
                [.. ids.OfType<string>().Distinct().Select(id => storage.calendars[id].Calendar)]);
        }

        private string Put(CalendarRequest wanted, string agencyId)
        {
            var key = wanted.Key(agencyId);
            if (storage.idsByKey.TryGetValue(key, out var known))
                return known;
            var id = $"cal_{storage.calendars.Count + 1:00000}";
            storage.idsByKey[key] = id;
            var calendar = new Calendar(
                id, wanted.Provider, wanted.Url, wanted.ExternalId, wanted.ConnectionId, wanted.DurationMinutes,
                $"res_{wanted.ResourceKey(agencyId)}", wanted.Capacity ?? 1, wanted.WorkingHours, null);
            storage.calendars[id] = new StoredCalendar(calendar, null, 0, CalendarState.New, null, []);
            return id;
        }
    }
}
