using Shouldly;
using Slotkeeper.Audit;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class AuditTamperInSqlite() : AuditTamperSpec(new SqliteTestDatabase());

public sealed class AuditTamperInPostgres(SharedPostgres postgres) : AuditTamperSpec(new PostgresTestDatabase(postgres));

// What the triggers refuse. Past the triggers: edited, deleted, chopped, exchanged, put in, heads put back or removed. Pruned: by the one way, and by another
public abstract class AuditTamperSpec(TestDatabase database) : AuditSpecBase(database)
{
    private Agency agency = null!;

    [Theory]
    [InlineData("UPDATE audit_records SET action = 'agency.kept' WHERE sequence = 3")]
    [InlineData("UPDATE audit_records SET hash = hash")]
    [InlineData("DELETE FROM audit_records WHERE sequence = 3")]
    [InlineData("DELETE FROM audit_records")]
    [InlineData("UPDATE audit_chains SET sequence = sequence - 1")]
    [InlineData("UPDATE audit_chains SET hash = pruned_hash")]
    [InlineData("UPDATE audit_chains SET pruned_sequence = 3")]
    [InlineData("DELETE FROM audit_chains")]
    public async Task The_database_itself_refuses_to_change_or_delete(string sql)
    {
        await MadeAsync();
        (await Should.ThrowAsync<Exception>(() => Database.SqlAsync(sql))).Message.ShouldContain("udit");
        await ShouldBeSoundAsync();
        (await RecordsAsync()).Count.ShouldBe(6);
    }

    [Fact]
    public async Task The_database_itself_refuses_to_empty_or_to_replace()
    {
        await MadeAsync();
        string[] statements = Database.IsShared
            ? ["TRUNCATE audit_records", "TRUNCATE audit_chains"]
            : ["INSERT OR REPLACE INTO audit_records SELECT * FROM audit_records WHERE sequence = 3", "INSERT OR REPLACE INTO audit_chains SELECT * FROM audit_chains"];
        foreach (var sql in statements)
            (await Should.ThrowAsync<Exception>(() => Database.SqlAsync(sql))).Message.ShouldContain("udit");
        await ShouldBeSoundAsync();
    }

    [Theory]
    [InlineData("UPDATE audit_records SET after = replace(after, '3', '9') WHERE sequence = 3", 3, "altered")]
    [InlineData("UPDATE audit_records SET actor_id = 'somebody else' WHERE sequence = 6", 6, "altered")]
    [InlineData("UPDATE audit_records SET at = at + 1 WHERE sequence = 1", 1, "altered")]
    [InlineData("UPDATE audit_records SET address = NULL, user_agent = '' WHERE sequence = 2", 2, "altered")]
    [InlineData("DELETE FROM audit_records WHERE sequence = 1", 1, "missing")]
    [InlineData("DELETE FROM audit_records WHERE sequence IN (3, 4)", 3, "missing")]
    [InlineData("DELETE FROM audit_records WHERE sequence = 6", 6, "chopped")]
    [InlineData("DELETE FROM audit_records", 1, "chopped")]
    [InlineData("UPDATE audit_records SET sequence = -sequence WHERE sequence IN (3, 4); UPDATE audit_records SET sequence = 7 + sequence WHERE sequence < 0", 3, "altered")]
    [InlineData("INSERT INTO audit_records SELECT chain, 7, at, actor_kind, actor_id, actor_role, actor_agency, address, user_agent, action, subject_type, subject_id, before, after, hash FROM audit_records WHERE sequence = 6", 7, "altered")]
    [InlineData("INSERT INTO audit_records SELECT chain, 0, at, actor_kind, actor_id, actor_role, actor_agency, address, user_agent, action, subject_type, subject_id, before, after, hash FROM audit_records WHERE sequence = 6", 0, "before_checkpoint")]
    [InlineData("DELETE FROM audit_records WHERE sequence = 6; UPDATE audit_chains SET sequence = 5", 5, "head_altered")]
    [InlineData("UPDATE audit_chains SET sequence = 5, hash = (SELECT hash FROM audit_records WHERE sequence = 5)", 6, "beyond_head")]
    [InlineData("DELETE FROM audit_chains", 0, "no_head")]
    [InlineData("DELETE FROM audit_records; DELETE FROM audit_chains", 0, "no_head")]
    [InlineData("UPDATE audit_chains SET pruned_sequence = 3, pruned_hash = (SELECT hash FROM audit_records WHERE sequence = 3); DELETE FROM audit_records WHERE sequence <= 3", 3, "pruning_not_recorded")]
    public async Task What_was_done_past_the_triggers_is_found_with_its_place(string sql, long sequence, string code)
    {
        await MadeAsync();
        await WithoutTriggersAsync();
        await Database.SqlAsync(sql);

        var fault = (await VerifyAsync()).ShouldHaveSingleItem().Faults[0];

        (fault.Sequence, fault.Code).ShouldBe((sequence, code));
        fault.Detail.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_record_that_was_edited_with_a_hash_that_fits_it_is_found_at_the_next_one()
    {
        await MadeAsync();
        await WithoutTriggersAsync();
        var records = await RecordsAsync();
        // Whoever edits can make the hash of the edited record, but not those of all that follow and of the head.
        await Database.SqlAsync("UPDATE audit_records SET action = 'agency.kept' WHERE sequence = 3");
        var edited = new Stores.AuditRow(
            agency.Id, 3, Sql.Instants.ToMicroseconds(records[2].At), records[2].Actor, "agency.kept", records[2].SubjectType, records[2].SubjectId, records[2].Before, records[2].After);
        var hash = Convert.ToHexString(edited.HashAfter(records[1].Hash));
        await Database.SqlAsync(Database.IsShared
            ? $"UPDATE audit_records SET hash = decode('{hash}', 'hex') WHERE sequence = 3"
            : $"UPDATE audit_records SET hash = x'{hash}' WHERE sequence = 3");

        (await VerifyAsync()).Single().Faults.ShouldHaveSingleItem().Sequence.ShouldBe(4);
    }

    [Fact]
    public async Task Faults_of_one_chain_are_told_of_that_one_alone_and_are_not_multiplied()
    {
        await MadeAsync();
        var other = await Some.AgencyAsync(Storage);
        await WithoutTriggersAsync();
        await Database.SqlAsync($"UPDATE audit_records SET before = '{{}}' WHERE sequence = 2 AND chain = '{agency.Id}'");

        var reports = await VerifyAsync();

        reports.Single(report => report.AgencyId == other.Id).Faults.ShouldBeEmpty();
        reports.Single(report => report.AgencyId == agency.Id).Faults.Count.ShouldBe(1);
        (await VerifyAsync(other.Id)).ShouldHaveSingleItem().Faults.ShouldBeEmpty();
        (await VerifyAsync("agy_none")).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_old_enough_is_pruned_and_the_rest_stays_verifiable()
    {
        await MadeAsync();
        (await Storage.Audit.PruneAsync(TimeSpan.FromDays(1), Token)).ShouldBe(new PruneResult(0, []), Comparer);

        (await Storage.Audit.PruneAsync(TimeSpan.FromMicroseconds(-1), Token)).Removed.ShouldBe(6);

        var pruned = (await RecordsAsync()).ShouldHaveSingleItem();
        (pruned.Sequence, pruned.Action, pruned.Actor.Kind).ShouldBe((7, "audit.pruned", "system"));
        await Storage.Agencies.UpdateAsync(agency with { Name = "After" }, Token);
        var report = (await VerifyAsync()).ShouldHaveSingleItem();
        (report.Sequence, report.PrunedThrough, report.Checked, report.Faults.Count).ShouldBe((8, 6, 2, 0));

        (await Storage.Audit.PruneAsync(TimeSpan.FromMicroseconds(-1), Token)).Removed.ShouldBe(2);
        (await VerifyAsync()).Single().Faults.ShouldBeEmpty();
        await WithoutTriggersAsync();
        await Database.SqlAsync("UPDATE audit_records SET after = '{}'");
        (await VerifyAsync()).Single().Faults.Select(fault => fault.Code).ShouldBe(["altered", "pruning_not_recorded"]);
    }

    [Fact]
    public async Task What_is_not_as_it_was_written_is_never_pruned()
    {
        await MadeAsync();
        await WithoutTriggersAsync();
        await Database.SqlAsync("UPDATE audit_records SET after = '{}' WHERE sequence = 2");

        (await Storage.Audit.PruneAsync(TimeSpan.FromMicroseconds(-1), Token)).ShouldBe(new PruneResult(0, [agency.Id]), Comparer);

        (await RecordsAsync()).Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_chain_longer_than_a_page_is_looked_through_and_pruned_while_it_grows()
    {
        agency = await Some.AgencyAsync(Storage);
        for (var i = 0; i < 5; i++)
            await Storage.Workspaces.WriteAsync([.. Enumerable.Range(0, 900).Select(_ => new WorkspaceWrite(Some.Workspace(agency.Id), WorkspaceWrite.AsTheyAre))], Token);
        (await VerifyAsync()).Single().Checked.ShouldBe(4501);

        var growing = Task.Run(async () =>
        {
            for (var i = 0; i < 30; i++)
                await Storage.Agencies.UpdateAsync(agency with { Weight = i + 2 }, Token);
        });
        var looking = Task.Run(async () => (await VerifyAsync()).Single().Faults.ShouldBeEmpty());
        (await Storage.Audit.PruneAsync(TimeSpan.FromMicroseconds(-1), Token)).Removed.ShouldBeGreaterThanOrEqualTo(4501);
        await growing;
        await looking;
        (await VerifyAsync()).Single().Faults.ShouldBeEmpty();
    }

    private static IEqualityComparer<PruneResult> Comparer { get; } =
        EqualityComparer<PruneResult>.Create((one, other) => one!.Removed == other!.Removed && one.Broken.SequenceEqual(other.Broken), result => result.Removed);

    /// <summary>An agency with six records.</summary>
    private async Task MadeAsync()
    {
        agency = await Some.AgencyAsync(Storage);
        for (var weight = 2; weight <= 6; weight++)
            await Storage.Agencies.UpdateAsync(agency with { Weight = weight }, Token);
    }

    private async Task WithoutTriggersAsync()
    {
        if (Database.IsShared)
        {
            await Database.SqlAsync("ALTER TABLE audit_records DISABLE TRIGGER USER; ALTER TABLE audit_chains DISABLE TRIGGER USER");
            return;
        }
        foreach (var name in new[]
        {
            "audit_records_are_not_changed", "audit_records_are_not_deleted", "audit_records_are_not_replaced", "audit_chains_only_grow", "audit_chains_are_not_deleted",
            "audit_chains_are_not_replaced",
        })
            await Database.SqlAsync($"DROP TRIGGER {name}");
    }
}
