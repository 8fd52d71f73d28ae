using System.Diagnostics;

namespace Slotkeeper.Bench;

/// <summary>What one call cost.</summary>
internal sealed record Cost(double Nanoseconds, double Bytes);

/// <summary>Times a small piece of code in this process: median of rounds, bytes allocated per call.</summary>
internal static class Micro
{
    private const int Rounds = 9;

    /// <param name="calls">Per round.</param>
    /// <param name="body">Does the work as often as it is told.</param>
    public static Cost Measure(int calls, Action<int> body)
    {
        // Long enough for the tiered compiler to be done with it.
        for (var warm = 0; warm < 5; warm++)
            body(calls);
        var times = new double[Rounds];
        var bytes = 0.0;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var began = Stopwatch.GetTimestamp();
            body(calls);
            times[round] = Stopwatch.GetElapsedTime(began).TotalNanoseconds / calls;
            bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)calls;
        }
        Array.Sort(times);
        return new Cost(times[Rounds / 2], bytes);
    }
}
