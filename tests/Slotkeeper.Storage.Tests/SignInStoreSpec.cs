using Shouldly;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class SignInsInSqlite() : SignInStoreSpec(new SqliteTestDatabase());

public sealed class SignInsInPostgres(SharedPostgres postgres) : SignInStoreSpec(new PostgresTestDatabase(postgres));

// Sessions of people: found by the hash of their secret, gone when they are over
public abstract class SignInStoreSpec(TestDatabase database) : StorageSpec(database)
{
    [Fact]
    public async Task A_session_is_found_seen_and_ended_once()
    {
        var signIn = New(1, Some.Monday);
        await Storage.SignIns.CreateAsync(signIn, null, Token);
        await Storage.SignIns.SeenAsync(signIn.SecretHash, Some.Monday.AddMinutes(5), Token);
        await Storage.SignIns.SeenAsync(signIn.SecretHash, Some.Monday.AddMinutes(3), Token);

        var found = (await Storage.SignIns.FindAsync(signIn.SecretHash, Token)).ShouldNotBeNull();
        (found.KeyId, found.CreatedAt, found.SeenAt).ShouldBe(("key_1", Some.Monday, Some.Monday.AddMinutes(5)));
        (await Storage.SignIns.FindAsync(Hash(2), Token)).ShouldBeNull();
        (await Storage.SignIns.EndAsync(found, null, Token)).ShouldBeTrue();
        (await Storage.SignIns.EndAsync(found, null, Token)).ShouldBeFalse();
        (await Storage.SignIns.FindAsync(signIn.SecretHash, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Signing_in_removes_the_sessions_that_are_over_and_no_others()
    {
        await Storage.SignIns.CreateAsync(New(1, Some.Monday), null, Token);
        await Storage.SignIns.CreateAsync(New(2, Some.Monday.AddMinutes(20)), null, Token);
        await Storage.SignIns.CreateAsync(New(3, Some.Monday + SignIn.Idle), null, Token);

        (await Storage.SignIns.FindAsync(Hash(1), Token)).ShouldBeNull();
        (await Storage.SignIns.FindAsync(Hash(2), Token)).ShouldNotBeNull();
        await Storage.SignIns.SeenAsync(Hash(2), Some.Monday + SignIn.Longest, Token);
        await Storage.SignIns.CreateAsync(New(4, Some.Monday.AddMinutes(20) + SignIn.Longest), null, Token);
        (await Storage.SignIns.FindAsync(Hash(2), Token)).ShouldBeNull();
    }

    private static SignIn New(byte number, DateTimeOffset at) => new(Hash(number), "key_1", at, at);

    private static byte[] Hash(byte number) => [.. Enumerable.Repeat(number, 32)];
}
