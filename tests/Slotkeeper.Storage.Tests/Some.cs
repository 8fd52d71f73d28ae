using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Tests;

/// <summary>Data of which any value will do.</summary>
internal static class Some
{
    /// <summary>A Monday in the future of every real clock.</summary>
    public static readonly DateTimeOffset Monday = new(2035, 1, 15, 9, 0, 0, TimeSpan.Zero);

    /// <summary>A Monday in the past of every real clock, for what the database compares with its own.</summary>
    public static readonly DateTimeOffset PastMonday = new(2020, 1, 13, 9, 0, 0, TimeSpan.Zero);

    private static int count;

    public static int Number() => Interlocked.Increment(ref count);

    public static async Task<Agency> AgencyAsync(DatabaseStorage storage)
    {
        var agency = new Agency(Ids.New(Ids.Agency), "Northwind", Agency.DefaultWeight, Monday);
        await storage.Agencies.CreateAsync(agency, CancellationToken.None);
        return agency;
    }

    public static async Task<Connection> ConnectionAsync(DatabaseStorage storage, string agencyId, Provider provider = Provider.Calendly)
    {
        var connection = new Connection(Ids.New(Ids.Connection), agencyId, provider, "Main", [1, 2], [3], null, Monday);
        await storage.Connections.CreateAsync(connection, CancellationToken.None);
        return connection;
    }

    public static Workspace Workspace(string agencyId) => new(
        Ids.New(Ids.Workspace), agencyId, "Contoso", "Europe/Berlin", "de", null, WorkspaceSettings.Defaults, null, null, Monday);

    public static CalendarRequest Link(string? resource = null, int? capacity = null) => new(
        Provider.Calendly, $"https://calendly.com/someone/{Number()}", null, null, null, resource, capacity, null);

    public static Dictionary<CalendarSource, CalendarRequest?> Default(CalendarRequest? request) => new() { [CalendarSource.Default] = request };

    /// <summary>A calendar in a workspace of a new agency.</summary>
    public static async Task<Calendar> CalendarAsync(DatabaseStorage storage, CalendarRequest? request = null, string? agencyId = null)
    {
        agencyId ??= (await AgencyAsync(storage)).Id;
        var written = await storage.Workspaces.WriteAsync(
            [new WorkspaceWrite(Workspace(agencyId), Default(request ?? Link()))], CancellationToken.None);
        return written[0].Calendars[0];
    }

    public static ClaimRequest Hold(string resourceId, DateTimeOffset start, int minutes = 30, TimeSpan? holdFor = null) => new(
        Ids.New(Ids.Hold), resourceId, start, start.AddMinutes(minutes), ClaimState.Held, holdFor ?? TimeSpan.FromMinutes(5), "secret");

    public static ClaimRequest Booking(string resourceId, DateTimeOffset start, int minutes = 30) => new(
        Ids.New(Ids.Booking), resourceId, start, start.AddMinutes(minutes), ClaimState.Booked, null, null);

    public static Snapshot Snapshot(int slots = 3)
    {
        var first = Monday.ToUnixTimeSeconds();
        return new Snapshot(SnapshotCodec.Pack([.. Enumerable.Range(0, slots).Select(i => first + (i * 1800L))]), slots, 1800);
    }

    /// <summary>Calendars of a new agency at epoch 2 with three slots, fetched on Monday.</summary>
    public static async Task<List<Calendar>> FetchedCalendarsAsync(DatabaseStorage storage, int count)
    {
        var agency = await AgencyAsync(storage);
        var written = await storage.Workspaces.WriteAsync(
            [.. Enumerable.Range(0, count).Select(_ => new WorkspaceWrite(Workspace(agency.Id), Default(Link())))], CancellationToken.None);
        var calendars = written.Select(one => one.Calendars[0]).ToList();
        await storage.Snapshots.WriteAsync(
            [.. calendars.Select(calendar => Fetched(calendar.Id, 1, Monday, Snapshot()))], null, CancellationToken.None);
        return calendars;
    }

    /// <summary>A fetch that succeeded at <paramref name="at"/>.</summary>
    public static SnapshotWrite Fetched(string calendarId, long epoch, DateTimeOffset at, Snapshot? content, ResolvedIds? resolved = null) => new(
        calendarId,
        epoch,
        new CalendarState(content is null ? epoch : epoch + 1, at.AddMinutes(1), at, at, null, null, 0, at.AddDays(30)),
        content,
        resolved);
}
