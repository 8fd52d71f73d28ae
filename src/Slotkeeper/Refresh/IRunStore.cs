namespace Slotkeeper.Refresh;

/// <summary>Past runs as stored.</summary>
public interface IRunStore
{
    /// <summary>Stores a run that ended. Runs older than 7 days are removed on the way.</summary>
    Task SaveAsync(RunRecord run, CancellationToken cancellationToken);

    /// <returns>Null when there is none, or no longer.</returns>
    Task<RunRecord?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<RunRecord>> ListAsync(string? beforeId, int limit, CancellationToken cancellationToken);
}

/// <summary>One run, kept for people.</summary>
/// <param name="Id">The invocation id; ascending with time.</param>
/// <param name="StartedAt">UTC.</param>
/// <param name="DurationMs">Milliseconds.</param>
/// <param name="Trigger"><c>schedule</c> or <c>cron</c>.</param>
/// <param name="Result">The run's answer as JSON, as the cron route gave it. Older ones lack what was added since.</param>
public sealed record RunRecord(string Id, DateTimeOffset StartedAt, long DurationMs, string Trigger, string Result);
