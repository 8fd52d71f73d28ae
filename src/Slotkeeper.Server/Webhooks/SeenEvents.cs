namespace Slotkeeper.Server.Webhooks;

/// <summary>
/// Webhooks that are known to be stored, so that a storm of repeats costs no write. Holds the newest few thousand; what it has forgotten,
/// or another node has stored, the inbox knows.
/// </summary>
internal sealed class SeenEvents
{
    /// <summary>In each of two halves; when one is full the older goes.</summary>
    private const int Most = 4096;

    private readonly Lock gate = new();
    private HashSet<(string Connection, string Event)> young = [];
    private HashSet<(string Connection, string Event)> old = [];

    public bool Knows(string connectionId, string eventId)
    {
        lock (gate)
            return young.Contains((connectionId, eventId)) || old.Contains((connectionId, eventId));
    }

    /// <summary>It is stored.</summary>
    public void Add(string connectionId, string eventId)
    {
        lock (gate)
        {
            if (young.Count >= Most)
                (old, young) = (young, []);
            young.Add((connectionId, eventId));
        }
    }
}
