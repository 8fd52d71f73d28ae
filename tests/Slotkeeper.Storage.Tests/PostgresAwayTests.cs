using System.Diagnostics;
using Shouldly;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

/// <summary>A server of its own, because it is stopped, frozen and started again.</summary>
public sealed class PostgresAwayTests : IAsyncLifetime
{
    private static readonly TimeSpan Bounded = TimeSpan.FromSeconds(12);

    private PostgresServer server = null!;
    private StorageSettings settings = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        PostgresTestDatabase.SkipWithoutPostgres();
        server = await PostgresServer.StartNewAsync(Token);
        var parsed = StorageSettings.Parse(server.Url(await server.CreateDatabaseAsync(null, Token)), "unused");
        settings = parsed with { ConnectTimeout = TimeSpan.FromSeconds(1), CommandTimeout = TimeSpan.FromSeconds(1), FeedCheckInterval = TimeSpan.FromSeconds(1) };
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
            await server.DisposeAsync();
    }

    [Fact]
    public async Task Work_fails_by_name_while_the_server_is_away_and_goes_on_by_itself_when_it_is_back()
    {
        await using var storage = await DatabaseStorage.OpenAsync(settings, RealClock.Instance, null, Token);
        var agency = await Some.AgencyAsync(storage);
        await using var listener = new Listener(storage.Changes);
        await listener.MissedAsync(Token);

        await server.StopAsync(Token);
        await ShouldFailInTimeAsync(() => storage.Agencies.FindAsync(agency.Id, Token));
        await ShouldFailInTimeAsync(() => Some.AgencyAsync(storage));
        var health = await storage.CheckAsync(Token);
        (health.Reachable, health.Problem is null).ShouldBe((false, false));
        while (storage.Changes.IsTrusted)
            await Task.Delay(TimeSpan.FromMilliseconds(20), RealClock.Instance, Token);

        await server.StartAsync(Token);
        (await storage.Agencies.FindAsync(agency.Id, Token)).ShouldBe(agency);
        await Some.AgencyAsync(storage);
        await listener.MissedAsync(Token);
    }

    [Fact]
    public async Task A_restart_between_two_calls_is_not_noticed()
    {
        await using var storage = await DatabaseStorage.OpenAsync(settings, RealClock.Instance, null, Token);
        // Several idle connections, all of which die.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Some.AgencyAsync(storage))));

        await server.StopAsync(Token);
        await server.StartAsync(Token);

        await Some.AgencyAsync(storage);
        (await storage.Agencies.ListAsync(null, 100, Token)).Count.ShouldBe(9);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up_in_time()
    {
        await using var storage = await DatabaseStorage.OpenAsync(settings, RealClock.Instance, null, Token);
        await Some.AgencyAsync(storage);

        await server.FreezeAsync(Token);
        try
        {
            await ShouldFailInTimeAsync(() => Some.AgencyAsync(storage));
            await ShouldFailInTimeAsync(() => storage.Agencies.ListAsync(null, 1, Token));
        }
        finally
        {
            await server.ThawAsync(Token);
        }

        await Some.AgencyAsync(storage);
    }

    [Fact]
    public async Task A_node_can_start_while_the_server_is_away()
    {
        await server.StopAsync(Token);
        await using var storage = new DatabaseStorage(settings, RealClock.Instance);

        await ShouldFailInTimeAsync(() => storage.PrepareAsync(Token));
        await ShouldFailInTimeAsync(() => storage.Agencies.ListAsync(null, 1, Token));

        await server.StartAsync(Token);
        await storage.PrepareAsync(Token);
        (await storage.Agencies.ListAsync(null, 1, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Too_few_connections_are_an_outage_and_not_a_fault()
    {
        await using var storage = await DatabaseStorage.OpenAsync(
            settings with { MaximumConnections = 1 }, RealClock.Instance, null, Token);
        await server.ExecuteAsync("test_1", "CREATE FUNCTION slow() RETURNS trigger AS 'BEGIN PERFORM pg_sleep(3); RETURN NEW; END' LANGUAGE plpgsql; CREATE TRIGGER slow BEFORE INSERT ON agencies FOR EACH ROW EXECUTE FUNCTION slow()", Token);

        var slow = Some.AgencyAsync(storage);

        await ShouldFailInTimeAsync(() => storage.Runs.ListAsync(null, 1, Token));
        await ShouldFailInTimeAsync(() => slow);
    }

    private static async Task ShouldFailInTimeAsync(Func<Task> work)
    {
        var started = Stopwatch.GetTimestamp();
        var failure = await Should.ThrowAsync<StorageUnavailableException>(work);
        failure.Message.ShouldContain("database");
        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(Bounded);
    }
}
