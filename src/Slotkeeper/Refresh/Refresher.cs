using Microsoft.Extensions.Logging;
using Slotkeeper.Diagnostics;
using Slotkeeper.Invalidation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>
/// The only writer of snapshots. Fetches a calendar, has the answer judged, has the judgement stored. However many ask for one
/// calendar at a time, its provider is asked once.
/// </summary>
public sealed class Refresher(
    ICalendarProviders providers,
    CatalogSync sync,
    SnapshotWriter writer,
    AvailabilityOptions options,
    TimeProvider clock,
    RefreshMetrics metrics,
    ILogger<Refresher> logger)
{
    /// <summary>Raised when a fetch has changed what a calendar has, with what was known before.</summary>
    public event Action<LiveCalendar, CalendarPicture>? Changed;

    /// <summary>Refreshes a calendar for somebody who waits.</summary>
    /// <param name="calendar">Which.</param>
    /// <param name="patience">After this the caller gets <see cref="RefreshKind.StillRunning"/>; the refresh goes on.</param>
    /// <param name="cancellationToken">Ends the wait, not the refresh.</param>
    public async Task<RefreshOutcome> RefreshAsync(LiveCalendar calendar, TimeSpan patience, CancellationToken cancellationToken)
    {
        var flight = Join(calendar, null, out var isOurs);
        flight.MarkAwaited();
        if (isOurs)
            _ = FlyBoundedAsync(flight);
        try
        {
            return await flight.Done.WaitAsync(patience, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return new RefreshOutcome(RefreshKind.StillRunning);
        }
    }

    /// <summary>
    /// Fetches a calendar for a run. The returned task ends when the provider has answered, with what that will count as once it
    /// is stored, so that the run can go on; <paramref name="stored"/> ends when it is stored.
    /// </summary>
    internal Task<RefreshOutcome> FetchAsync(LiveCalendar calendar, FencingToken fence, out Task<RefreshOutcome> stored, CancellationToken cancellationToken)
    {
        var flight = Join(calendar, fence, out var isOurs);
        stored = isOurs ? flight.Done : WaitAsync(flight, cancellationToken);
        return isOurs ? FlyAsync(flight, cancellationToken) : stored;
    }

    /// <summary>A run shares a fetch that a reader began, but not beyond its own deadline.</summary>
    private static async Task<RefreshOutcome> WaitAsync(RefreshFlight flight, CancellationToken cancellationToken)
    {
        try
        {
            return await flight.Done.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return new RefreshOutcome(RefreshKind.Cancelled);
        }
    }

    /// <summary>Nobody's deadline ends a reader's fetch, so it has one of its own: else a silent provider would keep the calendar for ever.</summary>
    private async Task FlyBoundedAsync(RefreshFlight flight)
    {
        using var limit = new CancellationTokenSource(options.TimeBudget, clock);
        await FlyAsync(flight, limit.Token);
    }

    private RefreshFlight Join(LiveCalendar calendar, FencingToken? fence, out bool isOurs)
    {
        while (true)
        {
            if (Volatile.Read(ref calendar.Flight) is RefreshFlight current)
            {
                isOurs = false;
                return current;
            }
            var flight = new RefreshFlight(calendar, fence, Land) { Started = clock.GetTimestamp() };
            if (Interlocked.CompareExchange(ref calendar.Flight, flight, null) is not null)
                continue;
            isOurs = true;
            return flight;
        }
    }

    private async Task<RefreshOutcome> FlyAsync(RefreshFlight flight, CancellationToken cancellationToken)
    {
        var picture = flight.Calendar.Picture;
        var startedAt = clock.GetUtcNow();
        try
        {
            await sync.EnsureTrustedAsync(flight.Calendar, cancellationToken);
            picture = flight.Calendar.Picture;
            var judgement = await AskAsync(flight.Calendar, picture, isSecondRead: false, cancellationToken);
            if (judgement.ReadAgain)
            {
                // One answer is not believed when it takes nearly everything away; two that agree are. A second answer that
                // failed proves nothing, and one that has the slots again is simply the truth.
                var second = await AskAsync(flight.Calendar, picture, isSecondRead: true, cancellationToken);
                if (second.Outcome.IsSuccess)
                    judgement = second;
                else
                    Log.SuspiciousAnswer(logger, flight.Calendar.Calendar.Id, picture.Snapshot?.Count ?? 0, judgement.Outcome.SlotCount);
            }
            return Submit(flight, picture, judgement);
        }
        catch (OperationCanceledException)
        {
            var late = new FetchResult.Unreachable("The provider had not answered when the time for it was over.");
            return Submit(flight, picture, AnswerJudge.Judge(flight.Calendar.Calendar.Id, picture, startedAt, startedAt, late, false, options.CacheTtl));
        }
        catch (StorageUnavailableException)
        {
            return flight.Complete(new RefreshOutcome(RefreshKind.NotStored, DurationMs: Elapsed(flight)));
        }
#pragma warning disable CA1031 // A fault in one calendar's fetch must not end the run of all the others; it is logged and counted.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.FetchBroke(logger, exception, flight.Calendar.Calendar.Id);
            return flight.Complete(new RefreshOutcome(
                RefreshKind.Failed,
                new RefreshError(RefreshErrorCodes.ProviderUnreachable, "The fetch failed unexpectedly; see the log.", clock.GetUtcNow()),
                DurationMs: Elapsed(flight)));
        }
    }

    private RefreshOutcome Submit(RefreshFlight flight, CalendarPicture picture, Judgement judgement)
    {
        var verdict = judgement.Outcome with { DurationMs = Elapsed(flight) };
        if (judgement.Write is null)
            return flight.Complete(verdict);
        flight.Verdict = verdict;
        LogChange(flight.Calendar.Calendar.Id, picture.State.Error, judgement.Write.State.Error);
        flight.Before = picture;
        flight.Write = judgement.Write;
        if (judgement.Outcome.IsSuccess)
            flight.Proof = RoomProof.Find(flight.Calendar.Calendar.Id, flight.Calendar.Calendar.ResourceId, picture, judgement.Write);
        writer.Enqueue(flight);
        return verdict;
    }

    private async ValueTask<Judgement> AskAsync(LiveCalendar calendar, CalendarPicture picture, bool isSecondRead, CancellationToken cancellationToken)
    {
        var startedAt = clock.GetUtcNow();
        var from = DateTimeOffset.FromUnixTimeSeconds(startedAt.ToUnixTimeSeconds());
        // Up to the midnight after the window's end: else an answer would grow at its end with every half hour that passes,
        // and every snapshot would have to be stored again each time.
        var to = new DateTimeOffset(from.UtcDateTime.Date.AddDays(AvailabilityOptions.WindowDays + 1), TimeSpan.Zero);
        var timestamp = clock.GetTimestamp();
        // An adapter that does not hear the cancellation is left behind: the run ends in time all the same.
        var result = await providers.FetchAsync(new FetchRequest(calendar.Calendar, from, to), cancellationToken).AsTask().WaitAsync(cancellationToken);
        calendar.LastFetchMs = (int)Math.Min(clock.GetElapsedTime(timestamp).TotalMilliseconds, int.MaxValue);
        if (result is FetchResult.Fetched { Past: > 0 } or FetchResult.Fetched { Unreadable: > 0 })
        {
            var fetched = (FetchResult.Fetched)result;
            metrics.SlotsLeftOut(calendar.Calendar.Provider, fetched.Past, fetched.Unreadable);
            Log.SlotsLeftOut(logger, calendar.Calendar.Id, fetched.Past, fetched.Unreadable);
        }
        return AnswerJudge.Judge(calendar.Calendar.Id, picture, startedAt, to, result, isSecondRead, options.CacheTtl);
    }

    private void Land(RefreshFlight flight, RefreshOutcome outcome)
    {
        metrics.Refreshed(flight.Calendar.Calendar.Provider, outcome.Kind);
        Interlocked.CompareExchange(ref flight.Calendar.Flight, null, flight);
        if (outcome.Kind != RefreshKind.Refreshed)
            return;
        sync.Published(flight.Calendar.Calendar.Id);
        if (flight.Before is { } before)
            Changed?.Invoke(flight.Calendar, before);
    }

    private long Elapsed(RefreshFlight flight) => (long)clock.GetElapsedTime(flight.Started).TotalMilliseconds;

    private void LogChange(string calendarId, RefreshError? before, RefreshError? after)
    {
        if (after is not null && after.Code != before?.Code)
            Log.CalendarUnhealthy(logger, calendarId, after.Code, after.Since, after.Message);
        else if (after is null && before is not null)
            Log.CalendarRecovered(logger, calendarId, before.Code);
    }
}
