namespace Slotkeeper.Refresh;

/// <summary>
/// Decides whether a fetch that failed is tried again within the same run, and when. The only layer of retries: at most three
/// attempts a calendar, at most a tenth more calls than calendars in a run, full jitter, never for an answer that will stay the
/// same and never before the provider's own time.
/// </summary>
public sealed class RetryRule(int calendars)
{
    public const int MaximumAttempts = 3;

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);

    private int left = Math.Max(1, calendars / 10);

    /// <param name="outcome">How the attempt ended.</param>
    /// <param name="attempts">Attempts so far, this one included.</param>
    /// <param name="now">UTC.</param>
    /// <param name="jitter">0 to 1, random.</param>
    /// <returns>When to try again; null: not in this run.</returns>
    public DateTimeOffset? Next(RefreshOutcome outcome, int attempts, DateTimeOffset now, double jitter)
    {
        // Our own budget said no: nothing was sent, so nothing counts as a retry.
        if (outcome is { Kind: RefreshKind.RateLimited, Asked: false, RetryAt: { } free })
            return free > now ? free + (First * jitter) : now + (First * jitter);
        if (attempts >= MaximumAttempts || left <= 0)
            return null;
        DateTimeOffset? next = outcome.Kind switch
        {
            RefreshKind.Failed => now + (First * Math.Pow(2, attempts) * jitter),
            RefreshKind.RateLimited => (outcome.RetryAt > now ? outcome.RetryAt.Value : now) + (First * jitter),
            RefreshKind.Superseded => now,
            _ => null,
        };
        if (next is not null)
            left--;
        return next;
    }
}
