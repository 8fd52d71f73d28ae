namespace Slotkeeper.Server.Cli.Plan;

/// <summary>Whether so many calendars, read so often, fit a provider's budget. Arithmetic only.</summary>
internal sealed class BudgetPlan
{
    public BudgetPlan(ReadingBudget budget, int calendars, int connections, TimeSpan every)
    {
        Budget = budget;
        Calendars = calendars;
        Connections = budget.IsPublic ? 1 : connections;
        Every = every;
        // A connection cannot read a part of a calendar: the fullest one decides.
        PerBudget = (calendars + Connections - 1) / Connections;
        var perMinute = budget.CallsPerRefresh / every.TotalMinutes;
        CallsPerMinute = calendars * perMinute;
        CallsPerMinutePerBudget = PerBudget * perMinute;
    }

    public ReadingBudget Budget { get; }

    public int Calendars { get; }

    /// <summary>Connections they are spread over evenly; 1 for public links, which share one budget.</summary>
    public int Connections { get; }

    public TimeSpan Every { get; }

    /// <summary>Calendars of the fullest connection.</summary>
    public int PerBudget { get; }

    /// <summary>Over all connections.</summary>
    public double CallsPerMinute { get; }

    /// <summary>Of the fullest connection.</summary>
    public double CallsPerMinutePerBudget { get; }

    /// <summary>Null where the provider documents no limit: then its 429s decide, and whether it fits cannot be said beforehand.</summary>
    public bool? Fits => Budget.UsablePerMinute is { } usable ? CallsPerMinutePerBudget <= usable : null;

    /// <summary>How many times over the usable budget; at most 1 when it fits.</summary>
    public double? Load => CallsPerMinutePerBudget / Budget.UsablePerMinute;

    /// <summary>The shortest time between two refreshes, in whole seconds, that fits with these connections.</summary>
    public TimeSpan? FittingPeriod => Budget.UsablePerMinute is { } usable
        ? TimeSpan.FromSeconds(Math.Ceiling(PerBudget * Budget.CallsPerRefresh / usable * 60 - 1e-9))
        : null;

    /// <summary>Connections over which it fits at the wanted period; null for public links and where one calendar alone is too much.</summary>
    public int? FittingConnections
    {
        get
        {
            if (Budget.IsPublic || Budget.UsablePerMinute is not { } usable)
                return null;
            var each = (int)Math.Floor(usable * Every.TotalMinutes / Budget.CallsPerRefresh + 1e-9);
            return each == 0 ? null : (Calendars + each - 1) / each;
        }
    }
}
