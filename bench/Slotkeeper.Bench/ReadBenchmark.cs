using Microsoft.Extensions.Logging.Abstractions;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Invalidation;
using Slotkeeper.Reading;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Bench;

/// <summary>The reader in process: a snapshot of 480 slots, 10 of them taken, among 1,000 and 100,000 workspaces.</summary>
internal static class ReadBenchmark
{
    private const int Slots = 480;

    public static int Run()
    {
        Console.WriteLine("Read of a 480-slot snapshot in process, 10 slots taken by claims (median of rounds)");
        foreach (var workspaces in new[] { 1_000, 100_000 })
        {
            var (catalog, reader) = Fleet(workspaces, TimeProvider.System);
            var all = catalog.Workspaces.ToArray();
            new Random(1).Shuffle(all);
            var query = new SlotQuery(CalendarSource.Default);
            var sum = 0L;

            var first5 = Micro.Measure(Math.Max(workspaces, 100_000), calls =>
            {
                for (var i = 0; i < calls; i++)
                {
                    if (!catalog.TryWorkspace(all[i % all.Length].Id, out var workspace))
                        throw new InvalidOperationException("A workspace is missing.");
                    var starts = reader.ReadAsync(workspace, query, default).Result.Starts;
                    for (var n = 0; n < 5; n++)
                        sum += starts[n];
                }
            });
            Console.WriteLine($"  {workspaces,7:N0} workspaces: lookup, filter, first 5 slots {first5.Nanoseconds,8:N0} ns {first5.Bytes,7:N1} B   floor 5,000 ns 1,024 B (x{5000 / first5.Nanoseconds:N1})   moonshot 500 ns 0 B (x{500 / first5.Nanoseconds:N1})");

            if (workspaces > 1_000)
                continue;
            var hot = catalog.Calendars.First();
            var rendered = Micro.Measure(100_000, calls =>
            {
                for (var i = 0; i < calls; i++)
                {
                    var answer = reader.ReadAsync(all[0], query, default).Result;
                    sum += answer.Slots!.Render(answer.First, answer.Count).Length;
                }
            });
            Console.WriteLine($"  the same, all slots as JSON text        {rendered.Nanoseconds,8:N0} ns {rendered.Bytes,7:N1} B");

            var epoch = hot.Picture.State.Epoch;
            var invalidated = Micro.Measure(100_000, calls =>
            {
                for (var i = 0; i < calls; i++)
                    hot.Raise(++epoch);
            });
            Console.WriteLine($"  invalidation in memory                  {invalidated.Nanoseconds,8:N0} ns {invalidated.Bytes,7:N1} B   floor 50,000 ns (x{50_000 / invalidated.Nanoseconds:N0})   moonshot 1,000 ns (x{1000 / invalidated.Nanoseconds:N1})");

            var decoded = Micro.Measure(10_000, calls =>
            {
                for (var i = 0; i < calls; i++)
                    sum += FreeSlots.From(hot.Picture, hot.Calendar, 0).Free.Length;
            });
            Console.WriteLine($"  decoding after a change                 {decoded.Nanoseconds,8:N0} ns {decoded.Bytes,7:N1} B");
            GC.KeepAlive(sum);
        }
        return 0;
    }

    /// <summary>Heap of workspaces and calendars as a node holds them.</summary>
    public static int Memory()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (catalog, reader) = Fleet(100_000, TimeProvider.System);
        var after = GC.GetTotalMemory(forceFullCollection: true);
        var perWorkspace = (after - before) / (double)catalog.WorkspaceCount;
        Console.WriteLine($"Heap per workspace with one calendar of 480 slots, 100,000 of them: {perWorkspace:N0} B   floor 6,144 B (x{6144 / perWorkspace:N1})   moonshot 1,536 B (x{1536 / perWorkspace:N1})");
        GC.KeepAlive(reader);
        return 0;
    }

    internal static (Catalog Catalog, AvailabilityReader Reader) Fleet(int workspaces, TimeProvider clock)
    {
        var catalog = new Catalog();
        var now = clock.GetUtcNow();
        var random = new Random(7);
        for (var i = 0; i < workspaces; i++)
        {
            var calendar = CalendarOf(i, now, random);
            catalog.Put(calendar, catalog.Generation);
            catalog.Put(new Workspace(Ids.New(Ids.Workspace), "agy_bench", $"Workspace {i}", "UTC", "en", $"ref-{i}", WorkspaceSettings.Defaults, calendar.Calendar.Id, null, now));
        }
        var sync = new CatalogSync(catalog, null!, null!, null!, new OneNode(), clock, NullLogger<CatalogSync>.Instance);
        return (catalog, new AvailabilityReader(catalog, sync, null!, new AvailabilityOptions { CacheTtl = TimeSpan.FromHours(1) }, clock));
    }

    private static StoredCalendar CalendarOf(int i, DateTimeOffset now, Random random)
    {
        var first = (now.ToUnixTimeSeconds() / 1800 * 1800) + 1800;
        var starts = new long[Slots];
        for (var n = 0; n < Slots; n++)
            starts[n] = first + (n / 16 * 86_400L) + (n % 16 * 1800L);
        var resource = Ids.New(Ids.Resource);
        var claims = Enumerable.Range(0, Slots / 48).Select(n => DateTimeOffset.FromUnixTimeSeconds(starts[(n * 48) + 8 + random.Next(8)]))
            .Select(start => new Claim(Ids.New(Ids.Booking), resource, 0, start, start.AddMinutes(30), ClaimState.Booked, null, null)).ToArray();
        return new StoredCalendar(
            new Calendar(Ids.New(Ids.Calendar), Provider.Calendly, $"https://calendly.com/bench/{i}", null, null, null, resource, 1, null, new ResolvedIds($"{i:x8}-0000-0000", "UTC", 30)),
            "agy_bench",
            1,
            new CalendarState(1, now.AddHours(1), now, now, null, null, 0, now.AddDays(30)),
            new Snapshot(SnapshotCodec.Pack(starts), Slots, 1800),
            i % 1000 == 0 ? claims : claims[..1]);
    }

    private sealed class OneNode : IChangeFeed
    {
        public bool IsTrusted => true;

        public bool IsShared => false;

        public Task RunAsync(Func<Change, CancellationToken, Task> apply, Func<CancellationToken, Task> missed, CancellationToken cancellationToken) =>
            Task.CompletedTask;
    }
}
