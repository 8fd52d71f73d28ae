using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Slotkeeper.Deliveries;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Server.Tests.Tenancy;

/// <summary>
/// Two agencies walk at random over every route and every tool with each other's ids, cursors, references, conversations and idempotency keys. Whatever
/// either gets back, in body or headers, and whatever is sent to its webhooks, holds nothing of the other.
/// </summary>
public sealed class WalkTests(SharedPostgres postgres)
{
    /// <summary>Hourly slots of every calendar: enough that thousands of bookings find room.</summary>
    internal const int Slots = 600;

    private const int Walkers = 8;

    private static readonly int Calls = int.Parse(Environment.GetEnvironmentVariable("SLOTKEEPER_WALK_CALLS") ?? "50000", CultureInfo.InvariantCulture);

    private readonly ConcurrentDictionary<(string Method, string Pattern, int Status), int> counts = new();
    private readonly ConcurrentQueue<string> leaks = new();

    [Fact]
    public Task No_answer_holds_a_byte_of_another_agency() => WalkAsync(Calls, null);

    [Fact]
    public async Task No_answer_holds_a_byte_of_another_agency_on_postgres_either()
    {
        if (PostgresServer.MissingBecause is { } reason && !PostgresServer.IsRequired)
            Assert.Skip(reason);
        var server = await postgres.ServerAsync(TestContext.Current.CancellationToken);
        // Fewer: its statements travel, and the handlers above them are the same.
        await WalkAsync(Calls / 4, server.Url(await server.CreateDatabaseAsync(null, TestContext.Current.CancellationToken)));
    }

    private async Task WalkAsync(int calls, string? database)
    {
        var seed = Environment.GetEnvironmentVariable("SLOTKEEPER_WALK_SEED") is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next();
        WalkWatch? watch = null;
        var parties = new List<WalkParty>();
        await using var server = await TestServer.StartAsync(new() { ["DATABASE_URL"] = database }, deliver: (url, _, _, body, _, _) =>
        {
            var text = Encoding.UTF8.GetString(body.Span);
            var party = parties.Single(one => url.AbsolutePath.Contains(one.Canary(0)[..^1], StringComparison.Ordinal));
            if (watch!.Judge(new WalkCaller(party, "webhook", null, 0), "", text) is { } leak)
                leaks.Enqueue($"a delivery to agency {party.Letter} held {leak}: {text}");
            return Task.FromResult<DeliveryResult>(new DeliveryResult.Accepted(200));
        });
        server.Providers.Answer = request => new FetchResult.Fetched(
            [.. Enumerable.Range(1, Slots).Select(hour => (request.From.ToUnixTimeSeconds() / 3600 * 3600) + (hour * 3600L))], 1800, null);
        const string shared = "https://calendly.com/shared/by-both";
        foreach (var letter in "xy")
            parties.Add(await WalkParty.MakeAsync(server, letter, shared));
        watch = new WalkWatch(parties);
        foreach (var id in WalkWatch.IdsIn((await server.GetAsync($"/v1/workspaces/{parties[0].Workspaces[1]}/calendars/default")).Expect(HttpStatusCode.OK).Text).Where(id => !id.StartsWith(Ids.Workspace, StringComparison.Ordinal)))
            watch.Share(id);
        foreach (var party in parties)
        {
            foreach (var id in party.Kept)
                watch.Judge(new WalkCaller(party, "setup", null, 0), "", id);
        }

        await Task.WhenAll(Enumerable.Range(0, Walkers).Select(walker => Task.Run(() => WalkAsync(server, parties, watch, calls / Walkers, seed + walker))));

        Assert.True(leaks.IsEmpty, $"SLOTKEEPER_WALK_SEED={seed}: {leaks.Count} leaks, the first of them: {string.Join("\n", leaks.Take(5))}");
        await StillStandsAsync(server, parties);
        Assert.True(calls < 12_000 || Hollow() is "", $"SLOTKEEPER_WALK_SEED={seed}: the walk proves nothing for {Hollow()}");
    }

    [Theory]
    [InlineData("{\"name\":\"canaryy0 7\"}", true)]
    [InlineData("{\"email\":\"CANARYY2@example.com\"}", true)]
    [InlineData("Location: /v1/bookings/bkg_00000000000000000000000001", true)]
    [InlineData("{\"nextCursor\":\"YmtnXzAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAx\"}", true)]
    [InlineData("{\"name\":\"canaryx2 7\"}", true)]
    [InlineData("{\"name\":\"canaryx1 7\", \"id\":\"bkg_00000000000000000000000002\"}", false)]
    [InlineData("{\"detail\":\"no such thing as bkg_00000000000000000000000003\"}", false)]
    public void The_watch_finds_what_belongs_to_others_and_nothing_else(string answer, bool isLeak)
    {
        var (own, other) = (new WalkParty('x'), new WalkParty('y'));
        var watch = new WalkWatch([own, other]);
        foreach (var id in new[] { "bkg_00000000000000000000000001", "bkg_00000000000000000000000003" })
            Assert.Null(watch.Judge(new WalkCaller(other, "agency", null, 0), "", id));

        Assert.Equal(isLeak, watch.Judge(new WalkCaller(own, "workspace", null, 1), "GET /v1/bookings/bkg_00000000000000000000000003", answer) is not null);
    }

    private async Task WalkAsync(TestServer server, List<WalkParty> parties, WalkWatch watch, int calls, int seed)
    {
        var random = new Random(seed);
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = server.Address };
        var callers = parties.SelectMany(party => party.Callers).ToList();
        var makers = callers.ToDictionary(caller => caller, caller => new WalkCalls(random, caller.Party!, parties.Single(party => party != caller.Party), caller.Workspace));
        for (var i = 0; i < calls && leaks.IsEmpty; i++)
        {
            // An agency's key may call the most, so it calls the most. Now and then somebody has none.
            var weighed = callers[random.Next(callers.Count)];
            var caller = random.Next(3) == 0 ? weighed.Party!.Callers.Single(one => one.Role == "agency") : weighed;
            var call = makers[caller].Next();
            var isUnknown = random.Next(25) == 0;
            using var request = new HttpRequestMessage(new HttpMethod(call.Method), call.Path);
            if (!isUnknown)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", caller.Key);
            request.Headers.Accept.ParseAdd("application/json, text/event-stream");
            if (call.IdempotencyKey is not null)
                request.Headers.TryAddWithoutValidation("Idempotency-Key", call.IdempotencyKey);
            if (call.Body is not null)
                request.Content = new StringContent(call.Body, Encoding.UTF8, call.ContentType);
            using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
            var text = $"{response.Headers}{response.Content.Headers}{await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}";
            // Cron and providers' webhooks know no keys, and what is for anybody is for everybody: nothing of any agency may be there.
            var access = RouteTable.Find(call.Method, call.Pattern)!;
            var who = isUnknown || access.IsForAnybody || access.IsForCron || access.IsForProviders ? new WalkCaller(null, "nobody", null, 0) : caller;
            if (watch.Judge(who, call.ToString(), text) is { } leak)
                leaks.Enqueue($"{who.Role} of agency {who.Party?.Letter.ToString() ?? "none"} (walker {seed}, call {i}) got {leak}\n{call}\n{(int)response.StatusCode} {text}");
            if ((int)response.StatusCode >= 500)
                leaks.Enqueue($"{caller.Role} (walker {seed}, call {i}) broke something\n{call}\n{(int)response.StatusCode} {text}");
            counts.AddOrUpdate((call.Method, call.Pattern, (int)response.StatusCode), 1, (_, count) => count + 1);
        }
    }

    /// <summary>Nobody lost a key or a workspace to the other, or had one renamed.</summary>
    private static async Task StillStandsAsync(TestServer server, List<WalkParty> parties)
    {
        foreach (var party in parties)
        {
            foreach (var caller in party.Callers)
                (await server.GetAsync("/v1/workspaces", caller.Key)).Expect(HttpStatusCode.OK);
            for (var number = 1; number <= 2; number++)
            {
                var workspace = (await server.GetAsync($"/v1/workspaces/{party.Workspaces[number - 1]}")).Expect(HttpStatusCode.OK);
                Assert.StartsWith($"canary{party.Letter}", workspace.Json.GetProperty("name").GetString(), StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Routes that no caller reached with what is its own, or where nothing strange was ever refused.</summary>
    private string Hollow()
    {
        var keyed = RouteTable.Routes.Where(route => route.Allows(Role.Agency)).ToList();
        var unreached = keyed.Where(route => !counts.Keys.Any(count => (count.Method, count.Pattern) == (route.Method, route.Pattern) && count.Status is (>= 200 and < 300) or 409));
        var unrefused = keyed.Where(route => route.Pattern.Contains("{id}", StringComparison.Ordinal) && !counts.ContainsKey((route.Method, route.Pattern, 404)));
        return string.Join(", ", unreached.Select(route => $"{route.Method} {route.Pattern} (never reached)").Concat(unrefused.Select(route => $"{route.Method} {route.Pattern} (never refused)")));
    }
}
