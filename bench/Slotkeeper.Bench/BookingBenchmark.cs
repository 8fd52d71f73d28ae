using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Invalidation;
using Slotkeeper.Reading;
using Slotkeeper.Refresh;
using Slotkeeper.Server;
using Slotkeeper.Snapshots;
using Slotkeeper.Storage;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Bench;

/// <summary>
/// Our part of a booking: everything but the provider, which answers at once here. On PostgreSQL a second node, in this process and with a
/// connection of its own, shows when it has heard. The database's files are not synced (see <see cref="PostgresServer"/>).
/// </summary>
internal static class BookingBenchmark
{
    private const int Calendars = 64;
    private const int Sharing = 1000;
    private const int ReadsAfter = 100;

    private static int keys;

    public static async Task<int> RunAsync(bool onPostgres, int bookings)
    {
        Console.WriteLine($"Booking: {bookings} bookings on {(onPostgres ? "PostgreSQL, two nodes" : "SQLite, one node")}, a provider that answers at once");
        var folder = Directory.CreateTempSubdirectory("slotkeeper-bench-");
        await using var postgres = onPostgres ? await PostgresServer.StartNewAsync(default) : null;
        try
        {
            var url = postgres is null ? null : postgres.Url(await postgres.CreateDatabaseAsync(null, default));
            var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0", ["SLOTKEEPER_DATA"] = folder.FullName, ["DATABASE_URL"] = url, ["AVAILABILITY_SCHEDULER"] = "off",
                ["SLOTKEEPER_ADMIN_KEY"] = "a-key-of-the-benchmark-0123456789",
            };
            var workspaces = await SeedAsync(StorageSettings.Parse(url, folder.FullName));
            await using var first = await NodeAsync(settings);
            await using var second = onPostgres ? await NodeAsync(settings) : null;
            await MeasureAsync(first, second, workspaces, bookings);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        return 0;
    }

    private static async Task MeasureAsync(WebApplication first, WebApplication? second, IReadOnlyList<Workspace> workspaces, int bookings)
    {
        var (here, there) = (Node.Of(first), second is null ? null : Node.Of(second));
        foreach (var calendar in here.Catalog.Calendars)
            await here.Refresher.RefreshAsync(calendar, TimeSpan.FromSeconds(30), default);
        var slots = Instant.Starts(TimeProvider.System.GetUtcNow());
        var targets = new Queue<(Workspace Workspace, long Start)>(slots.SelectMany(start => workspaces.Take(Calendars).Select(workspace => (workspace, start))));

        foreach (var _ in Enumerable.Range(0, 200))
            await BookAsync(here, targets.Dequeue());
        var (alone, absence) = (new List<double>(), new List<double>());
        var stale = 0;
        for (var i = 0; i < bookings; i++)
        {
            var target = targets.Dequeue();
            var began = Stopwatch.GetTimestamp();
            Expect(await BookAsync(here, target), 201);
            var answered = Stopwatch.GetTimestamp();
            alone.Add(Stopwatch.GetElapsedTime(began, answered).TotalMilliseconds);
            var absent = there is null ? null : Task.Run(() => AbsentAfterAsync(there, target, answered));
            for (var read = 0; read < ReadsAfter; read++)
                stale += await here.IsFreeAsync(target) ? 1 : 0;
            if (absent is not null)
                absence.Add(await absent);
        }
        Print("  G10 our part of a booking, one after the other", alone, "p99 floor 50 ms, moonshot p50 2 ms and p99 15 ms");
        Console.WriteLine($"  G9 stale reads begun after the answer: {stale} of {bookings * ReadsAfter:N0} (floor 0)");
        if (there is not null)
            Print("  absence on the other node, after the answer", absence, "p99 wanted below 100 ms");

        var watch = Stopwatch.StartNew();
        var queue = new ConcurrentQueue<(Workspace, long)>(targets.Take(bookings * 4));
        var together = new ConcurrentBag<double>();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            while (queue.TryDequeue(out var target))
            {
                var began = Stopwatch.GetTimestamp();
                Expect(await BookAsync(here, target), 201);
                together.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        })));
        Print(string.Create(CultureInfo.InvariantCulture, $"  16 callers at once, {together.Count / watch.Elapsed.TotalSeconds:N0} bookings a second (moonshot 3,000)"), [.. together], "");

        var races = 0;
        foreach (var target in targets.Skip(bookings * 4).Take(50))
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(() => BookAsync(i % 2 == 0 || there is null ? here : there, target))));
            if (answers.Count(answer => answer.Status == 201) == 1 && answers.Count(answer => answer.Status == 409) == 63)
                races++;
        }
        Console.WriteLine($"  64 at once for one slot: exactly one winner and 63 taken in {races} of 50 races");

        var (one, many) = (new List<double>(), new List<double>());
        var (single, shared) = (here.Catalog.TryCalendar(workspaces[0].DefaultCalendarId!, out var a) ? a : null, here.Catalog.TryCalendar(workspaces[^1].DefaultCalendarId!, out var b) ? b : null);
        foreach (var round in Enumerable.Range(0, 300))
        {
            await InvalidateAsync(here, single!, one, round);
            await InvalidateAsync(here, shared!, many, round);
        }
        Print($"  an event type that {single!.SharedBy} workspace uses made stale", one, "peer 50-100 ms");
        Print($"  an event type that {shared!.SharedBy} workspaces use made stale", many, string.Create(CultureInfo.InvariantCulture, $"x{Median(many) / Median(one):N2} of one"));
    }

    private static async Task<double> AbsentAfterAsync(Node there, (Workspace, long) target, long answered)
    {
        while (await there.IsFreeAsync(target))
            await Task.Yield();
        return Stopwatch.GetElapsedTime(answered).TotalMilliseconds;
    }

    private static async Task InvalidateAsync(Node node, LiveCalendar calendar, List<double> times, int round)
    {
        var began = Stopwatch.GetTimestamp();
        var done = await node.Invalidator.InvalidateEventTypeAsync(calendar.Calendar.Provider, calendar.Calendar.ExternalId!, default);
        if (done.Workspaces != calendar.SharedBy)
            throw new InvalidOperationException($"{done.Workspaces} workspaces instead of {calendar.SharedBy}.");
        if (round >= 50)
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    private static Task<StoredAnswer> BookAsync(Node node, (Workspace Workspace, long Start) target)
    {
        var scope = new IdempotencyScope(target.Workspace.AgencyId, "bench", Interlocked.Increment(ref keys).ToString(CultureInfo.InvariantCulture), [1]);
        var request = new BookingRequest(
            CalendarSource.Default, DateTimeOffset.FromUnixTimeSeconds(target.Start), null, new Attendee("Ada", "ada@example.com", null, null), null,
            new Dictionary<string, string>(), null, new Dictionary<string, string>(), null, "{}");
        return node.Bookings.CreateAsync(target.Workspace, request, scope, node.Write, default);
    }

    private static void Expect(StoredAnswer answer, int status)
    {
        if (answer.Status != status)
            throw new InvalidOperationException($"{answer.Status}: {answer.Body}");
    }

    private static void Print(string what, List<double> times, string goal)
    {
        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: p50 {Median(times):N2} ms, p99 {times[(int)(times.Count * 0.99)]:N2} ms, max {times[^1]:N2} ms{(goal.Length == 0 ? "" : $" ({goal})")}"));
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private static async Task<WebApplication> NodeAsync(Dictionary<string, string?> settings)
    {
        var app = Composition.Build(
            ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()),
            new CompositionOverrides
            {
                Output = TextWriter.Null, LogLevel = Microsoft.Extensions.Logging.LogLevel.None, HandleSignals = false,
                CalendarProviders = new Instant(), BookingProviders = new Instant(),
            });
        await app.StartAsync();
        return app;
    }

    /// <summary>Workspaces with a calendar each, and after them those that share one.</summary>
    private static async Task<IReadOnlyList<Workspace>> SeedAsync(StorageSettings settings)
    {
        await using var storage = await DatabaseStorage.OpenAsync(settings, TimeProvider.System, null, default);
        var now = TimeProvider.System.GetUtcNow();
        var agency = new Agency(Ids.New(Ids.Agency), "An agency", 1, now);
        await storage.Agencies.CreateAsync(agency, default);
        var writes = Enumerable.Range(0, Calendars + Sharing).Select(i => new WorkspaceWrite(
            new Workspace(Ids.New(Ids.Workspace), agency.Id, $"Workspace {i}", "UTC", "en", null, WorkspaceSettings.Defaults, null, null, now),
            new Dictionary<CalendarSource, CalendarRequest?>
            {
                [CalendarSource.Default] = new CalendarRequest(Provider.CalCom, null, (1000 + Math.Min(i, Calendars)).ToString(CultureInfo.InvariantCulture), null, 30, null, null, null),
            }));
        return [.. (await storage.Workspaces.WriteAsync([.. writes], default)).Select(written => written.Workspace!)];
    }

    private sealed record Node(BookingService Bookings, AvailabilityReader Reader, AnswerWriter Write, Catalog Catalog, Refresher Refresher, Invalidator Invalidator)
    {
        public static Node Of(WebApplication app) => new(
            app.Services.GetRequiredService<BookingService>(), app.Services.GetRequiredService<AvailabilityReader>(), app.Services.GetRequiredService<AnswerWriter>(),
            app.Services.GetRequiredService<Catalog>(), app.Services.GetRequiredService<Refresher>(), app.Services.GetRequiredService<Invalidator>());

        public async ValueTask<bool> IsFreeAsync((Workspace Workspace, long Start) target)
        {
            var answer = await Reader.ReadAsync(target.Workspace, new SlotQuery(CalendarSource.Default, RefreshIfStale: false), default);
            return answer.Find(DateTimeOffset.FromUnixTimeSeconds(target.Start)) == SlotStanding.Free;
        }
    }

    /// <summary>A provider without any time of its own: every half hour is free, every booking succeeds.</summary>
    private sealed class Instant : ICalendarProviders, IBookingProviders
    {
        private int bookings;

        public IReadOnlyList<string> SupportedLinks => [];

        public static long[] Starts(DateTimeOffset now)
        {
            var day = new DateTimeOffset(now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero).ToUnixTimeSeconds();
            return [.. Enumerable.Range(0, 29 * 48).Select(i => day + (i * 1800L))];
        }

        public BookingLink? Recognise(string url) => null;

        public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken) => new(new FetchResult.Fetched(Starts(request.From), 1800, null));

        public string? CannotBook(Slotkeeper.Calendars.Calendar calendar) => null;

        public Task<BookResult> BookAsync(BookCall call, CancellationToken cancellationToken) =>
            Task.FromResult<BookResult>(new BookResult.Booked($"p{Interlocked.Increment(ref bookings)}", call.Booking.Start));

        public Task<BookResult> CancelAsync(Slotkeeper.Calendars.Calendar calendar, Booking booking, string? reason, CancellationToken cancellationToken) =>
            Task.FromResult<BookResult>(new BookResult.Booked(booking.ProviderBookingId!, booking.Start));

        public Task<BookResult> RescheduleAsync(Slotkeeper.Calendars.Calendar calendar, Booking booking, DateTimeOffset start, CancellationToken cancellationToken) =>
            Task.FromResult<BookResult>(new BookResult.Booked(booking.ProviderBookingId!, start));

        public Task<bool?> IsStillFreeAsync(Slotkeeper.Calendars.Calendar calendar, DateTimeOffset start, CancellationToken cancellationToken) => Task.FromResult<bool?>(true);

        public Task<LookupResult> FindAsync(Slotkeeper.Calendars.Calendar calendar, Booking booking, CancellationToken cancellationToken) => Task.FromResult<LookupResult>(new LookupResult.Absent());
    }
}
