using NodaTime;
using Slotkeeper.Offers;

namespace Slotkeeper.Alternatives;

/// <summary>
/// Finds what to name instead of a time that cannot be had. Every answer is one of the free starts it was given; days and clock times are
/// compared in the zone by instants. See docs/alternatives.md.
/// </summary>
public static class AlternativeSearch
{
    private const int NearMinutes = 15;
    private const int AroundMinutes = 30;
    private const int SameDaySeconds = 2 * 3600;
    private const int PreferredDays = 7;

    /// <summary>The best alternatives, ranked.</summary>
    /// <exception cref="ArgumentException">A property of the query is out of range; it is named.</exception>
    /// <exception cref="NodaTime.TimeZones.DateTimeZoneNotFoundException">There is no such zone.</exception>
    public static AlternativeFinding Find(AlternativeQuery query)
    {
        query.Check();
        var zone = Zones.Get(query.TimeZone);
        var search = new Search(query, new DayIndex(query.Free.Span, zone), new DayIndex(query.Claimed.Span, zone));
        return query.Preference.Minutes is { } minutes ? search.Preferring(minutes.From, minutes.Until) : search.AnyTime();
    }

    /// <summary>
    /// The free start to name for a wanted time: itself, or the nearest one at most 30 minutes away, of two equally near the later one. A start is no
    /// answer for the times inside its duration: 12:00 free does not make 12:30 free.
    /// </summary>
    /// <param name="query">With <see cref="AlternativeQuery.Wanted"/>; starts that overlap <see cref="AlternativeQuery.Own"/> do not count.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ArgumentException">A property of the query is out of range, or nothing is wanted.</exception>
    public static SlotMatch? Match(AlternativeQuery query)
    {
        query.Check();
        var wanted = query.Wanted ?? throw new ArgumentException($"{nameof(query.Wanted)} is not set; a match needs a wanted time.", nameof(query));
        // A shortlist drops the wanted minute, which here is the best of all.
        var list = new Shortlist(query with { Wanted = null }, 0);
        var free = query.Free.Span;
        SlotMatch? best = null;
        foreach (var start in free[AtOrAfter(free, wanted.AddMinutes(-AroundMinutes))..])
        {
            var away = DateTimeOffset.FromUnixTimeSeconds(start) - wanted;
            if (away > TimeSpan.FromMinutes(AroundMinutes))
                break;
            if (list.MayTake(start) && (best is null || away.Duration() <= best.Away.Duration()))
                best = new SlotMatch(wanted.ToUniversalTime() + away, away == TimeSpan.Zero ? MatchKind.Exact : away.Duration() <= TimeSpan.FromMinutes(NearMinutes) ? MatchKind.Near : MatchKind.Around, away);
        }
        return best;
    }

    private static int AtOrAfter(ReadOnlySpan<long> starts, DateTimeOffset instant)
    {
        var at = starts.BinarySearch(Shortlist.SecondsUp(instant));
        return at < 0 ? ~at : at;
    }

    /// <summary>One search. The strategies add to the shortlist in their order until it is full.</summary>
    private ref struct Search
    {
        private readonly AlternativeQuery query;
        private readonly Shortlist list;
        private readonly bool hasDay;

        // The days asked for and the last one that is looked at, all inclusive.
        private readonly int first;
        private readonly int last;
        private readonly int horizon;

        /// <summary>The first day after the ones asked for that is not over.</summary>
        private readonly int next;

        /// <summary>What distances are measured to, Unix seconds.</summary>
        private readonly long aim;

        /// <summary>Wanted minute of the day; null when none is.</summary>
        private readonly int? minute;

        private DayIndex free;
        private DayIndex claimed;

        public Search(AlternativeQuery query, DayIndex free, DayIndex claimed)
        {
            this.query = query;
            this.free = free;
            this.claimed = claimed;
            var now = Shortlist.SecondsUp(query.Now);
            var today = this.free.DayOf(now);
            if (query.Wanted is { } wanted)
            {
                aim = wanted.ToUnixTimeSeconds();
                first = last = this.free.DayOf(aim);
                minute = this.free.MinuteOf(aim);
            }
            else
            {
                minute = query.Preference.Minutes?.From;
                first = query.Day is { } day ? DayIndex.Number(day) : today;
                last = query.Through is { } through ? DayIndex.Number(through) : query.Day is null ? today + query.Days : first;
                aim = Math.Max(now, this.free.Midnight(first) + ((minute ?? 0) * 60L));
            }
            hasDay = query.Wanted is not null || query.Day is not null;
            horizon = hasDay ? Math.Max(last, today) + query.Days : last;
            next = Math.Max(last + 1, today);
            list = new Shortlist(query, this.free.MinuteOf(aim) / 60);
        }

        public AlternativeFinding AnyTime()
        {
            if (query.Wanted is null)
            {
                EarliestAsked(0, int.MaxValue);
            }
            else
            {
                NextOpening();
                NearestAsked(SameDaySeconds, 0, int.MaxValue);
                if (!list.IsFull)
                    NextWorkday();
                if (!list.IsFull)
                    OnDay(first + 7, NearMinutes, AlternativeKind.NextWeek);
                if (!list.IsFull)
                    NearestAsked(long.MaxValue, 0, int.MaxValue);
            }
            NextAvailable();
            return list.Finding(within: true);
        }

        /// <summary>What lies outside the preference is named only when nothing inside is free on the days asked for and the next seven with free starts.</summary>
        public AlternativeFinding Preferring(int from, int until)
        {
            if (query.Wanted is null)
                EarliestAsked(from, until);
            else
                NearestAsked(long.MaxValue, from, until);
            var kind = AlternativeKind.NextWorkday;
            var reached = last;
            for (var (day, open) = (next, 0); day <= horizon && open < PreferredDays && !list.IsFull; day++)
            {
                if (!HasAny(day))
                    continue;
                open++;
                OnDay(day, int.MaxValue, kind, from, until);
                kind = AlternativeKind.NextAvailable;
                reached = day;
            }
            for (var day = next; day <= reached && !list.IsFull && !list.IsEmpty; day++)
                AllOnDay(day, from, until);
            if (!list.IsEmpty)
                return list.Finding(within: true);
            NearestAsked(long.MaxValue, 0, int.MaxValue);
            NextAvailable();
            var within = true;
            for (var i = 0; i < list.Count; i++)
                within &= free.MinuteOf(list[i]) is var named && named >= from && named < until;
            return list.Finding(within);
        }

        /// <summary>A wish outside the hours of the calendar means the first time after it that there is.</summary>
        private void NextOpening()
        {
            if (OpeningTimes.IsOpen(ref free, ref claimed, query.DurationSeconds, first, minute!.Value))
                return;
            var end = free.Midnight(horizon + 1);
            for (var at = free.From(aim); at < free.Count && free[at] < end; at++)
            {
                if (!list.MayTake(free[at]))
                    continue;
                list.Take(free[at], free.DayOf(free[at]) == first ? AlternativeKind.SameDayLater : AlternativeKind.NextWorkday, distance: null);
                return;
            }
        }

        /// <summary>All of the days asked for that begin so many seconds from the aim, in a part of the day.</summary>
        private void NearestAsked(long mostSeconds, int from, int until)
        {
            var (at, end) = free.On(first, last);
            for (; at < end; at++)
            {
                if (Math.Abs(free[at] - aim) <= mostSeconds)
                    TakeAsked(free[at], from, until);
            }
        }

        /// <summary>Where no time is wanted the first ones are the best.</summary>
        private void EarliestAsked(int from, int until)
        {
            var (at, end) = free.On(first, last);
            for (; at < end && !list.IsFull; at++)
                TakeAsked(free[at], from, until);
        }

        private void TakeAsked(long start, int from, int until)
        {
            if (IsIn(start, from, until) && list.MayTake(start))
                Take(start, !hasDay ? AlternativeKind.NextAvailable : start < aim ? AlternativeKind.SameDayEarlier : AlternativeKind.SameDayLater);
        }

        private void NextWorkday()
        {
            for (var day = next; day <= horizon; day++)
            {
                if (!HasAny(day))
                    continue;
                OnDay(day, NearMinutes, AlternativeKind.NextWorkday);
                return;
            }
        }

        /// <summary>One time of each day that follows, then whatever these days have.</summary>
        private void NextAvailable()
        {
            for (var day = next; day <= horizon && !list.IsFull; day++)
                OnDay(day, int.MaxValue, AlternativeKind.NextAvailable);
            for (var day = next; day <= horizon && !list.IsFull; day++)
                AllOnDay(day, 0, int.MaxValue);
        }

        /// <summary>The start of a day that is nearest to the wanted minute by the clock, the later one of two; the first one where no minute is wanted.</summary>
        private void OnDay(int day, int mostMinutes, AlternativeKind kind, int from = 0, int until = int.MaxValue)
        {
            if (day > horizon)
                return;
            var (at, end) = free.On(day, day);
            var (best, least) = (-1, int.MaxValue);
            for (; at < end; at++)
            {
                var distance = minute is { } wanted ? Math.Abs(free.MinuteOf(free[at]) - wanted) : at;
                if (distance <= least && (minute is null ? best < 0 : distance <= mostMinutes) && IsIn(free[at], from, until) && list.MayTake(free[at]))
                    (best, least) = (at, distance);
            }
            if (best >= 0)
                Take(free[best], kind);
        }

        private void AllOnDay(int day, int from, int until)
        {
            var (at, end) = free.On(day, day);
            for (; at < end && !list.IsFull; at++)
            {
                if (IsIn(free[at], from, until) && list.MayTake(free[at]))
                    Take(free[at], AlternativeKind.NextAvailable);
            }
        }

        /// <summary>How far: by days and by the clock, so that of another day the same time is the nearest. Where no time was wanted, simply how long after.</summary>
        private void Take(long start, AlternativeKind kind) => list.Take(start, kind, query.Wanted is null
            ? Math.Abs(start - aim) / 60
            : (Math.Abs(free.DayOf(start) - first) * 1440L) + Math.Abs(free.MinuteOf(start) - minute!.Value));

        private readonly bool HasAny(int day)
        {
            var (at, end) = free.On(day, day);
            while (at < end && !list.MayTake(free[at]))
                at++;
            return at < end;
        }

        private bool IsIn(long start, int from, int until) => free.MinuteOf(start) is var at && at >= from && at < until;
    }
}
