using System.Text.Json;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Cron;

namespace Slotkeeper.Server.Dashboard.Fleet;

/// <summary>How far back is looked.</summary>
public enum HistoryRange
{
    Hour,
    Day,
}

/// <summary>What is drawn of one run.</summary>
/// <param name="At">When it began, UTC.</param>
/// <param name="Age">After it, seconds; null when nothing was ever read.</param>
/// <param name="Latencies">95 of 100 answers within, milliseconds, by provider.</param>
public readonly record struct RunPoint(DateTimeOffset At, int Refreshed, int Errors, AgePercentiles? Age, IReadOnlyList<(string Provider, int P95Ms)> Latencies);

/// <summary>One line of a chart.</summary>
/// <param name="Values">One for each time; null where there was no run.</param>
public sealed record ChartLine(string Name, IReadOnlyList<double?> Values);

/// <param name="Id">For its element.</param>
/// <param name="Title">What is drawn.</param>
/// <param name="Unit">Of the values, as on the axis.</param>
/// <param name="Note">How a value comes about.</param>
public sealed record Chart(string Id, string Title, string Unit, string Note, IReadOnlyList<ChartLine> Lines);

/// <param name="Times">Unix seconds at which slices begin.</param>
/// <param name="Runs">How many there were.</param>
/// <param name="IsCut">More runs than are looked at.</param>
public sealed record ChartsModel(HistoryRange Range, IReadOnlyList<long> Times, IReadOnlyList<Chart> Charts, int Runs, bool IsCut);

/// <summary>The last hour or day of the fleet, out of what was kept of its runs.</summary>
internal sealed class FleetHistory(IRunStore runs, TimeProvider clock)
{
    private const int MostRuns = 6000;
    private const int Page = 200;

    public async Task<ChartsModel> ReadAsync(HistoryRange range, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var (length, slice) = range == HistoryRange.Hour ? (TimeSpan.FromHours(1), TimeSpan.FromMinutes(1)) : (TimeSpan.FromDays(1), TimeSpan.FromMinutes(10));
        var points = new List<RunPoint>();
        for (string? before = null; ;)
        {
            var page = await runs.ListAsync(before, Page, cancellationToken);
            foreach (var run in page)
            {
                points.Add(PointOf(run));
                // One more than is drawn: throughput is counted from the run before.
                if (run.StartedAt < now - length || points.Count == MostRuns)
                    return Draw(range, points, now, length, slice);
            }
            if (page.Count < Page)
                return Draw(range, points, now, length, slice);
            before = page[^1].Id;
        }
    }

    /// <param name="newestFirst">Runs, at the end perhaps one from before the time that is drawn.</param>
    internal static ChartsModel Draw(HistoryRange range, IReadOnlyList<RunPoint> newestFirst, DateTimeOffset now, TimeSpan length, TimeSpan slice)
    {
        var first = (now - length).ToUnixTimeSeconds() / (long)slice.TotalSeconds * (long)slice.TotalSeconds;
        var count = (int)(length / slice) + 1;
        var times = Enumerable.Range(0, count).Select(i => first + (i * (long)slice.TotalSeconds)).ToArray();
        var slices = new Slice[count];
        var drawn = 0;
        for (var i = 0; i < newestFirst.Count; i++)
        {
            var at = (int)Math.Floor((newestFirst[i].At.ToUnixTimeSeconds() - first) / slice.TotalSeconds);
            if (at < 0 || at >= count)
                continue;
            drawn++;
            // What a run has read took the time since the run before it; of the first of all that is not known.
            var since = i + 1 < newestFirst.Count ? newestFirst[i].At - newestFirst[i + 1].At : (TimeSpan?)null;
            (slices[at] ??= new Slice()).Add(newestFirst[i], since);
        }
        var providers = slices.OfType<Slice>().SelectMany(one => one.Latency.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return new ChartsModel(
            range,
            times,
            [
                new Chart("age", "Age of the calendars after a run", "s", "The worst run of each slice.", [Line("half", one => one.P50), Line("95 of 100", one => one.P95), Line("oldest", one => one.Oldest)]),
                new Chart("read", "Calendars read", "a minute", "Over the time since the run before.", [Line("read", one => one.PerMinute)]),
                new Chart("failed", "Calendars that failed", "in a run", "The worst run of each slice.", [Line("failed", one => one.Failed)]),
                new Chart("latency", "Answers of the providers, 95 of 100 within", "ms", "The slowest run of each slice.", [.. providers.Select(name => Line(name, one => one.Latency.TryGetValue(name, out var ms) ? ms : null))]),
            ],
            drawn,
            newestFirst.Count == MostRuns);

        ChartLine Line(string name, Func<Slice, double?> value) => new(name, [.. slices.Select(one => one is null ? null : value(one))]);
    }

    private static RunPoint PointOf(RunRecord run)
    {
        var body = JsonSerializer.Deserialize<Kept>(run.Result, JsonForm.Options)!;
        return new RunPoint(
            run.StartedAt,
            body.Refreshed,
            body.ErrorCount,
            body.Metrics?.AgeSeconds,
            body.Work is { } work ? [.. work.Providers.Where(one => one.LatencyMs is not null).Select(one => (one.Provider, one.LatencyMs!.P95))] : []);
    }

    /// <summary>What is drawn of a run's <see cref="CronBody"/>: a day has thousands of them, and their error texts would be most of the work.</summary>
    private sealed record Kept(int Refreshed, int ErrorCount, FleetMetrics? Metrics, RunWorkBody? Work);

    private sealed class Slice
    {
        private int refreshed;
        private double minutes;

        public int? P50 { get; private set; }
        public int? P95 { get; private set; }
        public int? Oldest { get; private set; }
        public int Failed { get; private set; }
        public Dictionary<string, int> Latency { get; } = new(StringComparer.Ordinal);
        public double? PerMinute => minutes > 0 ? Math.Round(refreshed / minutes, 1) : null;

        public void Add(RunPoint run, TimeSpan? since)
        {
            if (since is { } time)
            {
                refreshed += run.Refreshed;
                minutes += Math.Max(time.TotalMinutes, 1.0 / 60);
            }
            if (run.Age is { } age)
                (P50, P95, Oldest) = (Math.Max(P50 ?? 0, age.P50), Math.Max(P95 ?? 0, age.P95), Math.Max(Oldest ?? 0, age.Max));
            Failed = Math.Max(Failed, run.Errors);
            foreach (var (provider, ms) in run.Latencies)
                Latency[provider] = Math.Max(Latency.GetValueOrDefault(provider), ms);
        }
    }
}
