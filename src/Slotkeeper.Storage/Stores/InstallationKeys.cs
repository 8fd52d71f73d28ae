using System.Security.Cryptography;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

internal sealed class InstallationKeys(Database database)
{
    private const int KeyBytes = 32;

    /// <summary>The key for a purpose: the first node that asks makes it, all others get the same.</summary>
    public Task<byte[]> GetAsync(string purpose, CancellationToken cancellationToken) => database.WriteForAllAsync(
        async session =>
        {
            await session.ExecuteAsync(
                "INSERT INTO installation_keys (purpose, value) VALUES (@purpose, @value) ON CONFLICT (purpose) DO NOTHING",
                ("purpose", purpose), ("value", RandomNumberGenerator.GetBytes(KeyBytes)));
            return (await session.FirstAsync("SELECT value FROM installation_keys WHERE purpose = @purpose", (ref Row row) => row.Bytes(), ("purpose", purpose)))!;
        },
        cancellationToken);
}
