using System.Globalization;
using Shouldly;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class UpgradeOfSqlite() : UpgradeSpec(new SqliteTestDatabase());

public sealed class UpgradeOfPostgres(SharedPostgres postgres) : UpgradeSpec(new PostgresTestDatabase(postgres, isEmpty: true));

// A database that a former program has filled: brought to the present schema it keeps every row
public abstract class UpgradeSpec(TestDatabase database) : IAsyncLifetime
{
    private const int TenantsApart = 11;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => database.CreateAsync(Token);

    public async ValueTask DisposeAsync()
    {
        await database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_database_with_rows_keeps_them_all_when_agencies_are_set_apart()
    {
        await ApplyAsync(step => step.Number < TenantsApart);
        foreach (var letter in "xy")
            await database.SqlAsync(new TenantRows(letter).Sql(database.IsShared));
        var before = await CountAsync();
        before.ShouldAllBe(count => count.Rows >= 2);

        await using var storage = await DatabaseStorage.OpenAsync(database.Settings, RealClock.Instance, null, Token);

        (await CountAsync()).ShouldBe(before);
        foreach (var rows in new[] { new TenantRows('x'), new TenantRows('y') })
        {
            (await storage.Workspaces.FindAsync(rows.Workspace, Token))!.Name.ShouldBe(rows.Canary);
            (await storage.Bookings.FindAsync(rows.Booking, Token))!.Attendee.Name.ShouldBe(rows.Canary);
            (await storage.FollowUps.FindAsync(rows.FollowUp, Token))!.Template.ShouldBe(rows.Canary);
            (await storage.Offers.ListAsync(rows.Workspace, null, null, Some.PastMonday, null, 10, Token)).ShouldHaveSingleItem().Label.ShouldBe(rows.Canary);
            // What goes with a workspace goes as before.
            (await storage.Workspaces.DeleteAsync(rows.Workspace, Token)).ShouldBeTrue();
            (await storage.FollowUps.FindAsync(rows.FollowUp, Token)).ShouldBeNull();
        }
        (await database.NumberAsync("SELECT count(*) FROM offers")).ShouldBe(0);
        (await database.NumberAsync("SELECT count(*) FROM bookings")).ShouldBe(2);
    }

    private async Task<List<(string Table, long Rows)>> CountAsync()
    {
        var counts = new List<(string, long)>();
        foreach (var table in TenantRows.Owned)
            counts.Add((table, await database.NumberAsync($"SELECT count(*) FROM {table}")));
        return counts;
    }

    private async Task ApplyAsync(Func<SchemaStep, bool> isFormer)
    {
        await database.SqlAsync("CREATE TABLE schema_steps (number integer NOT NULL PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at bigint NOT NULL)");
        foreach (var step in SchemaSteps.Embedded(database.IsShared ? "Postgres" : "Sqlite").Where(isFormer))
        {
            await database.SqlAsync(step.Sql);
            await database.SqlAsync(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO schema_steps (number, name, checksum, applied_at) VALUES ({step.Number}, '{step.Name}', '{step.Checksum}', 1)"));
        }
    }
}
