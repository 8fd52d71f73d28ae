namespace Slotkeeper.Server.Planning;

/// <summary>Whether so many calendars, read so often, fit a provider's budget. Arithmetic only.</summary>
public sealed class BudgetPlan
{
    public BudgetPlan(ReadingBudget budget, int calendars, int connections, TimeSpan every)
    {
        Budget = budget;
        Calendars = calendars;
        Connections = budget.IsPublic ? 1 : connections;
        Every = every;
        // A connection cannot read a part of a calendar: the fullest one decides.
        PerBudget = (calendars + Connections - 1) / Connections;
    }

    public ReadingBudget Budget { get; }

    public int Calendars { get; }

    /// <summary>Connections they are spread over evenly; 1 for public links, which share one budget.</summary>
    public int Connections { get; }

    public TimeSpan Every { get; }

    /// <summary>Calendars of the fullest connection.</summary>
    public int PerBudget { get; }

    /// <summary>Over all connections.</summary>
    public decimal CallsPerMinute => PerMinute(Calendars);

    /// <summary>Of the fullest connection.</summary>
    public decimal CallsPerMinutePerBudget => PerMinute(PerBudget);

    /// <summary>Null where the provider documents no limit: then its 429s decide, and whether it fits cannot be said beforehand.</summary>
    public bool? Fits => Budget.Allowances.Count == 0 ? null : Budget.Allowances.All(limit => CallsPerRound <= limit.UsableIn(Every));

    /// <summary>How many times over the usable budget; at most 1 when it fits.</summary>
    public decimal? Load => CallsPerMinutePerBudget / Budget.UsablePerMinute;

    /// <summary>The shortest time between two refreshes, in whole seconds, that fits with these connections.</summary>
    public TimeSpan? FittingPeriod => Budget.Allowances.Count == 0
        ? null
        : TimeSpan.FromSeconds((double)Budget.Allowances.Max(limit => decimal.Ceiling(CallsPerRound * 86_400 / limit.UsableIn(TimeSpan.FromDays(1)))));

    /// <summary>Connections over which it fits at the wanted period; null for public links and where one calendar alone is too much.</summary>
    public int? FittingConnections
    {
        get
        {
            if (Budget.IsPublic || Budget.Allowances.Count == 0)
                return null;
            var each = (int)Budget.Allowances.Min(limit => decimal.Floor(limit.UsableIn(Every) / Budget.CallsPerRefresh));
            return each == 0 ? null : (Calendars + each - 1) / each;
        }
    }

    /// <summary>Calls of the fullest connection for refreshing each of its calendars once.</summary>
    private decimal CallsPerRound => (decimal)PerBudget * Budget.CallsPerRefresh;

    private decimal PerMinute(int calendars) => (decimal)calendars * Budget.CallsPerRefresh * 60 / (decimal)Every.TotalSeconds;
}
