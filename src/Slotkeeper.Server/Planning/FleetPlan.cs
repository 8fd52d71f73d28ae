using Slotkeeper.Calendars;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Planning;

/// <summary>The calendars there are that share one budget.</summary>
/// <param name="ConnectionId">Null for public links of one provider, which share one budget whoever has them.</param>
/// <param name="AgencyId">Whose connection; null for public links.</param>
/// <param name="Plan">Of these calendars against that budget.</param>
public sealed record PlannedBudget(string? ConnectionId, string? AgencyId, BudgetPlan Plan);

/// <summary>Whether the fleet as it is fits the budgets of its providers. From memory, asks nobody.</summary>
internal sealed class FleetPlan
{
    private FleetPlan(IReadOnlyList<PlannedBudget> budgets) => Budgets = budgets;

    /// <summary>The fullest first; those of which nothing can be said last.</summary>
    public IReadOnlyList<PlannedBudget> Budgets { get; }

    public int Calendars => Budgets.Sum(one => one.Plan.Calendars);

    public int TooSmall => Budgets.Count(one => one.Plan.Fits == false);

    public int Unknown => Budgets.Count(one => one.Plan.Fits is null);

    /// <summary>The one that is exceeded first when calendars are added; null when no limit is known.</summary>
    public PlannedBudget? Tightest => Budgets is [{ Plan.Load: not null } first, ..] ? first : null;

    /// <param name="catalog">The fleet.</param>
    /// <param name="caller">Whose workspaces' calendars count.</param>
    /// <param name="every">Wanted between two refreshes.</param>
    public static FleetPlan Of(Catalog catalog, Caller caller, TimeSpan every)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var counts = new Dictionary<(Provider Provider, string? ConnectionId), (int Calendars, string? AgencyId)>();
        foreach (var workspace in catalog.Workspaces)
        {
            if (!caller.Sees(workspace))
                continue;
            Count(workspace.DefaultCalendarId, workspace.AgencyId);
            Count(workspace.DirectBookCalendarId, workspace.AgencyId);
        }
        return new FleetPlan([.. counts
            .Select(group => new PlannedBudget(
                group.Key.ConnectionId,
                group.Value.AgencyId,
                new BudgetPlan(ReadingBudget.Of(group.Key.Provider, group.Key.ConnectionId is null), group.Value.Calendars, 1, every)))
            .OrderByDescending(one => one.Plan.Load ?? -1)
            .ThenByDescending(one => one.Plan.Calendars)
            .ThenBy(one => one.Plan.Budget.Provider)
            .ThenBy(one => one.ConnectionId, StringComparer.Ordinal)]);

        void Count(string? calendarId, string agencyId)
        {
            if (calendarId is null || !catalog.TryCalendar(calendarId, out var live) || !seen.Add(calendarId))
                return;
            // A link is read as the public reads it, even where there is a connection for booking.
            var connectionId = live.Calendar.Url is null ? live.Calendar.ConnectionId : null;
            var key = (live.Calendar.Provider, connectionId);
            counts[key] = (counts.GetValueOrDefault(key).Calendars + 1, connectionId is null ? null : agencyId);
        }
    }
}
