using System.Diagnostics.Metrics;
using Slotkeeper.Calendars;

namespace Slotkeeper.Refresh;

/// <summary>Every metric of refreshing, named once, on the meter <c>Slotkeeper</c>.</summary>
public sealed class RefreshMetrics : IDisposable
{
    public const string MeterName = "Slotkeeper";

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> refreshes;
    private readonly Counter<long> leftOut;
    private readonly Counter<long> runs;
    private readonly Histogram<double> runDuration;

    public RefreshMetrics()
    {
        refreshes = meter.CreateCounter<long>("slotkeeper.refreshes", "{refresh}", "Refreshes that ended, by provider and outcome.");
        leftOut = meter.CreateCounter<long>("slotkeeper.slots.left_out", "{slot}", "Slots of provider answers left out, by provider and reason.");
        runs = meter.CreateCounter<long>("slotkeeper.runs", "{run}", "Requests for a run, by what became of them.");
        runDuration = meter.CreateHistogram<double>("slotkeeper.run.duration", "s", "Duration of runs.");
    }

    public void Refreshed(Provider provider, RefreshKind kind) =>
        refreshes.Add(1, new("provider", provider.ToName()), new("outcome", NameOf(kind)));

    public void SlotsLeftOut(Provider provider, int past, int unreadable)
    {
        if (past > 0)
            leftOut.Add(past, new("provider", provider.ToName()), new("reason", "past"));
        if (unreadable > 0)
            leftOut.Add(unreadable, new("provider", provider.ToName()), new("reason", "unreadable"));
    }

    public void Run(string outcome) => runs.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void RunEnded(TimeSpan duration) => runDuration.Record(duration.TotalSeconds);

    public void Dispose() => meter.Dispose();

    private static string NameOf(RefreshKind kind) => kind switch
    {
        RefreshKind.Refreshed => "refreshed",
        RefreshKind.Unchanged => "unchanged",
        RefreshKind.RateLimited => "rate_limited",
        RefreshKind.Refused => "refused",
        RefreshKind.UnsupportedDuration => "unsupported_duration",
        RefreshKind.NotConfigured => "not_configured",
        RefreshKind.Failed => "failed",
        RefreshKind.Suspicious => "suspicious",
        RefreshKind.Superseded => "superseded",
        RefreshKind.Fenced => "fenced",
        RefreshKind.NotStored => "not_stored",
        RefreshKind.StillRunning => "still_running",
        RefreshKind.Cancelled => "cancelled",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such outcome."),
    };
}
