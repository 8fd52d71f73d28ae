using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class TenantsInSqlite() : TenantStoresSpec(new SqliteTestDatabase());

public sealed class TenantsInPostgres(SharedPostgres postgres) : TenantStoresSpec(new PostgresTestDatabase(postgres));

// Agencies, keys and connections: made, found, listed, changed, ended; deletion while something still belongs to them
public abstract class TenantStoresSpec(TestDatabase database) : StorageSpec(database)
{
    [Fact]
    public async Task An_agency_is_stored_changed_and_listed_in_the_order_of_ids()
    {
        var agencies = new List<Agency>();
        for (var i = 0; i < 5; i++)
            agencies.Add(await Some.AgencyAsync(Storage));
        agencies.Sort((one, other) => string.CompareOrdinal(one.Id, other.Id));
        var changed = agencies[1] with { Name = "Südwind", Weight = 7 };

        (await Storage.Agencies.UpdateAsync(changed, Token)).ShouldBeTrue();

        (await Storage.Agencies.FindAsync(changed.Id, Token)).ShouldBe(changed);
        (await Storage.Agencies.FindAsync("agy_none", Token)).ShouldBeNull();
        (await Storage.Agencies.UpdateAsync(changed with { Id = "agy_none" }, Token)).ShouldBeFalse();
        (await Storage.Agencies.ListAsync(agencies[0].Id, 2, Token)).ShouldBe([changed, agencies[2]]);
        (await Storage.Agencies.ListAsync(null, 100, Token)).Count.ShouldBe(5);
    }

    [Fact]
    public async Task An_agency_is_deleted_with_its_keys_once_nothing_else_belongs_to_it()
    {
        var agency = await Some.AgencyAsync(Storage);
        var key = await KeyAsync(agency.Id);
        var connection = await Some.ConnectionAsync(Storage, agency.Id);
        var workspace = Some.Workspace(agency.Id);
        await Storage.Workspaces.WriteAsync([new(workspace, WorkspaceWrite.AsTheyAre)], Token);

        (await Storage.Agencies.DeleteAsync(agency.Id, Token)).ShouldBe(AgencyDeletion.NotEmpty);
        await Storage.Workspaces.DeleteAsync(workspace.Id, Token);
        (await Storage.Agencies.DeleteAsync(agency.Id, Token)).ShouldBe(AgencyDeletion.NotEmpty);
        (await Storage.Keys.FindAsync(key.Id, Token)).ShouldNotBeNull();
        await Storage.Connections.DeleteAsync(connection.Id, Token);
        (await Storage.Agencies.DeleteAsync(agency.Id, Token)).ShouldBe(AgencyDeletion.Deleted);

        (await Storage.Agencies.DeleteAsync(agency.Id, Token)).ShouldBe(AgencyDeletion.NotFound);
        (await Storage.Keys.FindAsync(key.Id, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_key_is_found_by_id_and_prefix_and_admin_keys_belong_to_no_agency()
    {
        var agency = await Some.AgencyAsync(Storage);
        var key = await KeyAsync(agency.Id);
        var admin = await KeyAsync(null);

        (await Storage.Keys.FindAsync(key.Id, Token)).ShouldBeEquivalentTo(key);
        (await Storage.Keys.FindByPrefixAsync(admin.LookupPrefix, Token)).ShouldBeEquivalentTo(admin);
        (await Storage.Keys.FindByPrefixAsync("sk_none", Token)).ShouldBeNull();
        (await Storage.Keys.ListAsync(agency.Id, null, 10, Token)).Select(one => one.Id).ShouldBe([key.Id]);
        (await Storage.Keys.ListAsync(null, null, 10, Token)).Select(one => one.Id).ShouldBe([admin.Id]);
        (await Storage.Keys.ListAsync(null, admin.Id, 10, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_revoked_key_stays_revoked_since_the_first_time()
    {
        var key = await KeyAsync(null);

        (await Storage.Keys.RevokeAsync(key.Id, Some.Monday, Token)).ShouldBeTrue();
        (await Storage.Keys.RevokeAsync(key.Id, Some.Monday.AddDays(1), Token)).ShouldBeTrue();
        (await Storage.Keys.RevokeAsync("key_none", Some.Monday, Token)).ShouldBeFalse();

        (await Storage.Keys.FindAsync(key.Id, Token))!.RevokedAt.ShouldBe(Some.Monday);
    }

    [Fact]
    public async Task A_changed_connection_keeps_its_agency_and_makes_its_calendars_due()
    {
        var agency = await Some.AgencyAsync(Storage);
        var connection = await Some.ConnectionAsync(Storage, agency.Id);
        var calendar = await Some.CalendarAsync(Storage, Some.Link() with { ConnectionId = connection.Id }, agency.Id);
        var other = await Some.CalendarAsync(Storage, agencyId: agency.Id);
        await Storage.Snapshots.WriteAsync(
            [Some.Fetched(calendar.Id, 1, Some.Monday, null), Some.Fetched(other.Id, 1, Some.Monday, null)], null, Token);
        var changed = connection with { Name = "New", SealedCredential = [9], SealedWebhookSecret = [8, 7], BaseUrl = "https://example.test" };

        (await Storage.Connections.UpdateAsync(changed with { AgencyId = "agy_other" }, Token)).ShouldBeTrue();
        (await Storage.Connections.UpdateAsync(changed with { Id = "con_none" }, Token)).ShouldBeFalse();

        (await Storage.Connections.FindAsync(connection.Id, Token)).ShouldBeEquivalentTo(changed with { SealedWebhookSecret = connection.SealedWebhookSecret }, "the webhook secret has a way of its own, or a change that read it before would undo its replacement");
        var state = (await Storage.Snapshots.LoadAsync(calendar.Id, Token))!.State;
        (state.Epoch, state.StaleAt).ShouldBe((2, DateTimeOffset.UnixEpoch));
        (await Storage.Snapshots.LoadAsync(other.Id, Token))!.State.Epoch.ShouldBe(1);
    }

    [Fact]
    public async Task Connections_are_listed_by_agency()
    {
        var agency = await Some.AgencyAsync(Storage);
        var other = await Some.AgencyAsync(Storage);
        string[] ids = [(await Some.ConnectionAsync(Storage, agency.Id)).Id, (await Some.ConnectionAsync(Storage, agency.Id)).Id];
        Array.Sort(ids, StringComparer.Ordinal);
        await Some.ConnectionAsync(Storage, other.Id);

        (await Storage.Connections.ListAsync(agency.Id, null, 10, Token)).Select(one => one.Id).ShouldBe(ids);
        (await Storage.Connections.ListAsync(agency.Id, ids[0], 10, Token)).Select(one => one.Id).ShouldBe([ids[1]]);
        (await Storage.Connections.ListAsync(null, null, 10, Token)).Count.ShouldBe(3);
        (await Storage.Connections.ListAsync("agy_none", null, 10, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_connection_is_deleted_once_no_workspace_has_a_calendar_of_it()
    {
        var agency = await Some.AgencyAsync(Storage);
        var connection = await Some.ConnectionAsync(Storage, agency.Id);
        var workspace = Some.Workspace(agency.Id);
        var written = await Storage.Workspaces.WriteAsync(
            [new(workspace, Some.Default(Some.Link() with { ConnectionId = connection.Id }))], Token);

        (await Storage.Connections.DeleteAsync(connection.Id, Token)).ShouldBe(ConnectionDeletion.InUse);
        await Storage.Workspaces.WriteAsync([new(workspace, Some.Default(null))], Token);
        (await Storage.Connections.DeleteAsync(connection.Id, Token)).ShouldBe(ConnectionDeletion.Deleted);

        (await Storage.Connections.DeleteAsync(connection.Id, Token)).ShouldBe(ConnectionDeletion.NotFound);
        (await Storage.Snapshots.LoadAsync(written[0].Calendars[0].Id, Token))!.Calendar.ConnectionId.ShouldBeNull();
    }

    private async Task<ApiKey> KeyAsync(string? agencyId)
    {
        var key = new ApiKey(
            Ids.New(Ids.Key), agencyId, null, agencyId is null ? Role.Admin : Role.Agency, "Key", $"sk_{Some.Number()}", [1, 2], [3, 4],
            Some.Monday, Some.Monday.AddYears(1), null);
        await Storage.Keys.CreateAsync(key, Token);
        return key;
    }
}
