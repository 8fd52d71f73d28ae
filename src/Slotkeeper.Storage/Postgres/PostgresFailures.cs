using System.Net.Sockets;
using Npgsql;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Postgres;

/// <summary>What Npgsql's exceptions mean.</summary>
internal static class PostgresFailures
{
    /// <summary>Npgsql has no name for it.</summary>
    private const string IdleInTransaction = "25P03";

    /// <returns>Null when it is not the database's, or a fault of this program.</returns>
    public static Failure? Judge(Exception exception, string database) => exception switch
    {
        PostgresException refusal => JudgeState(refusal, database),
        NpgsqlException { InnerException: TimeoutException } exhausted when exhausted.Message.Contains("pool", StringComparison.Ordinal) =>
            Away("has no connection left for more work; raise 'Maximum Pool Size' in DATABASE_URL if that lasts", database),
        NpgsqlException { InnerException: TimeoutException } => Away("did not answer in time", database),
        // Broken on the way: a pooled connection may have died long ago, unnoticed.
        NpgsqlException { InnerException: IOException or SocketException { SocketErrorCode: not SocketError.ConnectionRefused } } =>
            new Failure(FailureKind.ConnectionLost, Text("closed the connection", database)),
        NpgsqlException failure => Away($"cannot be reached ({failure.Message})", database),
        TimeoutException or SocketException or IOException => Away("cannot be reached", database),
        _ => null,
    };

    private static Failure? JudgeState(PostgresException refusal, string database) => refusal.SqlState switch
    {
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected =>
            new Failure(FailureKind.Conflict, Text("is so busy that the change lost against others again and again", database)),
        PostgresErrorCodes.UniqueViolation =>
            new Failure(FailureKind.Constraint, refusal.MessageText, ConstraintKind.Unique),
        PostgresErrorCodes.ForeignKeyViolation =>
            new Failure(FailureKind.Constraint, refusal.MessageText, ConstraintKind.ForeignKey),
        PostgresErrorCodes.ExclusionViolation =>
            new Failure(FailureKind.Constraint, refusal.MessageText, ConstraintKind.Overlap),
        PostgresErrorCodes.CheckViolation =>
            new Failure(FailureKind.Constraint, refusal.MessageText, ConstraintKind.Check),
        PostgresErrorCodes.InsufficientPrivilege when refusal.MessageText.Contains("row-level security", StringComparison.Ordinal) =>
            new Failure(FailureKind.Constraint, refusal.MessageText, ConstraintKind.Agency),
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or IdleInTransaction =>
            new Failure(FailureKind.ConnectionLost, Text("ended the session", database)),
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled => Away("did not answer in time", database),
        // Connections, resources (disk, memory, slots), intervention, the system itself; read-only after a failover; refused logins.
        ['0', '8', ..] or ['5', '3', ..] or ['5', '7', ..] or ['5', '8', ..] or ['2', '8', ..]
            or PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.InvalidCatalogName =>
            Away($"refuses work ({refusal.MessageText})", database),
        _ => null,
    };

    private static Failure Away(string what, string database) => new(FailureKind.Unavailable, Text(what, database));

    private static string Text(string what, string database) => $"The database {what} ({database}).";
}
