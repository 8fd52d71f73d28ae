using System.Diagnostics.Metrics;

namespace Slotkeeper.FollowUps;

/// <summary>Every metric of follow-ups, named once, on the meter <c>Slotkeeper</c>.</summary>
public sealed class FollowUpMetrics : IDisposable
{
    private readonly Meter meter = new("Slotkeeper");
    private readonly Counter<long> ended;

    public FollowUpMetrics() =>
        ended = meter.CreateCounter<long>("slotkeeper.follow_ups", "{follow_up}", "Follow-ups that were due, by what became of them.");

    public void Ended(FollowUpEnd end) => ended.Add(1, new KeyValuePair<string, object?>("outcome", end switch
    {
        FollowUpEnd.Sent => "sent",
        FollowUpEnd.Blocked => "blocked",
        FollowUpEnd.Retry => "retried",
        FollowUpEnd.Cancelled => "cancelled",
        FollowUpEnd.Moved or FollowUpEnd.Later => "postponed",
        _ => throw new ArgumentOutOfRangeException(nameof(end), end, "No such end."),
    }));

    public void Dispose() => meter.Dispose();
}
