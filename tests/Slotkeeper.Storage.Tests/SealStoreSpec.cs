using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class SealsInSqlite() : SealStoreSpec(new SqliteTestDatabase());

public sealed class SealsInPostgres(SharedPostgres postgres) : SealStoreSpec(new PostgresTestDatabase(postgres));

// Data keys: one for each agency, replaced only as read, gone with the agency but not before its last webhook; secrets a master key sealed itself: found in
// every column that holds any, replaced only as read; keys: replaced, last used
public abstract class SealStoreSpec(TestDatabase database) : StorageSpec(database)
{
    [Fact]
    public async Task Of_many_that_make_an_agencys_data_key_at_once_all_get_the_same()
    {
        var agency = await Some.AgencyAsync(Storage);
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => Storage.Seals.AddAsync(new DataKey(agency.Id, By(1, i), Some.Monday), Token))));
        made.Select(one => one.SealedKey[^1]).Distinct().ShouldHaveSingleItem();
        var kept = (await Storage.Seals.FindAsync(agency.Id, Token)).ShouldNotBeNull();
        kept.SealedKey.ShouldBe(made[0].SealedKey);
        (await Storage.Seals.ListAsync(null, 10, Token)).ShouldHaveSingleItem().AgencyId.ShouldBe(agency.Id);
        (await Storage.Seals.ListAsync(agency.Id, 10, Token)).ShouldBeEmpty();

        (await Storage.Seals.ReplaceAsync(kept with { SealedKey = By(1, 99) }, By(2), Token)).ShouldBeFalse();
        (await Storage.Seals.ReplaceAsync(kept, By(2), Token)).ShouldBeTrue();
        (await Storage.Seals.FindAsync(agency.Id, Token))!.SealedKey.ShouldBe(By(2));
    }

    [Fact]
    public async Task Secrets_that_a_master_key_sealed_itself_are_found_in_every_column_and_replaced_as_read()
    {
        var agency = await Some.AgencyAsync(Storage);
        var workspace = Some.Workspace(agency.Id);
        await Storage.Workspaces.WriteAsync([new(workspace, WorkspaceWrite.AsTheyAre)], Token);
        var connection = new Connection(Ids.New(Ids.Connection), agency.Id, Provider.CalCom, "c", By(1, 1), By(1, 2), null, Some.Monday);
        await Storage.Connections.CreateAsync(connection, Token);
        await Storage.Connections.ReplaceWebhookSecretAsync(connection.Id, By(1, 3), Some.Monday, Token);
        // Its former webhook keeps the credential it was made with.
        await Storage.WebhookRegistrations.SaveAsync(new(connection.Id, RegistrationState.Registered, Some.Monday, [1], "https://a.example/", "sub", null, 0, Some.Monday), connection, Token);
        await Storage.Connections.UpdateAsync(connection with { SealedCredential = By(1, 4) }, Token);
        var endpoint = Ids.New(Ids.Webhook);
        await Storage.Deliveries.CreateAsync(new(endpoint, agency.Id, "https://a.example/", EventTypes.All, By(1, 5), null, null, Some.Monday, null, null, false), Token);
        await Storage.Deliveries.RotateAsync(endpoint, By(1, 6), TimeSpan.FromDays(1), Token);
        await Storage.WorkspaceSecrets.RotateAsync(workspace.Id, By(1, 7), TimeSpan.FromDays(1), Token);
        await Storage.WorkspaceSecrets.RotateAsync(workspace.Id, By(1, 8), TimeSpan.FromDays(1), Token);
        await Storage.VoiceLines.PutAsync(workspace.Id, By(1, 9), [], Token);
        await Storage.Seals.AddAsync(new DataKey(agency.Id, By(2), Some.Monday), Token);

        var old = await Storage.Seals.ListOldAsync(10, Token);
        old.Select(one => (one.Owner, one.Field, one.Sealed[^1])).Order().ShouldBe(new[]
        {
            (connection.Id, Connection.CredentialField, (byte)1), (connection.Id, Connection.CredentialField, (byte)4),
            (connection.Id, Connection.WebhookSecretField, (byte)2), (connection.Id, Connection.WebhookSecretField, (byte)3),
            (endpoint, WebhookEndpoint.SecretField, (byte)5), (endpoint, WebhookEndpoint.SecretField, (byte)6),
            (workspace.Id, WorkspaceSecret.Field, (byte)7), (workspace.Id, WorkspaceSecret.Field, (byte)8), (workspace.Id, Agents.VoiceLine.SecretField, (byte)9),
        }.Order());
        old.ShouldAllBe(one => one.AgencyId == agency.Id);
        (await Storage.Seals.CountAsync(Token)).OrderBy(one => one.KeyId, StringComparer.Ordinal).ShouldBe([new("01010101", 0, 9), new("02020202", 1, 0)]);

        foreach (var one in old)
        {
            (await Storage.Seals.ReplaceAsync(one with { Sealed = By(1, 77) }, [2, 0], Token)).ShouldBeFalse();
            (await Storage.Seals.ReplaceAsync(one, [2, one.Sealed[^1]], Token)).ShouldBeTrue();
        }
        (await Storage.Seals.ListOldAsync(10, Token)).ShouldBeEmpty();
        (await Storage.Seals.CountAsync(Token)).ShouldBe([new("02020202", 1, 0)]);
        (await Storage.Connections.FindAsync(connection.Id, Token))!.SealedCredential.ShouldBe([2, 4]);
        (await Storage.WorkspaceSecrets.FindAsync(workspace.Id, Token))!.SealedPrevious.ShouldBe([2, 7]);
        var former = (await Storage.WebhookRegistrations.ListFormerAsync(Some.Monday, 10, Token)).ShouldHaveSingleItem();
        (former.AgencyId, former.SealedCredential[1]).ShouldBe((agency.Id, (byte)1));
    }

    [Fact]
    public async Task A_data_key_goes_with_its_agency_but_not_while_a_webhook_of_it_has_yet_to_be_removed()
    {
        var (gone, left, stays) = (await Some.AgencyAsync(Storage), await Some.AgencyAsync(Storage), await Some.AgencyAsync(Storage));
        foreach (var agency in new[] { gone, left, stays })
            await Storage.Seals.AddAsync(new DataKey(agency.Id, By(1), Some.Monday), Token);
        var connection = await Some.ConnectionAsync(Storage, left.Id);
        await Storage.WebhookRegistrations.SaveAsync(new(connection.Id, RegistrationState.Registered, Some.Monday, [1], "https://a.example/", "sub", null, 0, Some.Monday), connection, Token);
        await Storage.Connections.DeleteAsync(connection.Id, Token);
        foreach (var agency in new[] { gone, left })
            (await Storage.Agencies.DeleteAsync(agency.Id, Token)).ShouldBe(AgencyDeletion.Deleted);

        await Storage.Seals.ForgetOrphansAsync(Token);
        (await Storage.Seals.ListAsync(null, 10, Token)).Select(one => one.AgencyId).ShouldBe([left.Id, stays.Id], ignoreOrder: true);
        await Storage.WebhookRegistrations.ForgetFormerAsync((await Storage.WebhookRegistrations.ListFormerAsync(Some.Monday, 10, Token)).Single(), Token);
        await Storage.Seals.ForgetOrphansAsync(Token);
        (await Storage.Seals.ListAsync(null, 10, Token)).ShouldHaveSingleItem().AgencyId.ShouldBe(stays.Id);
    }

    [Fact]
    public async Task A_key_is_replaced_in_one_step_and_never_lives_longer_for_it()
    {
        var old = await KeyAsync(null);
        var next = Key();
        (await Storage.Keys.RotateAsync("key_none", next, Some.Monday.AddDays(1), Token)).Outcome.ShouldBe(KeyRotation.NotFound);
        (await Storage.Keys.RotateAsync(old.Id, next, Some.Monday.AddDays(1), Token)).ShouldBe((KeyRotation.Rotated, Some.Monday.AddDays(1)));
        (await Storage.Keys.FindAsync(old.Id, Token))!.ExpiresAt.ShouldBe(Some.Monday.AddDays(1));
        (await Storage.Keys.FindByPrefixAsync(next.LookupPrefix, Token)).ShouldBeEquivalentTo(next);
        (await Storage.Keys.RotateAsync(old.Id, Key(), Some.Monday.AddDays(2), Token)).ShouldBe((KeyRotation.Rotated, Some.Monday.AddDays(1)));
        (await Storage.Keys.RotateAsync(old.Id, Key() with { CreatedAt = Some.Monday.AddDays(1) }, Some.Monday.AddDays(2), Token)).Outcome.ShouldBe(KeyRotation.Ended);
        var revoked = await KeyAsync(null);
        await Storage.Keys.RevokeAsync(revoked.Id, Some.Monday, Token);
        (await Storage.Keys.RotateAsync(revoked.Id, Key(), Some.Monday.AddDays(1), Token)).Outcome.ShouldBe(KeyRotation.Ended);
        (await Storage.Keys.ListAsync(null, null, 10, Token)).Count.ShouldBe(4);
    }

    [Fact]
    public async Task When_keys_were_last_used_is_written_for_many_at_once_and_never_goes_back()
    {
        var (one, other) = (await KeyAsync(null), await KeyAsync(null));
        await Storage.Keys.UsedAsync([(one.Id, Some.Monday), (other.Id, Some.Monday), ("key_gone", Some.Monday)], Token);
        await Storage.Keys.UsedAsync([(one.Id, Some.Monday.AddMinutes(-1)), (other.Id, Some.Monday.AddMinutes(1))], Token);
        (await Storage.Keys.FindAsync(one.Id, Token))!.LastUsedAt.ShouldBe(Some.Monday);
        (await Storage.Keys.FindAsync(other.Id, Token))!.LastUsedAt.ShouldBe(Some.Monday.AddMinutes(1));
    }

    private static byte[] By(byte masterKey, int text = 0) => [1, masterKey, masterKey, masterKey, masterKey, (byte)text];

    private static ApiKey Key() => new(Ids.New(Ids.Key), null, null, Role.Admin, "k", $"sk_{Guid.NewGuid():N}"[..13], [1], [2], Some.Monday, null, null);

    private async Task<ApiKey> KeyAsync(string? agencyId)
    {
        var key = Key() with { AgencyId = agencyId };
        await Storage.Keys.CreateAsync(key, Token);
        return key;
    }
}
