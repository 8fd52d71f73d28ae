using System.Threading.Channels;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Refresh;

/// <summary>
/// One run. Starts fetches in the planned order while there are places and time, tries failed ones again as the rule says,
/// cancels what is under way at the deadline, and counts every calendar exactly once.
/// </summary>
internal sealed class SweepRun(
    Catalog catalog,
    Refresher refresher,
    AvailabilityOptions options,
    TimeProvider clock,
    Random random,
    FencingToken token,
    SweepRequest request,
    string invocationId)
{
    /// <summary>New starts end this long before the deadline, so that what is under way can finish; three quarters of a budget too short for that.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(7.5);

    private static readonly TimeSpan AdaptEvery = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly PriorityQueue<Item, DateTimeOffset> later = new();
    private readonly HashSet<Item> active = [];
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly List<string> errors = [];
    private readonly Queue<Item> slow = new();
    private Queue<Item> quick = new();
    private bool stopped;
    private DateTimeOffset startsEndAt;
    private long started;
    private FetchGate places = new(0, 1);
    private RetryRule retries = new(0);
    private SweepRecorder recorder = new([]);
    private int attempted, refreshed, unchanged, unsupported, notConfigured, errorCount, notAttempted, unfinished;

    /// <param name="lost">The lease is gone: stop at once.</param>
    /// <param name="cancellationToken">The process stops.</param>
    public async Task<SweepResult> ExecuteAsync(CancellationToken lost, CancellationToken cancellationToken)
    {
        started = clock.GetTimestamp();
        var startedAt = clock.GetUtcNow();
        var metrics = FleetMetrics.Of(catalog.Calendars, startedAt);
        var plan = SweepPlanner.Plan(
            catalog.Calendars.Where(calendar => calendar.AgencyId is not null)
                .Select(calendar => new SweepCandidate(calendar, calendar.AgencyId!, calendar.Picture.State)),
            request.Mode,
            request.Limit,
            startedAt,
            agencyId => catalog.TryAgency(agencyId, out var agency) ? agency.Weight : 1);
        Enqueue(plan.Queue);

        var margin = request.TimeBudget * 0.75 < Margin ? request.TimeBudget * 0.75 : Margin;
        startsEndAt = startedAt + request.TimeBudget - margin;
        using var deadline = new CancellationTokenSource(request.TimeBudget, clock);
        using var stopStarts = new CancellationTokenSource(request.TimeBudget - margin, clock);
        using var cancelFetches = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, lost, cancellationToken);
        using var noMoreStarts = CancellationTokenSource.CreateLinkedTokenSource(stopStarts.Token, cancelFetches.Token);

        var adapting = AdaptAsync(request.TimeBudget - margin, noMoreStarts.Token);
        await StartAsync(noMoreStarts.Token, cancelFetches.Token);
        await noMoreStarts.CancelAsync();
        await adapting;
        await FinishAsync();
        cancellationToken.ThrowIfCancellationRequested();

        var endedAt = clock.GetUtcNow();
        foreach (var calendar in catalog.Calendars)
            calendar.Trim(endedAt.ToUnixTimeSeconds() - (long)options.CacheTtl.TotalSeconds);
        return new SweepResult
        {
            InvocationId = invocationId,
            Mode = request.Mode,
            Trigger = request.Trigger,
            StartedAt = startedAt,
            Checked = plan.Queue.Count + plan.SkippedBackoff,
            Attempted = attempted,
            Refreshed = refreshed,
            Unchanged = unchanged,
            SkippedNoDefault = catalog.Workspaces.Count(workspace => workspace.DefaultCalendarId is null),
            SkippedUnsupportedDuration = unsupported,
            SkippedBackoff = plan.SkippedBackoff,
            SkippedNotConfigured = notConfigured,
            NotAttempted = notAttempted,
            Errors = errors,
            ErrorCount = errorCount,
            Metrics = metrics with { AgeSeconds = FleetMetrics.Of(catalog.Calendars, endedAt).AgeSeconds },
            DurationMs = SinceStart(),
            Work = recorder.Work(request.TimeBudget, request.TimeBudget - margin, lost.IsCancellationRequested),
            Trace = recorder.Trace(),
        };
    }

    private void Enqueue(IReadOnlyList<SweepCandidate> queue)
    {
        quick = new Queue<Item>(queue.Count);
        foreach (var candidate in queue)
        {
            var item = new Item(candidate.Calendar);
            // Ones known to be slow have places of their own: they cannot delay the others, nor the others them.
            (IsSlow(candidate.Calendar) ? slow : quick).Enqueue(item);
        }
        places = new FetchGate(queue.Count, request.Concurrency ?? options.Concurrency);
        retries = new RetryRule(queue.Count);
        recorder = new SweepRecorder(queue);
        unfinished = queue.Count;
    }

    private async Task StartAsync(CancellationToken noMoreStarts, CancellationToken cancelFetches)
    {
        while (!noMoreStarts.IsCancellationRequested)
        {
            Item? item;
            TimeSpan? pause;
            lock (gate)
            {
                if (unfinished == 0)
                    return;
                item = Next(out pause);
                if (item is not null)
                {
                    places.Begin(item.IsAside);
                    active.Add(item);
                    item.Lane = recorder.Begin();
                }
            }
            if (item is not null)
                _ = FetchAsync(item, cancelFetches);
            else
                await WaitAsync(pause, noMoreStarts);
        }
    }

    /// <summary>The next one that has a place, or how long until one comes back for another try.</summary>
    private Item? Next(out TimeSpan? pause)
    {
        pause = null;
        var now = clock.GetUtcNow();
        while (later.TryPeek(out _, out var at) && at <= now)
        {
            var again = later.Dequeue();
            (again.IsAside ? slow : quick).Enqueue(again);
        }
        if (slow.Count > 0 && places.HasSlowPlace)
        {
            var item = slow.Dequeue();
            item.IsAside = true;
            return item;
        }
        if (quick.Count > 0 && places.HasPlace)
        {
            var item = quick.Dequeue();
            item.IsAside = false;
            return item;
        }
        if (later.TryPeek(out _, out var next))
            pause = next - now;
        return null;
    }

    private async Task FetchAsync(Item item, CancellationToken cancelFetches)
    {
        item.StartedAt = clock.GetTimestamp();
        item.Attempts++;
        var answered = await refresher.FetchAsync(item.Calendar, token, out var stored, cancelFetches);
        var ms = clock.GetElapsedTime(item.StartedAt).TotalMilliseconds;
        lock (gate)
        {
            active.Remove(item);
            places.End(item.IsAside, answered.Kind is RefreshKind.Failed or RefreshKind.RateLimited, ms);
            var startMs = (int)clock.GetElapsedTime(started, item.StartedAt).TotalMilliseconds;
            item.WaitingSinceMs = recorder.End(item.Calendar.Calendar, answered, item.Lane, startMs, (int)ms, item.WaitingSinceMs);
        }
        Wake();
        var outcome = await stored;
        lock (gate)
        {
            Count(item, outcome);
        }
        Wake();
    }

    private void Count(Item item, RefreshOutcome outcome)
    {
        if (!outcome.Asked)
            item.Attempts--;
        if (!stopped && retries.Next(outcome, item.Attempts, clock.GetUtcNow(), random.NextDouble()) is { } again && again < startsEndAt)
        {
            item.Last = outcome;
            item.IsAside = IsSlow(item.Calendar);
            later.Enqueue(item, again);
            return;
        }
        Close(item, outcome);
    }

    /// <summary>Counts a calendar for good.</summary>
    private void Close(Item item, RefreshOutcome? outcome)
    {
        unfinished--;
        if (outcome is null || (item.Attempts == 0 && !outcome.Asked))
        {
            notAttempted++;
            recorder.Left(item.Calendar.Calendar, SinceStart(), item.WaitingSinceMs);
            return;
        }
        if (outcome.Kind == RefreshKind.NotConfigured)
        {
            notConfigured++;
            return;
        }
        attempted++;
        switch (outcome.Kind)
        {
            case RefreshKind.Unchanged:
                unchanged++;
                refreshed++;
                break;
            case RefreshKind.Refreshed:
                refreshed++;
                break;
            case RefreshKind.UnsupportedDuration:
                unsupported++;
                break;
            default:
                errorCount++;
                if (errors.Count < SweepResult.MaximumErrors)
                    errors.Add($"{item.Calendar.Calendar.Id}: {Describe(outcome)}");
                break;
        }
    }

    /// <summary>No new starts any more: what waits for another try keeps its last outcome, the rest was not attempted; what is under way ends.</summary>
    private async Task FinishAsync()
    {
        lock (gate)
        {
            stopped = true;
            foreach (var item in quick.Concat(slow).Concat(later.UnorderedItems.Select(entry => entry.Element)))
                Close(item, item.Last);
            quick.Clear();
            slow.Clear();
            later.Clear();
        }
        while (true)
        {
            lock (gate)
            {
                if (unfinished == 0)
                    return;
            }
            await wake.Reader.ReadAsync(CancellationToken.None);
        }
    }

    /// <summary>Once a second: puts slow fetches aside and lets the gate adapt.</summary>
    private async Task AdaptAsync(TimeSpan startsEnd, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(AdaptEvery, clock, cancellationToken);
                lock (gate)
                {
                    foreach (var item in active)
                    {
                        if (!item.IsAside && clock.GetElapsedTime(item.StartedAt) > FetchGate.Patience && places.TryPutAside())
                            item.IsAside = true;
                    }
                    places.Adapt(quick.Count, startsEnd - clock.GetElapsedTime(started));
                }
                Wake();
            }
        }
        catch (OperationCanceledException)
        {
            // No more starts.
        }
    }

    private async Task WaitAsync(TimeSpan? pause, CancellationToken cancellationToken)
    {
        try
        {
            if (pause is null)
            {
                await wake.Reader.ReadAsync(cancellationToken);
                return;
            }
            using var timeout = new CancellationTokenSource(pause.Value < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : pause.Value, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            await wake.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Time for the next look, or for the end.
        }
    }

    /// <summary>Milliseconds.</summary>
    private int SinceStart() => (int)clock.GetElapsedTime(started).TotalMilliseconds;

    private void Wake() => wake.Writer.TryWrite(true);

    private static bool IsSlow(LiveCalendar calendar) => calendar.LastFetchMs > FetchGate.Slow.TotalMilliseconds;

    private static string Describe(RefreshOutcome outcome) => outcome.Error is { } error
        ? $"{error.Code}: {error.Message}"
        : outcome.Kind switch
        {
            RefreshKind.Superseded => "superseded: availability changed while it was fetched; it is due again.",
            RefreshKind.Fenced => "fenced: the run lost its lease.",
            RefreshKind.NotStored => "storage_unavailable: the outcome could not be stored.",
            RefreshKind.Cancelled => "cancelled: it was not done when the run ended.",
            RefreshKind.RateLimited => "rate_limited: the connection's budget is used up.",
            _ => "failed",
        };

    private sealed class Item(LiveCalendar calendar)
    {
        public LiveCalendar Calendar { get; } = calendar;
        public int Attempts { get; set; }
        public bool IsAside { get; set; }
        public long StartedAt { get; set; }
        public short Lane { get; set; }

        /// <summary>Since when, after the run's start, it has waited for its connection's budget; null when it does not.</summary>
        public int? WaitingSinceMs { get; set; }

        /// <summary>Outcome of the last attempt, while it waits for another.</summary>
        public RefreshOutcome? Last { get; set; }
    }
}
