namespace Slotkeeper.Refresh;

/// <summary>
/// How far a connection's webhooks are believed to come. Decides who has fallen silent and how often their calendars are read beyond the
/// minute's run. Never the other way round: no state of it makes any calendar be read more rarely than every minute.
/// </summary>
/// <param name="ConnectionId">Whose.</param>
/// <param name="HeardAt">When one last came, UTC; null when none ever did.</param>
/// <param name="Missed">Changes that reading found since then and that none told of.</param>
/// <param name="Usual">How many that is usually, between one and the next: what hosts enter in their own calendars is never told of.</param>
/// <param name="SilentSince">Since when it is distrusted, UTC; null while it is not.</param>
public sealed record SourceTrust(string ConnectionId, DateTimeOffset? HeardAt, int Missed, double Usual, DateTimeOffset? SilentSince)
{
    /// <summary>Fewer changes that none told of are no reason for distrust.</summary>
    public const int LeastMissed = 3;

    /// <summary>So many are always one, whatever is usual.</summary>
    public const int MostMissed = 20;

    /// <summary>How long a webhook may take after the change was read.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>Between two nodes' clocks.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    /// <summary>What every calendar has without this.</summary>
    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>The shortest time between two extra reads of one calendar.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(10);

    /// <summary>Calls a read may need, at most, with the providers there are.</summary>
    private const int CallsOfARead = 2;

    private const int MostCounted = 1_000_000;

    public static SourceTrust Of(string connectionId) => new(connectionId, null, 0, 0, null);

    public bool IsSilent => SilentSince is not null;

    /// <summary>So many missed changes make it silent: more than four times the usual, within bounds.</summary>
    public int Threshold => Math.Clamp((int)Math.Ceiling(4 * Math.Min(Usual, MostMissed)), LeastMissed, MostMissed);

    /// <summary>One came: it is trusted at once.</summary>
    public SourceTrust Heard(DateTimeOffset at) => this with
    {
        HeardAt = HeardAt > at ? HeardAt : at,
        // A long silence says little about what is usual, so it counts no more than it took to be noticed.
        Usual = Usual + ((Math.Min(Missed, Threshold) - Usual) / 4),
        Missed = 0,
        SilentSince = null,
    };

    /// <summary>Whether one came that may have told of a change: after the calendar was read without it.</summary>
    public bool ToldOf(DateTimeOffset lastReadWithout) => HeardAt >= lastReadWithout - Margin;

    /// <summary>A change was read, none told of it, and its time is over.</summary>
    /// <param name="at">UTC.</param>
    /// <param name="isRegistered">Whether the provider has said that it sends. Of one that neither has nor ever did send, nothing is expected.</param>
    public SourceTrust Miss(DateTimeOffset at, bool isRegistered)
    {
        if (HeardAt is null && !isRegistered)
            return this;
        var missed = Math.Min(Missed + 1, MostCounted);
        return this with { Missed = missed, SilentSince = SilentSince ?? (missed >= Threshold ? at : null) };
    }

    /// <summary>
    /// How often each calendar of the connection is to be read beyond the minute's run: every 30 s at first, more often with every further
    /// change that was missed, up to every 10 s. The minute's runs come first, and of what reading may use beyond them half stays free.
    /// </summary>
    /// <param name="calendars">Calendars of the connection that are in use.</param>
    /// <param name="readsPerMinute">Calls a minute that its budget leaves for reading; null where the provider names no limit.</param>
    /// <returns>From <see cref="Shortest"/> to less than a minute; null when the minute's run has to do.</returns>
    public TimeSpan? ReadEvery(int calendars, int? readsPerMinute)
    {
        if (!IsSilent || calendars < 1)
            return null;
        var wanted = Minute / (2 + (double)Math.Max(0, Missed - Threshold));
        wanted = wanted < Shortest ? Shortest : wanted;
        if (readsPerMinute is { } calls)
        {
            var spare = (calls - ((long)calendars * CallsOfARead)) / 2 / CallsOfARead;
            if (spare < 1)
                return null;
            var affordable = Minute * ((double)calendars / spare);
            wanted = affordable > wanted ? affordable : wanted;
        }
        return wanted < Minute ? wanted : null;
    }
}

/// <summary>What webhook sources have shown of themselves, as stored, for all nodes.</summary>
public interface IWebhookSourceStore
{
    /// <summary>Those of the connections with an id between two, both included; of all without.</summary>
    Task<IReadOnlyList<SourceTrust>> ListAsync(string? firstConnectionId, string? lastConnectionId, CancellationToken cancellationToken);

    /// <summary>Changes one from what it is at that moment. One whose connection is gone is left out.</summary>
    Task ChangeAsync(string connectionId, Func<SourceTrust, SourceTrust> change, CancellationToken cancellationToken);
}
