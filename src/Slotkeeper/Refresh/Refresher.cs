using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>Fetches one calendar at a time, one fetch for all who wait. (being written)</summary>
public sealed class Refresher
{
    public Task<RefreshOutcome> RefreshAsync(LiveCalendar calendar, TimeSpan patience, CancellationToken cancellationToken) => throw new InvalidOperationException();
}

/// <summary>Runs sweeps. (being written)</summary>
public sealed class SweepRunner
{
    public Task<SweepOutcome> RunAsync(SweepRequest request, CancellationToken cancellationToken) => throw new InvalidOperationException();
}
