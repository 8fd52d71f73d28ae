using System.Collections.Concurrent;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Tenancy;

/// <summary>Gathers which keys are at work, to be written together: no request waits for it, and none causes a write of its own.</summary>
internal sealed class KeyUse(IKeyStore keys)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> unwritten = new(StringComparer.Ordinal);

    public void Note(string keyId, DateTimeOffset at) => unwritten[keyId] = at;

    /// <summary>Writes what was noted since the last time.</summary>
    /// <exception cref="StorageUnavailableException">The database is away; what was noted is written the next time.</exception>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        var noted = unwritten.ToArray();
        if (noted.Length == 0)
            return;
        await keys.UsedAsync([.. noted.Select(one => (one.Key, one.Value))], cancellationToken);
        // One that was used again meanwhile stays.
        foreach (var one in noted)
            unwritten.TryRemove(one);
    }
}
