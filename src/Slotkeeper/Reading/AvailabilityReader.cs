using Slotkeeper.Claims;
using Slotkeeper.Invalidation;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Reading;

/// <summary>
/// The only reader of snapshots. Every answer is cut at the moment of answering: nothing past, nothing inside the notice,
/// nothing a claim overlaps. Fresh data is answered from memory without waiting; stale data is fetched first when the caller
/// allows it, one fetch for all who wait, and otherwise answered with its true age.
/// </summary>
public sealed class AvailabilityReader(Catalog catalog, CatalogSync sync, Refresher refresher, AvailabilityOptions options, TimeProvider clock)
{
    /// <summary>Reads free slots.</summary>
    /// <exception cref="StorageUnavailableException">This node's memory cannot be trusted and the database is away.</exception>
    public ValueTask<SlotAnswer> ReadAsync(Workspace workspace, SlotQuery query, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var (calendarId, source) = workspace.Resolve(query.Source);
        if (calendarId is null || !catalog.TryCalendar(calendarId, out var calendar))
            return new ValueTask<SlotAnswer>(WithoutCalendar(workspace, source, query, now));
        if (calendar.IsTrusted(catalog.Generation) && sync.IsTrusted && (!query.RefreshIfStale || IsYoung(calendar, query.MaxAge, now)))
            return new ValueTask<SlotAnswer>(Answer(workspace, source, calendar, query, now));
        return ReadSlowlyAsync(workspace, source, calendar, query, cancellationToken);
    }

    /// <summary>Says of one start whether it is offered and why, by the rules and the data of <see cref="ReadAsync"/>. Never asks a provider.</summary>
    public async Task<SlotExplanation> ExplainAsync(Workspace workspace, CalendarSource source, DateTimeOffset start, CancellationToken cancellationToken)
    {
        var answer = await ReadAsync(workspace, new SlotQuery(source, RefreshIfStale: false), cancellationToken);
        if (answer.Slots is not { } slots || answer.Calendar is null)
        {
            return new SlotExplanation(start, false, [new(SlotReasons.NoCalendar, "The workspace has no calendar for this source; set one.")], answer, false, []);
        }
        var seconds = start.ToUnixTimeSeconds();
        var whole = start == DateTimeOffset.FromUnixTimeSeconds(seconds);
        var isFree = whole && Array.BinarySearch(slots.Free, seconds) >= 0;
        var isClaimed = whole && Array.BinarySearch(slots.Claimed, seconds) >= 0;
        var end = start.AddSeconds(slots.DurationSeconds);
        var claims = slots.Picture.Claims.Where(claim => FreeSlots.IsLive(claim, answer.Now.ToUnixTimeSeconds()) && claim.Start < end && claim.End > start).ToList();

        var reasons = new List<SlotReason>();
        if (start < answer.Now)
            reasons.Add(new(SlotReasons.Past, $"It began before the moment of answering, {UtcText.Format(answer.Now)}."));
        else if (start < Notice(workspace, answer.Now))
            reasons.Add(new(SlotReasons.InsideNotice, $"The workspace asks for {workspace.Settings.MinimumNoticeMinutes} minutes of notice."));
        if (start >= answer.RangeEnd)
            reasons.Add(new(SlotReasons.OutsideRange, $"Slots are known up to {UtcText.Format(answer.RangeEnd)}."));
        if (!isFree && !isClaimed)
            reasons.Add(new(SlotReasons.NotInSnapshot, "The provider did not name it in the last good answer."));
        if (isClaimed)
            reasons.AddRange(claims.Where(claim => !claim.LeavesRoomFor(answer.Calendar.Calendar.Id)).Select(Reason).Distinct());
        if (answer.Age is { } age && age.TotalSeconds > workspace.Settings.MaxOfferAgeSeconds)
            reasons.Add(new(SlotReasons.DataTooOld, $"The data is {(long)age.TotalSeconds} s old; nothing older than {workspace.Settings.MaxOfferAgeSeconds} s is offered."));
        var offered = reasons.Count == 0;
        if (offered)
            reasons.Add(new(SlotReasons.Free, claims.Exists(claim => claim.LeavesRoomFor(answer.Calendar.Calendar.Id))
                ? "It can be booked: the provider goes on naming it beside what is booked there."
                : "It can be booked."));
        return new SlotExplanation(start, offered, reasons, answer, isFree || isClaimed, claims);
    }

    private async ValueTask<SlotAnswer> ReadSlowlyAsync(Workspace workspace, CalendarSource source, LiveCalendar calendar, SlotQuery query, CancellationToken cancellationToken)
    {
        await sync.EnsureTrustedAsync(calendar, cancellationToken);
        if (query.RefreshIfStale && !IsYoung(calendar, query.MaxAge, clock.GetUtcNow()))
        {
            if (sync.MayBeNewerElsewhere)
                await sync.ReloadCalendarAsync(calendar.Calendar.Id, cancellationToken);
            var now = clock.GetUtcNow();
            if (!IsYoung(calendar, query.MaxAge, now) && MayAskAgain(calendar, now))
                await refresher.RefreshAsync(calendar, options.ReaderPatience, cancellationToken);
        }
        return Answer(workspace, source, calendar, query, clock.GetUtcNow());
    }

    private SlotAnswer Answer(Workspace workspace, CalendarSource source, LiveCalendar calendar, SlotQuery query, DateTimeOffset now)
    {
        var nowCeiling = CeilingSeconds(now);
        var slots = calendar.Free(now.ToUnixTimeSeconds());
        var state = slots.Picture.State;
        var end = query.To ?? now.AddDays(AvailabilityOptions.WindowDays);
        var lower = query.From is { } from ? CeilingSeconds(from) : long.MinValue;
        var upper = CeilingSeconds(end);
        var present = Math.Max(lower, nowCeiling);
        var notice = Math.Max(present, CeilingSeconds(Notice(workspace, now)));

        var free = Cut(slots.Free, lower, present, notice, upper);
        var claimed = Cut(slots.Claimed, lower, present, notice, upper);
        var staleAt = state.LastSuccessAt is { } success && success + options.CacheTtl < state.StaleAt ? success + options.CacheTtl : state.StaleAt;
        return new SlotAnswer(workspace, source, now)
        {
            Calendar = calendar,
            Slots = slots,
            First = free.First,
            Count = Math.Min(free.End - free.First, query.Limit ?? int.MaxValue),
            RemovedPast = free.Past + claimed.Past,
            RemovedNotice = free.Notice + claimed.Notice,
            RemovedClaimed = claimed.End - claimed.First,
            RangeStart = query.From ?? now,
            RangeEnd = end,
            Fresh = IsYoung(calendar, query.MaxAge, now),
            StaleAt = staleAt,
            Error = state.Error ?? (state.LastSuccessAt is null ? NotFetchedYet(workspace) : null),
        };
    }

    private static RefreshError NotFetchedYet(Workspace workspace) => new(
        RefreshErrorCodes.NotFetchedYet, "The calendar was not fetched yet; it is due at once.", workspace.CreatedAt);

    private static SlotAnswer WithoutCalendar(Workspace workspace, CalendarSource source, SlotQuery query, DateTimeOffset now) => new(workspace, source, now)
    {
        RangeStart = query.From ?? now,
        RangeEnd = query.To ?? now.AddDays(AvailabilityOptions.WindowDays),
        Error = new RefreshError(RefreshErrorCodes.NoCalendar, "The workspace has no calendar for this source; set one with PUT .../calendars/{source}.", workspace.CreatedAt),
    };

    /// <summary>
    /// Young enough: no older than asked, or within its lifetime, and not made stale by a change since. Data from the future
    /// (a clock that was set back) has no age that could be trusted.
    /// </summary>
    private bool IsYoung(LiveCalendar calendar, TimeSpan? maxAge, DateTimeOffset now)
    {
        var state = calendar.Picture.State;
        return state.LastSuccessAt is { } success
            && success <= now
            && now - success <= (maxAge ?? options.CacheTtl)
            && state.StaleAt > success;
    }

    /// <summary>A calendar that just failed is not asked again by every reader, only when its next try is due.</summary>
    private bool MayAskAgain(LiveCalendar calendar, DateTimeOffset now)
    {
        var state = calendar.Picture.State;
        return state.Failures == 0 || AnswerJudge.NextTry(state, options.CacheTtl) <= now || state.LastAttemptAt > now;
    }

    private static DateTimeOffset Notice(Workspace workspace, DateTimeOffset now) => now.AddMinutes(workspace.Settings.MinimumNoticeMinutes);

    private static long CeilingSeconds(DateTimeOffset instant)
    {
        var seconds = instant.ToUnixTimeSeconds();
        return instant.Ticks % TimeSpan.TicksPerSecond == 0 ? seconds : seconds + 1;
    }

    private static (int Past, int Notice, int First, int End) Cut(long[] starts, long lower, long present, long notice, long upper)
    {
        if (starts.Length == 0)
            return default;
        var end = LowerBound(starts, upper);
        var low = Math.Min(end, LowerBound(starts, lower));
        var now = Math.Min(end, LowerBound(starts, present));
        var first = notice == present ? now : Math.Min(end, LowerBound(starts, notice));
        return (now - low, first - now, first, end);
    }

    private static int LowerBound(long[] starts, long value)
    {
        var low = 0;
        var high = starts.Length;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (starts[middle] < value)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private static SlotReason Reason(Claim claim) => claim.State switch
    {
        ClaimState.Held => new(SlotReasons.Held, "It is held for somebody for a short while."),
        ClaimState.Booked => new(SlotReasons.Booked, "It is booked."),
        ClaimState.External => new(SlotReasons.BookedElsewhere, "It was booked elsewhere."),
        ClaimState.Pending or ClaimState.Unknown => new(SlotReasons.BeingBooked, "It is being booked."),
        _ => throw new ArgumentOutOfRangeException(nameof(claim), claim.State, "No such state."),
    };
}
