using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox;

/// <summary>The faults in force. Which requests a rate hits follows from the seed and the order of the requests.</summary>
public sealed class FaultBoard
{
    private readonly Lock changing = new();
    private readonly ulong seed;
    private Entry[] entries = [];
    private long lastId;

    internal FaultBoard(ulong seed) => this.seed = seed;

    /// <summary>The faults in force, with the requests they may still hit in <see cref="Fault.Times"/>.</summary>
    public IReadOnlyList<Fault> Active => [.. Volatile.Read(ref entries).Where(entry => entry.Remaining != 0).Select(entry => entry.Current)];

    public Fault Add(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        fault.Validate();
        lock (changing)
        {
            var entry = new Entry(fault with { Id = ++lastId });
            Volatile.Write(ref entries, [.. entries.Where(old => old.Remaining != 0), entry]);
            return entry.Fault;
        }
    }

    /// <summary>False when it was already gone.</summary>
    public bool Remove(long id)
    {
        lock (changing)
        {
            var rest = entries.Where(entry => entry.Fault.Id != id).ToArray();
            var removed = rest.Length < entries.Length;
            Volatile.Write(ref entries, rest);
            return removed;
        }
    }

    public void Clear()
    {
        lock (changing)
            Volatile.Write(ref entries, []);
    }

    /// <summary>The first fault that hits this request. Counted faults are used up by being taken.</summary>
    internal Fault? Take(SandboxProvider provider, CalendarKey? calendar, int? agency, FaultScope scope, BookingCall? call, int? month)
    {
        foreach (var entry in Volatile.Read(ref entries))
        {
            if (Matches(entry.Fault, provider, calendar, agency, scope, call, month) && entry.Draw(seed))
                return entry.Fault;
        }

        return null;
    }

    private static bool Matches(Fault fault, SandboxProvider provider, CalendarKey? calendar, int? agency, FaultScope scope, BookingCall? call, int? month) =>
        (fault.Provider is null || fault.Provider == provider)
        && (fault.Calendar is null || fault.Calendar == calendar?.Index)
        && (fault.Agency is null || fault.Agency == agency)
        && (fault.Scope == FaultScope.Any || fault.Scope == scope)
        && (fault.Call is null || fault.Call == call)
        // The other months of a partly failing answer are not requests that the fault hits.
        && (fault.Kind != FaultKind.PartialAnswer || month is null || month == fault.MonthOffset);

    private sealed class Entry(Fault fault)
    {
        private long drawn;
        private long remaining = fault.Times ?? -1;

        public Fault Fault { get; } = fault;

        /// <summary>-1 for without limit.</summary>
        public long Remaining => Volatile.Read(ref remaining);

        public Fault Current => Remaining < 0 ? Fault : Fault with { Times = (int)Remaining };

        public bool Draw(ulong seed)
        {
            if (Fault.Rate < 1)
            {
                var number = Interlocked.Increment(ref drawn);
                if (StableHash.Unit(StableHash.Combine(seed ^ (ulong)Fault.Id, (ulong)number)) >= Fault.Rate)
                    return false;
            }

            if (Remaining < 0)
                return true;
            // Two requests at once must not both take the last one.
            while (true)
            {
                var left = Remaining;
                if (left == 0)
                    return false;
                if (Interlocked.CompareExchange(ref remaining, left - 1, left) == left)
                    return true;
            }
        }
    }
}
