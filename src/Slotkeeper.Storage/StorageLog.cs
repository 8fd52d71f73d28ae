using Microsoft.Extensions.Logging;

namespace Slotkeeper.Storage;

/// <summary>Every log event of the storage, ids 4000 to 4099.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(4000, LogLevel.Information, "Schema step {Step} applied")]
    public static partial void StepApplied(ILogger logger, string step);

    [LoggerMessage(4001, LogLevel.Information, "Listening to the changes of other nodes")]
    public static partial void FeedHears(ILogger logger);

    [LoggerMessage(4003, LogLevel.Warning, "PostgreSQL is reached through a pooler: statements are not prepared, and if it lends sessions for one transaction only, changes of other nodes cannot be heard and every answer asks the database. Connect directly, or pool by session")]
    public static partial void BehindPooler(ILogger logger);

    [LoggerMessage(4002, LogLevel.Warning, "Changes of other nodes may be missed; listening again after about {DelayMs} ms")]
    public static partial void FeedLost(ILogger logger, double delayMs, Exception failure);
}
