using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Storms;

/// <summary>A booking as the database has it.</summary>
internal sealed record StormRow(string Id, string Workspace, string Resource, DateTimeOffset Start, DateTimeOffset End, string Status, string? ProviderBookingId, bool IsSettled);

/// <summary>A claim as the database has it.</summary>
internal sealed record StormClaim(string Id, string Resource, int Seat, DateTimeOffset Start, DateTimeOffset End, string State);

/// <summary>Looks at the tables past the program, on either database.</summary>
internal sealed class StormTable(Func<DbConnection> open)
{
    public static readonly TimeSpan SettlesWithin = TimeSpan.FromSeconds(120);

    public static StormTable Of(PostgresServer server, string database) => new(() => new NpgsqlConnection(server.ConnectionString(database)));

    /// <param name="folder">Of the SQLite file.</param>
    public static StormTable In(string folder)
    {
        var file = new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, "slotkeeper.db"), Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString;
        return new StormTable(() => new SqliteConnection(file));
    }

    /// <summary>Waits until nothing is under way any more, up to <see cref="SettlesWithin"/>.</summary>
    public async Task UntilSettledAsync()
    {
        var since = RealClock.Instance.GetTimestamp();
        while (await UnsettledAsync() is > 0 and var left)
        {
            Assert.True(RealClock.Instance.GetElapsedTime(since) < SettlesWithin, $"{left} bookings are not settled after {SettlesWithin.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(200), RealClock.Instance);
        }
    }

    public Task<List<StormRow>> BookingsAsync() => QueryAsync(
        "SELECT id, workspace_id, resource_id, starts_at, ends_at, status, provider_booking_id, settle_at FROM bookings ORDER BY id",
        row => new StormRow(
            row.GetString(0), row.GetString(1), row.GetString(2), Instant(row.GetInt64(3)), Instant(row.GetInt64(4)), row.GetString(5),
            row.IsDBNull(6) ? null : row.GetString(6), row.IsDBNull(7)));

    /// <summary>Holds left to expire are no matter.</summary>
    public Task<List<StormClaim>> ClaimsOfBookingsAsync() => QueryAsync(
        "SELECT id, resource_id, seat, starts_at, ends_at, state FROM claims WHERE state <> 'held' ORDER BY id",
        row => new StormClaim(row.GetString(0), row.GetString(1), row.GetInt32(2), Instant(row.GetInt64(3)), Instant(row.GetInt64(4)), row.GetString(5)));

    public async Task<long> UnsettledAsync() =>
        (await QueryAsync("SELECT count(*) FROM bookings WHERE settle_at IS NOT NULL", row => row.GetInt64(0)))[0];

    private async Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> map)
    {
        await using var connection = open();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The constants above.
        command.CommandText = sql;
#pragma warning restore CA2100
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
            rows.Add(map(reader));
        return rows;
    }

    private static DateTimeOffset Instant(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
