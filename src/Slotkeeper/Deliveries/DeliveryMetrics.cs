using System.Diagnostics.Metrics;

namespace Slotkeeper.Deliveries;

/// <summary>Every metric of outgoing webhooks, named once, on the meter <c>Slotkeeper</c>.</summary>
public sealed class DeliveryMetrics : IDisposable
{
    private readonly Meter meter = new("Slotkeeper");
    private readonly Counter<long> attempts;
    private readonly Counter<long> disabled;

    public DeliveryMetrics()
    {
        attempts = meter.CreateCounter<long>("slotkeeper.deliveries", "{attempt}", "Attempts to deliver an event, by what became of them.");
        disabled = meter.CreateCounter<long>("slotkeeper.webhooks.disabled", "{endpoint}", "Webhook endpoints disabled because they accepted nothing.");
    }

    public void Attempted(DeliveryVerdict verdict) => attempts.Add(1, new KeyValuePair<string, object?>("outcome", verdict switch
    {
        DeliveryVerdict.Delivered => "delivered",
        DeliveryVerdict.Retry => "retried",
        DeliveryVerdict.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "No such verdict."),
    }));

    public void Disabled() => disabled.Add(1);

    public void Dispose() => meter.Dispose();
}
