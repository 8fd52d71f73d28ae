using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Slotkeeper.Sandbox.World;

/// <summary>A slot that is kept for somebody for some minutes.</summary>
internal sealed record Hold(string Uid, CalendarKey Calendar, long Start, long End, int Minutes, long Until, int? Owner);

/// <summary>Cal.com's reservations. Expired ones are never seen and go when the next is made.</summary>
internal sealed class HoldBook
{
    private readonly ConcurrentDictionary<string, Hold> holds = new(StringComparer.Ordinal);
    private int count;

    public int NextNumber() => Interlocked.Increment(ref count);

    public Hold? Find(string uid, long now) => holds.TryGetValue(uid, out var hold) && hold.Until > now ? hold : null;

    public void Put(Hold hold, long now)
    {
        foreach (var (uid, old) in holds)
        {
            if (old.Until <= now)
                holds.TryRemove(uid, out _);
        }

        holds[hold.Uid] = hold;
    }

    public bool Remove(string uid) => holds.TryRemove(uid, out _);

    public IReadOnlyList<Hold> Live(long now) => [.. holds.Values.Where(hold => hold.Until > now).OrderBy(hold => hold.Start)];

    /// <summary>The ledger with the held times of the same host, but for those that <paramref name="ignored"/> picks.</summary>
    public ImmutableArray<BusyInterval> AddTo(ImmutableArray<BusyInterval> ledger, BusyLedger busy, CalendarKey calendar, long now, Func<Hold, bool>? ignored)
    {
        if (holds.IsEmpty)
            return ledger;
        var host = busy.HostOf(calendar);
        foreach (var hold in holds.Values)
        {
            if (hold.Until > now && busy.HostOf(hold.Calendar) == host && ignored?.Invoke(hold) != true)
                ledger = BusyLedger.With(ledger, new BusyInterval(hold.Start, hold.End));
        }

        return ledger;
    }
}
