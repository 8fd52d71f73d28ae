using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Slotkeeper.Calendars;
using Slotkeeper.Invalidation;
using Slotkeeper.Providers;
using Slotkeeper.Refresh;
using Slotkeeper.Sandbox;
using Slotkeeper.Snapshots;
using Slotkeeper.Storage;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Bench;

/// <summary>What a sweep is measured with.</summary>
/// <param name="Calendars">Configured calendars, one workspace each; a tenth of the agencies' share goes to ten small ones, the rest to one.</param>
/// <param name="LatencyMs">The simulator's latency, fixed.</param>
/// <param name="Postgres">PostgreSQL (started for the occasion, fsync off) instead of SQLite.</param>
/// <param name="Cycles">Runs after the first, cold one.</param>
/// <param name="Providers">Which, in equal parts.</param>
internal sealed record SweepPlanOptions(int Calendars, int LatencyMs, bool Postgres, int Cycles, SandboxProvider[] Providers);

/// <summary>Whole sweeps against the simulator in a process of its own: CPU per refresh, wall time, memory, what the database is told.</summary>
internal static class SweepBenchmark
{
    private const int SmallAgencies = 10;

    public static async Task<int> RunAsync(SweepPlanOptions options)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Sweep: {options.Calendars:N0} calendars of {SmallAgencies + 1} agencies, latency {options.LatencyMs} ms, {(options.Postgres ? "PostgreSQL" : "SQLite")}, {string.Join('+', options.Providers)}"));
        var folder = Directory.CreateTempSubdirectory("slotkeeper-bench-");
        await using var sandbox = await ChildSandbox.StartAsync(options.LatencyMs);
        await using var postgres = options.Postgres ? await PostgresServer.StartNewAsync(default) : null;
        try
        {
            var database = postgres is null ? null : await postgres.CreateDatabaseAsync(null, default);
            await SweepAsync(options, sandbox.Address, StorageSettings.Parse(database is null ? null : postgres!.Url(database), folder.FullName), postgres, database);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        return 0;
    }

    private static async Task SweepAsync(SweepPlanOptions options, string sandbox, StorageSettings settings, PostgresServer? postgres, string? databaseName)
    {
        var clock = TimeProvider.System;
        await using var storage = await DatabaseStorage.OpenAsync(settings, clock, null, default);
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var providers = new ProviderCatalogue(
            new ProviderOptions
            {
                AllowPrivateAddresses = true,
                Calendly = new() { BaseUrl = sandbox, PublicBaseUrl = sandbox },
                HubSpot = new() { BaseUrl = sandbox, PublicBaseUrl = sandbox },
                HighLevel = new() { BaseUrl = sandbox, PublicBaseUrl = sandbox },
                CalCom = new() { BaseUrl = sandbox },
            },
            clock, _ => null, NullLogger<ProviderCatalogue>.Instance, services.GetRequiredService<IMeterFactory>());
        var world = new SandboxWorld(new SandboxOptions { Profile = SandboxProfile.Benchmark, ChangesPerMinute = 0 }, clock);
        var watch = Stopwatch.StartNew();
        await SeedAsync(options, storage, providers, world, sandbox);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  seeded in {watch.Elapsed.TotalSeconds:N1} s"));

        var catalog = new Catalog();
        var sync = new CatalogSync(catalog, storage.Agencies, storage.Workspaces, storage.Snapshots, storage.Changes, clock, NullLogger<CatalogSync>.Instance);
        watch.Restart();
        await sync.LoadAsync(default);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  loaded in {watch.Elapsed.TotalSeconds:N1} s"));
        using var stop = new CancellationTokenSource();
        var following = sync.FollowAsync(stop.Token);
        while (!storage.Changes.IsTrusted)
            await Task.Delay(20);
        var availability = new AvailabilityOptions();
        using var metrics = new RefreshMetrics();
        using var writer = new SnapshotWriter(storage.Snapshots, clock, NullLogger<SnapshotWriter>.Instance);
        var writing = writer.RunAsync(stop.Token);
        var refresher = new Refresher(providers, sync, writer, availability, clock, metrics, NullLogger<Refresher>.Instance);
        var runner = new SweepRunner(catalog, sync, refresher, storage.Leases, availability, clock, Random.Shared, metrics, NullLogger<SweepRunner>.Instance);

        var warm = new List<(double Wall, double Cpu)>();
        var cold = 0.0;
        for (var cycle = 0; cycle <= options.Cycles; cycle++)
        {
            var before = ProcessUse.Of(Environment.ProcessId);
            var databaseBefore = await DatabaseUse.OfAsync(postgres, databaseName);
            var allocated = GC.GetTotalAllocatedBytes();
            var outcome = await runner.RunAsync(new SweepRequest(SweepMode.All, SweepTrigger.Cron, null, availability.TimeBudget, null), default);
            var after = ProcessUse.Of(Environment.ProcessId);
            var database = await DatabaseUse.OfAsync(postgres, databaseName) - databaseBefore;
            var result = ((SweepOutcome.Ran)outcome).Result;
            var cpu = (after.Cpu - before.Cpu).TotalMilliseconds / Math.Max(1, result.Attempted);
            if (cycle == 0)
                cold = cpu;
            else
                warm.Add((result.DurationMs / 1000.0, cpu));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {(cycle == 0 ? "cold" : "warm")}: {result.Refreshed:N0} refreshed ({result.Unchanged:N0} unchanged), {result.ErrorCount} errors, {result.NotAttempted} left, {result.DurationMs / 1000.0:N2} s, {cpu:N3} ms CPU and {(GC.GetTotalAllocatedBytes() - allocated) / 1024.0 / Math.Max(1, result.Attempted):N1} KiB allocated a refresh, peak {after.PeakBytes / 1048576.0:N0} MiB{database.Describe(result.Attempted)}"));
            foreach (var error in result.Errors.Take(3))
                Console.WriteLine($"    {error}");
            if (result.Metrics.AgeSeconds is { } age)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"        ages after it: p50 {age.P50} s, p99 {age.P99} s, max {age.Max} s"));
        }
        var cpuWarm = warm.Select(entry => entry.Cpu).Order().ElementAt(warm.Count / 2);
        var wall = warm.Select(entry => entry.Wall).Order().ElementAt(warm.Count / 2);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  G1 CPU per refresh {cpuWarm:N3} ms: x{1.0 / cpuWarm:N2} of the floor (1.0), x{0.5 / cpuWarm:N2} of the moonshot (0.5); G12 first cycle x{cold / cpuWarm:N2} of warm (floor 4, moonshot 1.5)"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  G2 at this rate {options.Calendars / wall * 47.5:N0} calendars start within a 55 s budget (floor 10,000, moonshot 100,000)"));
        await stop.CancelAsync();
        try
        {
            await Task.WhenAll(following, writing);
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private static async Task SeedAsync(SweepPlanOptions options, DatabaseStorage storage, ProviderCatalogue providers, SandboxWorld world, string sandbox)
    {
        var now = TimeProvider.System.GetUtcNow();
        var agencies = Enumerable.Range(0, SmallAgencies + 1).Select(i => new Agency(Ids.New(Ids.Agency), $"Agency {i}", 1, now)).ToArray();
        foreach (var agency in agencies)
            await storage.Agencies.CreateAsync(agency, default);
        var small = options.Calendars / 100;
        foreach (var chunk in Enumerable.Range(0, options.Calendars).Chunk(1000))
        {
            var writes = chunk.Select(i =>
            {
                var agency = agencies[i < small * SmallAgencies ? 1 + (i / Math.Max(1, small)) : 0];
                var provider = options.Providers[i % options.Providers.Length];
                var calendar = world.CalendarAt(provider, i);
                var link = provider == SandboxProvider.HighLevel ? sandbox + new Uri(calendar.Link).AbsolutePath : calendar.Link;
                var known = providers.Recognise(link) ?? throw new InvalidOperationException($"Not recognised: {link}");
                return new WorkspaceWrite(
                    new Workspace(Ids.New(Ids.Workspace), agency.Id, $"Workspace {i}", "UTC", "en", $"ref-{i}", WorkspaceSettings.Defaults, null, null, now),
                    new Dictionary<CalendarSource, CalendarRequest?>
                    {
                        [CalendarSource.Default] = new CalendarRequest(known.Provider, known.CanonicalUrl, null, null, null, null, null, null),
                    });
            }).ToArray();
            var written = await storage.Workspaces.WriteAsync(writes, default);
            if (written.FirstOrDefault(one => one.Outcome != WorkspaceWriteOutcome.Created) is { } refused)
                throw new InvalidOperationException($"Seeding failed: {refused.Outcome}");
        }
    }
}

/// <summary>What PostgreSQL was made to do.</summary>
internal readonly record struct DatabaseUse(long Commits, long WalBytes, double CpuMs, bool Known)
{
    public static async Task<DatabaseUse> OfAsync(PostgresServer? postgres, string? databaseName)
    {
        if (postgres is null || databaseName is null)
            return default;
        await using var connection = new NpgsqlConnection(postgres.ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = $1), pg_current_wal_lsn() - '0/0'::pg_lsn";
        command.Parameters.AddWithValue(databaseName);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new DatabaseUse(reader.GetInt64(0), (long)reader.GetDecimal(1), 0, true);
    }

    public static DatabaseUse operator -(DatabaseUse a, DatabaseUse b) => new(a.Commits - b.Commits, a.WalBytes - b.WalBytes, 0, a.Known);

    public string Describe(int refreshes) => Known
        ? string.Create(CultureInfo.InvariantCulture, $"; per 1,000: {Commits * 1000.0 / Math.Max(1, refreshes):N1} commits, {WalBytes / 1024.0 * 1000 / Math.Max(1, refreshes):N0} KiB WAL")
        : "";
}

/// <summary>The simulator as a process of its own, so that its work is not counted as ours.</summary>
internal sealed class ChildSandbox : IAsyncDisposable
{
    private readonly Process process;

    private ChildSandbox(Process process, string address)
    {
        this.process = process;
        Address = address;
    }

    public string Address { get; }

    public static async Task<ChildSandbox> StartAsync(int latencyMs)
    {
        var process = StartSelf("sandbox-child", latencyMs.ToString(CultureInfo.InvariantCulture));
        var address = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The simulator did not start.");
        return new ChildSandbox(process, address);
    }

    /// <summary>This program again, as another process, its standard input and output ours.</summary>
    public static Process StartSelf(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardInput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(ChildSandbox).Assembly.Location);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>The child's side: serves until its standard input ends, which it does when the parent is gone, however it went.</summary>
    public static async Task<int> ServeAsync(int latencyMs)
    {
        await using var server = await SandboxServer.StartAsync(
            new SandboxOptions { Profile = SandboxProfile.Benchmark, ChangesPerMinute = 0, Latency = Latency.Fixed(TimeSpan.FromMilliseconds(latencyMs)) },
            TimeProvider.System);
        Console.WriteLine(server.BaseAddress.AbsoluteUri.TrimEnd('/'));
        await Console.In.ReadToEndAsync();
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
