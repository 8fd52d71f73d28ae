using NodaTime;

namespace Slotkeeper.Sandbox.World;

/// <summary>What the truth of one calendar depends on. Derived again whenever it is needed; nothing of it is kept.</summary>
internal readonly struct CalendarTraits
{
    public required CalendarKey Key { get; init; }

    public required ulong Hash { get; init; }

    public required int Agency { get; init; }

    public required DateTimeZone Zone { get; init; }

    /// <summary>Minutes; the first is the calendar's own.</summary>
    public required int[] Durations { get; init; }

    /// <summary>Start and end of the working day in minutes after local midnight.</summary>
    public int OpensAt { get; init; }

    public int ClosesAt { get; init; }

    public bool WorksWeekends { get; init; }

    public double BusyShare { get; init; }

    /// <summary>Milliseconds between two changes of the busy times; 0 for never.</summary>
    public long ChangeEvery { get; init; }

    public long ChangePhase { get; init; }

    public DefinedCalendar? Defined { get; init; }

    /// <summary>How many can book one start.</summary>
    public int Seats => Defined?.Seats ?? 1;

    public IReadOnlyList<string> RequiredFields => Defined?.RequiredFields ?? [];

    public string Word => Words[StableHash.Pick(Hash >> 8, Words.Length)];

    private static readonly string[] Words = ["intro", "demo", "discovery", "strategy", "consult", "call"];
}

/// <summary>A calendar that a test has spelled out.</summary>
internal sealed class DefinedCalendar(int agency, DateTimeZone zone, int[] durations, long[] starts, int seats, IReadOnlyList<string> requiredFields)
{
    private long[] starts = starts;

    public int Agency { get; } = agency;

    public DateTimeZone Zone { get; } = zone;

    public int[] Durations { get; } = durations;

    public int Seats { get; } = seats;

    public IReadOnlyList<string> RequiredFields { get; } = requiredFields;

    /// <summary>Sorted, in milliseconds. Replaced as a whole, never changed in place.</summary>
    public long[] Starts
    {
        get => Volatile.Read(ref starts);
        set => Volatile.Write(ref starts, value);
    }
}
