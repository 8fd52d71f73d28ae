using NodaTime;

namespace Slotkeeper.Hearing;

/// <summary>Days that are meant, or what to ask about them.</summary>
/// <param name="From">First day; where there is a question it does not count.</param>
/// <param name="Through">Inclusive.</param>
internal sealed record DayAnswer(LocalDate From, LocalDate Through)
{
    public Question? Question { get; init; }

    public IReadOnlyList<LocalDate> Candidates { get; init; } = [];

    /// <summary>A bound of one day, which belongs to an exact time where there is one: "ab Montag 14 Uhr".</summary>
    public Bound Bound { get; init; }

    /// <summary>The day that a bound names.</summary>
    public LocalDate? Named { get; init; }

    /// <summary>The next such weekday: behind another day it is the next one from there.</summary>
    public bool IsComing { get; init; }

    public bool IsOneDay => From == Through;

    public static DayAnswer Ask(Question question, params IReadOnlyList<LocalDate> candidates) => new(default, default) { Question = question, Candidates = candidates };
}

/// <summary>Puts the days that were said together.</summary>
/// <param name="today">By the clock the caller means.</param>
internal sealed class DayResolver(LocalDate today)
{
    /// <summary>A date without a year that passed no longer ago than this was more likely meant for this year, wrongly, than for next year; it is asked back.</summary>
    private const int RecentDays = 90;

    /// <summary>The same for a day without a month.</summary>
    private const int RecentDaysOfMonth = 3;

    /// <summary>"Ab Montag" has no end; so many days are looked at.</summary>
    private const int OpenDays = 7;

    private LocalDate Monday => today.PlusDays(1 - (int)today.DayOfWeek);

    /// <returns>Null when no day was said.</returns>
    public DayAnswer? Resolve(IReadOnlyList<DayHeard> said, bool isChoice)
    {
        if (said.Count == 0)
            return null;
        var answers = new List<DayAnswer>();
        foreach (var (day, bound) in Together(said))
        {
            var answer = day with { Bound = bound };
            if (!answers.Exists(other => other.From == answer.From && other.Through == answer.Through && other.Question == answer.Question && other.Candidates.SequenceEqual(answer.Candidates)))
                answers.Add(answer);
        }
        if (answers.Find(static answer => answer.Question is not null) is { } open)
            return open;
        if (isChoice && answers.Count > 1)
            return DayAnswer.Ask(Question.WhichDay, [.. answers.SelectMany(DaysOf).Distinct().Order()]);
        return answers.Count switch
        {
            1 => Bounded(answers[0]),
            2 when answers is [{ Bound: Bound.Exactly or Bound.From or Bound.After }, { Bound: Bound.Until or Bound.Before }] => Range(answers[0], answers[1]),
            2 when Contains(answers[0], answers[1]) => Bounded(answers[1]),
            2 when Contains(answers[1], answers[0]) => Bounded(answers[0]),
            _ => DayAnswer.Ask(Question.WhichDay, [.. answers.SelectMany(DaysOf).Distinct().Order()]),
        };
    }

    private static bool Contains(DayAnswer whole, DayAnswer part) => whole.From <= part.From && part.Through <= whole.Through;

    private static IEnumerable<LocalDate> DaysOf(DayAnswer answer)
    {
        for (var day = answer.From; day <= answer.Through && day < answer.From.PlusDays(7); day = day.PlusDays(1))
            yield return day;
    }

    private DayAnswer Bounded(DayAnswer day) => Checked(day.Bound switch
    {
        Bound.From => new(day.From, day.IsOneDay ? day.From.PlusDays(OpenDays - 1) : day.Through) { Bound = day.Bound, Named = day.IsOneDay ? day.From : null },
        Bound.After => new(day.Through.PlusDays(1), day.Through.PlusDays(OpenDays)) { Bound = day.Bound, Named = day.IsOneDay ? day.From : null },
        Bound.Until => new(today, day.Through) { Bound = day.Bound, Named = day.IsOneDay ? day.From : null },
        Bound.Before => new(today, day.From.PlusDays(-1)) { Bound = day.Bound, Named = day.IsOneDay ? day.From : null },
        _ => day,
    });

    private DayAnswer Range(DayAnswer first, DayAnswer last)
    {
        var from = first.Bound == Bound.After ? first.Through.PlusDays(1) : first.From;
        var through = last.Bound == Bound.Before ? last.From.PlusDays(-1) : last.Through;
        if (through < from && last.IsComing)
            through = through.PlusDays(7);
        return through < from ? DayAnswer.Ask(Question.WhichDay, [.. new[] { first.From, last.From }.Order()]) : Checked(new(from, through));
    }

    /// <summary>Cuts off what has passed.</summary>
    private DayAnswer Checked(DayAnswer day) => day.Through < today ? DayAnswer.Ask(Question.DayInPast) : day.From < today ? day with { From = today } : day;

    /// <summary>Words that name one day together: weekday and date, weekday and week, day and month.</summary>
    private List<(DayAnswer Day, Bound Bound)> Together(IReadOnlyList<DayHeard> said)
    {
        var weekdays = said.Where(static day => day.Kind == DayKind.Weekday).ToList();
        var week = said.FirstOrDefault(static day => day.Kind == DayKind.Week);
        var month = said.FirstOrDefault(static day => day.Kind == DayKind.Month);
        var later = said.Where(static day => day.Kind == DayKind.Later).Sum(static day => day.Value);
        var numbers = said.Where(static day => day.Kind is DayKind.DayOfMonth or DayKind.Date or DayKind.Gone || (day.Kind == DayKind.Span && day.From == day.Through)).ToList();
        var rest = said.Where(day => !(day.Kind is DayKind.Weekday or DayKind.Later || numbers.Contains(day) || (day.Kind == DayKind.Week && weekdays.Count > 0) || (day.Kind == DayKind.Month && numbers.Exists(static number => number.Kind == DayKind.DayOfMonth)))).ToList();
        var together = new List<(DayAnswer, Bound)>();
        var isPaired = weekdays.Count == numbers.Count && later == 0;
        for (var i = 0; i < said.Count; i++)
        {
            var day = said[i];
            if (day.Kind == DayKind.Weekday)
            {
                // With its date it is told once, where the date is.
                if (!isPaired)
                    together.Add((OfWeekday(day, week, later), day.Bound != Bound.Exactly ? day.Bound : week?.Bound ?? day.Bound));
            }
            else if (numbers.Contains(day))
            {
                var weekday = isPaired ? weekdays[numbers.IndexOf(day)] : null;
                together.Add((OfNumber(day, weekday, LaterMonth(said, i) ?? month, later), weekday is { Bound: not Bound.Exactly } ? weekday.Bound : day.Bound));
                // The week that is said with both has to hold the day.
                if (weekday is not null && week is not null)
                    together.Add((new DayAnswer(week.From, week.Through), week.Bound));
            }
            else if (rest.Contains(day))
            {
                together.Add((day.Kind == DayKind.Either ? DayAnswer.Ask(Question.WhichOfTwoDays, day.From, day.Through) : new DayAnswer(day.From, day.Through), day.Bound));
            }
        }
        if (together.Count == 0 && later > 0)
            together.Add((new DayAnswer(today.PlusDays(later), today.PlusDays(later)), Bound.Exactly));
        return together;
    }

    /// <summary>"15. bis 17. Januar": the month of the day behind it.</summary>
    private static DayHeard? LaterMonth(IReadOnlyList<DayHeard> said, int at) =>
        said[at].Kind == DayKind.DayOfMonth ? said.Skip(at + 1).FirstOrDefault(static day => day.Kind == DayKind.Date) : null;

    private DayAnswer OfWeekday(DayHeard day, DayHeard? week, int later)
    {
        var ahead = (day.Value - (int)today.DayOfWeek + 6) % 7 + 1;
        var coming = today.PlusDays(ahead);
        if (week is not null)
            return One(week.From.PlusDays(day.Value - 1));
        if (day.Modifier == Sense.WeekUnit)
            later += 7;
        // Said on a Monday, "Montag in einer Woche" may be seven days ahead or fourteen.
        if (later > 0)
            return ahead == 7 ? DayAnswer.Ask(Question.WhichOfTwoDays, today.PlusDays(later), coming.PlusDays(later)) : One(coming.PlusDays(later));
        var isNextWeek = coming >= Monday.PlusDays(7);
        return day.Modifier switch
        {
            Sense.This => Monday.PlusDays(day.Value - 1) is var own && own < today ? DayAnswer.Ask(Question.DayInPast, coming) : One(own),
            Sense.Next when !isNextWeek => DayAnswer.Ask(Question.WhichOfTwoDays, coming, coming.PlusDays(7)),
            Sense.AfterNext => isNextWeek ? One(coming.PlusDays(7)) : DayAnswer.Ask(Question.WhichOfTwoDays, coming.PlusDays(7), coming.PlusDays(14)),
            _ => One(coming) with { IsComing = true },
        };
    }

    private DayAnswer OfNumber(DayHeard day, DayHeard? weekday, DayHeard? month, int later)
    {
        switch (day.Kind)
        {
            case DayKind.Gone:
                return DayAnswer.Ask(Question.DayInPast);
            case DayKind.Span:
                return Agreed(day.From.PlusDays(later), weekday);
            case DayKind.DayOfMonth when month is { Kind: DayKind.Month }:
                return OfDate(new DayHeard(DayKind.Date) { Value = day.Value, Month = month.From.Month, Year = month.From.Year }, weekday);
            case DayKind.DayOfMonth when month is not null:
                return OfDate(month with { Value = day.Value }, weekday);
            case DayKind.DayOfMonth:
                return OfMonthless(day.Value, weekday);
            default:
                return OfDate(day, weekday);
        }
    }

    private DayAnswer OfMonthless(int day, DayHeard? weekday)
    {
        if (day is < 1 or > 31)
            return DayAnswer.Ask(Question.NoSuchDay);
        var first = today.With(DateAdjusters.StartOfMonth);
        var months = Enumerable.Range(0, 3).Select(ahead => first.PlusMonths(ahead)).Where(month => day <= month.Calendar.GetDaysInMonth(month.Year, month.Month)).Select(month => month.PlusDays(day - 1)).ToList();
        var coming = months.First(date => date >= today);
        if (weekday is not null)
            return months.FindIndex(date => date >= today && (int)date.DayOfWeek == weekday.Value) is >= 0 and var found && months[found] == coming ? One(coming) : Agreed(coming, weekday);
        return months[0] < today && Period.DaysBetween(months[0], today) <= RecentDaysOfMonth ? DayAnswer.Ask(Question.DayInPast, coming) : One(coming);
    }

    private DayAnswer OfDate(DayHeard day, DayHeard? weekday)
    {
        if (day.Year is { } year)
        {
            if (Date(year, day.Month, day.Value) is not { } date)
                return DayAnswer.Ask(Question.NoSuchDay);
            if (date < today)
                return DayAnswer.Ask(Question.DayInPast);
            return day.IsEitherWay && Date(year, day.Value, day.Month) is { } otherWay && otherWay >= today ? Either(date, otherWay, weekday) : Agreed(date, weekday);
        }
        if (Yearless(day.Month, day.Value) is not var (last, coming))
            return DayAnswer.Ask(Question.NoSuchDay);
        if (day.IsEitherWay && Yearless(day.Value, day.Month) is var (_, other))
            return Either(coming, other, weekday);
        var isRecent = last is { } passed && Period.DaysBetween(passed, today) <= RecentDays;
        if (weekday is not null)
            return (int)coming.DayOfWeek == weekday.Value ? One(coming) : isRecent && (int)last!.Value.DayOfWeek == weekday.Value ? DayAnswer.Ask(Question.DayInPast, coming) : Agreed(coming, weekday);
        return isRecent ? DayAnswer.Ask(Question.DayInPast, coming) : One(coming);
    }

    private static DayAnswer Either(LocalDate one, LocalDate other, DayHeard? weekday)
    {
        LocalDate[] fitting = [.. new[] { one, other }.Where(day => weekday is null || (int)day.DayOfWeek == weekday.Value).Distinct().Order()];
        return fitting is [var only] ? One(only) : DayAnswer.Ask(Question.WhichOfTwoDays, fitting.Length == 0 ? [one, other] : fitting);
    }

    /// <summary>The last such day before today and the next from today on; null when no year has it.</summary>
    private (LocalDate? Last, LocalDate Coming)? Yearless(int month, int day)
    {
        LocalDate? last = null;
        for (var year = today.Year - 1; year <= today.Year + 8; year++)
        {
            if (Date(year, month, day) is not { } date)
                continue;
            if (date >= today)
                return (last, date);
            last = date;
        }
        return null;
    }

    private static LocalDate? Date(int year, int month, int day) =>
        year < 9999 && month is >= 1 and <= 12 && day >= 1 && day <= CalendarSystem.Iso.GetDaysInMonth(year, month) ? new LocalDate(year, month, day) : null;

    private static DayAnswer One(LocalDate day) => new(day, day);

    /// <summary>The day, if it is the weekday that was said with it.</summary>
    private DayAnswer Agreed(LocalDate date, DayHeard? weekday)
    {
        if (weekday is null || (int)date.DayOfWeek == weekday.Value)
            return One(date);
        var nearest = date.PlusDays(((weekday.Value - (int)date.DayOfWeek + 10) % 7) - 3);
        if (nearest < today)
            nearest = nearest.PlusDays(7);
        return DayAnswer.Ask(Question.WeekdayContradictsDate, [.. new[] { date, nearest }.Order()]);
    }
}
