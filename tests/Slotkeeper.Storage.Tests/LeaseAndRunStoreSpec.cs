using Shouldly;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class LeasesAndRunsInSqlite() : LeaseAndRunStoreSpec(new SqliteTestDatabase());

public sealed class LeasesAndRunsInPostgres(SharedPostgres postgres) : LeaseAndRunStoreSpec(new PostgresTestDatabase(postgres));

// Lease: never taken, held, expired, released (long ago, just now); renewed and released by its holder, by an old one
public abstract class LeaseAndRunStoreSpec(TestDatabase database) : StorageSpec(database)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_held_lease_is_refused_with_the_time_that_is_left()
    {
        await AcquiredAsync(Minute);

        var held = (await AcquireAsync(Minute)).ShouldBeOfType<LeaseOutcome.Held>();

        held.ExpiresIn.ShouldBeInRange(TimeSpan.FromSeconds(30), Minute);
        (await Storage.Leases.TryAcquireAsync("another", "test", Minute, TimeSpan.Zero, Token)).ShouldBeOfType<LeaseOutcome.Acquired>();
    }

    [Fact]
    public async Task The_token_grows_with_every_holder_after_expiry_as_after_release()
    {
        var first = await AcquiredAsync(TimeSpan.Zero);
        var second = await AcquiredAsync(Minute);
        await Storage.Leases.ReleaseAsync(second, Token);
        var third = await AcquiredAsync(Minute);

        second.Token.ShouldBeGreaterThan(first.Token);
        third.Token.ShouldBeGreaterThan(second.Token);
    }

    [Fact]
    public async Task Of_many_who_want_a_free_lease_at_once_one_gets_it()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => AcquireAsync(Minute))));

        outcomes.OfType<LeaseOutcome.Acquired>().Count().ShouldBe(1);
        outcomes.OfType<LeaseOutcome.Held>().Count().ShouldBe(19);
    }

    [Fact]
    public async Task Only_the_holder_renews_and_gives_back()
    {
        var old = await AcquiredAsync(TimeSpan.Zero);
        (await Storage.Leases.RenewAsync(old, Minute, Token)).ShouldBeFalse();
        var token = await AcquiredAsync(TimeSpan.FromSeconds(30));

        (await Storage.Leases.RenewAsync(old, Minute, Token)).ShouldBeFalse();
        await Storage.Leases.ReleaseAsync(old, Token);
        (await Storage.Leases.RenewAsync(token, TimeSpan.FromMinutes(10), Token)).ShouldBeTrue();
        (await AcquireAsync(Minute)).ShouldBeOfType<LeaseOutcome.Held>().ExpiresIn.ShouldBeGreaterThan(TimeSpan.FromMinutes(9));
        await Storage.Leases.ReleaseAsync(token, Token);
        (await Storage.Leases.RenewAsync(token, Minute, Token)).ShouldBeFalse();
        await AcquiredAsync(Minute);
    }

    [Fact]
    public async Task A_round_that_somebody_has_just_done_is_too_soon_and_one_that_was_left_undone_is_not()
    {
        var token = await AcquiredAsync(Minute);
        await Storage.Leases.ReleaseAsync(token, Token);
        (await AcquireAsync(Minute, notWithin: Minute)).ShouldBeOfType<LeaseOutcome.TooSoon>();

        await AcquiredAsync(TimeSpan.Zero);
        (await AcquireAsync(Minute, notWithin: Minute)).ShouldBeOfType<LeaseOutcome.Acquired>();
    }

    [Fact]
    public async Task Runs_are_listed_newest_first_and_kept_for_a_week()
    {
        var old = await SaveAsync("run_1", Some.Monday);
        var kept = await SaveAsync("run_2", Some.Monday.AddDays(1));
        (await Storage.Runs.ListAsync(null, 10, Token)).ShouldBe([kept, old]);

        var newest = await SaveAsync("run_3", Some.Monday.AddDays(7.5));

        (await Storage.Runs.ListAsync(null, 10, Token)).ShouldBe([newest, kept]);
        (await Storage.Runs.ListAsync(newest.Id, 10, Token)).ShouldBe([kept]);
        (await Storage.Runs.ListAsync(null, 1, Token)).ShouldBe([newest]);
        (await Storage.Runs.FindAsync(kept.Id, Token)).ShouldBe(kept);
        (await Storage.Runs.FindAsync(old.Id, Token)).ShouldBeNull();

        async Task<RunRecord> SaveAsync(string id, DateTimeOffset startedAt)
        {
            var run = new RunRecord(id, startedAt, 1234, "cron", """{"ok":true}""");
            await Storage.Runs.SaveAsync(run, Token);
            return run;
        }
    }

    private Task<LeaseOutcome> AcquireAsync(TimeSpan duration, TimeSpan notWithin = default) =>
        Storage.Leases.TryAcquireAsync("sweep", "test", duration, notWithin, Token);

    private async Task<FencingToken> AcquiredAsync(TimeSpan duration) =>
        (await AcquireAsync(duration)).ShouldBeOfType<LeaseOutcome.Acquired>().Token;
}
