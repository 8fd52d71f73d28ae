using System.Globalization;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>What is to be done with a provider's answer.</summary>
/// <param name="Outcome">What it counts as.</param>
/// <param name="Write">What to store; null when nothing is to be stored.</param>
/// <param name="ReadAgain">The answer is suspicious: ask once more at once and judge both.</param>
public sealed record Judgement(RefreshOutcome Outcome, SnapshotWrite? Write, bool ReadAgain = false);

/// <summary>
/// Decides, without doing anything, what an answer means for a calendar: what is stored, when it is due again, whether it is
/// believed. Rules 3 and 4 of the design: failure is not emptiness, and a sudden fall needs a second read that agrees.
/// </summary>
public static class AnswerJudge
{
    /// <summary>A snapshot of at least this many future slots that loses more than four fifths of them is suspicious; a fall to zero always is.</summary>
    public const int SuspiciousFrom = 10;

    /// <summary>Failures in a row after which a calendar is told to be unhealthy, whatever the reason.</summary>
    public const int UnhealthyFrom = 3;

    /// <summary>How long a calendar with a length the provider does not offer is left alone.</summary>
    public static readonly TimeSpan UnsupportedDurationBackoff = TimeSpan.FromHours(2);

    /// <summary>Wait after the first failure; doubles up to the lifetime of a snapshot.</summary>
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);

    /// <param name="calendarId">Whose answer.</param>
    /// <param name="picture">What was known when the fetch began; the write counts by its epoch.</param>
    /// <param name="startedAt">Start of the fetch, UTC.</param>
    /// <param name="window">End of what was asked for, UTC.</param>
    /// <param name="result">The answer.</param>
    /// <param name="isSecondRead">Whether it is the read that a suspicious first one asked for.</param>
    /// <param name="ttl">Lifetime of a snapshot.</param>
    public static Judgement Judge(
        string calendarId,
        CalendarPicture picture,
        DateTimeOffset startedAt,
        DateTimeOffset window,
        FetchResult result,
        bool isSecondRead,
        TimeSpan ttl)
    {
        var judgement = JudgeAnswer(calendarId, picture, startedAt, window, result, isSecondRead, ttl);
        return judgement.Write is not { } write ? judgement : judgement with { Write = write with { News = News(picture.State, write) } };
    }

    /// <summary>
    /// Whether somebody has to be told: at once for what does not pass by itself, and for the rest after <see cref="UnhealthyFrom"/> failures in a row, because providers stumble all
    /// the time.
    /// </summary>
    public static bool IsUnhealthy(CalendarState state) => state.Error is { } error && (error.Code switch
    {
        RefreshErrorCodes.Unauthorized or RefreshErrorCodes.NotFound or RefreshErrorCodes.UnsupportedDuration or RefreshErrorCodes.NotConfigured => true,
        _ => state.Failures >= UnhealthyFrom,
    });

    private static CalendarNews News(CalendarState before, SnapshotWrite write)
    {
        var news = write.NewSnapshot is null ? CalendarNews.None : CalendarNews.AvailabilityChanged;
        return (IsUnhealthy(before), IsUnhealthy(write.State)) switch
        {
            (false, true) => news | CalendarNews.Unhealthy,
            (true, false) when write.State.Error is null => news | CalendarNews.Recovered,
            _ => news,
        };
    }

    private static Judgement JudgeAnswer(
        string calendarId,
        CalendarPicture picture,
        DateTimeOffset startedAt,
        DateTimeOffset window,
        FetchResult result,
        bool isSecondRead,
        TimeSpan ttl) => result switch
        {
            FetchResult.Fetched fetched => Fetched(calendarId, picture, startedAt, window, fetched, isSecondRead, ttl),
            FetchResult.Unchanged => new(
                new RefreshOutcome(RefreshKind.Unchanged, SlotCount: FutureCount(picture, startedAt)),
                Success(calendarId, picture, startedAt, picture.State.RangeEnd ?? window, ttl)),
            FetchResult.RateLimited { ByBudget: true } limited => new(
                new RefreshOutcome(RefreshKind.RateLimited, RetryAt: limited.Until, Asked: false), null),
            FetchResult.RateLimited limited => Failed(
                calendarId, picture, startedAt, ttl, RefreshKind.RateLimited, RefreshErrorCodes.RateLimited,
                $"The provider asks to wait until {UtcText.Format(limited.Until)}.", limited.Until),
            FetchResult.Unauthorized refused => Failed(
                calendarId, picture, startedAt, ttl, RefreshKind.Refused, RefreshErrorCodes.Unauthorized, refused.Detail, null),
            FetchResult.NotFound missing => Failed(
                calendarId, picture, startedAt, ttl, RefreshKind.Refused, RefreshErrorCodes.NotFound, missing.Detail, null),
            FetchResult.UnsupportedDuration unsupported => Failed(
                calendarId, picture, startedAt, ttl, RefreshKind.UnsupportedDuration, RefreshErrorCodes.UnsupportedDuration,
                Describe(unsupported), startedAt + UnsupportedDurationBackoff),
            FetchResult.Malformed malformed => Failed(
                calendarId, picture, startedAt, ttl, RefreshKind.Failed, RefreshErrorCodes.MalformedAnswer, malformed.Detail, null),
            FetchResult.Unreachable unreachable => Failed(
                calendarId, picture, startedAt, ttl, RefreshKind.Failed, RefreshErrorCodes.ProviderUnreachable, unreachable.Detail, null),
            FetchResult.NotConfigured missing => Failed(
                calendarId, picture, startedAt, ttl, RefreshKind.NotConfigured, RefreshErrorCodes.NotConfigured, missing.Detail, null),
            _ => throw new ArgumentOutOfRangeException(nameof(result), result, "No such result."),
        };

    /// <summary>When a calendar that failed is worth asking again.</summary>
    public static DateTimeOffset NextTry(CalendarState state, TimeSpan ttl) => state.BackoffUntil
        ?? (state.StaleAt == state.LastSuccessAt && state.LastAttemptAt is { } tried ? tried + RetryDelay(state.Failures, ttl) : state.StaleAt);

    /// <summary>Whether a fall of future slots is too sudden to be believed at once.</summary>
    public static bool IsSuspicious(int before, int after) =>
        before > 0 && (after == 0 || (before >= SuspiciousFrom && after * 5 < before));

    private static Judgement Fetched(
        string calendarId, CalendarPicture picture, DateTimeOffset startedAt, DateTimeOffset window, FetchResult.Fetched fetched, bool isSecondRead, TimeSpan ttl)
    {
        var from = startedAt.ToUnixTimeSeconds();
        var snapshot = picture.Snapshot;
        var sameLength = snapshot is not null && snapshot.DurationSeconds == fetched.DurationSeconds;
        var resolved = fetched.Resolved;
        if (sameLength && SnapshotCodec.SameFrom(snapshot!.Packed, from, fetched.Starts))
        {
            return new Judgement(
                new RefreshOutcome(RefreshKind.Unchanged, SlotCount: fetched.Starts.Length),
                Success(calendarId, picture, startedAt, window, ttl) with { NewResolved = resolved });
        }

        var before = FutureCount(picture, startedAt);
        if (!isSecondRead && IsSuspicious(before, fetched.Starts.Length))
        {
            var flagged = Failed(
                calendarId, picture, startedAt, ttl, RefreshKind.Suspicious, RefreshErrorCodes.SuspiciousAnswer,
                string.Create(CultureInfo.InvariantCulture, $"The provider's answer fell from {before} slots to {fetched.Starts.Length} and a second read did not confirm it; the earlier ones are kept."),
                null);
            return flagged with { ReadAgain = true };
        }

        var (added, removed) = Differences(snapshot, from, fetched.Starts);
        var success = Success(calendarId, picture, startedAt, window, ttl);
        return new Judgement(
            new RefreshOutcome(RefreshKind.Refreshed, SlotCount: fetched.Starts.Length, Added: added, Removed: removed),
            success with
            {
                State = success.State with { Epoch = success.BeganAt + 1 },
                NewSnapshot = new Snapshot(SnapshotCodec.Pack(fetched.Starts), fetched.Starts.Length, fetched.DurationSeconds),
                NewResolved = resolved,
            });
    }

    private static SnapshotWrite Success(string calendarId, CalendarPicture picture, DateTimeOffset startedAt, DateTimeOffset rangeEnd, TimeSpan ttl) => new(
        calendarId,
        picture.State.Epoch,
        new CalendarState(picture.State.Epoch, startedAt + ttl, startedAt, startedAt, null, null, 0, rangeEnd),
        null,
        null);

    private static Judgement Failed(
        string calendarId, CalendarPicture picture, DateTimeOffset startedAt, TimeSpan ttl, RefreshKind kind, string code, string message, DateTimeOffset? until)
    {
        var state = picture.State;
        var error = state.Error is { } known && known.Code == code
            ? known with { Message = message }
            : new RefreshError(code, message, startedAt);
        var failures = state.Failures + 1;
        var write = new SnapshotWrite(
            calendarId,
            state.Epoch,
            state with
            {
                LastAttemptAt = startedAt,
                Error = error,
                Failures = failures,
                BackoffUntil = until,
                // What an invalidation made stale stays stale until a success, however often it is tried.
                StaleAt = state.StaleAt <= state.LastSuccessAt ? state.LastSuccessAt.Value : until ?? startedAt + RetryDelay(failures, ttl),
            },
            null,
            null);
        return new Judgement(new RefreshOutcome(kind, error, until), write);
    }

    private static TimeSpan RetryDelay(int failures, TimeSpan ttl)
    {
        var delay = FirstRetry * Math.Pow(2, Math.Min(failures - 1, 10));
        return delay < ttl ? delay : ttl;
    }

    private static int FutureCount(CalendarPicture picture, DateTimeOffset from) =>
        picture.Snapshot is { } snapshot ? SnapshotCodec.CountFrom(snapshot.Packed, from.ToUnixTimeSeconds()) : 0;

    private static (int Added, int Removed) Differences(Snapshot? snapshot, long from, long[] after)
    {
        var before = snapshot is null ? [] : SnapshotCodec.Unpack(snapshot.Packed, snapshot.Count);
        int added = 0, removed = 0, i = 0, j = 0;
        while (i < before.Length && before[i] < from)
            i++;
        while (i < before.Length || j < after.Length)
        {
            if (j == after.Length || (i < before.Length && before[i] < after[j]))
            {
                removed++;
                i++;
            }
            else if (i == before.Length || after[j] < before[i])
            {
                added++;
                j++;
            }
            else
            {
                i++;
                j++;
            }
        }
        return (added, removed);
    }

    private static string Describe(FetchResult.UnsupportedDuration unsupported) => unsupported.OfferedMinutes.Count == 0
        ? "The provider does not offer the requested duration; change durationMinutes of the calendar."
        : $"The provider does not offer the requested duration; set durationMinutes of the calendar to one of: {string.Join(", ", unsupported.OfferedMinutes)}.";
}
