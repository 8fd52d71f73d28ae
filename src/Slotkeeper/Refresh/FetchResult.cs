using Slotkeeper.Calendars;

namespace Slotkeeper.Refresh;

/// <summary>
/// What asking a provider for a calendar's free slots came to. A closed set: "no slots" is <see cref="Fetched"/> with an empty
/// list, "no answer" is one of the others, and the two are never the same value.
/// </summary>
public abstract record FetchResult
{
    private FetchResult()
    {
    }

    /// <summary>A whole and well-formed answer.</summary>
    /// <param name="Starts">Unix seconds, strictly ascending, none before the window's start.</param>
    /// <param name="DurationSeconds">Length of each slot.</param>
    /// <param name="Resolved">Null when nothing was looked up that was not known already.</param>
    public sealed record Fetched(long[] Starts, int DurationSeconds, ResolvedIds? Resolved) : FetchResult
    {
        /// <summary>Slots left out because they could not be read.</summary>
        public int Unreadable { get; init; }

        /// <summary>Slots left out because they lay before the window: a provider's fault worth counting.</summary>
        public int Past { get; init; }
    }

    /// <summary>The provider says that nothing changed since the answer we have.</summary>
    public sealed record Unchanged : FetchResult;

    /// <summary>Refused for quantity, by the provider or beforehand by our own budget for it.</summary>
    /// <param name="Until">When to ask again, UTC.</param>
    /// <param name="ByBudget">True when our own budget said no and the provider was not asked.</param>
    public sealed record RateLimited(DateTimeOffset Until, bool ByBudget) : FetchResult;

    /// <summary>The credential is wrong, ended, or lacks a right.</summary>
    public sealed record Unauthorized(string Detail) : FetchResult;

    /// <summary>There is no such event type, or it is not public.</summary>
    public sealed record NotFound(string Detail) : FetchResult;

    /// <summary>The event type cannot be booked for the length asked for.</summary>
    /// <param name="OfferedMinutes">The lengths it has.</param>
    public sealed record UnsupportedDuration(IReadOnlyList<int> OfferedMinutes) : FetchResult;

    /// <summary>Something came that is not the provider's answer: HTML, broken JSON, an error inside a 200, half of the pages.</summary>
    public sealed record Malformed(string Detail) : FetchResult;

    /// <summary>Nothing came: time-out, reset, refused connection, 5xx, open breaker.</summary>
    public sealed record Unreachable(string Detail) : FetchResult;

    /// <summary>It cannot be asked at all with the settings as they are; the detail names the setting.</summary>
    public sealed record NotConfigured(string Detail) : FetchResult;
}

/// <summary>What to ask for.</summary>
/// <param name="Calendar">Whose slots.</param>
/// <param name="From">UTC, whole seconds.</param>
/// <param name="To">UTC, after <paramref name="From"/>, at most 31 days later.</param>
public sealed record FetchRequest(Calendar Calendar, DateTimeOffset From, DateTimeOffset To);

/// <summary>The providers, as the core sees them.</summary>
public interface ICalendarProviders
{
    /// <summary>Reads a public booking link; null when it is no kind that is supported.</summary>
    BookingLink? Recognise(string url);

    /// <summary>The supported kinds of link, one example each, for error texts.</summary>
    IReadOnlyList<string> SupportedLinks { get; }

    /// <summary>
    /// Asks the calendar's provider once, inside its budget. Never throws for anything a provider or the network does; throws
    /// <see cref="OperationCanceledException"/> when cancelled. Never retries: the run does.
    /// </summary>
    ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken);
}
