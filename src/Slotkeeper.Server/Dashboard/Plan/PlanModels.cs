using Slotkeeper.Server.Planning;

namespace Slotkeeper.Server.Dashboard.Plan;

/// <summary>One budget with the names of whose it is.</summary>
/// <param name="Connection">Name of the connection; null for public links.</param>
/// <param name="Agency">Whose connection; null for public links.</param>
public sealed record PlanLine(PlannedBudget Budget, string? Connection, string? Agency);

/// <summary>Whether what there is fits, and what would.</summary>
/// <param name="EverySeconds">Wanted between two refreshes.</param>
/// <param name="Calendars">All that count.</param>
/// <param name="Budgets">How many they share.</param>
/// <param name="TooSmall">Of those, which are too small.</param>
/// <param name="Unknown">Of those, without a documented limit.</param>
/// <param name="Tightest">Null when no limit is known.</param>
/// <param name="Lines">Of this page, the fullest first.</param>
/// <param name="Next">Where the next page begins; null on the last one.</param>
/// <param name="Asked">Null when nobody asked what if.</param>
public sealed record PlanModel(
    int EverySeconds, int Calendars, int Budgets, int TooSmall, int Unknown, PlanLine? Tightest, IReadOnlyList<PlanLine> Lines, string? Next, WhatIf? Asked);
