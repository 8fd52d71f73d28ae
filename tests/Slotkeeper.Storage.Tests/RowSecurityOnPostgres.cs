using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Npgsql;
using Shouldly;
using Slotkeeper.Agents;
using Slotkeeper.Audit;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.FollowUps;
using Slotkeeper.Offers;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

// PostgreSQL keeps whoever acts for an agency to its rows, with one connection for all and whatever the statements say
public sealed class RowSecurityOnPostgres(SharedPostgres postgres) : IAsyncLifetime
{
    private const string Role = "slotkeeper_tenant";
    private static readonly string[] ReadingWords = ["Find", "List", "Load", "Live", "Last", "Past", "Leads", "Calendars", "Search"];
    private static readonly string[] Nothing = ["null", "[]", "{}"];

    private readonly PostgresTestDatabase database = new(postgres);
    private readonly TenantRows own = new('x');
    private readonly TenantRows foreign = new('y');
    private DatabaseStorage storage = null!;

    /// <summary>Every method of a store that reads an agency's things, called for one agency's.</summary>
    private static readonly Dictionary<string, Func<DatabaseStorage, TenantRows, Task<object?>>> Reads = new()
    {
        ["IAgencyStore.FindAsync"] = async (storage, of) => await storage.Agencies.FindAsync(of.Agency, Token),
        ["IAgencyStore.ListAsync"] = async (storage, _) => await storage.Agencies.ListAsync(null, 100, Token),
        ["IKeyStore.FindAsync"] = async (storage, of) => await storage.Keys.FindAsync(of.Key, Token),
        ["IKeyStore.ListAsync"] = async (storage, of) => await storage.Keys.ListAsync(of.Agency, null, 100, Token),
        ["IWorkspaceStore.FindAsync"] = async (storage, of) => await storage.Workspaces.FindAsync(of.Workspace, Token),
        ["IWorkspaceStore.FindByExternalRefAsync"] = async (storage, of) => await storage.Workspaces.FindByExternalRefAsync(of.Agency, "ref", Token),
        ["IWorkspaceStore.ListAsync"] = async (storage, _) => await storage.Workspaces.ListAsync(null, null, null, 100, Token),
        ["IWorkspaceStore.LoadAllAsync"] = async (storage, _) => await storage.Workspaces.LoadAllAsync(Token).ToListAsync(Token),
        ["IConnectionStore.FindAsync"] = async (storage, of) => await storage.Connections.FindAsync(of.Connection, Token),
        ["IConnectionStore.ListAsync"] = async (storage, _) => await storage.Connections.ListAsync(null, null, 100, Token),
        ["IBookingStore.FindAsync"] = async (storage, of) => await storage.Bookings.FindAsync(of.Booking, Token),
        ["IBookingStore.FindAnswerAsync"] = async (storage, of) => await storage.Bookings.FindAnswerAsync(new IdempotencyScope(of.Agency, "route", "key", of.RequestHash), Token),
        ["IBookingStore.FindByProviderIdAsync"] = async (storage, of) => await storage.Bookings.FindByProviderIdAsync(Provider.CalCom, of.Connection, "same", Token),
        ["IBookingStore.ListAsync"] = async (storage, of) => await storage.Bookings.ListAsync(of.Workspace, null, null, null, null, null, 100, Token),
        ["IBookingStore.SearchAsync"] = async (storage, of) => await storage.Bookings.SearchAsync(new BookingSearch { Text = "same" }, 100, Token),
        ["ILeadStore.FindAsync"] = async (storage, of) => await storage.Leads.FindAsync(of.Workspace, "lead", Token),
        ["ILeadStore.FindByEmailAsync"] = async (storage, of) => await storage.Leads.FindByEmailAsync(of.Workspace, "same@example.com", Token),
        ["ILeadStore.ListAsync"] = async (storage, of) => await storage.Leads.ListAsync(of.Workspace, null, 100, Token),
        ["IOfferStore.ListAsync"] = async (storage, of) => await storage.Offers.ListAsync(of.Workspace, null, null, Some.PastMonday, null, 100, Token),
        ["IOfferStore.LeadsOfAsync"] = async (storage, of) => await storage.Offers.LeadsOfAsync(of.Workspace, of.Calendar, Some.Monday, Token),
        ["IOfferStore.LiveOfLeadAsync"] = async (storage, of) => await storage.Offers.LiveOfLeadAsync(of.Workspace, "lead", Some.PastMonday, Token),
        ["IOfferStore.LastOfferedAsync"] = async (storage, of) => await storage.Offers.LastOfferedAsync(of.Workspace, "mail", ["lead"], Token),
        ["IOfferStore.CalendarsWithLiveAsync"] = async (storage, _) => await storage.Offers.CalendarsWithLiveAsync(Some.PastMonday, Token),
        ["IOfferStore.LiveAmongAsync"] = async (storage, of) => await storage.Offers.LiveAmongAsync([of.Calendar], Some.PastMonday, Token),
        ["IOfferStore.LiveOfCalendarAsync"] = async (storage, of) => await storage.Offers.LiveOfCalendarAsync(of.Calendar, Some.PastMonday, null, 100, Token),
        ["IDeliveryStore.FindAsync"] = async (storage, of) => await storage.Deliveries.FindAsync(of.Endpoint, Token),
        ["IDeliveryStore.ListAsync"] = async (storage, _) => await storage.Deliveries.ListAsync(null, null, 100, Token),
        ["IDeliveryStore.FindDeliveryAsync"] = async (storage, of) => await storage.Deliveries.FindDeliveryAsync(of.Delivery, Token),
        ["IDeliveryStore.ListDeliveriesAsync"] = async (storage, of) => await storage.Deliveries.ListDeliveriesAsync(of.Endpoint, null, null, 100, Token),
        ["IFollowUpStore.FindAsync"] = async (storage, of) => await storage.FollowUps.FindAsync(of.FollowUp, Token),
        ["IFollowUpStore.ListAsync"] = async (storage, of) => await storage.FollowUps.ListAsync(of.Workspace, null, null, null, 100, Token),
        ["IWorkspaceSecretStore.FindAsync"] = async (storage, of) => await storage.WorkspaceSecrets.FindAsync(of.Workspace, Token),
        ["IAuditStore.ListAsync"] = async (storage, of) => await storage.Audit.ListAsync(new AuditFilter(of.Agency, null, null, null, null), null, 100, Token),
        ["IVoiceLineStore.FindAsync"] = async (storage, of) => await storage.VoiceLines.FindAsync(of.Workspace, Token),
    };

    /// <summary>What is read for all, whoever acts, and why.</summary>
    private static readonly Dictionary<string, string> ForAll = new()
    {
        ["IKeyStore.FindByPrefixAsync"] = "It says who is acting.",
        ["IOfferStore.PastAsync"] = "Spreading counts the leads of all who share a calendar; it gives times and no texts.",
    };

    /// <summary>Stores of what agencies share, and of the system.</summary>
    private static readonly Type[] SystemStores =
    [
        typeof(Snapshots.ISnapshotStore), typeof(Claims.IClaimStore), typeof(Claims.IExternalClaimStore), typeof(Claims.IHeldClaimStore), typeof(IWebhookInbox), typeof(IWebhookRegistrationStore),
        typeof(Refresh.IWebhookSourceStore), typeof(Refresh.ILeaseStore), typeof(Refresh.IRunStore), typeof(Invalidation.IChangeFeed),
        // Data keys, sealed by the master key; sign-ins, which say who acts.
        typeof(ISealStore), typeof(ISignInStore),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await database.CreateAsync(Token);
        foreach (var rows in new[] { own, foreign })
            await database.SqlAsync(rows.Sql(isPostgres: true));
        storage = await DatabaseStorage.OpenAsync(database.Settings with { MaximumConnections = 1 }, RealClock.Instance, null, Token);
    }

    public async ValueTask DisposeAsync()
    {
        ActingAgency.Id = null;
        if (storage is not null)
            await storage.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public void Every_method_that_reads_an_agencys_things_is_tried()
    {
        var interfaces = typeof(DatabaseStorage).GetProperties().Select(property => property.PropertyType).Where(type => type.IsInterface && !SystemStores.Contains(type));
        var readers = interfaces.SelectMany(type => type.GetMethods().Select(method => (type, method)))
            .Where(one => one.method.ReturnType.IsGenericType && ReadingWords.Any(word => one.method.Name.StartsWith(word, StringComparison.Ordinal)))
            .Select(one => $"{one.type.Name}.{one.method.Name}");

        readers.Except(Reads.Keys).Except(ForAll.Keys).ShouldBeEmpty();
        Reads.Keys.Concat(ForAll.Keys).Except(readers).ShouldBeEmpty();
    }

    [Fact]
    public async Task On_one_connection_in_turns_nobody_ever_gets_a_row_of_another_agency()
    {
        foreach (var (name, read) in Reads)
        {
            foreach (var (acting, other) in new[] { (own, foreign), (foreign, own), (own, foreign) })
            {
                var ownRows = await ReadAsync(acting.Agency, read, acting);
                Nothing.ShouldNotContain(ownRows, $"{name} finds nothing of its own");
                var found = await ReadAsync(acting.Agency, read, other);
                // A list of whatever one may see is the same for whoever is asked about.
                (Nothing.Contains(found) || found == ownRows).ShouldBeTrue($"{name} found {found}");
                found.ShouldNotContain($"_{other.Letter}\"", Case.Sensitive, name);
                found.ShouldNotContain(other.Canary, Case.Sensitive, name);
                // The system in between, on the same connection, sees it.
                Nothing.ShouldNotContain(await ReadAsync(null, read, other), name);
            }
        }
    }

    [Fact]
    public async Task Without_an_agency_the_role_sees_no_row_of_any()
    {
        foreach (var table in TenantRows.Owned)
        {
            (await CountAsync(table, null)).ShouldBe(0, table);
            (await CountAsync(table, "agy_none")).ShouldBe(0, table);
            (await CountAsync(table, own.Agency)).ShouldBe(1, table);
        }
    }

    [Fact]
    public async Task What_belongs_to_the_system_is_closed_to_the_role()
    {
        foreach (var table in new[] { "snapshots", "leases", "runs", "installation_keys", "schema_steps", "sessions" })
            (await Should.ThrowAsync<PostgresException>(() => CountAsync(table, own.Agency))).SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege, table);
    }

    [Fact]
    public async Task Every_table_is_known_and_every_one_with_an_owner_forces_its_policies()
    {
        var tables = await NamesAsync("SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace");
        tables.ShouldBeSubsetOf(TenantRows.Owned.Concat(TenantRows.Shared).Concat(await NamesAsync(
            "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'agency_id' WHERE c.relkind = 'r' AND c.relrowsecurity AND c.relforcerowsecurity")),
            "a table without a rule of whose it is");
        (await NamesAsync("SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relrowsecurity AND relforcerowsecurity"))
            .ShouldBe(tables.Except(TenantRows.Shared), ignoreOrder: true);
        (await NamesAsync("SELECT tablename::text FROM pg_policies WHERE 'slotkeeper_tenant' = ANY (roles)")).ShouldBe(tables.Except(TenantRows.Shared), ignoreOrder: true);
    }

    [Fact]
    public async Task The_role_logs_in_nowhere_owns_nothing_and_passes_by_no_policy()
    {
        (await database.NumberAsync($"SELECT count(*) FROM pg_roles WHERE rolname = '{Role}' AND NOT (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb)")).ShouldBe(1);
        (await database.NumberAsync($"SELECT count(*) FROM pg_class WHERE relowner = '{Role}'::regrole")).ShouldBe(0);
        (await database.NumberAsync($"SELECT count(*) FROM pg_auth_members WHERE member = '{Role}'::regrole")).ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_is_written_into_another_agency()
    {
        var connection = (await storage.Connections.FindAsync(foreign.Connection, Token))!;
        var endpoint = (await storage.Deliveries.FindAsync(foreign.Endpoint, Token))!;
        var lead = (await storage.Leads.FindAsync(foreign.Workspace, "lead", Token))!;
        ActingAgency.Id = own.Agency;

        (await storage.Connections.UpdateAsync(connection with { Name = "taken" }, Token)).ShouldBeFalse();
        (await storage.Connections.DeleteAsync(foreign.Connection, Token)).ShouldBe(ConnectionDeletion.NotFound);
        (await storage.Workspaces.DeleteAsync(foreign.Workspace, Token)).ShouldBeFalse();
        (await storage.Keys.RevokeAsync(foreign.Key, Some.Monday, Token)).ShouldBeFalse();
        (await storage.FollowUps.CancelAsync(foreign.FollowUp, Token)).ShouldBeNull();
        (await storage.Deliveries.DeleteAsync(foreign.Endpoint, Token)).ShouldBeFalse();
        (await storage.VoiceLines.DeleteAsync(foreign.Workspace, Token)).ShouldBeFalse();
        (await storage.Agencies.UpdateAsync(new Agency(foreign.Agency, "taken", 1, Some.Monday), Token)).ShouldBeFalse();
        (await storage.Deliveries.CreateAsync(endpoint with { Id = "whk_new" }, Token)).ShouldBeFalse();
        (await storage.Bookings.BeginChangeAsync(foreign.Booking, BookingAction.Cancel, null, new IdempotencyScope(own.Agency, "r", "k", [1]), Token)).ShouldBeOfType<BeginOutcome.NotPossible>();
        foreach (var write in new Func<Task>[]
        {
            () => storage.Connections.CreateAsync(connection with { Id = "con_new" }, Token),
            () => storage.Bookings.RefuseAsync(new IdempotencyScope(foreign.Agency, "r", "k", [1]), new StoredAnswer(400, "{}"), Token),
        })
            (await Should.ThrowAsync<ConstraintException>(write)).Kind.ShouldBe(ConstraintKind.Agency);

        ActingAgency.Id = null;
        (await storage.Connections.FindAsync(foreign.Connection, Token))!.Name.ShouldBe(foreign.Canary);
        (await storage.Leads.FindAsync(foreign.Workspace, "lead", Token)).ShouldBe(lead);
        (await storage.FollowUps.FindAsync(foreign.FollowUp, Token))!.State.ShouldBe(FollowUpState.Scheduled);
    }

    [Fact]
    public async Task A_refused_statement_leaves_nothing_behind_on_the_connection()
    {
        ActingAgency.Id = own.Agency;
        await Should.ThrowAsync<ConstraintException>(() => storage.Agencies.CreateAsync(new Agency("agy_new", "n", 1, Some.Monday), Token));
        ActingAgency.Id = null;

        (await storage.Agencies.ListAsync(null, 100, Token)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_user_who_may_not_make_the_role_is_told_what_to_do()
    {
        var server = await postgres.ServerAsync(Token);
        var name = await server.CreateDatabaseAsync(null, Token);
        await server.ExecuteAsync(name, $"CREATE EXTENSION btree_gist; CREATE ROLE plain_{name} LOGIN; ALTER DATABASE {name} OWNER TO plain_{name}; ALTER SCHEMA public OWNER TO plain_{name}", Token);
        var settings = StorageSettings.Parse(server.Url(name).Replace("postgres@", $"plain_{name}@", StringComparison.Ordinal), "unused");

        (await Should.ThrowAsync<StorageSetupException>(() => DatabaseStorage.OpenAsync(settings, RealClock.Instance, null, Token))).Message.ShouldContain($"CREATE ROLE {Role} NOLOGIN");

        // As the message says; and then it works, under a user whom the policies bind.
        await server.ExecuteAsync(name, $"GRANT {Role} TO plain_{name}", Token);
        await using var plain = await DatabaseStorage.OpenAsync(settings with { MaximumConnections = 1 }, RealClock.Instance, null, Token);
        var (one, two) = (await Some.AgencyAsync(plain), await Some.AgencyAsync(plain));
        ActingAgency.Id = one.Id;
        (await plain.Agencies.ListAsync(null, 10, Token)).ShouldHaveSingleItem().Id.ShouldBe(one.Id);
        (await plain.Agencies.FindAsync(two.Id, Token)).ShouldBeNull();
        await Some.CalendarAsync(plain, agencyId: one.Id);
        ActingAgency.Id = null;
        (await plain.Agencies.ListAsync(null, 10, Token)).Count.ShouldBe(2);
    }

    private async Task<string> ReadAsync(string? acting, Func<DatabaseStorage, TenantRows, Task<object?>> read, TenantRows of)
    {
        ActingAgency.Id = acting;
        try
        {
            return JsonSerializer.Serialize(await read(storage, of));
        }
        finally
        {
            ActingAgency.Id = null;
        }
    }

    private async Task<long> CountAsync(string table, string? agency)
    {
        await using var connection = await database.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var command = new NpgsqlCommand(
            $"SET LOCAL ROLE {Role}; {(agency is null ? "" : $"SET LOCAL slotkeeper.agency = '{agency}'; ")}SELECT count(*) FROM {table}", connection, transaction);
        return Convert.ToInt64(await LastAsync(command), CultureInfo.InvariantCulture);
    }

    private static async Task<object?> LastAsync(NpgsqlCommand command)
    {
        object? last = null;
        await using var reader = await command.ExecuteReaderAsync(Token);
        do
        {
            while (await reader.ReadAsync(Token))
                last = reader.GetValue(0);
        }
        while (await reader.NextResultAsync(Token));
        return last;
    }

    private async Task<List<string>> NamesAsync(string sql)
    {
        await using var connection = await database.ConnectAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var names = new List<string>();
        while (await reader.ReadAsync(Token))
            names.Add(reader.GetString(0));
        return names;
    }
}
