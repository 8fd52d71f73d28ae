using System.Globalization;
using Microsoft.Data.Sqlite;
using Slotkeeper.Storage;

namespace Slotkeeper.Server.Cli.Doctor;

/// <summary>Reads which schema an SQLite file has, beside the process that owns it: reading takes nothing away from it.</summary>
internal static class SqlitePeek
{
    /// <summary>The newest schema step this program knows: its steps are embedded as 0001_name.sql and so on.</summary>
    public static int Newest { get; } = typeof(StorageSettings).Assembly.GetManifestResourceNames().Select(NumberOf).Max();

    /// <returns>0 for a resource that is no step.</returns>
    private static int NumberOf(string resource)
    {
        const string folder = ".Sqlite.Schema.";
        var at = resource.IndexOf(folder, StringComparison.Ordinal);
        return at < 0 ? 0 : int.Parse(resource.AsSpan(at + folder.Length, 4), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    /// <returns>0 for a file without any schema.</returns>
    /// <exception cref="SqliteException">It is no database, or cannot be read.</exception>
    public static async Task<int> VersionAsync(string path, CancellationToken cancellationToken)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString;
        await using var connection = new SqliteConnection(text);
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'schema_steps'";
        if ((long)(await command.ExecuteScalarAsync(cancellationToken))! == 0)
            return 0;
        command.CommandText = "SELECT COALESCE(MAX(number), 0) FROM schema_steps";
        return (int)(long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
