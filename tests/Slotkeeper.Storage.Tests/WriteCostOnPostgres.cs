using Shouldly;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

/// <summary>Counts of the whole server, so nothing else may run.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneOnTheServer
{
    public const string Name = "alone on the server";
}

[Collection(AloneOnTheServer.Name)]
public sealed class WriteCostOnPostgres(SharedPostgres postgres) : StorageSpec(new PostgresTestDatabase(postgres))
{
    [Fact]
    public async Task Touching_a_thousand_calendars_is_one_transaction_and_at_most_150_KiB_of_log()
    {
        var calendars = await Some.FetchedCalendarsAsync(Storage, 1000);
        await TouchAsync(1);

        // The log is the whole server's, whose own housekeeping adds to it now and then: what each round costs is in all of them.
        var rounds = new List<(long Log, long Transactions)>();
        for (var minute = 2; minute <= 6; minute++)
        {
            var transactions = await TransactionsAsync();
            var log = await LogBytesAsync();
            await TouchAsync(minute);
            // The second question is a transaction itself.
            rounds.Add((await LogBytesAsync() - log, await TransactionsAsync() - transactions - 1));
        }

        rounds.Min(round => round.Log).ShouldBeLessThan(150 * 1024, string.Join(", ", rounds));
        rounds.Min(round => round.Transactions).ShouldBe(1, string.Join(", ", rounds));

        Task TouchAsync(int minute) => Storage.Snapshots.WriteAsync(
            [.. calendars.Select(calendar => Some.Fetched(calendar.Id, 2, Some.Monday.AddMinutes(minute), null))], null, Token);
    }

    private Task<long> TransactionsAsync() => NumberAsync("SELECT pg_current_xact_id()::text::bigint");

    private Task<long> LogBytesAsync() => NumberAsync("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint");
}
