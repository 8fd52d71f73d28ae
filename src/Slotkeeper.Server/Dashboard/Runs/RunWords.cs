using System.Globalization;
using Slotkeeper.Server.Cron;

namespace Slotkeeper.Server.Dashboard.Runs;

/// <summary>Runs in words.</summary>
internal static class RunWords
{
    /// <summary>What was left and why.</summary>
    public static string Left(CronBody body)
    {
        if (body.NotAttempted == 0)
            return "Nothing was left.";
        var left = body.NotAttempted == 1 ? "1 calendar was left" : string.Create(CultureInfo.InvariantCulture, $"{body.NotAttempted:N0} calendars were left");
        if (body.Work is not { } work)
            return $"{left}; why, this run did not write down.";
        var reasons = new List<string>();
        if (work.LeftWaiting > 0)
            reasons.Add(string.Create(CultureInfo.InvariantCulture, $"{work.LeftWaiting:N0} waited for a connection's budget or for a pause its provider had asked for ({Where(work)})"));
        if (work.LeftWithoutTurn > 0)
            reasons.Add(string.Create(CultureInfo.InvariantCulture, $"the turn of {work.LeftWithoutTurn:N0} had not come when no more fetches were started, {Seconds(work.StartsEndMs)} after the start"));
        return $"{left}: {string.Join("; ", reasons)}.{(work.LostLease ? " The run was stopped: another one had taken its place." : "")}";
    }

    /// <summary>ok, warn or bad, with a word.</summary>
    public static (string Kind, string Word) State(CronBody body) => body switch
    {
        { NotAttempted: > 0 } => ("warn", "Left some"),
        { ErrorCount: var failed, Attempted: var attempted } when failed * 4 > attempted => ("bad", "Many failed"),
        _ => ("ok", "Finished"),
    };

    /// <summary>Such as 850 ms or 12.4 s.</summary>
    public static string Seconds(long ms) => ms < 1000
        ? string.Create(CultureInfo.InvariantCulture, $"{ms} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{ms / 1000.0:0.0} s");

    /// <summary>How much of its time a run took; null where that is not known.</summary>
    public static string? BudgetUsed(CronBody body) => body.Work is { TimeBudgetMs: > 0 } work
        ? string.Create(CultureInfo.InvariantCulture, $"{(double)body.DurationMs / work.TimeBudgetMs:P0} of {work.TimeBudgetMs / 1000.0:0.#} s")
        : null;

    private static string Where(RunWorkBody work) =>
        string.Join(", ", work.Providers.Where(one => one is { Left: > 0, Waited: > 0 }).OrderByDescending(one => one.Left).Select(one => one.Provider));
}
