using System.Globalization;
using Microsoft.Data.Sqlite;
using Slotkeeper.Calendars;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Storage;

namespace Slotkeeper.Server.Cli.Doctor;

/// <summary>
/// Looks at the database without changing it: a file that a server owns is left alone, one that does not exist is not made, and schema
/// steps that are missing are not applied unless that is asked for.
/// </summary>
/// <param name="settings">Which database.</param>
/// <param name="dataFolder">Where an SQLite file lies.</param>
/// <param name="masterKey">Opens the stored credentials.</param>
/// <param name="previousMasterKey">Opens what is not sealed by it yet.</param>
/// <param name="open">Open it as the start of a server does, whatever its schema.</param>
/// <param name="clock">Measures.</param>
internal sealed class DatabaseChecks(StorageSettings settings, string dataFolder, string? masterKey, string? previousMasterKey, bool open, TimeProvider clock)
{
    private const string Name = "database";
    private const string CredentialsName = "credentials";
    private const string MasterKeyName = "master key";

    /// <summary>More would let nodes and the database disagree about what has expired.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromSeconds(2);

    public Task<IReadOnlyList<Check>> RunAsync(CancellationToken cancellationToken) =>
        open ? OpenAsync(cancellationToken) : settings.IsPostgres ? AskPostgresAsync(cancellationToken) : LookAtFileAsync(cancellationToken);

    /// <summary>Another node may be at work with an older schema, so nothing is applied from here.</summary>
    private async Task<IReadOnlyList<Check>> AskPostgresAsync(CancellationToken cancellationToken)
    {
        await using var storage = Composition.Storage(settings, clock);
        var health = await storage.CheckAsync(cancellationToken);
        if (!health.Reachable)
            return [Check.Wrong(Name, health.Problem ?? "it does not answer", "Check DATABASE_URL, the network and the database server.")];
        return
        [
            Check.Ok(Name, $"{health.Description}: reachable"),
            .. health.Skew is { } skew ? new[] { Clock(skew) } : [],
            Check.Note("schema", "not looked at: opening a database brings its schema up to date", "To look, and to check the credentials: doctor --open"),
        ];
    }

    private async Task<IReadOnlyList<Check>> LookAtFileAsync(CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(Path.Combine(dataFolder, StorageSettings.SqliteFileName));
        if (!File.Exists(path))
            return [Check.Note(Name, $"{settings.Description}: not there yet; the first start makes it")];
        int version;
        try
        {
            version = await SqlitePeek.VersionAsync(path, cancellationToken);
        }
        catch (SqliteException failure)
        {
            return [Check.Wrong(Name, $"{settings.Description}: {failure.Message}", "Check the file and its rights; restore it from a backup if it is damaged.")];
        }
        if (version > SqlitePeek.Newest)
            return [Check.Wrong(Name, $"{settings.Description}: schema step {version} is newer than this program's {SqlitePeek.Newest}", "Start the newer program.")];
        if (version < SqlitePeek.Newest)
            return [Check.Note(Name, $"{settings.Description}: schema step {version}; the next start brings it to {SqlitePeek.Newest}")];
        return await OpenAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<Check>> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var storage = Composition.Storage(settings, clock);
            await storage.PrepareAsync(cancellationToken);
            var health = await storage.CheckAsync(cancellationToken);
            if (health.Problem is { } problem)
                return [Check.Wrong(Name, problem, "Check the database server.")];
            return
            [
                Check.Ok(Name, $"{health.Description}: reachable, schema step {health.SchemaVersion}"),
                .. health.Skew is { } skew ? new[] { Clock(skew) } : [],
                await CredentialsAsync(storage.Connections, storage.Seals, cancellationToken),
                .. await MasterKeyAsync(storage.Seals, cancellationToken),
            ];
        }
        catch (StorageSetupException used) when (!settings.IsPostgres && used.InnerException is IOException && used.Message.Contains("is in use by", StringComparison.Ordinal))
        {
            // A running server is nothing wrong. Its file stays its own.
            return
            [
                Check.Note(Name, used.Message.Split(", and only", 2)[0]),
                Check.Note(CredentialsName, "not looked at: the running server opened them when it started"),
            ];
        }
        catch (Exception failure) when (failure is StorageSetupException or StorageUnavailableException)
        {
            return [Check.Wrong(Name, failure.Message, "Change what the message names, then ask again.")];
        }
    }

    private static Check Clock(TimeSpan skew)
    {
        var finding = string.Create(CultureInfo.InvariantCulture, $"the database's clock is {Math.Abs(skew.TotalMilliseconds):0} ms {(skew < TimeSpan.Zero ? "behind" : "ahead of")} this machine's");
        return skew.Duration() <= MostSkew
            ? Check.Ok("clock", finding)
            : Check.Wrong("clock", finding, "Synchronise both clocks (NTP): holds and leases expire by the database's clock.");
    }

    /// <summary>Which master keys are needed, and whether the previous one still is. Nothing where none is set and nothing is sealed.</summary>
    private async Task<IReadOnlyList<Check>> MasterKeyAsync(ISealStore seals, CancellationToken cancellationToken)
    {
        using var masters = MasterKeys.FromSettings(masterKey, previousMasterKey);
        var sealedUnder = await seals.CountAsync(cancellationToken);
        var missing = sealedUnder.Where(one => !masters.Knows(one.KeyId))
            .Select(one => Check.Wrong(MasterKeyName, $"the key with id {one.KeyId} is not set; {Amount(one)} need it", "Set it as SLOTKEEPER_MASTER_KEY, or as SLOTKEEPER_MASTER_KEY_PREVIOUS to go over to a new one.")).ToList();
        if (missing.Count > 0 || masters.PresentId is not { } present)
            return missing;
        if (masters.PreviousId is not { } previous)
            return [Check.Ok(MasterKeyName, $"id {present}")];
        return sealedUnder.FirstOrDefault(one => one.KeyId == previous && previous != present) is { } left
            ? [Check.Note(MasterKeyName, $"id {present}; {Amount(left)} still need the previous one, id {previous}", "Leave both set: a running server seals them anew within minutes.")]
            : [Check.Ok(MasterKeyName, $"id {present}; SLOTKEEPER_MASTER_KEY_PREVIOUS (id {previous}) is not needed any more and can be taken away")];

        static string Amount(SealedUnder one) => string.Create(CultureInfo.InvariantCulture, $"{one.DataKeys} data keys and {one.Secrets} secrets");
    }

    private async Task<Check> CredentialsAsync(IConnectionStore store, ISealStore seals, CancellationToken cancellationToken)
    {
        using var masters = MasterKeys.FromSettings(masterKey, previousMasterKey);
        using var vault = new CredentialVault(masters, seals, clock);
        var (connections, locked) = await new ConnectionBook(store, vault).LoadAsync(cancellationToken);
        if (connections == 0)
            return Check.Ok(CredentialsName, vault.IsOpen ? "none are stored; SLOTKEEPER_MASTER_KEY is set" : "none are stored");
        var finding = string.Create(CultureInfo.InvariantCulture, $"{connections - locked} of {connections} can be opened");
        if (locked == 0)
            return Check.Ok(CredentialsName, finding);
        return vault.IsOpen
            ? Check.Wrong(CredentialsName, finding, "Set SLOTKEEPER_MASTER_KEY to the key they were stored with, or store those credentials again.")
            : Check.Wrong(CredentialsName, $"{finding}: SLOTKEEPER_MASTER_KEY is not set", "Set SLOTKEEPER_MASTER_KEY to the key they were stored with; the server does not start without it.");
    }
}
