using Slotkeeper.Storage.Sql;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Stores;

/// <summary>The system's, whoever acts: a sign-in says who is acting.</summary>
internal sealed class SignInStore(Database database) : ISignInStore
{
    public Task CreateAsync(SignIn signIn, string? agencyId, CancellationToken cancellationToken) => database.WriteForAllAsync(
        async session =>
        {
            await session.ExecuteAsync(
                "DELETE FROM sessions WHERE created_at <= @oldest OR seen_at <= @idle",
                ("oldest", signIn.CreatedAt - SignIn.Longest), ("idle", signIn.CreatedAt - SignIn.Idle));
            session.Note(agencyId, "session.opened", signIn.KeyId, new FieldChanges());
            return await session.ExecuteAsync(
                "INSERT INTO sessions (secret_hash, key_id, created_at, seen_at) VALUES (@hash, @key, @created, @seen)",
                ("hash", signIn.SecretHash), ("key", signIn.KeyId), ("created", signIn.CreatedAt), ("seen", signIn.SeenAt));
        },
        cancellationToken);

    public Task<SignIn?> FindAsync(byte[] secretHash, CancellationToken cancellationToken) => database.ReadForAllAsync(
        session => session.FirstAsync(
            "SELECT secret_hash, key_id, created_at, seen_at FROM sessions WHERE secret_hash = @hash",
            (ref Row row) => new SignIn(row.Bytes(), row.Text(), row.Instant(), row.Instant()),
            ("hash", secretHash)),
        cancellationToken);

    public Task SeenAsync(byte[] secretHash, DateTimeOffset at, CancellationToken cancellationToken) => database.WriteForAllAsync(
        session => session.ExecuteAsync("UPDATE sessions SET seen_at = @at WHERE secret_hash = @hash AND seen_at < @at", ("hash", secretHash), ("at", at)), cancellationToken);

    public Task<bool> EndAsync(SignIn signIn, string? agencyId, CancellationToken cancellationToken) => database.WriteForAllAsync(
        async session =>
        {
            if (await session.ExecuteAsync("DELETE FROM sessions WHERE secret_hash = @hash", ("hash", signIn.SecretHash)) == 0)
                return false;
            session.Note(agencyId, "session.closed", signIn.KeyId, new FieldChanges());
            return true;
        },
        cancellationToken);
}
