using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Slotkeeper.Sandbox;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Whole;

/// <summary>
/// Two server processes on one PostgreSQL. Cases: cron calls at once; a holder that is killed; a holder that is paused beyond its lease and wakes.
/// </summary>
public sealed class LeaseOverProcessesTests(SharedPostgres postgres)
{
    private const int Workspaces = 24;

    [Fact]
    public async Task Of_50_cron_calls_at_once_on_two_nodes_exactly_one_runs()
    {
        await using var fleet = await StartAsync();
        fleet.Sandbox.Faults.Add(new Fault(FaultKind.Slow) { Delay = TimeSpan.FromSeconds(3) });
        var calls = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => (i % 2 == 0 ? fleet.A : fleet.B).CronAsync()));
        var answers = await Task.WhenAll(calls.Select(call => call.Content.ReadFromJsonAsync<JsonElement>()));
        Assert.All(calls, call => Assert.Equal(HttpStatusCode.OK, call.StatusCode));
        Assert.Single(answers, answer => answer.TryGetProperty("invocationId", out _));
        Assert.Equal(49, answers.Count(answer => answer.TryGetProperty("skipped", out var skipped) && skipped.GetBoolean() && answer.GetProperty("reason").GetString() == "locked"));
    }

    [Fact]
    public async Task When_the_holder_is_killed_the_next_run_starts_within_20_seconds()
    {
        await using var fleet = await StartAsync();
        var hang = fleet.Sandbox.Faults.Add(new Fault(FaultKind.Hang));
        var killed = fleet.A.CronAsync();
        await fleet.UntilRunningAsync();
        fleet.A.Kill();
        var died = RealClock.Instance.GetTimestamp();
        fleet.Sandbox.Faults.Remove(hang.Id);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => killed);

        JsonElement answer;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), RealClock.Instance);
            using var call = await fleet.B.CronAsync();
            answer = await call.Content.ReadFromJsonAsync<JsonElement>();
        }
        while (!answer.TryGetProperty("invocationId", out _) && RealClock.Instance.GetElapsedTime(died) < TimeSpan.FromSeconds(25));
        var started = RealClock.Instance.GetElapsedTime(died) - TimeSpan.FromMilliseconds(answer.GetProperty("durationMs").GetInt64());
        Assert.InRange(started, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.Equal(Workspaces, answer.GetProperty("refreshed").GetInt32());
    }

    [Fact]
    public async Task A_holder_that_was_paused_beyond_its_lease_writes_nothing_when_it_wakes()
    {
        await using var fleet = await StartAsync();
        var slow = fleet.Sandbox.Faults.Add(new Fault(FaultKind.Slow) { Delay = TimeSpan.FromSeconds(4) });
        var paused = fleet.A.CronAsync();
        await fleet.UntilRunningAsync();
        fleet.A.Pause();
        // Its answers arrive in its sockets while it sleeps: when it wakes it has something to write.
        await Task.Delay(TimeSpan.FromSeconds(16), RealClock.Instance);
        fleet.Sandbox.Faults.Remove(slow.Id);
        JsonElement answer;
        var since = RealClock.Instance.GetTimestamp();
        do
        {
            using var call = await fleet.B.CronAsync();
            answer = await call.Content.ReadFromJsonAsync<JsonElement>();
        }
        while (!answer.TryGetProperty("invocationId", out _) && RealClock.Instance.GetElapsedTime(since) < TimeSpan.FromSeconds(10));
        Assert.Equal(Workspaces, answer.GetProperty("refreshed").GetInt32());

        var written = await fleet.StoredAsync();
        fleet.A.Wake();
        using var late = await paused;
        var lateAnswer = await late.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(late.StatusCode != HttpStatusCode.OK || lateAnswer.GetProperty("refreshed").GetInt32() == 0, lateAnswer.ToString());
        Assert.Equal(written, await fleet.StoredAsync());
    }

    private async Task<Fleet> StartAsync()
    {
        if (PostgresServer.MissingBecause is { } missing && !PostgresServer.IsRequired)
            Assert.Skip(missing);
        var database = await (await postgres.ServerAsync(default)).CreateDatabaseAsync(null, default);
        return await Fleet.StartAsync(await postgres.ServerAsync(default), database);
    }

    private sealed class Fleet(PostgresServer postgres, string database, SandboxServer sandbox, ServerProcess a, ServerProcess b) : IAsyncDisposable
    {
        public SandboxServer Sandbox { get; } = sandbox;

        public ServerProcess A { get; } = a;

        public ServerProcess B { get; } = b;

        public static async Task<Fleet> StartAsync(PostgresServer postgres, string database)
        {
            var sandbox = await SandboxServer.StartAsync(new SandboxOptions { ChangesPerMinute = 0 }, RealClock.Instance);
            var settings = WholeServer.SandboxSettings(sandbox);
            settings["DATABASE_URL"] = postgres.Url(database);
            var a = await ServerProcess.StartAsync(settings);
            var agency = (await (await a.Http.PostAsJsonAsync("/v1/agencies", new { name = "An agency" })).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
            for (var i = 0; i < Workspaces; i++)
            {
                using var made = await a.Http.PostAsJsonAsync("/v1/workspaces", new { agencyId = agency, name = $"Workspace {i}", timeZone = "UTC" });
                var workspace = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
                var calendar = sandbox.World.CalendarAt((SandboxProvider)(i % 3), i);
                using var put = await a.Http.PutAsJsonAsync($"/v1/workspaces/{workspace}/calendars/default", new { url = WholeServer.LinkOf(sandbox, calendar) });
                Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
            }
            // Once through, so that what the tests see is one request per calendar and not the looking up of ids.
            using var first = await a.CronAsync();
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
            return new Fleet(postgres, database, sandbox, a, await ServerProcess.StartAsync(settings));
        }

        /// <summary>Until the provider has been asked by a run.</summary>
        public async Task UntilRunningAsync()
        {
            var before = Sandbox.Counters.Total;
            while (Sandbox.Counters.Total < before + 3)
                await Task.Delay(TimeSpan.FromMilliseconds(20), RealClock.Instance);
        }

        /// <summary>All that a run writes, as one text.</summary>
        public async Task<string> StoredAsync()
        {
            var text = new StringBuilder();
            foreach (var table in new[] { "calendar_state", "snapshots" })
                text.Append(await postgres.ExecuteAsync(database, $"SELECT string_agg(t::text, '|' ORDER BY t::text) FROM {table} t", default));
            return text.ToString();
        }

        public async ValueTask DisposeAsync()
        {
            await A.DisposeAsync();
            await B.DisposeAsync();
            await Sandbox.DisposeAsync();
        }
    }
}
