using System.Data.Common;
using Microsoft.Extensions.Logging;
using Npgsql;
using Slotkeeper.Invalidation;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Postgres;

/// <summary>PostgreSQL 14 or newer, possibly shared with other nodes.</summary>
internal sealed class PostgresDatabase : Database
{
    /// <summary>How long a step of the schema waits for running transactions of other nodes.</summary>
    private const string SchemaLocks = "SET LOCAL lock_timeout = '10s'; ";

    private const string Now = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

    /// <summary>Made by a schema step.</summary>
    private const string TenantRole = "slotkeeper_tenant";

    /// <summary>Statements that each connection keeps prepared, which halves the time of a claim.</summary>
    private const int PreparedStatements = 60;

    /// <summary>Compiling a plan takes longer than any statement here, and is tried for every page of a load.</summary>
    private const string WithoutCompiling = "-c jit=off";

    private readonly NpgsqlDataSource anyPool;
    private readonly NpgsqlDataSource directPool;
    private readonly string nodeId;
    private readonly ILogger logger;
    private volatile NpgsqlDataSource pool;

    public PostgresDatabase(StorageSettings settings, string nodeId, ILoggerFactory loggers) : base(settings)
    {
        this.nodeId = nodeId;
        logger = loggers.CreateLogger<PostgresDatabase>();
        pool = anyPool = NpgsqlDataSource.Create(ConnectionString(settings));
        var direct = ConnectionString(settings);
        direct.MaxAutoPrepare = PreparedStatements;
        direct.Options = $"{WithoutCompiling} {direct.Options}".TrimEnd();
        directPool = NpgsqlDataSource.Create(direct);
    }

    /// <summary>
    /// A node that is stopped in mid-transaction would keep its row locks for as long as it sleeps. Set per transaction, not
    /// per session, because sessions are shared behind a pooler.
    /// </summary>
    public override string TransactionPreamble => "SET LOCAL idle_in_transaction_session_timeout = '5s'; ";

    /// <summary>
    /// Both end with the transaction, also with the one that a statement outside of any is by itself: nothing stays in the pool. One statement, in the same message as
    /// the next.
    /// </summary>
    public override string ActFor => $"SELECT set_config('role', '{TenantRole}', true), set_config('slotkeeper.agency', @{AgencyParameter}, true); ";

    public override string RelaxedDurability => "SET LOCAL synchronous_commit = off; ";

    public override string Tables => "(SELECT tablename AS name FROM pg_tables WHERE schemaname = ANY (current_schemas(false))) AS tables";

    public override string Render(string sql) =>
        sql.Replace("[[", "", StringComparison.Ordinal).Replace("]]", "", StringComparison.Ordinal).Replace("{now}", Now, StringComparison.Ordinal);

    public override string RowsFragment(RowSet rows)
    {
        var names = string.Join(", ", rows.Columns.Select(column => column.Name));
        var arrays = string.Join(", ", rows.Columns.Select(column => "@" + column.Name));
        return $"unnest({arrays}) AS r({names})";
    }

    public override IEnumerable<int> BindRows(DbCommand command, RowSet rows)
    {
        foreach (var column in rows.Columns)
            command.Parameters.Add(new NpgsqlParameter(column.Name, column.Values));
        yield return 0;
    }

    /// <summary>Sends a message without a change, through the pool, to whoever listens; it is this node's own.</summary>
    public Task PingAsync(CancellationToken cancellationToken) => RunAsync(
        Access.Read,
        session => session.ExecuteAsync(
            "SELECT pg_notify(@channel, @message)", ("channel", ChangeMessage.Channel), ("message", ChangeMessage.Ping(nodeId))),
        cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await directPool.DisposeAsync();
        await anyPool.DisposeAsync();
    }

    protected override async Task ApplySchemaAsync(CancellationToken cancellationToken)
    {
        try
        {
            var steps = SchemaSteps.Embedded(nameof(Postgres));
            IReadOnlyList<SchemaStep> applied;
            try
            {
                applied = await ApplyOnceAsync();
            }
            catch (ConstraintException)
            {
                // Two nodes created the history table in the same moment; the loser finds it now.
                applied = await ApplyOnceAsync();
            }
            foreach (var step in applied)
                StorageLog.StepApplied(logger, step.Name);
            if (await IsDirectAsync(cancellationToken))
                pool = directPool;
            else
                StorageLog.BehindPooler(logger);

            Task<IReadOnlyList<SchemaStep>> ApplyOnceAsync() => RunAsync(
                Access.Write,
                async session =>
                {
                    await session.ExecuteAsync(SchemaLocks);
                    return await SchemaSteps.ApplyAsync(session, steps);
                },
                cancellationToken);
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.InsufficientPrivilege && refusal.MessageText.Contains(TenantRole, StringComparison.Ordinal))
        {
            throw new StorageSetupException(
                $"The database user may not make the role that keeps agencies apart, or not act under it ({refusal.MessageText}). Let an administrator run CREATE ROLE {TenantRole} NOLOGIN; GRANT {TenantRole} TO the user of DATABASE_URL; GRANT USAGE ON SCHEMA public TO {TenantRole}; and start again ({Settings.Description}).",
                refusal);
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new StorageSetupException(
                $"The database user may not do what a schema step needs ({refusal.MessageText}). Grant CREATE on the database and on schema public, or let an administrator run CREATE EXTENSION btree_gist in this database ({Settings.Description}).",
                refusal);
        }
        catch (PostgresException refusal) when (refusal.SqlState is PostgresErrorCodes.UndefinedFile or PostgresErrorCodes.FeatureNotSupported)
        {
            throw new StorageSetupException(
                $"The database server lacks the extension btree_gist ({refusal.MessageText}). It comes with PostgreSQL's contrib package: install it on the server ({Settings.Description}).",
                refusal);
        }
    }

    protected override async Task<DbConnection> RentAsync(Access access, CancellationToken cancellationToken) =>
        await pool.OpenConnectionAsync(cancellationToken);

    protected override ValueTask ReturnAsync(Access access, DbConnection connection, bool clean) => connection.DisposeAsync();

    protected override ValueTask<DbTransaction> BeginAsync(DbConnection connection, CancellationToken cancellationToken) =>
        connection.BeginTransactionAsync(cancellationToken);

    protected override Task SendAsync(Session session, IReadOnlyList<Change> changes) => session.ExecuteAsync(
        $"SELECT pg_notify('{ChangeMessage.Channel}', message) FROM unnest(@messages) AS message",
        ("messages", ChangeMessage.Write(nodeId, changes)));

    protected override Failure? Judge(Exception exception) => PostgresFailures.Judge(exception, Settings.Description);

    protected override void DropIdleConnections() => pool.Clear();

    /// <summary>With nothing in it that a pooler refuses.</summary>
    private static NpgsqlConnectionStringBuilder ConnectionString(StorageSettings settings)
    {
        var connection = new NpgsqlConnectionStringBuilder(settings.PostgresConnectionString)
        {
            Timeout = (int)settings.ConnectTimeout.TotalSeconds,
            CommandTimeout = (int)settings.CommandTimeout.TotalSeconds,
            // Otherwise a statement that timed out on a frozen server waits as long again for its cancellation.
            CancellationTimeout = 500,
            KeepAlive = 10,
            TcpKeepAlive = true,
            MaxPoolSize = settings.MaximumConnections,
        };
        connection.ApplicationName ??= "slotkeeper";
        return connection;
    }

    /// <summary>
    /// Behind a pooler that lends a server session for one transaction only, a statement is prepared in one session and called
    /// in another, and fails. Such a pooler makes up the process id it greets with.
    /// </summary>
    private async Task<bool> IsDirectAsync(CancellationToken cancellationToken)
    {
        await using var connection = await pool.OpenConnectionAsync(cancellationToken);
        await using var question = new NpgsqlCommand("SELECT pg_backend_pid()", connection);
        return connection.ProcessID.Equals(await question.ExecuteScalarAsync(cancellationToken));
    }
}
