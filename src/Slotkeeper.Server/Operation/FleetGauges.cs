using System.Diagnostics.Metrics;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Operation;

/// <summary>How fresh the fleet is, counted when somebody looks.</summary>
internal sealed class FleetGauges : IDisposable
{
    private readonly Meter meter = new(RefreshMetrics.MeterName);

    public FleetGauges(Catalog catalog, TimeProvider clock)
    {
        meter.CreateObservableGauge("slotkeeper.calendars", () => Count(FleetMetrics.Of(catalog.Calendars, clock.GetUtcNow())), "{calendar}", "Calendars by state; one may count in several.");
        meter.CreateObservableGauge("slotkeeper.calendar.age", () => Ages(FleetMetrics.Of(catalog.Calendars, clock.GetUtcNow())), "s", "Age of calendars' data by quantile.");
        meter.CreateObservableGauge("slotkeeper.workspaces", () => catalog.WorkspaceCount, "{workspace}", "Workspaces.");
    }

    public void Dispose() => meter.Dispose();

    private static IEnumerable<Measurement<int>> Count(FleetMetrics metrics) =>
    [
        new(metrics.TotalCaches, new KeyValuePair<string, object?>("state", "all")),
        new(metrics.DueCaches, new KeyValuePair<string, object?>("state", "due")),
        new(metrics.ErroringCaches, new KeyValuePair<string, object?>("state", "erroring")),
        new(metrics.NeverFetched, new KeyValuePair<string, object?>("state", "never_fetched")),
    ];

    private static IEnumerable<Measurement<int>> Ages(FleetMetrics metrics) => metrics.AgeSeconds is not { } ages
        ? []
        :
        [
            new(ages.P50, new KeyValuePair<string, object?>("quantile", "0.5")),
            new(ages.P95, new KeyValuePair<string, object?>("quantile", "0.95")),
            new(ages.P99, new KeyValuePair<string, object?>("quantile", "0.99")),
            new(ages.Max, new KeyValuePair<string, object?>("quantile", "1")),
        ];
}
