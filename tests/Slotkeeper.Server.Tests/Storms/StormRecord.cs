using System.Collections.Concurrent;
using System.Globalization;

namespace Slotkeeper.Server.Tests.Storms;

/// <summary>What a caller was told of one booking.</summary>
internal sealed class ToldBooking(string id, StormCalendar calendar, DateTimeOffset start)
{
    public string Id { get; } = id;

    public StormCalendar Calendar { get; } = calendar;

    /// <summary>Where it stands as far as its caller knows.</summary>
    public DateTimeOffset Start { get; set; } = start;

    public bool IsCancelled { get; set; }
}

/// <summary>A request that a kill has left without an answer, to be repeated once all is settled.</summary>
internal sealed record CutOffRequest(string Path, string Body, string Key, StormCalendar Calendar, DateTimeOffset Start, ToldBooking? Of);

/// <summary>Everything the callers of a storm were told, and what was wrong with it.</summary>
internal sealed class StormRecord
{
    private const int MostFaults = 40;

    private readonly ConcurrentDictionary<string, int> answers = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> faults = [];
    private readonly ConcurrentQueue<double> refusals = [];
    private readonly ConcurrentQueue<double> confirmations = [];

    /// <summary>By id, from 201.</summary>
    public ConcurrentDictionary<string, ToldBooking> Told { get; } = new(StringComparer.Ordinal);

    /// <summary>Intervals that somebody had for a while other than by a booking: holds.</summary>
    public ConcurrentBag<(int Host, DateTimeOffset Start, DateTimeOffset End)> Held { get; } = [];

    /// <summary>Intervals that somebody was refused.</summary>
    public ConcurrentBag<(int Host, DateTimeOffset Start, DateTimeOffset End)> Refused { get; } = [];

    /// <summary>Starts from which a booking was moved away.</summary>
    public ConcurrentBag<(int Host, DateTimeOffset Start, DateTimeOffset End)> Left { get; } = [];

    public ConcurrentQueue<CutOffRequest> CutOff { get; } = [];

    public IReadOnlyCollection<string> Faults => faults;

    public void Fault(string text)
    {
        if (faults.Count < MostFaults)
            faults.Enqueue(text);
    }

    public void Answered(string what, int status, string? code) =>
        answers.AddOrUpdate($"{what} {status.ToString(CultureInfo.InvariantCulture)}{(code is null ? "" : " " + code)}", 1, (_, count) => count + 1);

    public void RefusedAfter(TimeSpan time) => refusals.Enqueue(time.TotalMilliseconds);

    public void ConfirmedAfter(TimeSpan time) => confirmations.Enqueue(time.TotalMilliseconds);

    /// <summary>For people.</summary>
    public string Summary() => string.Join(Environment.NewLine, [
        .. answers.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"  {one.Key}: {one.Value}"),
        $"  refused after ms: {Percentiles(refusals)}",
        $"  confirmed after ms: {Percentiles(confirmations)}"]);

    private static string Percentiles(IEnumerable<double> times)
    {
        var sorted = times.Order().ToArray();
        return sorted.Length == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"p50 {sorted[sorted.Length / 2]:0.0}, p99 {sorted[sorted.Length * 99 / 100]:0.0}, max {sorted[^1]:0.0}");
    }
}
