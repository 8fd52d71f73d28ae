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
        var transactions = await TransactionsAsync();
        var log = await LogBytesAsync();

        await TouchAsync(2);

        (await LogBytesAsync() - log).ShouldBeLessThan(150 * 1024);
        // The second question is one itself.
        (await TransactionsAsync() - transactions - 1).ShouldBe(1);

        Task TouchAsync(int minute) => Storage.Snapshots.WriteAsync(
            [.. calendars.Select(calendar => Some.Fetched(calendar.Id, 2, Some.Monday.AddMinutes(minute), null))], null, Token);
    }

    private Task<long> TransactionsAsync() => NumberAsync("SELECT pg_current_xact_id()::text::bigint");

    private Task<long> LogBytesAsync() => NumberAsync("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint");
}
