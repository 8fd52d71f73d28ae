using System.Collections.Concurrent;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox;

/// <summary>A request as it is kept for inspection. Header values are never kept: they may hold tokens.</summary>
public sealed record RecordedRequest(DateTimeOffset At, SandboxProvider Provider, int? Calendar, string Method, string Path, string Query, IReadOnlyList<string> HeaderNames, FaultKind? Fault, int Status);

/// <summary>What was asked of the sandbox so far.</summary>
public sealed class RequestCounters
{
    // Counts of neighbouring calendars share a block, so counting 100,000 calendars takes half a megabyte, and none takes nothing.
    private const int BlockSize = 1_024;

    private readonly int recorded;
    private readonly long[] requests = new long[4];
    private readonly long[] slotRequests = new long[4];
    private readonly long[][] bookingCalls = [new long[3], new long[3], new long[3], new long[3]];
    private readonly long[] faults = new long[Enum.GetValues<FaultKind>().Length];
    private readonly ConcurrentDictionary<(SandboxProvider Provider, int Block), int[]> blocks = new();
    private readonly ConcurrentQueue<RecordedRequest> recent = new();
    private long unknown;

    internal RequestCounters(int recorded) => this.recorded = recorded;

    /// <summary>Requests to paths that no provider has.</summary>
    public long Unknown => Volatile.Read(ref unknown);

    public long Total => requests.Index().Sum(pair => Volatile.Read(ref requests[pair.Index]));

    /// <summary>The newest <see cref="SandboxOptions.RecordedRequests"/> requests, oldest first.</summary>
    public IReadOnlyList<RecordedRequest> Recent => [.. recent];

    public long Of(SandboxProvider provider) => Volatile.Read(ref requests[(int)provider]);

    /// <summary>Only the requests for free slots.</summary>
    public long SlotsOf(SandboxProvider provider) => Volatile.Read(ref slotRequests[(int)provider]);

    /// <summary>Calls that wanted to create, cancel or reschedule, whatever became of them.</summary>
    public long Of(SandboxProvider provider, BookingCall call) => Volatile.Read(ref bookingCalls[(int)provider][(int)call]);

    /// <summary>Requests for free slots of one calendar.</summary>
    public int Of(SandboxCalendar calendar) =>
        blocks.TryGetValue((calendar.Provider, calendar.Index / BlockSize), out var block) ? Volatile.Read(ref block[calendar.Index % BlockSize]) : 0;

    /// <summary>How often a fault of this kind was played.</summary>
    public long FaultsOf(FaultKind kind) => Volatile.Read(ref faults[(int)kind]);

    public void Reset()
    {
        Array.Clear(requests);
        Array.Clear(slotRequests);
        foreach (var calls in bookingCalls)
            Array.Clear(calls);
        Array.Clear(faults);
        blocks.Clear();
        recent.Clear();
        Volatile.Write(ref unknown, 0);
    }

    internal bool Records => recorded > 0;

    internal void CountUnknown() => Interlocked.Increment(ref unknown);

    internal void Count(SandboxProvider provider, CalendarKey? calendar, bool isSlots, BookingCall? call)
    {
        if (call is { } change)
            Interlocked.Increment(ref bookingCalls[(int)provider][(int)change]);
        Interlocked.Increment(ref requests[(int)provider]);
        if (!isSlots)
            return;
        Interlocked.Increment(ref slotRequests[(int)provider]);
        if (calendar is { } key)
        {
            var block = blocks.GetOrAdd((key.Provider, key.Index / BlockSize), static _ => new int[BlockSize]);
            Interlocked.Increment(ref block[key.Index % BlockSize]);
        }
    }

    internal void CountFault(FaultKind kind) => Interlocked.Increment(ref faults[(int)kind]);

    internal void Record(RecordedRequest request)
    {
        recent.Enqueue(request);
        while (recent.Count > recorded && recent.TryDequeue(out _))
        {
        }
    }
}
