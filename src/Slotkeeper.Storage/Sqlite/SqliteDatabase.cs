using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Slotkeeper.Invalidation;
using Slotkeeper.Storage.Sql;
using Slotkeeper.Storage.Stores;

namespace Slotkeeper.Storage.Sqlite;

/// <summary>
/// An SQLite file that one process owns. One connection writes, a few read what was committed last. SQLite works on the
/// calling thread: a batch of 1,000 takes some milliseconds and one flush to disk.
/// </summary>
internal sealed class SqliteDatabase(StorageSettings settings, ILoggerFactory loggers) : Database(settings)
{
    private const int Readers = 4;
    private const string Now = "CAST(unixepoch('subsec') * 1000000 AS INTEGER)";

    private readonly SemaphoreSlim writing = new(1);
    private readonly SemaphoreSlim reading = new(Readers);
    private readonly ConcurrentBag<SqliteConnection> idleReaders = [];
    private readonly ILogger logger = loggers.CreateLogger<SqliteDatabase>();
    private SqliteConnection? writer;
    private OwnershipLock? ownership;
    private volatile bool isClosed;

    public override string TransactionPreamble => "";

    /// <summary>None: SQLite has no roles. Its stores ask for one agency's rows as on PostgreSQL.</summary>
    public override string ActFor => "";

    /// <summary>None: SQLite cannot change it for one transaction, and the flush is shared by the whole batch anyway.</summary>
    public override string RelaxedDurability => "";

    public override string Tables => "sqlite_master";

    public override string Render(string sql)
    {
        for (var from = sql.IndexOf("[[", StringComparison.Ordinal); from >= 0; from = sql.IndexOf("[[", StringComparison.Ordinal))
            sql = sql.Remove(from, sql.IndexOf("]]", from, StringComparison.Ordinal) + 2 - from);
        return sql.Replace("{now}", Now, StringComparison.Ordinal);
    }

    public override string RowsFragment(RowSet rows) =>
        $"(SELECT {string.Join(", ", rows.Columns.Select(column => $"@{column.Name} AS {column.Name}"))}) AS r";

    public override IEnumerable<int> BindRows(DbCommand command, RowSet rows)
    {
        var parameters = new List<SqliteParameter>();
        foreach (var column in rows.Columns)
        {
            var parameter = new SqliteParameter("@" + column.Name, Value(column, 0));
            command.Parameters.Add(parameter);
            parameters.Add(parameter);
        }
        command.Prepare();
        for (var i = 0; i < rows.Count; i++)
        {
            for (var c = 0; c < parameters.Count; c++)
                parameters[c].Value = Value(rows.Columns[c], i);
            yield return i;
        }

        static object Value(RowSetColumn column, int row) => column.Values.GetValue(row) ?? DBNull.Value;
    }

    /// <summary>Lets what is under way end first: whoever stops need not know of every write that somebody has begun.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (isClosed)
            return;
        isClosed = true;
        var isQuiet = await writing.WaitAsync(Settings.CommandTimeout);
        for (var reader = 0; reader < Readers && isQuiet; reader++)
            isQuiet = await reading.WaitAsync(Settings.CommandTimeout);
        if (isQuiet && writer is not null)
            await writer.DisposeAsync();
        foreach (var reader in idleReaders)
            await reader.DisposeAsync();
        ownership?.Dispose();
        writing.Release();
        if (isQuiet)
            reading.Release(Readers);
    }

    protected override async Task ApplySchemaAsync(CancellationToken cancellationToken)
    {
        ownership ??= OwnershipLock.Take(Settings.SqlitePath!);
        var applied = await RunAsync(
            Access.Write,
            session => SchemaSteps.ApplyAsync(session, SchemaSteps.Embedded(nameof(Sqlite))),
            cancellationToken);
        foreach (var step in applied)
            StorageLog.StepApplied(logger, step.Name);
    }

    protected override async Task<DbConnection> RentAsync(Access access, CancellationToken cancellationToken)
    {
        if (ownership is null && !IsLooking)
            throw new StorageUnavailableException($"The database is not opened yet ({Settings.Description}).");
        var gate = access == Access.Write ? writing : reading;
        if (!await gate.WaitAsync(Settings.CommandTimeout, cancellationToken))
            throw new StorageUnavailableException(
                $"The database is busy: no connection became free within {Settings.CommandTimeout.TotalSeconds} s ({Settings.Description}).");
        try
        {
            if (isClosed)
                throw new StorageUnavailableException($"The database is closed ({Settings.Description}).");
            if (access == Access.Write)
                return writer ??= await OpenAsync("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;", cancellationToken);
            return idleReaders.TryTake(out var idle) ? idle : await OpenAsync("PRAGMA query_only = ON;", cancellationToken);
        }
        catch
        {
            gate.Release();
            throw;
        }
    }

    protected override async ValueTask ReturnAsync(Access access, DbConnection connection, bool clean)
    {
        // After a full disk or an input/output error a connection may not know its own state: a new one reads it from the file.
        if (!clean)
            await connection.DisposeAsync();
        if (access == Access.Write)
        {
            if (!clean)
                writer = null;
            writing.Release();
        }
        else
        {
            if (clean)
                idleReaders.Add((SqliteConnection)connection);
            reading.Release();
        }
    }

    protected override ValueTask<DbTransaction> BeginAsync(DbConnection connection, CancellationToken cancellationToken) =>
        // Not deferred: BEGIN IMMEDIATE, so that what is read inside is still so when it is written.
        new(((SqliteConnection)connection).BeginTransaction(deferred: false));

    protected override Task SendAsync(Session session, IReadOnlyList<Change> changes) => Task.CompletedTask;

    protected override Failure? Judge(Exception exception) => SqliteFailures.Judge(exception, Settings.Description);

    protected override void DropIdleConnections()
    {
    }

    private async Task<SqliteConnection> OpenAsync(string pragmas, CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Settings.SqlitePath,
            Mode = IsLooking ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = (int)Settings.CommandTimeout.TotalSeconds,
        }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            connection.CreateFunction<byte[], long, long, byte[], byte[]>("audit_hash", AuditRow.Link, isDeterministic: true);
            await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // One of the two constants above.
            command.CommandText = pragmas;
#pragma warning restore CA2100
            await command.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
