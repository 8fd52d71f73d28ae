using Slotkeeper.Refresh;
using Slotkeeper.Server.Cron;

namespace Slotkeeper.Server.Dashboard.Runs;

/// <summary>A run as it was kept.</summary>
public sealed record KeptRun(RunRecord Record, CronBody Body)
{
    internal static KeptRun Of(RunRecord run) => new(run, CronBody.Of(run));
}

/// <param name="IsFirst">Whether the newest are among them, so that newer ones are to be followed.</param>
/// <param name="Next">Where the next page begins; null on the last one.</param>
public sealed record RunsModel(IReadOnlyList<KeptRun> Runs, bool IsFirst, string? Next);

/// <param name="Run">One run.</param>
/// <param name="View">Null when its trace is not in memory any more.</param>
/// <param name="Slowest">Fetches that took longest, for whoever does not see the drawing.</param>
/// <param name="Cut">Fetches that are missing in the drawing.</param>
public sealed record RunModel(KeptRun Run, Timeline? View, IReadOnlyList<FetchTrace> Slowest, int Cut);
