using Shouldly;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class VoiceLinesInSqlite() : VoiceLineStoreSpec(new SqliteTestDatabase());

public sealed class VoiceLinesInPostgres(SharedPostgres postgres) : VoiceLineStoreSpec(new PostgresTestDatabase(postgres));

// How voice vendors reach workspaces, and the keys that all nodes share
public abstract class VoiceLineStoreSpec(TestDatabase database) : StorageSpec(database)
{
    [Fact]
    public async Task A_workspace_has_one_line_which_a_new_one_replaces_and_which_ends_with_it()
    {
        var workspace = Some.Workspace((await Some.AgencyAsync(Storage)).Id);
        await Storage.Workspaces.WriteAsync([new(workspace, WorkspaceWrite.AsTheyAre)], Token);
        (await Storage.VoiceLines.FindAsync(workspace.Id, Token)).ShouldBeNull();

        var first = (await Storage.VoiceLines.PutAsync(workspace.Id, [1, 2, 3], ["+49 30 1", "+49 30 2"], Token)).ShouldNotBeNull();
        first.SealedSecret.ShouldBe([1, 2, 3]);
        first.PhoneNumbers.ShouldBe(["+49 30 1", "+49 30 2"]);
        await Storage.VoiceLines.PutAsync(workspace.Id, [4], [], Token);
        var second = (await Storage.VoiceLines.FindAsync(workspace.Id, Token)).ShouldNotBeNull();
        second.SealedSecret.ShouldBe([4]);
        second.PhoneNumbers.ShouldBeEmpty();

        (await Storage.VoiceLines.DeleteAsync(workspace.Id, Token)).ShouldBeTrue();
        (await Storage.VoiceLines.DeleteAsync(workspace.Id, Token)).ShouldBeFalse();
        await Storage.VoiceLines.PutAsync(workspace.Id, [5], [], Token);
        await Storage.Workspaces.DeleteAsync(workspace.Id, Token);
        (await Storage.VoiceLines.FindAsync(workspace.Id, Token)).ShouldBeNull();
        (await Storage.VoiceLines.PutAsync(workspace.Id, [6], [], Token)).ShouldBeNull();
    }

    [Fact]
    public async Task All_who_ask_for_a_key_at_once_get_the_same_and_every_purpose_has_its_own()
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Storage.InstallationKeys("conversations", Token))));
        keys.Select(Convert.ToHexString).Distinct().Count().ShouldBe(1);
        keys[0].Length.ShouldBe(32);
        (await Storage.InstallationKeys("another", Token)).ShouldNotBe(keys[0]);
        (await Storage.InstallationKeys("conversations", Token)).ShouldBe(keys[0]);
    }

    [Fact]
    public async Task A_claim_whose_id_stands_already_overlaps_itself_even_where_there_is_room()
    {
        var calendar = await Some.CalendarAsync(Storage, Some.Link(capacity: 3));
        var hold = Some.Hold(calendar.ResourceId, Some.Monday);
        (await Storage.Claims.TakeAsync(hold, Token)).ShouldBeOfType<Slotkeeper.Claims.ClaimOutcome.Taken>();
        (await Storage.Claims.TakeAsync(hold, Token)).ShouldBeOfType<Slotkeeper.Claims.ClaimOutcome.Overlaps>();
        (await Storage.Claims.ListAsync(calendar.ResourceId, Token)).Count.ShouldBe(1);
    }
}
