using Microsoft.Extensions.Logging.Abstractions;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Invalidation;
using Slotkeeper.Reading;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;
using Slotkeeper.Storage;
using Slotkeeper.Testing;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Tests;

/// <summary>Where a world keeps its data.</summary>
public enum Keep
{
    /// <summary>With the fake clock for its own: leases run out by it.</summary>
    InMemory,

    /// <summary>A real file; its own clock is the machine's.</summary>
    InSqlite,
}

/// <summary>
/// A fleet as a story needs it: a database, scripted providers, a clock that stands still, and nodes wired as the server wires
/// them. A story is told by <see cref="Tell"/> and takes no real time.
/// </summary>
internal sealed class World
{
    private readonly List<Node> nodes = [];
    private readonly IBookingStore? bookings;
    private readonly Func<(IAgencyStore, IWorkspaceStore, ISnapshotStore, ILeaseStore, IChangeFeed)> connect;

    private World(FakeClock clock, AvailabilityOptions options, MemoryStorage? memory, IClaimStore claims, IBookingStore? bookings, Func<(IAgencyStore, IWorkspaceStore, ISnapshotStore, ILeaseStore, IChangeFeed)> connect)
    {
        Clock = clock;
        Options = options;
        Memory = memory!;
        Claims = claims;
        this.bookings = bookings;
        Providers = new ScriptedProviders(clock);
        this.connect = connect;
    }

    public FakeClock Clock { get; }

    public AvailabilityOptions Options { get; }

    /// <summary>Only in a world that is kept in memory.</summary>
    public MemoryStorage Memory { get; }

    public ScriptedProviders Providers { get; }

    public IClaimStore Claims { get; }

    /// <summary>The first node.</summary>
    public Node Here => nodes[0];

    public DateTimeOffset Now => Clock.GetUtcNow();

    public static void Tell(Keep keep, Func<World, Task> story, AvailabilityOptions? options = null, DateTimeOffset? start = null)
    {
        var clock = new FakeClock(start ?? FakeClock.DefaultStart);
        Simulation.Run(clock, async () =>
        {
            if (keep == Keep.InMemory)
            {
                var memory = new MemoryStorage(clock);
                await new World(clock, options ?? new(), memory, memory, null, () =>
                {
                    var node = memory.Connect();
                    return (node, node, node, node, node);
                }).TellAsync(story);
                return;
            }
            var folder = Directory.CreateTempSubdirectory("slotkeeper-tests-");
            try
            {
                await using var file = await DatabaseStorage.OpenAsync(StorageSettings.Parse(null, folder.FullName), clock, null, CancellationToken.None);
                await new World(clock, options ?? new(), null, file.Claims, file.Bookings, () => (file.Agencies, file.Workspaces, file.Snapshots, file.Leases, file.Changes)).TellAsync(story);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        });
    }

    /// <summary>Starts another node on the same database.</summary>
    public async Task<Node> StartNodeAsync()
    {
        var (agencies, workspaces, snapshots, leases, feed) = connect();
        var node = new Node(this, agencies, workspaces, snapshots, leases, feed);
        nodes.Add(node);
        await node.StartAsync();
        return node;
    }

    /// <summary>An agency with as many workspaces, each with a calendar of its own. Known to the first node.</summary>
    public async Task<IReadOnlyList<Workspace>> AddAsync(string agencyId, int workspaces, int weight = 1, WorkspaceSettings? settings = null, string? resource = null)
    {
        if (await Here.Agencies.FindAsync(agencyId, default) is null)
            await Here.Agencies.CreateAsync(new Agency(agencyId, agencyId, weight, Now), default);
        var present = Here.Catalog.Workspaces.Count(workspace => workspace.AgencyId == agencyId);
        var written = await Here.Workspaces.WriteAsync(
            [.. Enumerable.Range(present, workspaces).Select(i => new WorkspaceWrite(
                new Workspace($"ws_{agencyId}_{i:0000}", agencyId, $"W{i}", "America/New_York", "en", null, settings ?? WorkspaceSettings.Defaults, null, null, Now),
                new Dictionary<CalendarSource, CalendarRequest?> { [CalendarSource.Default] = Wanted($"{agencyId}-{i}", resource) }))],
            default);
        await Here.Sync.LoadAsync(default);
        return [.. written.Select(one => one.Workspace!)];
    }

    /// <summary>Holds a time on the first node; for years, because a file expires holds by the clock of the machine.</summary>
    public async Task<Claim> HoldAsync(Workspace workspace, DateTimeOffset start)
    {
        var resourceId = Here.Live(workspace).Calendar.ResourceId;
        var request = new ClaimRequest(Ids.New(Ids.Hold), resourceId, start, start.AddMinutes(30), ClaimState.Held, TimeSpan.FromDays(3650), "t");
        var taken = (await Claims.TakeAsync(request, default)).ShouldBeOfType<ClaimOutcome.Taken>();
        Here.Changes.Happened(resourceId);
        return taken.Claim;
    }

    public async Task ReleaseAsync(Claim claim)
    {
        (await Claims.ReleaseAsync(claim.Id, default)).ShouldBeTrue();
        Here.Changes.Happened(claim.ResourceId);
    }

    /// <summary>Books a time on the first node, as the provider has confirmed it.</summary>
    public async Task BookAsync(Workspace workspace, DateTimeOffset start)
    {
        var calendar = Here.Live(workspace).Calendar;
        var id = Ids.New(Ids.Booking);
        if (bookings is null)
        {
            Memory.Claim(new Claim(id, calendar.ResourceId, 0, start, start.AddMinutes(30), ClaimState.Booked, null, null) { At = new BookedAt(calendar.Id, Now, false) });
        }
        else
        {
            var intent = new Booking(
                id, workspace.Id, workspace.AgencyId, calendar.Id, calendar.Provider, CalendarSource.Default, start, start.AddMinutes(30), BookingStatus.Pending, BookingAction.Create,
                null, new Attendee("Ada", "ada@example.org", null, null), null, "{}", id, null, [], Now, null, 0, [new BookingEvent(Now, BookingStatus.Pending, "Begun.")]);
            var begun = (await bookings.BeginCreateAsync(intent, calendar.ResourceId, null, new IdempotencyScope("t", "r", id, [1]), default)).ShouldBeOfType<BeginOutcome.Begun>().Booking;
            var confirmed = begun with { Status = BookingStatus.Confirmed, Action = BookingAction.None, SettleAt = null, History = [.. begun.History, new BookingEvent(Now, BookingStatus.Confirmed, "Done.")] };
            (await bookings.EndAsync(new BookingEnd(begun, confirmed, null, null), default)).ShouldBe(EndOutcome.Stored);
        }
        Here.Changes.Happened(calendar.ResourceId);
    }

    public static CalendarRequest Wanted(string name, string? resource = null) =>
        new(Provider.Calendly, $"https://calendly.com/acme/{name}", null, null, null, resource, null, null);

    public Task DelayAsync(TimeSpan time) => Task.Delay(time, Clock);

    private async Task TellAsync(Func<World, Task> story)
    {
        await StartNodeAsync();
        try
        {
            await story(this);
        }
        finally
        {
            foreach (var node in nodes)
                await node.StopAsync();
        }
    }
}

/// <summary>One process of the fleet.</summary>
internal sealed class Node : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly World world;
    private Task writing = Task.CompletedTask;
    private Task following = Task.CompletedTask;

    public Node(World world, IAgencyStore agencies, IWorkspaceStore workspaces, ISnapshotStore snapshots, ILeaseStore leases, IChangeFeed feed)
    {
        this.world = world;
        var clock = world.Clock;
        Agencies = agencies;
        Workspaces = workspaces;
        Snapshots = new FaultySnapshots(snapshots, Faults);
        Leases = new FaultyLeases(leases, Faults);
        Feed = feed;
        Sync = new CatalogSync(Catalog, agencies, workspaces, Snapshots, feed, clock, NullLogger<CatalogSync>.Instance);
        Writer = new SnapshotWriter(Snapshots, clock, NullLogger<SnapshotWriter>.Instance);
        Refresher = new Refresher(world.Providers, Sync, Writer, world.Options, clock, Metrics, NullLogger<Refresher>.Instance);
        Runner = new SweepRunner(Catalog, Sync, Refresher, Leases, world.Options, clock, new Random(1), Metrics, NullLogger<SweepRunner>.Instance);
        Schedule = new SweepSchedule(Runner, world.Options, clock, NullLogger<SweepSchedule>.Instance);
        Reader = new AvailabilityReader(Catalog, Sync, Refresher, world.Options, clock);
        Invalidator = new Invalidator(Catalog, Snapshots);
        Changes = new ResourceChanges(Catalog);
    }

    public Faults Faults { get; } = new();

    public Catalog Catalog { get; } = new();

    public RefreshMetrics Metrics { get; } = new();

    public IAgencyStore Agencies { get; }

    public IWorkspaceStore Workspaces { get; }

    public ISnapshotStore Snapshots { get; }

    public ILeaseStore Leases { get; }

    public IChangeFeed Feed { get; }

    public CatalogSync Sync { get; }

    public SnapshotWriter Writer { get; }

    public Refresher Refresher { get; }

    public SweepRunner Runner { get; }

    public SweepSchedule Schedule { get; }

    public AvailabilityReader Reader { get; }

    public Invalidator Invalidator { get; }

    public ResourceChanges Changes { get; }

    public async Task StartAsync()
    {
        await Sync.LoadAsync(default);
        writing = Writer.RunAsync(stop.Token);
        following = Sync.FollowAsync(stop.Token);
    }

    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await writing;
        try
        {
            await following;
        }
        catch (OperationCanceledException)
        {
            // As told.
        }
        Dispose();
    }

    public void Dispose()
    {
        Writer.Dispose();
        Metrics.Dispose();
        stop.Dispose();
    }

    public LiveCalendar Live(Workspace workspace) =>
        Catalog.TryCalendar(workspace.DefaultCalendarId!, out var calendar) ? calendar : throw new KeyNotFoundException(workspace.DefaultCalendarId);

    /// <summary>As stored.</summary>
    public async Task<StoredCalendar> StoredAsync(Workspace workspace) => (await Snapshots.LoadAsync(workspace.DefaultCalendarId!, default))!;

    public async Task<SweepResult> RunAsync(double seconds = 55, int? concurrency = null, int? limit = null, SweepMode mode = SweepMode.All)
    {
        var outcome = await Runner.RunAsync(new SweepRequest(mode, SweepTrigger.Cron, limit, TimeSpan.FromSeconds(seconds), concurrency), default);
        return outcome.ShouldBeOfType<SweepOutcome.Ran>().Result;
    }

    public Task<RefreshOutcome> RefreshAsync(Workspace workspace) => Refresher.RefreshAsync(Live(workspace), TimeSpan.FromSeconds(30), default);

    public async Task<SlotAnswer> ReadAsync(Workspace workspace, TimeSpan? maxAge = null, bool refreshIfStale = true) =>
        await Reader.ReadAsync(workspace, new SlotQuery(CalendarSource.Default, MaxAge: maxAge, RefreshIfStale: refreshIfStale), default);

    public async Task<DateTimeOffset> DelayAsync(double seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds), world.Clock);
        return world.Now;
    }
}
