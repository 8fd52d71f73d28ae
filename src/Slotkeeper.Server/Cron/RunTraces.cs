using Slotkeeper.Refresh;

namespace Slotkeeper.Server.Cron;

/// <summary>
/// What the last runs of this node did, fetch by fetch. In memory only: it is for whoever looks into what happens now, and the database
/// keeps the sums.
/// </summary>
internal sealed class RunTraces
{
    public const int MostRuns = 60;

    /// <summary>Of all runs together, about 10 MB.</summary>
    public const int MostFetches = 300_000;

    private readonly Lock gate = new();
    private readonly Queue<(string RunId, SweepTrace Trace)> kept = new();
    private int fetches;

    /// <summary>Keeps one; the oldest ones leave for it. The newest stays, however large.</summary>
    public void Keep(string runId, SweepTrace trace)
    {
        lock (gate)
        {
            kept.Enqueue((runId, trace));
            fetches += trace.Fetches.Count;
            while (kept.Count > MostRuns || (fetches > MostFetches && kept.Count > 1))
                fetches -= kept.Dequeue().Trace.Fetches.Count;
        }
    }

    /// <returns>Null when it was another node's, is too long ago, or was never.</returns>
    public SweepTrace? Find(string runId)
    {
        lock (gate)
        {
            foreach (var (id, trace) in kept)
            {
                if (id == runId)
                    return trace;
            }
            return null;
        }
    }
}
