using Shouldly;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class SchemaOfSqlite() : SchemaSpec(new SqliteTestDatabase());

public sealed class SchemaOfPostgres(SharedPostgres postgres) : SchemaSpec(new PostgresTestDatabase(postgres))
{
    [Fact]
    public async Task Nodes_that_start_at_once_on_an_empty_database_all_succeed()
    {
        var server = await postgres.ServerAsync(Token);
        var url = server.Url(await server.CreateDatabaseAsync(null, Token));

        var nodes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(
            () => DatabaseStorage.OpenAsync(StorageSettings.Parse(url, "unused"), RealClock.Instance, null, Token))));

        foreach (var node in nodes)
        {
            (await node.CheckAsync(Token)).SchemaVersion.ShouldBe(SchemaSteps.Embedded("Postgres")[^1].Number);
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_user_who_may_not_create_the_extension_is_told_what_to_do()
    {
        var server = await postgres.ServerAsync(Token);
        var name = await server.CreateDatabaseAsync(null, Token);
        await server.ExecuteAsync(name, $"CREATE ROLE weak_{name} LOGIN; GRANT ALL ON SCHEMA public TO weak_{name}; REVOKE CREATE ON DATABASE {name} FROM PUBLIC", Token);
        var url = server.Url(name).Replace("postgres@", $"weak_{name}@", StringComparison.Ordinal);

        var refusal = await Should.ThrowAsync<StorageSetupException>(
            () => DatabaseStorage.OpenAsync(StorageSettings.Parse(url, "unused"), RealClock.Instance, null, Token));

        refusal.Message.ShouldContain("CREATE EXTENSION btree_gist");
    }
}

// Steps: all applied, applied again, altered, newer than the program; stores before any was applied
public abstract class SchemaSpec(TestDatabase database) : StorageSpec(database)
{
    [Fact]
    public async Task Applying_the_steps_again_changes_nothing()
    {
        var appliedAt = await NumberAsync("SELECT max(applied_at) FROM schema_steps");

        await ReopenAsync();

        (await NumberAsync("SELECT max(applied_at) FROM schema_steps")).ShouldBe(appliedAt);
        (await NumberAsync("SELECT count(*) FROM schema_steps")).ShouldBe(SchemaSteps.Embedded(Database.IsShared ? "Postgres" : "Sqlite").Count);
    }

    [Fact]
    public async Task A_step_that_was_altered_after_it_was_applied_is_refused()
    {
        await Database.SqlAsync("UPDATE schema_steps SET checksum = 'another' WHERE number = 1");

        (await Should.ThrowAsync<StorageSetupException>(ReopenAsync)).Message.ShouldContain("0001_initial.sql");
    }

    [Fact]
    public async Task A_database_that_is_newer_than_the_program_is_refused()
    {
        await Database.SqlAsync("INSERT INTO schema_steps (number, name, checksum, applied_at) VALUES (9999, '9999_future.sql', 'x', 0)");

        (await Should.ThrowAsync<StorageSetupException>(ReopenAsync)).Message.ShouldContain("newer");
    }

    [Fact]
    public async Task Both_databases_have_the_same_steps()
    {
        SchemaSteps.Embedded("Sqlite").Select(step => step.Name).ShouldBe(SchemaSteps.Embedded("Postgres").Select(step => step.Name));
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Until_the_schema_is_applied_every_store_refuses()
    {
        await Storage.DisposeAsync();
        await using var unprepared = new DatabaseStorage(Database.Settings, RealClock.Instance);

        unprepared.IsPrepared.ShouldBeFalse();
        await Should.ThrowAsync<StorageUnavailableException>(() => unprepared.Agencies.ListAsync(null, 1, Token));
        (await unprepared.CheckAsync(Token)).Problem.ShouldNotBeNull();
        await unprepared.PrepareAsync(Token);
        (await unprepared.Agencies.ListAsync(null, 1, Token)).ShouldBeEmpty();
        (await unprepared.CheckAsync(Token)).Problem.ShouldBeNull();
    }

    [Fact]
    public async Task The_health_tells_the_schema_and_the_clock_of_the_database()
    {
        var health = await Storage.CheckAsync(Token);

        health.Reachable.ShouldBeTrue();
        health.SchemaVersion.ShouldBe(SchemaSteps.Embedded(Database.IsShared ? "Postgres" : "Sqlite")[^1].Number);
        health.Skew!.Value.Duration().ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task What_cannot_be_stored_is_an_error_and_not_an_outage()
    {
        var agency = await Some.AgencyAsync(Storage);

        await Should.ThrowAsync<ConstraintException>(() => Storage.Agencies.CreateAsync(agency, Token));
        await Should.ThrowAsync<ConstraintException>(() => Some.ConnectionAsync(Storage, "agy_none"));
    }

    private async Task ReopenAsync()
    {
        await Storage.DisposeAsync();
        await using var again = await OpenAsync();
    }
}
