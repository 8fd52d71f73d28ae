using Slotkeeper.Calendars;
using Slotkeeper.Refresh;

namespace Slotkeeper.Server.Cron;

/// <summary>What a run's time went into. The names mean what they mean in <see cref="SweepWork"/>.</summary>
public sealed record RunWorkBody(
    int TimeBudgetMs,
    int StartsEndMs,
    int MostAtOnce,
    int LeftWaiting,
    int LeftWithoutTurn,
    bool LostLease,
    IReadOnlyList<ProviderWorkBody> Providers)
{
    internal static RunWorkBody Of(SweepWork work) => new(
        work.TimeBudgetMs, work.StartsEndMs, work.MostAtOnce, work.LeftWaiting, work.LeftWithoutTurn, work.LostLease, [.. work.Providers.Select(ProviderWorkBody.Of)]);
}

/// <summary>What a run did at one provider. The names mean what they mean in <see cref="ProviderWork"/>.</summary>
public sealed record ProviderWorkBody(
    string Provider, int Calendars, int Asked, int Failed, int Waited, long WaitMs, int Left, LatencyPercentiles? LatencyMs)
{
    internal static ProviderWorkBody Of(ProviderWork work) => new(
        work.Provider.ToName(), work.Calendars, work.Asked, work.Failed, work.Waited, work.WaitMs, work.Left, work.LatencyMs);
}
