using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Slotkeeper.Refresh;

namespace Slotkeeper.Server.Operation;

/// <summary>Gathers what the program and its libraries measure: for <c>/metrics</c>, and for an OpenTelemetry collector where one is set.</summary>
internal sealed class Telemetry : IDisposable
{
    /// <summary>Standard meters first named by those who own them; ours begin with <c>Slotkeeper</c>.</summary>
    private static readonly string[] Meters =
        [RefreshMetrics.MeterName, RefreshMetrics.MeterName + ".*", "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql"];

    private readonly Lock gate = new();
    private readonly PrometheusExporter exporter = new();
    private readonly MeterProvider metrics;
    private readonly TracerProvider? traces;

    public Telemetry(ServerSettings settings)
    {
        var building = Sdk.CreateMeterProviderBuilder().AddMeter(Meters).AddReader(new BaseExportingMetricReader(exporter));
        if (settings.OtlpEndpoint is not null)
        {
            // The exporter reads address, protocol and headers from the OTEL_ variables itself.
            building.AddOtlpExporter();
            traces = Sdk.CreateTracerProviderBuilder().AddSource("Microsoft.AspNetCore", "System.Net.Http", "Npgsql").AddProcessor(new TraceRedaction()).AddOtlpExporter().Build();
        }
        metrics = building.Build();
    }

    public string Scrape()
    {
        lock (gate)
            return exporter.Scrape();
    }

    public void Dispose()
    {
        metrics.Dispose();
        traces?.Dispose();
        exporter.Dispose();
    }
}
