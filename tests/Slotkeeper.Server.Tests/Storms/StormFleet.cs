using System.Net.Http.Json;
using System.Text.Json;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Bookings;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Storms;

/// <summary>One event type of a host: its own workspace, its own starts.</summary>
internal sealed record StormCalendar(StormHost Host, string WorkspaceId, SandboxCalendar Calendar, IReadOnlyList<DateTimeOffset> Starts)
{
    public TimeSpan Length => Calendar.Duration;
}

/// <summary>A resource that several calendars share.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Capacity">How many bookings at one time.</param>
internal sealed record StormHost(int Number, int Capacity)
{
    public List<StormCalendar> Calendars { get; } = [];
}

/// <summary>Server processes on one database with the simulator in this process, and the hosts that are fought for.</summary>
internal sealed class StormFleet : IAsyncDisposable
{
    /// <summary>Half hours of each host: 10:00 to 15:00.</summary>
    public const int HalfHours = 10;

    /// <summary>Every tenth host has two seats, and one calendar, because the simulator knows seats of one start only.</summary>
    private const int EverySeated = 10;

    private int kills;
    private int down;

    private StormFleet(SandboxServer sandbox, Dictionary<string, string?> settings, int nodes)
    {
        Sandbox = sandbox;
        Nodes = [.. Enumerable.Range(0, nodes).Select(_ => new StormNode(settings))];
    }

    public SandboxServer Sandbox { get; }

    public IReadOnlyList<StormNode> Nodes { get; }

    public List<StormHost> Hosts { get; } = [];

    /// <summary>Processes killed so far. With <see cref="WasDownSince"/> it tells what a kill may explain.</summary>
    public int Kills => Volatile.Read(ref kills);

    /// <param name="database">Settings that say which.</param>
    /// <param name="nodes">Processes.</param>
    /// <param name="hosts">Each with <see cref="HalfHours"/> half hours.</param>
    public static async Task<StormFleet> StartAsync(Dictionary<string, string?> database, int nodes, int hosts)
    {
        var sandbox = await SandboxServer.StartAsync(new SandboxOptions { ChangesPerMinute = 0 }, RealClock.Instance);
        var settings = WholeServer.SandboxSettings(sandbox);
        settings["SLOTKEEPER_MASTER_KEY"] = TestServer.MasterKey;
        settings["Logging:LogLevel:Default"] = "Warning";
        foreach (var (name, value) in database)
            settings[name] = value;
        var fleet = new StormFleet(sandbox, settings, nodes);
        try
        {
            // One after the other: the second finds the schema as the first has made it.
            foreach (var node in fleet.Nodes)
                await node.StartAsync();
            var agency = await fleet.PostAsync("/v1/agencies", new { name = "An agency" });
            for (var number = 0; number < hosts; number++)
                fleet.Hosts.Add(await fleet.MakeHostAsync(agency, number));
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>A node that is up, the wanted one if it is; null when all are down.</summary>
    public HttpClient? Pick(int wanted)
    {
        for (var i = 0; i < Nodes.Count; i++)
        {
            if (Nodes[(wanted + i) % Nodes.Count].Http is { } up)
                return up;
        }
        return null;
    }

    /// <summary>Whether a process was down at any moment since there had been so many kills.</summary>
    public bool WasDownSince(int killsBefore) => Volatile.Read(ref down) > 0 || Kills != killsBefore;

    /// <summary>kill -9, and started anew at once.</summary>
    public async Task KillAndRestartAsync(int node)
    {
        Interlocked.Increment(ref down);
        Interlocked.Increment(ref kills);
        Nodes[node].Kill();
        await Nodes[node].StartAsync();
        Interlocked.Decrement(ref down);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
            await node.DisposeAsync();
        await Sandbox.DisposeAsync();
    }

    private async Task<StormHost> MakeHostAsync(string agency, int number)
    {
        var isSeated = number % EverySeated == EverySeated - 1;
        var host = new StormHost(number, isSeated ? 2 : 1);
        var provider = isSeated || number % 2 == 0 ? SandboxProvider.CalCom : SandboxProvider.HighLevel;
        var first = BookedCalendar.Slot(0);
        var kinds = new List<(int Minutes, IEnumerable<int> Offsets)> { (30, Enumerable.Range(0, HalfHours).Select(half => half * 30)) };
        if (!isSeated)
        {
            kinds.Add((30, Enumerable.Range(0, HalfHours - 1).Select(half => (half * 30) + 15)));
            kinds.Add((120, [0, 60, 120, 180]));
        }
        string? connection = null;
        foreach (var (minutes, offsets) in kinds)
        {
            var starts = offsets.Select(offset => first.AddMinutes(offset)).ToArray();
            var calendar = Sandbox.World.Define(new CalendarDefinition
            {
                Provider = provider,
                Slots = starts,
                Duration = TimeSpan.FromMinutes(minutes),
                Host = $"host {number}",
                Agency = number,
                Seats = host.Capacity,
            });
            var name = provider.ToString().ToLowerInvariant();
            connection ??= await PostAsync("/v1/connections", new
            {
                agencyId = agency,
                provider = name,
                name = $"c{number}",
                credential = provider == SandboxProvider.CalCom ? (object)new { apiKey = calendar.Token } : new { accessToken = calendar.Token, locationId = calendar.AccountId },
            });
            var workspace = await PostAsync("/v1/workspaces", new { agencyId = agency, name = $"w{number}", timeZone = "Europe/Berlin" });
            using var put = await Nodes[0].Http!.PutAsJsonAsync(
                $"/v1/workspaces/{workspace}/calendars/default",
                new { provider = name, externalId = calendar.ExternalId, connectionId = connection, resource = $"host {number}", capacity = host.Capacity, durationMinutes = minutes });
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
            await UntilReadAsync(workspace, starts.Length);
            host.Calendars.Add(new StormCalendar(host, workspace, calendar, starts));
        }
        return host;
    }

    /// <summary>A calendar is due as soon as it is there: waits until every node answers with all of it.</summary>
    private async Task UntilReadAsync(string workspace, int slots)
    {
        var since = RealClock.Instance.GetTimestamp();
        foreach (var node in Nodes)
        {
            while (true)
            {
                var answer = await node.Http!.GetFromJsonAsync<JsonElement>($"/v1/workspaces/{workspace}/slots");
                if (answer.GetProperty("slots").GetArrayLength() == slots)
                    break;
                Assert.True(RealClock.Instance.GetElapsedTime(since) < TimeSpan.FromSeconds(30), answer.ToString());
                await Task.Delay(TimeSpan.FromMilliseconds(20), RealClock.Instance);
            }
        }
    }

    private async Task<string> PostAsync(string path, object body)
    {
        using var response = await Nodes[0].Http!.PostAsJsonAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonElement.Parse(text).GetProperty("id").GetString()!;
    }
}

/// <summary>A server process that can be killed and started anew.</summary>
internal sealed class StormNode(Dictionary<string, string?> settings) : IAsyncDisposable
{
    private readonly List<ServerProcess> killed = [];
    private volatile ServerProcess? process;

    /// <summary>Null while it is down.</summary>
    public HttpClient? Http => process?.Http;

    public async Task StartAsync() => process = await ServerProcess.StartAsync(settings);

    public void Kill()
    {
        var victim = process!;
        process = null;
        victim.Kill();
        killed.Add(victim);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in killed)
            await one.DisposeAsync();
        if (process is not null)
            await process.DisposeAsync();
    }
}
