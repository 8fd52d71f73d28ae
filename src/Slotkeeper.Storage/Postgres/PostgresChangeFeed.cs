using Microsoft.Extensions.Logging;
using Npgsql;
using Slotkeeper.Invalidation;

namespace Slotkeeper.Storage.Postgres;

/// <summary>Listens on a connection of its own.</summary>
/// <param name="settings">Of the database.</param>
/// <param name="nodeId">The sender of this node's messages, which it does not apply.</param>
/// <param name="ping">Sends a message of this node on another connection.</param>
/// <param name="clock">Drives the pauses between attempts.</param>
/// <param name="loggers">For losses.</param>
internal sealed class PostgresChangeFeed(
    StorageSettings settings, string nodeId, Func<CancellationToken, Task> ping, TimeProvider clock, ILoggerFactory loggers) : IChangeFeed
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    private readonly ILogger logger = loggers.CreateLogger<PostgresChangeFeed>();
    private volatile bool trusted;

    public bool IsTrusted => trusted;

    public bool IsShared => true;

    public async Task RunAsync(Func<Change, CancellationToken, Task> apply, Func<CancellationToken, Task> missed, CancellationToken cancellationToken)
    {
        var delay = FirstDelay;
        while (true)
        {
            try
            {
                await ListenAsync(apply, missed, () => delay = FirstDelay, cancellationToken);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it was, also a receiver that could not read what changed: from here on something may be missed.
                StorageLog.FeedLost(logger, delay.TotalMilliseconds, failure);
            }
            finally
            {
                trusted = false;
            }
            await Task.Delay(delay * (0.5 + Random.Shared.NextDouble()), clock, cancellationToken);
            delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        }
    }

    private async Task ListenAsync(
        Func<Change, CancellationToken, Task> apply,
        Func<CancellationToken, Task> missed,
        Action heard,
        CancellationToken cancellationToken)
    {
        var received = new Queue<Change>();
        var heardAnything = false;
        await using var connection = new NpgsqlConnection(ConnectionString());
        connection.Notification += (_, notification) =>
        {
            heardAnything = true;
            foreach (var change in ChangeMessage.Read(nodeId, notification.Payload))
                received.Enqueue(change);
        };
        await connection.OpenAsync(cancellationToken);
        await using (var listen = new NpgsqlCommand($"LISTEN {ChangeMessage.Channel}", connection))
            await listen.ExecuteNonQueryAsync(cancellationToken);
        await HearOneselfAsync();
        // What was committed before this moment was not heard, at the first start as after a loss.
        await missed(cancellationToken);
        trusted = true;
        heard();
        StorageLog.FeedHears(logger);
        while (true)
        {
            while (received.TryDequeue(out var change))
                await apply(change, cancellationToken);
            if (!await connection.WaitAsync(settings.FeedCheckInterval, cancellationToken))
                await HearOneselfAsync();
        }

        // Silence is what a dead connection sounds like too, and a pooler that has lent the session to somebody else.
        async Task HearOneselfAsync()
        {
            heardAnything = false;
            await ping(cancellationToken);
            if (!heardAnything && !await connection.WaitAsync(settings.FeedCheckInterval, cancellationToken))
                throw new StorageUnavailableException("Messages of this node do not reach its own listening connection.");
        }
    }

    private string ConnectionString() => new NpgsqlConnectionStringBuilder(settings.PostgresConnectionString)
    {
        ApplicationName = "slotkeeper changes",
        Pooling = false,
        Timeout = (int)settings.ConnectTimeout.TotalSeconds,
        CommandTimeout = Math.Max(1, (int)settings.FeedCheckInterval.TotalSeconds),
        CancellationTimeout = -1,
        TcpKeepAlive = true,
    }.ConnectionString;
}
