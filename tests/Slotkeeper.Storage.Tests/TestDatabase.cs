using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using Slotkeeper.Testing.Databases;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Slotkeeper.Storage.Tests;

/// <summary>A database nobody has used yet, and a way to it past the program.</summary>
public abstract class TestDatabase : IAsyncDisposable
{
    public abstract StorageSettings Settings { get; }

    public abstract bool IsShared { get; }

    public abstract ValueTask CreateAsync(CancellationToken cancellationToken);

    /// <returns>The first column of the first row.</returns>
    public abstract Task<object?> SqlAsync(string sql);

    public async Task<long> NumberAsync(string sql) => Convert.ToInt64(await SqlAsync(sql), CultureInfo.InvariantCulture);

    public abstract ValueTask DisposeAsync();
}

public sealed class SqliteTestDatabase : TestDatabase
{
    private readonly string folder = Directory.CreateTempSubdirectory("slotkeeper-sqlite-").FullName;

    public override StorageSettings Settings => StorageSettings.Parse(null, folder);

    public override bool IsShared => false;

    public string FilePath => Path.Combine(folder, StorageSettings.SqliteFileName);

    public override ValueTask CreateAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public override async Task<object?> SqlAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync();
    }

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <param name="shared">The server.</param>
/// <param name="isEmpty">Whether not even the schema is there.</param>
public sealed class PostgresTestDatabase(SharedPostgres shared, bool isEmpty = false) : TestDatabase
{
    private PostgresServer? server;
    private string? name;

    public override StorageSettings Settings => StorageSettings.Parse(server!.Url(name!), "unused");

    public override bool IsShared => true;

    public override async ValueTask CreateAsync(CancellationToken cancellationToken)
    {
        SkipWithoutPostgres();
        server = await shared.ServerAsync(cancellationToken);
        name = await server.CreateDatabaseAsync(
            isEmpty ? null : async url =>
            {
                await using var storage = await DatabaseStorage.OpenAsync(
                    StorageSettings.Parse(url, "unused"), RealClock.Instance, null, cancellationToken);
            },
            cancellationToken);
    }

    public static void SkipWithoutPostgres()
    {
        if (PostgresServer.MissingBecause is { } reason && !PostgresServer.IsRequired)
            Assert.Skip(reason);
    }

    /// <summary>A connection past the program, to hold something up with.</summary>
    public async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(server!.ConnectionString(name!));
        await connection.OpenAsync();
        return connection;
    }

    public override async Task<object?> SqlAsync(string sql) => await server!.ExecuteAsync(name!, sql, CancellationToken.None);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>What every specification needs: an empty database of one kind, opened.</summary>
public abstract class StorageSpec(TestDatabase database) : IAsyncLifetime
{
    protected TestDatabase Database => database;

    protected DatabaseStorage Storage { get; private set; } = null!;

    /// <summary>The tables themselves, for what the interfaces do not show.</summary>
    protected Task<long> NumberAsync(string sql) => database.NumberAsync(sql);

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await database.CreateAsync(Token);
        Storage = await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Storage is not null)
            await Storage.DisposeAsync();
        await database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Another node on the same database.</summary>
    protected Task<DatabaseStorage> OpenAsync() => DatabaseStorage.OpenAsync(database.Settings, RealClock.Instance, null, Token);
}
