using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class WebhookKeepingInSqlite() : WebhookKeepingSpec(new SqliteTestDatabase());

public sealed class WebhookKeepingInPostgres(SharedPostgres postgres) : WebhookKeepingSpec(new PostgresTestDatabase(postgres));

// Registrations: kept; of a connection changed meanwhile. Left behind: deleted; other credential; other address; only renamed. Secrets: two at most; ended. Sources: changed from what they are
public abstract class WebhookKeepingSpec(TestDatabase database) : BookingSpec(database)
{
    private static readonly DateTimeOffset Now = Some.Monday;

    [Fact]
    public async Task A_registration_is_kept_and_replaced()
    {
        var connection = await ConnectionAsync();
        var first = Registration(connection.Id) with { SubscriptionId = null, State = RegistrationState.Failed, Error = "no answer", Failures = 3 };
        (await Storage.WebhookRegistrations.SaveAsync(first, connection, Token)).ShouldBeTrue();
        (await ListAsync()).ShouldHaveSingleItem().ShouldBeEquivalentTo(first);

        (await Storage.WebhookRegistrations.SaveAsync(Registration(connection.Id), connection, Token)).ShouldBeTrue();
        (await ListAsync()).ShouldHaveSingleItem().ShouldBeEquivalentTo(Registration(connection.Id));
        (await Storage.WebhookRegistrations.ListAsync(connection.Id, connection.Id, Token)).Count.ShouldBe(1);
        (await Storage.WebhookRegistrations.ListAsync(connection.Id + "x", null, Token)).ShouldBeEmpty();
        (await FormerAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_webhook_made_while_its_connection_changed_is_left_behind()
    {
        var connection = await ConnectionAsync();
        await Storage.Connections.UpdateAsync(connection with { SealedCredential = [9, 9] }, Token);
        (await Storage.WebhookRegistrations.SaveAsync(Registration(connection.Id), connection, Token)).ShouldBeFalse();

        (await ListAsync()).ShouldBeEmpty();
        (await FormerAsync()).ShouldHaveSingleItem().SealedCredential.ShouldBe(connection.SealedCredential);
    }

    [Fact]
    public async Task A_deleted_connection_leaves_its_webhook_behind_with_the_credential_until_it_is_forgotten()
    {
        var connection = await ConnectionAsync();
        await Storage.WebhookRegistrations.SaveAsync(Registration(connection.Id), connection, Token);
        await Storage.WebhookSources.ChangeAsync(connection.Id, one => one.Heard(Now), Token);
        (await Storage.Connections.DeleteAsync(connection.Id, Token)).ShouldBe(ConnectionDeletion.Deleted);

        (await ListAsync()).ShouldBeEmpty();
        (await Storage.WebhookSources.ListAsync(null, null, Token)).ShouldBeEmpty();
        var former = (await FormerAsync()).ShouldHaveSingleItem();
        (former.ConnectionId, former.SubscriptionId, former.Provider, former.Failures).ShouldBe((connection.Id, "sub", Provider.Calendly, 0));
        former.SealedCredential.ShouldBe(connection.SealedCredential);

        await Storage.WebhookRegistrations.RetryFormerAsync(former, Now.AddMinutes(1), Token);
        (await FormerAsync()).ShouldBeEmpty();
        (await Storage.WebhookRegistrations.ListFormerAsync(Now.AddMinutes(1), 10, Token)).ShouldHaveSingleItem().Failures.ShouldBe(1);
        await Storage.WebhookRegistrations.ForgetFormerAsync(former, Token);
        (await Storage.WebhookRegistrations.ListFormerAsync(Now.AddYears(1), 10, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_credential_or_address_leaves_the_webhook_behind_and_another_name_does_not()
    {
        var connection = await ConnectionAsync();
        await Storage.WebhookRegistrations.SaveAsync(Registration(connection.Id), connection, Token);
        await Storage.Connections.UpdateAsync(connection with { Name = "Renamed" }, Token);
        (await ListAsync()).Count.ShouldBe(1);
        (await FormerAsync()).ShouldBeEmpty();

        var moved = connection with { BaseUrl = "https://other.example" };
        await Storage.Connections.UpdateAsync(moved, Token);
        (await ListAsync()).ShouldBeEmpty();
        (await FormerAsync()).ShouldHaveSingleItem().BaseUrl.ShouldBeNull();

        await Storage.WebhookRegistrations.SaveAsync(Registration(connection.Id) with { SubscriptionId = "sub2" }, moved, Token);
        await Storage.Connections.UpdateAsync(moved with { SealedCredential = [7] }, Token);
        (await ListAsync()).ShouldBeEmpty();
        (await FormerAsync()).Select(one => (one.SubscriptionId, one.BaseUrl)).Order().ShouldBe([("sub", null), ("sub2", "https://other.example")]);
    }

    [Fact]
    public async Task A_replaced_webhook_secret_is_the_former_one_until_its_end_and_of_two_replaced_only_the_last_is()
    {
        var connection = await ConnectionAsync();
        (await Storage.Connections.ReplaceWebhookSecretAsync("con_none", [4], Now, Token)).ShouldBeNull();
        var once = (await Storage.Connections.ReplaceWebhookSecretAsync(connection.Id, [4], Now.AddHours(1), Token))!;
        once.ShouldBeEquivalentTo(connection with { SealedWebhookSecret = [4], SealedFormerWebhookSecret = connection.SealedWebhookSecret, FormerWebhookSecretUntil = Now.AddHours(1) });
        var twice = (await Storage.Connections.ReplaceWebhookSecretAsync(connection.Id, [5], Now.AddHours(2), Token))!;
        twice.SealedFormerWebhookSecret.ShouldBe([4]);

        await Storage.Connections.UpdateAsync(connection with { Name = "Read before" }, Token);
        (await Storage.Connections.FindAsync(connection.Id, Token))!.SealedWebhookSecret.ShouldBe([5]);
        await Storage.Connections.ForgetFormerWebhookSecretsAsync(Now.AddHours(1), Token);
        (await Storage.Connections.FindAsync(connection.Id, Token))!.SealedFormerWebhookSecret.ShouldBe([4]);
        await Storage.Connections.ForgetFormerWebhookSecretsAsync(Now.AddHours(2), Token);
        var over = (await Storage.Connections.FindAsync(connection.Id, Token))!;
        (over.SealedFormerWebhookSecret, over.FormerWebhookSecretUntil).ShouldBe((null, null));
    }

    [Fact]
    public async Task Sources_are_changed_from_what_they_are_by_many_at_once()
    {
        var connection = await ConnectionAsync();
        await Storage.WebhookSources.ChangeAsync(connection.Id, one => one.Heard(Now), Token);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Storage.WebhookSources.ChangeAsync(connection.Id, one => one.Miss(Now.AddMinutes(1), false), Token))));
        await Storage.WebhookSources.ChangeAsync("con_none", one => one.Heard(Now), Token);

        (await Storage.WebhookSources.ListAsync(null, null, Token)).ShouldHaveSingleItem().ShouldBe(new SourceTrust(connection.Id, Now, 16, 0, Now.AddMinutes(1)));
    }

    private async Task<Connection> ConnectionAsync() => await Some.ConnectionAsync(Storage, (await Some.AgencyAsync(Storage)).Id);

    private static WebhookRegistration Registration(string connectionId) =>
        new(connectionId, RegistrationState.Registered, Now, [1, 2, 3], "https://slots.example.com/hook", "sub", null, 0, Now.AddHours(1));

    private Task<IReadOnlyList<WebhookRegistration>> ListAsync() => Storage.WebhookRegistrations.ListAsync(null, null, Token);

    private Task<IReadOnlyList<FormerWebhook>> FormerAsync() => Storage.WebhookRegistrations.ListFormerAsync(Now, 10, Token);
}
