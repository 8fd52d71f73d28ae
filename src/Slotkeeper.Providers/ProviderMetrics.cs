using System.Diagnostics.Metrics;
using Slotkeeper.Calendars;

namespace Slotkeeper.Providers;

/// <summary>Every metric of the providers.</summary>
internal sealed class ProviderMetrics
{
    public const string MeterName = "Slotkeeper.Providers";

    private static readonly string[] Names = Enum.GetValues<Provider>().Select(p => p.ToName()).ToArray();

    private readonly Histogram<double> duration;
    private readonly Counter<long> bytes;
    private readonly Counter<long> unreadable;
    private readonly Counter<long> past;
    private readonly Counter<long> throttled;

    public ProviderMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        duration = meter.CreateHistogram<double>("slotkeeper.provider.request.duration", "s", "Time of one call to a provider, redirects included.");
        bytes = meter.CreateCounter<long>("slotkeeper.provider.response.bytes", "By", "Bytes of answers after decompression.");
        unreadable = meter.CreateCounter<long>("slotkeeper.provider.slots.unreadable", "{slot}", "Slots left out because they could not be read.");
        past = meter.CreateCounter<long>("slotkeeper.provider.slots.past", "{slot}", "Slots left out because they had passed when asked for.");
        throttled = meter.CreateCounter<long>("slotkeeper.provider.throttled", "{call}", "Calls answered with 429.");
    }

    public void Called(Provider provider, string outcome, TimeSpan took, int bodyBytes)
    {
        var name = new KeyValuePair<string, object?>("provider", Names[(int)provider]);
        duration.Record(took.TotalSeconds, name, new("outcome", outcome));
        if (bodyBytes > 0)
            bytes.Add(bodyBytes, name);
    }

    public void Throttled(Provider provider) => throttled.Add(1, new KeyValuePair<string, object?>("provider", Names[(int)provider]));

    public void LeftOut(Provider provider, int unreadableSlots, int pastSlots)
    {
        var name = new KeyValuePair<string, object?>("provider", Names[(int)provider]);
        if (unreadableSlots > 0)
            unreadable.Add(unreadableSlots, name);
        if (pastSlots > 0)
            past.Add(pastSlots, name);
    }
}
