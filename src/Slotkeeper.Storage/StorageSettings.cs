using Slotkeeper.Storage.Postgres;

namespace Slotkeeper.Storage;

/// <summary>Where the data lies and how long to wait for it.</summary>
public sealed record StorageSettings
{
    /// <summary>The file in the data folder when no database is named.</summary>
    public const string SqliteFileName = "slotkeeper.db";

    private StorageSettings(string? postgresConnectionString, string? sqlitePath, string description)
    {
        PostgresConnectionString = postgresConnectionString;
        SqlitePath = sqlitePath;
        Description = description;
    }

    /// <summary>For people; no secrets. For example <c>PostgreSQL at db.example:5432, database slotkeeper</c>.</summary>
    public string Description { get; }

    /// <summary>Whether several nodes can share the database.</summary>
    public bool IsPostgres => PostgresConnectionString is not null;

    /// <summary>How long a connection may take to open, or to become free in the pool. Whole seconds, default 4.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long one statement may take, and one writer may wait for another (SQLite). Whole seconds, default 8.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Most connections to PostgreSQL at one time from this process, besides the one that listens; default 20.</summary>
    public int MaximumConnections { get; init; } = 20;

    /// <summary>How long a lost listening connection to PostgreSQL may stay unnoticed; default 3 s.</summary>
    public TimeSpan FeedCheckInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long offers are kept after their slot has passed, 1 to 3,650 days, for whoever asks what a lead was told. Default 365 days.</summary>
    public TimeSpan OffersKept { get; init; } = TimeSpan.FromDays(365);

    /// <summary>How long the journal of runs goes back, 1 to 365 days. Default 7 days.</summary>
    public TimeSpan RunsKept { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long it is known which webhooks have come, 8 to 90 days: a repeat after that has its effect again. What they said is gone once it was worked on. Default 8 days.</summary>
    public TimeSpan InboxKept { get; init; } = TimeSpan.FromDays(8);

    internal string? PostgresConnectionString { get; }

    internal string? SqlitePath { get; }

    /// <summary>Reads the setting <c>DATABASE_URL</c>.</summary>
    /// <param name="databaseUrl"><c>postgres://user:password@host:port/database?sslmode=require</c>; null or blank for an SQLite file.</param>
    /// <param name="dataFolder">The folder of the SQLite file. Need not exist yet.</param>
    /// <exception cref="StorageSetupException">It is neither. The message never shows the value, which may hold a password.</exception>
    public static StorageSettings Parse(string? databaseUrl, string dataFolder)
    {
        if (!string.IsNullOrWhiteSpace(databaseUrl))
        {
            var connection = PostgresUrl.Parse(databaseUrl);
            var settings = new StorageSettings(
                connection.ConnectionString,
                null,
                $"PostgreSQL at {connection.Host}:{connection.Port}, database {connection.Database}");
            // What the URL says itself counts.
            if (connection.ShouldSerialize("Timeout"))
                settings = settings with { ConnectTimeout = TimeSpan.FromSeconds(connection.Timeout) };
            if (connection.ShouldSerialize("Command Timeout"))
                settings = settings with { CommandTimeout = TimeSpan.FromSeconds(connection.CommandTimeout) };
            if (connection.ShouldSerialize("Maximum Pool Size"))
                settings = settings with { MaximumConnections = connection.MaxPoolSize };
            return settings;
        }
        var path = Path.GetFullPath(Path.Combine(dataFolder, SqliteFileName));
        return new StorageSettings(null, path, $"SQLite file {path}");
    }
}
