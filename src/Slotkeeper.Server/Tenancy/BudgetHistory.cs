using System.Collections.Concurrent;
using Slotkeeper.Providers;

namespace Slotkeeper.Server.Tenancy;

/// <summary>How a connection stood at one moment.</summary>
/// <param name="At">UTC.</param>
/// <param name="State">Of its breaker.</param>
/// <param name="Used">Calls of the window that ended then.</param>
/// <param name="Limit">Calls the provider allowed in it.</param>
public readonly record struct BudgetSample(DateTimeOffset At, ConnectionState State, int Used, int Limit);

/// <summary>How much of their budgets connections have used, minute by minute, in memory: of this node, since it started.</summary>
internal sealed class BudgetHistory(ConnectionBook book, ProviderConnections providers)
{
    /// <summary>Samples kept of each connection, one a minute.</summary>
    public const int Kept = 180;

    private readonly ConcurrentDictionary<string, Queue<BudgetSample>> lines = new(StringComparer.Ordinal);

    /// <summary>Takes one sample of every connection.</summary>
    /// <param name="now">UTC.</param>
    public void Take(DateTimeOffset now)
    {
        var present = book.Ids.ToHashSet(StringComparer.Ordinal);
        foreach (var gone in lines.Keys.Where(id => !present.Contains(id)))
            lines.TryRemove(gone, out _);
        foreach (var id in present)
        {
            if (providers.Health(id) is not { } health)
                continue;
            var line = lines.GetOrAdd(id, static _ => new Queue<BudgetSample>());
            lock (line)
            {
                if (line.Count == Kept)
                    line.Dequeue();
                line.Enqueue(new BudgetSample(now, health.State, health.Budget.Used, health.Budget.Limit));
            }
        }
    }

    /// <summary>The oldest first; empty for a connection that was not seen yet.</summary>
    public IReadOnlyList<BudgetSample> Of(string connectionId)
    {
        if (!lines.TryGetValue(connectionId, out var line))
            return [];
        lock (line)
            return [.. line];
    }
}
