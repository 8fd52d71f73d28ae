using Microsoft.Data.Sqlite;
using Slotkeeper.Storage.Sql;
using SQLitePCL;

namespace Slotkeeper.Storage.Sqlite;

/// <summary>What SQLite's result codes mean.</summary>
internal static class SqliteFailures
{
    /// <returns>Null when it is not the database's, or a fault of this program.</returns>
    public static Failure? Judge(Exception exception, string database) => exception switch
    {
        SqliteException failure => JudgeCode(failure, database),
        _ => null,
    };

    private static Failure? JudgeCode(SqliteException failure, string database) => failure.SqliteErrorCode switch
    {
        raw.SQLITE_CONSTRAINT => new Failure(FailureKind.Constraint, failure.Message, failure.SqliteExtendedErrorCode switch
        {
            raw.SQLITE_CONSTRAINT_UNIQUE or raw.SQLITE_CONSTRAINT_PRIMARYKEY => ConstraintKind.Unique,
            raw.SQLITE_CONSTRAINT_FOREIGNKEY => ConstraintKind.ForeignKey,
            raw.SQLITE_CONSTRAINT_TRIGGER when failure.Message.Contains("another_agency", StringComparison.Ordinal) => ConstraintKind.ForeignKey,
            raw.SQLITE_CONSTRAINT_TRIGGER => ConstraintKind.Overlap,
            _ => ConstraintKind.Check,
        }),
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_PROTOCOL => Away("did not become free in time", database),
        raw.SQLITE_FULL => Away("has no room left on its disk", database),
        raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN or raw.SQLITE_NOMEM => Away($"cannot be read or written ({failure.Message})", database),
        raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH => Away("cannot be written; see the rights of the file and its folder", database),
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => Away("is damaged; restore it from a backup", database),
        _ => null,
    };

    private static Failure Away(string what, string database) => new(FailureKind.Unavailable, $"The database {what} ({database}).");
}
