namespace Slotkeeper.Refresh;

/// <summary>What one look of a schedule came to.</summary>
/// <param name="Ran">Whether this node ran.</param>
/// <param name="RetryIn">How long at most another's lease lasts; null when nobody said.</param>
internal readonly record struct RoundOutcome(bool Ran, TimeSpan? RetryIn);

/// <summary>
/// A minute schedule of many nodes. The node that ran last runs again a minute after it began; every other node looks every few
/// seconds whether that node has failed to, so a dead one is followed within seconds and nobody runs twice.
/// </summary>
internal static class MinuteRounds
{
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>How often a node that does not run looks after the one that does.</summary>
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(5);

    /// <summary>The runner's own clock and the database's may differ by this over a minute.</summary>
    private static readonly TimeSpan OwnSpacing = Period - TimeSpan.FromSeconds(1);

    /// <summary>Others give the runner this much longer, so that it keeps its place.</summary>
    private static readonly TimeSpan OthersSpacing = Period + TimeSpan.FromSeconds(2);

    /// <summary>Runs until cancelled.</summary>
    /// <param name="round">Tries to run, unless somebody began less than the given time ago. A null answer says that it broke: the next look comes soon.</param>
    /// <param name="clock">Drives it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(Func<TimeSpan, CancellationToken, Task<RoundOutcome?>> round, TimeProvider clock, CancellationToken cancellationToken)
    {
        var spacing = OthersSpacing;
        while (true)
        {
            var began = clock.GetTimestamp();
            var wait = Watch;
            if (await round(spacing, cancellationToken) is { } outcome)
            {
                spacing = outcome.Ran ? OwnSpacing : OthersSpacing;
                if (outcome.Ran)
                    wait = Period - clock.GetElapsedTime(began);
                else if (outcome.RetryIn < Watch)
                    wait = outcome.RetryIn.Value;
            }
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, clock, cancellationToken);
        }
    }
}
