using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Slotkeeper.Diagnostics;

namespace Slotkeeper.Agents;

/// <summary>
/// Work for callers who wait only so long. What takes longer goes on without them; whoever comes with the same errand meanwhile, or shortly after, gets what came
/// of it. Nobody's silence ends a booking half way.
/// </summary>
public sealed class Errands(TimeProvider clock, ILogger<Errands> logger)
{
    /// <summary>How long an outcome is kept for a caller who was told to wait.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, Errand> running = new(StringComparer.Ordinal);

    /// <summary>Runs an errand, or joins the one under way.</summary>
    /// <param name="key">What is asked for and by whom.</param>
    /// <param name="work">Its cancellation is nobody's.</param>
    /// <param name="patience">How long the caller waits.</param>
    /// <param name="cancellationToken">Ends the wait, not the errand.</param>
    /// <returns>Null when it has not ended yet.</returns>
    public async Task<T?> RunAsync<T>(string key, Func<Task<T>> work, TimeSpan patience, CancellationToken cancellationToken) where T : class
    {
        Forget();
        var mine = new Errand();
        var errand = running.GetOrAdd(key, mine);
        if (ReferenceEquals(errand, mine))
            _ = WorkAsync(key, mine, work);
        try
        {
            var outcome = (T)await errand.Outcome.Task.WaitAsync(patience, clock, cancellationToken);
            running.TryRemove(KeyValuePair.Create(key, errand));
            return outcome;
        }
        catch (TimeoutException) when (!errand.Outcome.Task.IsCompleted)
        {
            return null;
        }
    }

    private async Task WorkAsync<T>(string key, Errand errand, Func<Task<T>> work) where T : class
    {
        try
        {
            errand.Outcome.SetResult(await work());
        }
        catch (Exception fault)
        {
            // Whoever still waits is told; with nobody there the log is.
            errand.Outcome.SetException(fault);
            _ = errand.Outcome.Task.Exception;
            running.TryRemove(KeyValuePair.Create(key, errand));
            if (fault is not (OperationCanceledException or StorageUnavailableException))
                Log.ErrandFailed(logger, fault);
        }
        errand.EndedAt = clock.GetUtcNow();
    }

    /// <summary>Outcomes that nobody has come back for.</summary>
    private void Forget()
    {
        var limit = clock.GetUtcNow() - Kept;
        foreach (var (key, errand) in running)
        {
            if (errand.EndedAt is { } ended && ended < limit)
                running.TryRemove(KeyValuePair.Create(key, errand));
        }
    }

    private sealed class Errand
    {
        public TaskCompletionSource<object> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public DateTimeOffset? EndedAt { get; set; }
    }
}
