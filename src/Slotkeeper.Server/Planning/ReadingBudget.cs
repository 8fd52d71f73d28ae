using Slotkeeper.Calendars;

namespace Slotkeeper.Server.Planning;

/// <summary>So many calls in so long a time.</summary>
public readonly record struct Allowance(int Calls, TimeSpan Per)
{
    /// <summary>Calls that reading may use in so many seconds. Decimal, so that what fits exactly is not lost to rounding.</summary>
    public decimal UsableIn(TimeSpan time) => Calls * ReadingBudget.ReadingShare * (decimal)time.TotalSeconds / (decimal)Per.TotalSeconds;
}

/// <summary>What one credential, or one address for public links, may read at a provider.</summary>
/// <param name="Provider">Whose limits.</param>
/// <param name="IsPublic">Public booking links: one budget for all of them. Otherwise one budget per connection.</param>
/// <param name="CallsPerRefresh">Requests that one refresh of 30 days takes.</param>
/// <param name="Allowances">As the provider documents them; empty where it documents none.</param>
public sealed record ReadingBudget(Provider Provider, bool IsPublic, int CallsPerRefresh, IReadOnlyList<Allowance> Allowances)
{
    /// <summary>The rest is kept for booking and verifying.</summary>
    public const decimal ReadingShare = 0.8m;

    /// <summary>
    /// The documented limits of the smallest paid plans. HubSpot answers one calendar month a call, and 30 days lie in two (around
    /// the end of January in three).
    /// </summary>
    public static readonly IReadOnlyList<ReadingBudget> All =
    [
        new(Provider.Calendly, false, 1, [new(500, TimeSpan.FromMinutes(1))]),
        new(Provider.HubSpot, false, 2, [new(100, TimeSpan.FromSeconds(10)), new(250_000, TimeSpan.FromDays(1))]),
        new(Provider.HighLevel, false, 1, [new(100, TimeSpan.FromSeconds(10)), new(200_000, TimeSpan.FromDays(1))]),
        new(Provider.CalCom, false, 1, [new(120, TimeSpan.FromMinutes(1))]),
        new(Provider.Calendly, true, 1, []),
        new(Provider.HubSpot, true, 2, []),
        new(Provider.HighLevel, true, 1, []),
        new(Provider.CalCom, true, 1, [new(120, TimeSpan.FromMinutes(1))]),
    ];

    /// <summary>The documented one of a provider; one without limits where none is known.</summary>
    public static ReadingBudget Of(Provider provider, bool isPublic) =>
        All.FirstOrDefault(budget => budget.Provider == provider && budget.IsPublic == isPublic) ?? new ReadingBudget(provider, isPublic, 1, []);

    /// <summary>Calls a minute that reading may use of one budget, by its tightest limit; null where there is none.</summary>
    public decimal? UsablePerMinute => Allowances.Count == 0 ? null : Allowances.Min(limit => limit.UsableIn(TimeSpan.FromMinutes(1)));
}
