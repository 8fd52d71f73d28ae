using System.Globalization;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Storms;

/// <summary>Storms take the whole machine: nothing else is tested meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class StormCollection
{
    public const string Name = "Storms";
}

/// <summary>
/// Thousands of callers at once for the same times of the same hosts, with holds, bookings, cancellations, moves and repeats, while server
/// processes are killed with -9 and started anew. Cases: two processes on one PostgreSQL; one process on SQLite.
/// </summary>
[Collection(StormCollection.Name)]
public sealed class BookedOnceTests(SharedPostgres postgres, ITestOutputHelper output)
{
    /// <summary>For other numbers than the usual ones, which are what about a minute allows: 50000 on PostgreSQL and 20000 on SQLite are the full storm.</summary>
    public const string AttemptsVariable = "SLOTKEEPER_STORM_ATTEMPTS";

    private const int AttemptsOnPostgres = 15_000;
    private const int AttemptsOnSqlite = 10_000;
    private const int AtOnce = 256;

    /// <summary>500 half hours.</summary>
    private const int Hosts = 50;

    [Fact]
    public async Task Two_nodes_that_are_killed_again_and_again_book_every_time_once()
    {
        if (PostgresServer.MissingBecause is { } missing && !PostgresServer.IsRequired)
            Assert.Skip(missing);
        var server = await postgres.ServerAsync(default);
        var database = await server.CreateDatabaseAsync(null, default);
        await using var fleet = await StormFleet.StartAsync(new(StringComparer.Ordinal) { ["DATABASE_URL"] = server.Url(database) }, nodes: 2, Hosts);
        await StormAsync(fleet, StormTable.Of(server, database), Attempts(AttemptsOnPostgres), kills: 6, seed: 1);
    }

    [Fact]
    public async Task One_process_on_sqlite_that_is_killed_again_and_again_books_every_time_once()
    {
        var folder = Directory.CreateTempSubdirectory("slotkeeper-storm-").FullName;
        await using (var fleet = await StormFleet.StartAsync(new(StringComparer.Ordinal) { ["SLOTKEEPER_DATA"] = folder }, nodes: 1, Hosts))
        {
            await StormAsync(fleet, StormTable.In(folder), Attempts(AttemptsOnSqlite), kills: 4, seed: 2);
        }
        Directory.Delete(folder, recursive: true);
    }

    private static int Attempts(int usual) =>
        Environment.GetEnvironmentVariable(AttemptsVariable) is { Length: > 0 } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : usual;

    private async Task StormAsync(StormFleet fleet, StormTable table, int attempts, int kills, int seed)
    {
        var record = new StormRecord();
        var callers = new StormCallers(fleet, record, seed, attempts);
        var began = RealClock.Instance.GetTimestamp();
        var killing = KillAsync(fleet, callers, attempts, kills, seed);
        await callers.RunAsync(AtOnce);
        var storm = RealClock.Instance.GetElapsedTime(began);
        await killing;

        began = RealClock.Instance.GetTimestamp();
        await table.UntilSettledAsync();
        await callers.RepeatCutOffAsync();
        await table.UntilSettledAsync();
        var rows = await table.BookingsAsync();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {attempts} attempts on {Hosts * StormFleet.HalfHours} times, {AtOnce} at once, {fleet.Kills} kills: {storm.TotalSeconds:0.0} s ({attempts / storm.TotalSeconds:0}/s), settled {RealClock.Instance.GetElapsedTime(began).TotalSeconds:0.0} s later
              bookings: {string.Join(", ", rows.GroupBy(row => row.Status).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => $"{group.Count()} {group.Key}"))}
            {record.Summary()}
            """));
        Assert.Equal(kills, fleet.Kills);
        StormVerdict.Check(fleet, record, rows, await table.ClaimsOfBookingsAsync());
    }

    /// <summary>In the first half, so that what a kill leaves to the settler is settled while the storm goes on.</summary>
    private static async Task KillAsync(StormFleet fleet, StormCallers callers, int attempts, int kills, int seed)
    {
#pragma warning disable CA5394 // Seeded on purpose.
        var random = new Random(seed);
        var moments = Enumerable.Range(0, kills).Select(_ => random.Next(attempts / 50, attempts / 2)).Order().ToList();
        foreach (var moment in moments)
        {
            while (callers.Started < moment)
                await Task.Delay(TimeSpan.FromMilliseconds(5), RealClock.Instance);
            await fleet.KillAndRestartAsync(random.Next(fleet.Nodes.Count));
        }
#pragma warning restore CA5394
    }
}
