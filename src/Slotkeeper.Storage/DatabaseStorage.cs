using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Slotkeeper.Agents;
using Slotkeeper.Audit;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Deliveries;
using Slotkeeper.FollowUps;
using Slotkeeper.Invalidation;
using Slotkeeper.Offers;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;
using Slotkeeper.Storage.Postgres;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Storage.Sqlite;
using Slotkeeper.Storage.Stores;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage;

/// <summary>How the database is, for readiness and for people.</summary>
/// <param name="Reachable">Whether it answered within the time-outs of <see cref="StorageSettings"/>.</param>
/// <param name="IsPrepared">Whether the schema is applied; until then every store refuses.</param>
/// <param name="SchemaVersion">Number of the newest schema step; null when not known.</param>
/// <param name="DatabaseTime">The database's clock, UTC, in the middle of the question; null when it did not answer.</param>
/// <param name="Skew">The database's clock minus this node's, to within half the time the answer took; null when it did not answer.</param>
/// <param name="Description">Which database. No secrets.</param>
/// <param name="Problem">Why it cannot be used now, for people; null when it can. No secrets.</param>
public sealed record DatabaseHealth(
    bool Reachable,
    bool IsPrepared,
    int? SchemaVersion,
    DateTimeOffset? DatabaseTime,
    TimeSpan? Skew,
    string Description,
    string? Problem);

/// <summary>
/// Everything that is stored, in an SQLite file or in PostgreSQL. Made without touching the database, so that a program can
/// start while it is away: until <see cref="PrepareAsync"/> has succeeded once, every store throws
/// <see cref="StorageUnavailableException"/>.
/// </summary>
public sealed class DatabaseStorage : IAsyncDisposable
{
    private readonly Database database;
    private readonly StorageSettings settings;
    private readonly TimeProvider clock;

    public DatabaseStorage(StorageSettings settings, TimeProvider clock, ILoggerFactory? loggers = null)
    {
        this.settings = settings;
        this.clock = clock;
        loggers ??= NullLoggerFactory.Instance;
        if (settings.IsPostgres)
        {
            // Of this start of this process: a restarted node has to hear what its former self said last.
            var nodeId = Ids.New("nod_");
            var postgres = new PostgresDatabase(settings, nodeId, loggers);
            database = postgres;
            Changes = new PostgresChangeFeed(settings, nodeId, postgres.PingAsync, clock, loggers);
        }
        else
        {
            database = new SqliteDatabase(settings, loggers);
            Changes = new SingleNodeFeed(clock);
        }
        Agencies = new AgencyStore(database);
        Keys = new KeyStore(database);
        Workspaces = new WorkspaceStore(database);
        Connections = new ConnectionStore(database);
        Snapshots = new SnapshotStore(database);
        Claims = new ClaimStore(database);
        ExternalClaims = new ExternalClaimStore(database);
        HeldClaims = new HeldClaimStore(database);
        Bookings = new BookingStore(database);
        Inbox = new WebhookInbox(database, settings.InboxKept);
        WebhookRegistrations = new WebhookRegistrationStore(database);
        WebhookSources = new WebhookSourceStore(database);
        Leads = new LeadStore(database);
        Offers = new OfferStore(database);
        Deliveries = new DeliveryStore(database);
        FollowUps = new FollowUpStore(database);
        WorkspaceSecrets = new WorkspaceSecretStore(database);
        VoiceLines = new VoiceLineStore(database);
        SignIns = new SignInStore(database);
        InstallationKeys = new InstallationKeys(database).GetAsync;
        Seals = new SealStore(database);
        Leases = new LeaseStore(database);
        Runs = new RunStore(database, settings.RunsKept);
        Audit = new AuditStore(database);
    }

    public IAgencyStore Agencies { get; }

    public IKeyStore Keys { get; }

    public IWorkspaceStore Workspaces { get; }

    public IConnectionStore Connections { get; }

    public ISnapshotStore Snapshots { get; }

    public IClaimStore Claims { get; }

    public IExternalClaimStore ExternalClaims { get; }

    public IHeldClaimStore HeldClaims { get; }

    public IBookingStore Bookings { get; }

    public IWebhookInbox Inbox { get; }

    public IWebhookRegistrationStore WebhookRegistrations { get; }

    public IWebhookSourceStore WebhookSources { get; }

    public ILeadStore Leads { get; }

    public IOfferStore Offers { get; }

    public IDeliveryStore Deliveries { get; }

    public IFollowUpStore FollowUps { get; }

    public IWorkspaceSecretStore WorkspaceSecrets { get; }

    public IVoiceLineStore VoiceLines { get; }

    public ISignInStore SignIns { get; }

    public InstallationKey InstallationKeys { get; }

    public ISealStore Seals { get; }

    public ILeaseStore Leases { get; }

    public IRunStore Runs { get; }

    public IAuditStore Audit { get; }

    public IChangeFeed Changes { get; }

    public bool IsPrepared => database.IsPrepared;

    /// <summary>Makes and prepares a storage in one go, for programs that cannot do without.</summary>
    /// <inheritdoc cref="PrepareAsync" path="/exception"/>
    public static async Task<DatabaseStorage> OpenAsync(
        StorageSettings settings, TimeProvider clock, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        var storage = new DatabaseStorage(settings, clock, loggers);
        try
        {
            await storage.PrepareAsync(cancellationToken);
            return storage;
        }
        catch
        {
            await storage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes the file (SQLite) and applies the schema steps that are missing. Repeatable; not to be called twice at once.</summary>
    /// <exception cref="StorageUnavailableException">The database is away: try again later.</exception>
    /// <exception cref="StorageSetupException">Somebody has to change something first; the message says what.</exception>
    public Task PrepareAsync(CancellationToken cancellationToken) => database.PrepareAsync(cancellationToken);

    /// <summary>
    /// Instead of <see cref="PrepareAsync"/>, for a program that looks without being a server: what only reads works, whatever the schema has, and a file stays its
    /// owner's. What writes throws <see cref="InvalidOperationException"/>.
    /// </summary>
    public void OpenToLook() => database.OpenToLook();

    /// <summary>Asks the database how it is. Answers within the time-outs of the settings and does not throw when it is away.</summary>
    public async Task<DatabaseHealth> CheckAsync(CancellationToken cancellationToken)
    {
        var isPrepared = database.IsPrepared;
        try
        {
            var began = clock.GetUtcNow();
            var beganAt = clock.GetTimestamp();
            var (version, microseconds) = await database.RunAsync(
                Access.Read,
                async session =>
                {
                    var now = await session.NumberAsync("SELECT {now}");
                    return (isPrepared ? await SchemaSteps.VersionAsync(session) : (int?)null, now!.Value);
                },
                cancellationToken);
            var time = Instants.FromMicroseconds(microseconds);
            return new DatabaseHealth(
                true,
                isPrepared,
                version,
                time,
                time - (began + (clock.GetElapsedTime(beganAt) / 2)),
                settings.Description,
                isPrepared ? null : "The schema is not applied yet.");
        }
        catch (StorageUnavailableException failure)
        {
            return new DatabaseHealth(false, isPrepared, null, null, null, settings.Description, failure.Message);
        }
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();
}
