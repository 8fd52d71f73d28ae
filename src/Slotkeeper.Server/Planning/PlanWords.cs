using System.Globalization;

namespace Slotkeeper.Server.Planning;

/// <summary>A plan in words, the same on the command line and on the page.</summary>
internal static class PlanWords
{
    public static string Verdict(BudgetPlan plan) => plan.Fits switch
    {
        true => "fits",
        false => "does not fit",
        null => "cannot be said",
    };

    /// <summary>How full the budget is; empty where none is known.</summary>
    public static string Load(BudgetPlan plan) => plan.Fits switch
    {
        true => string.Create(CultureInfo.InvariantCulture, $"{plan.Load:P0} used"),
        // Rounded up: a plan that is a little too large must not read as exactly the budget.
        false => string.Create(CultureInfo.InvariantCulture, $"{decimal.Ceiling(plan.Load!.Value * 100) / 100:0.##} times the budget"),
        null => "",
    };

    public static string WhatFits(BudgetPlan plan)
    {
        if (plan.FittingPeriod is not { } period)
            return "it is slowed down when it answers 429";
        var text = string.Create(CultureInfo.InvariantCulture, $"every {period.TotalSeconds:N0} s");
        return plan is { Fits: false, FittingConnections: { } needed } ? string.Create(CultureInfo.InvariantCulture, $"{text}, or {needed:N0} connections") : text;
    }
}
