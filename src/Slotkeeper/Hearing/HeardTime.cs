using NodaTime;
using Slotkeeper.Offers;

namespace Slotkeeper.Hearing;

/// <summary>What a caller said about a day and a time becomes an instant, a span of days, or a question to ask back; never a guess.</summary>
public static class HeardTime
{
    /// <summary>Half a year, in days: what a label without a year names is looked for in the year to come.</summary>
    private const int HalfYear = 183;

    /// <summary>So many days an exact time is tried on for candidates.</summary>
    private const int MostCandidateDays = 7;

    /// <summary>Never fails for what was said, whatever it is.</summary>
    /// <param name="date">Words for the day, or null; may hold the time too.</param>
    /// <param name="time">Words for the time, or null; may hold the day too.</param>
    /// <param name="context">When, where and in which language.</param>
    /// <exception cref="NodaTime.TimeZones.DateTimeZoneNotFoundException">The context's zone is none.</exception>
    public static Heard Read(string? date, string? time, HearingContext context)
    {
        var now = Instant.FromDateTimeOffset(context.Now).InZone(Zones.Get(context.TimeZone));
        var hasDate = !string.IsNullOrWhiteSpace(date);
        var hasTime = !string.IsNullOrWhiteSpace(time);
        if (!hasDate && !hasTime)
            return new Heard.Unclear(Question.WhichDay, []);
        if (date?.Length > Vocabulary.MostLetters)
            return new Heard.Unclear(Question.NotUnderstoodDay, []);
        if (time?.Length > Vocabulary.MostLetters)
            return new Heard.Unclear(Question.NotUnderstoodTime, []);
        if (hasDate != hasTime && Label(hasDate ? date! : time!, context) is { } label)
            return new Heard.Moment(label);
        var dateWords = hasDate ? Vocabulary.Words(date!) : [];
        var timeWords = hasTime ? Vocabulary.Words(time!) : [];
        var said = new Said { Words = Vocabulary.LanguageOf(dateWords.Concat(timeWords), Vocabulary.For(context.Locale)) };
        var order = Order(said.Words, context.Locale);
        if (hasDate)
            Listener.Listen(said, date!, dateWords, false, now, order);
        if (hasTime)
            Listener.Listen(said, time!, timeWords, true, now, order);
        return new Answering(now, said).Answer();
    }

    /// <summary>One of our own labels, repeated word for word: its clock is of 24 hours where that language's is.</summary>
    private static DateTimeOffset? Label(string text, HearingContext context) =>
        Wording.Read(text.AsSpan().Trim())?.Resolve(context.TimeZone, context.Now.ToUniversalTime().AddDays(HalfYear)) is { } start && start >= context.Now ? start.ToUniversalTime() : null;

    private static DateOrder Order(HearingWords words, string locale)
    {
        if (ReferenceEquals(words, GermanHearing.Table))
            return DateOrder.DayFirst;
        var region = locale.LastIndexOf('-') is >= 0 and var at ? locale[(at + 1)..].ToUpperInvariant() : "";
        return region switch { "US" or "PH" => DateOrder.MonthFirst, "" or "CA" => DateOrder.NotKnown, _ => DateOrder.DayFirst };
    }

    /// <summary>Joins the days and the times of what was said.</summary>
    private sealed class Answering(ZonedDateTime now, Said said)
    {
        private readonly DayAnswer? days = new DayResolver(now.Date).Resolve(said.Days, said.IsChoice);
        private readonly TimeAnswer? times = new TimeResolver(said.Words).Resolve(said.Clocks, said.Parts, said.IsChoice);

        public Heard Answer()
        {
            if (said.IsDayStrange)
                return Ask(Question.NotUnderstoodDay, null, times);
            if (said.IsTimeStrange)
                return Ask(Question.NotUnderstoodTime, days, null);
            if (said.Instants.Count > 0)
                return OfInstants();
            if (days is null)
                return Ask(times?.Question is Question.NotUnderstoodTime ? Question.NotUnderstoodTime : Question.WhichDay, null, times);
            if (days.Question is { } question)
                return Ask(question, days, times);
            return Joined(days, times);
        }

        private Heard Joined(DayAnswer day, TimeAnswer? time)
        {
            if (time is null)
                return new Heard.Days(day.From, day.Through, null);
            if (time.Question is { } question)
                return Ask(question, day, time);
            if (time.Window is { } window)
                return Within(day, window);
            // "Ab Montag 14 Uhr": the bound is the time's, on that day.
            if (day is { Bound: not Bound.Exactly, Named: { } named } && said.Clocks.Count == 1)
                return Joined(new DayAnswer(named, named), new TimeResolver(said.Words).Resolve([said.Clocks[0] with { Bound = day.Bound }], said.Parts, false));
            if (!day.IsOneDay)
                return Ask(Question.WhichDay, day, time);
            if (time.Minutes.Count == 1)
                return Exactly(day, time, time.Minutes[0]);
            int[] left = [.. time.Minutes.Where(minute => Instants(day.From, minute).Any(IsAhead))];
            return left switch
            {
                [] => Ask(Question.TimeInPast, day, time),
                // The other half of the day has passed, so only this one can be meant; but hardly ever 21:00 by nine.
                [var one] when (time.IsMidnight ? one == time.Minutes[0] || Local(day.From, time.Minutes[0]) < now.LocalDateTime : !time.IsBusinessHour) => Exactly(day, time, one),
                _ => Ask(time.IsMidnight ? Question.WhichOfTwoDays : Question.MorningOrEvening, day, time),
            };
        }

        private Heard Exactly(DayAnswer day, TimeAnswer time, int minute)
        {
            var local = Local(day.From, minute);
            var starts = Instants(day.From, minute).Where(IsAhead).ToArray();
            if (starts is [var start])
                return new Heard.Moment(start);
            if (starts.Length > 1)
                return new Heard.Unclear(Question.ClockShowsItTwice, starts) { CandidateDays = [local.Date], Time = local.TimeOfDay };
            var map = now.Zone.MapLocal(local);
            if (map.Count > 0 || local < now.LocalDateTime)
                return Ask(Question.TimeInPast, day, time);
            return new Heard.Unclear(Question.ClockSkipsIt, [map.LateInterval.Start.ToDateTimeOffset()]) { CandidateDays = [local.Date], Time = local.TimeOfDay };
        }

        private Heard Within(DayAnswer day, TimeWindow window)
        {
            if (day.From > now.Date || window.Until is not { } until || until > now.TimeOfDay)
                return new Heard.Days(day.From, day.Through, window);
            return day.Through == now.Date ? new Heard.Unclear(Question.TimeInPast, []) { CandidateDays = [day.From], Window = window } : new Heard.Days(now.Date.PlusDays(1), day.Through, window);
        }

        private Heard OfInstants()
        {
            var starts = said.Instants.Distinct().ToArray();
            var local = starts[0].InZone(now.Zone);
            var minute = (local.Hour * 60) + local.Minute;
            var agrees = starts.Length == 1 && (days is null || (days.Question is null && days.From <= local.Date && local.Date <= days.Through))
                && (times is null || times.Minutes.Contains(minute) || (times.Window is { } window && window.From <= local.TimeOfDay && (window.Until is null || local.TimeOfDay < window.Until)));
            if (!agrees)
                return new Heard.Unclear(Question.WhichTime, [.. starts.Select(static start => start.ToDateTimeOffset()).Where(IsAhead).Order()]);
            return starts[0] >= now.ToInstant() ? new Heard.Moment(starts[0].ToDateTimeOffset())
                : new Heard.Unclear(local.Date < now.Date ? Question.DayInPast : Question.TimeInPast, []);
        }

        /// <summary>With all that was understood.</summary>
        private Heard.Unclear Ask(Question question, DayAnswer? day, TimeAnswer? time)
        {
            var dates = day is null ? [] : day.Question is not null ? [.. day.Candidates.Where(date => date >= now.Date)]
                : Period.DaysBetween(day.From, day.Through) < MostCandidateDays ? Enumerable.Range(0, Period.DaysBetween(day.From, day.Through) + 1).Select(ahead => day.From.PlusDays(ahead)).ToArray()
                : [];
            int[] minutes = time is null ? [] : [.. time.Minutes];
            return new Heard.Unclear(question, [.. dates.SelectMany(date => minutes.SelectMany(minute => Instants(date, minute))).Where(IsAhead).Distinct().Order()])
            {
                CandidateDays = dates,
                Time = minutes is [< 1440] && time?.Question is null ? LocalTime.FromMinutesSinceMidnight(minutes[0]) : null,
                CandidateTimes = minutes.Length > 1 || time?.Question is not null ? [.. minutes.Select(static minute => LocalTime.FromMinutesSinceMidnight(minute % 1440)).Distinct().Order()] : [],
                Window = time?.Window,
            };
        }

        private bool IsAhead(DateTimeOffset start) => Instant.FromDateTimeOffset(start) >= now.ToInstant();

        private static LocalDateTime Local(LocalDate day, int minute) => day.PlusDays(minute / 1440) + LocalTime.FromMinutesSinceMidnight(minute % 1440);

        /// <summary>None where the clock skips it, two where it is shown twice.</summary>
        private IEnumerable<DateTimeOffset> Instants(LocalDate day, int minute)
        {
            var map = now.Zone.MapLocal(Local(day, minute));
            return map.Count switch
            {
                0 => [],
                1 => [map.Single().ToDateTimeOffset().ToUniversalTime()],
                _ => [map.First().ToDateTimeOffset().ToUniversalTime(), map.Last().ToDateTimeOffset().ToUniversalTime()],
            };
        }
    }
}
