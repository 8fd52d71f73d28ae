using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Slotkeeper.Sandbox.World;

[StructLayout(LayoutKind.Auto)]
internal readonly record struct BusyInterval(long Start, long End);

/// <summary>The busy intervals that were added on top of the generated ones. Only touched calendars take memory.</summary>
internal sealed class BusyLedger
{
    private readonly ConcurrentDictionary<CalendarKey, ImmutableArray<BusyInterval>> intervals = new();

    // Adding has to see what it may collide with; one lock is enough for a simulator's bookings.
    private readonly Lock writing = new();

    /// <summary>Sorted by start; may overlap.</summary>
    public ImmutableArray<BusyInterval> Of(CalendarKey key) =>
        !intervals.IsEmpty && intervals.TryGetValue(key, out var found) ? found : [];

    public void Add(CalendarKey key, BusyInterval interval)
    {
        lock (writing)
            AddUnderLock(key, interval);
    }

    public bool TryAdd(CalendarKey key, BusyInterval interval, Func<bool> isFree)
    {
        lock (writing)
        {
            if (!isFree())
                return false;
            AddUnderLock(key, interval);
            return true;
        }
    }

    public bool Remove(CalendarKey key, BusyInterval interval)
    {
        lock (writing)
        {
            if (!intervals.TryGetValue(key, out var list) || !list.Contains(interval))
                return false;
            var rest = list.Remove(interval);
            if (rest.IsEmpty)
                intervals.TryRemove(key, out _);
            else
                intervals[key] = rest;
            return true;
        }
    }

    private void AddUnderLock(CalendarKey key, BusyInterval interval)
    {
        var list = intervals.TryGetValue(key, out var found) ? found : [];
        var at = 0;
        while (at < list.Length && list[at].Start <= interval.Start)
            at++;
        intervals[key] = list.Insert(at, interval);
    }
}
