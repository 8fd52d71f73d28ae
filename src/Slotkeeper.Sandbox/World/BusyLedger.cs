using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Slotkeeper.Sandbox.World;

/// <summary>A time that is taken. One with <paramref name="SeatsOf"/> still has seats for that calendar's own start, but for nothing else.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BusyInterval(long Start, long End, CalendarKey? SeatsOf = null)
{
    /// <summary>Whether the calendar may still offer [start, end) although this is there.</summary>
    public bool LeavesRoomFor(CalendarKey calendar, long start, long end) => SeatsOf == calendar && Start == start && End == end;
}

/// <summary>
/// The busy intervals that were added on top of the generated ones. Calendars that share a host share one list. Only touched calendars
/// take memory.
/// </summary>
internal sealed class BusyLedger
{
    private readonly ConcurrentDictionary<CalendarKey, ImmutableArray<BusyInterval>> intervals = new();
    private readonly ConcurrentDictionary<CalendarKey, CalendarKey> hosts = new();

    /// <summary>Adding has to see what it may collide with; one lock is enough for a simulator's bookings.</summary>
    public Lock Writing { get; } = new();

    /// <summary>From now on both calendars are one host's: what is added to one is busy in the other.</summary>
    public void Share(CalendarKey calendar, CalendarKey host) => hosts[calendar] = host;

    public CalendarKey HostOf(CalendarKey calendar) => !hosts.IsEmpty && hosts.TryGetValue(calendar, out var host) ? host : calendar;

    /// <summary>Sorted by start; may overlap.</summary>
    public ImmutableArray<BusyInterval> Of(CalendarKey key) =>
        !intervals.IsEmpty && intervals.TryGetValue(HostOf(key), out var found) ? found : [];

    public void Add(CalendarKey key, BusyInterval interval)
    {
        lock (Writing)
            AddUnderLock(key, interval);
    }

    public bool TryAdd(CalendarKey key, BusyInterval interval, Func<bool> isFree)
    {
        lock (Writing)
        {
            if (!isFree())
                return false;
            AddUnderLock(key, interval);
            return true;
        }
    }

    public bool Remove(CalendarKey key, BusyInterval interval)
    {
        lock (Writing)
            return RemoveUnderLock(key, interval);
    }

    public void AddUnderLock(CalendarKey key, BusyInterval interval) => intervals[HostOf(key)] = With(Of(key), interval);

    public bool RemoveUnderLock(CalendarKey key, BusyInterval interval)
    {
        key = HostOf(key);
        if (!intervals.TryGetValue(key, out var list) || !list.Contains(interval))
            return false;
        var rest = list.Remove(interval);
        if (rest.IsEmpty)
            intervals.TryRemove(key, out _);
        else
            intervals[key] = rest;
        return true;
    }

    public static ImmutableArray<BusyInterval> With(ImmutableArray<BusyInterval> list, BusyInterval interval)
    {
        var at = 0;
        while (at < list.Length && list[at].Start <= interval.Start)
            at++;
        return list.Insert(at, interval);
    }
}
