using System.Diagnostics.Metrics;

namespace Slotkeeper.Server.Ingress;

/// <summary>What is measured of requests that were turned away, on the meter <c>Slotkeeper</c>.</summary>
internal sealed class IngressMetrics : IDisposable
{
    private readonly Meter meter = new("Slotkeeper");
    private readonly Counter<long> refused;

    public IngressMetrics() =>
        refused = meter.CreateCounter<long>("slotkeeper.requests.refused", "{request}", "Requests refused before any work, by what was used up: key, agency, address or places.");

    public void Refused(string by) => refused.Add(1, new KeyValuePair<string, object?>("by", by));

    public void Dispose() => meter.Dispose();
}
