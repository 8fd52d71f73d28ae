using Slotkeeper.Calendars;
using Slotkeeper.Server.Operation;

namespace Slotkeeper.Server.Tenancy;

/// <summary>What one pass over all seals came to.</summary>
/// <param name="DataKeys">Data keys that were sealed by the present master key.</param>
/// <param name="Secrets">Secrets that were sealed by their agency's data key instead of a master key.</param>
/// <param name="PreviousIsNeeded">Whether anything still needs the previous master key.</param>
internal sealed record SealPass(int DataKeys, int Secrets, bool PreviousIsNeeded);

/// <summary>
/// Brings everything under the present master key, while the server runs. Each seal is replaced only if it still is as it was read, so nodes may do it at the
/// same time, and whoever changes a secret meanwhile wins.
/// </summary>
internal sealed class SecretKeeper(ISealStore seals, MasterKeys masters, CredentialVault vault, ConnectionBook connections, ILogger<SecretKeeper> logger)
{
    private const int PageSize = 200;

    public async Task<SealPass> PassAsync(CancellationToken cancellationToken)
    {
        await seals.ForgetOrphansAsync(cancellationToken);
        var dataKeys = await RewrapAsync(cancellationToken);
        var secrets = await ResealAsync(cancellationToken);
        if (dataKeys + secrets > 0)
            ServerLog.SealedAnew(logger, dataKeys, secrets);
        var isNeeded = (await seals.CountAsync(cancellationToken)).Any(one => one.KeyId == masters.PreviousId && one.KeyId != masters.PresentId);
        return new SealPass(dataKeys, secrets, isNeeded);
    }

    private async Task<int> RewrapAsync(CancellationToken cancellationToken)
    {
        var done = 0;
        for (string? after = null; ;)
        {
            var page = await seals.ListAsync(after, PageSize, cancellationToken);
            foreach (var key in page)
            {
                if (vault.Rewrap(key) is { } wrapped && await seals.ReplaceAsync(key, wrapped, cancellationToken))
                    done++;
            }
            if (page.Count < PageSize)
                return done;
            after = page[^1].AgencyId;
        }
    }

    private async Task<int> ResealAsync(CancellationToken cancellationToken)
    {
        var done = 0;
        while (true)
        {
            var before = done;
            var old = await seals.ListOldAsync(PageSize, cancellationToken);
            foreach (var one in old)
            {
                if (await vault.ResealAsync(one, cancellationToken) is not { } resealed)
                {
                    ServerLog.SecretLeft(logger, one.Owner, one.Field);
                    continue;
                }
                if (!await seals.ReplaceAsync(one, resealed, cancellationToken))
                    continue;
                done++;
                // This node does not hear of its own changes, and compares rows by their seals.
                if (connections.Row(one.Owner) is not null)
                    await connections.ReloadAsync(one.Owner, cancellationToken);
            }
            // The rest cannot be opened, or there is none.
            if (done == before)
                return done;
        }
    }
}
