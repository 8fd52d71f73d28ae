namespace Slotkeeper.Server.Planning;

/// <summary>What may be asked of a plan, on the command line as on the page.</summary>
internal static class PlanBounds
{
    public const int MostCalendars = 10_000_000;
    public const int MostConnections = 1_000_000;

    /// <summary>Between two refreshes of a calendar.</summary>
    public const int LeastSeconds = 5;
    public const int MostSeconds = 3_600;
    public const int UsualSeconds = 60;

    /// <summary>Of a budget that is given by hand.</summary>
    public const int MostCalls = 10_000_000;
    public const int MostBudgetSeconds = 86_400;
}
