using NodaTime;

namespace Slotkeeper.Hearing;

/// <summary>Reads one day, or one span of days.</summary>
/// <param name="words">All of a field.</param>
/// <param name="today">By the clock the caller means.</param>
/// <param name="order">How 3/4 is meant.</param>
internal sealed class DayReader(IReadOnlyList<HeardWord> words, LocalDate today, DateOrder order)
{
    private LocalDate Monday => today.PlusDays(1 - (int)today.DayOfWeek);

    /// <param name="at">Where it would begin.</param>
    /// <param name="next">Behind it; <paramref name="at"/> when it is none.</param>
    public DayHeard? Read(int at, out int next)
    {
        next = at + 1;
        var first = words.At(at);
        var day = first.Sense switch
        {
            Sense.DayOffset => Relative(first.Value),
            Sense.Weekday => Weekday(at, ref next),
            Sense.This or Sense.Next or Sense.Coming or Sense.AfterNext or Sense.Last => Modified(at, ref next),
            Sense.Weekend => Weekend(0),
            Sense.WeekUnit when words.At(at + 1).Sense == Sense.After && words.At(at + 2).Sense == Sense.Next => AfterNext(at, ref next),
            Sense.Start or Sense.Middle or Sense.End => PartOf(at, first.Sense, ref next),
            Sense.Part when first.Value is PartsOfDay.Early or PartsOfDay.Late => PartOf(at, first.Value == PartsOfDay.Early ? Sense.Start : Sense.End, ref next),
            Sense.In => After(at, ref next),
            Sense.Before when words.At(at + 1).Sense is Sense.Number or Sense.One && IsUnit(words.At(at + 2).Sense) => Past(at + 3, ref next),
            Sense.DayUnit when words.At(at + 1).Sense is Sense.After or Sense.Before && words.At(at + 2) is { Sense: Sense.DayOffset } other => Past(at + 3, ref next, other.Value + (words.At(at + 1).Sense == Sense.After ? 1 : -1)),
            Sense.One or Sense.Number when IsUnit(words.At(at + 1).Sense) => Counted(at, ref next),
            Sense.Ordinal => Ordinal(at, ref next),
            Sense.Number => Number(at, ref next),
            Sense.Month => OfMonth(at, ref next),
            _ => null,
        };
        if (day is null)
            next = at;
        return day;
    }

    private static bool IsUnit(Sense sense) => sense is Sense.DayUnit or Sense.WeekUnit or Sense.MonthUnit;

    private DayHeard Relative(int days) => days < 0 ? new DayHeard(DayKind.Gone) : DayHeard.Span(today.PlusDays(days), today.PlusDays(days));

    private DayHeard Past(int behind, ref int next, int days = -1)
    {
        next = behind;
        return Relative(days);
    }

    private DayHeard Weekday(int at, ref int next)
    {
        // "Monday week"
        var isLater = words.At(at + 1) is { Sense: Sense.WeekUnit, Text: "week" };
        if (isLater)
            next = at + 2;
        return new DayHeard(DayKind.Weekday) { Value = words.At(at).Value, Modifier = isLater ? Sense.WeekUnit : Sense.None };
    }

    private DayHeard Week(int ahead) => new(DayKind.Week) { From = Monday.PlusDays(7 * ahead), Through = Monday.PlusDays((7 * ahead) + 6) };

    /// <summary>"the week after next"</summary>
    private DayHeard AfterNext(int at, ref int next)
    {
        next = at + 3;
        return Week(2);
    }

    private DayHeard Weekend(int ahead) => DayHeard.Span(Monday.PlusDays(5 + (7 * ahead)), Monday.PlusDays(6 + (7 * ahead)));

    private static DayHeard Month(LocalDate day)
    {
        var first = day.With(DateAdjusters.StartOfMonth);
        return new(DayKind.Month) { From = first, Through = first.With(DateAdjusters.EndOfMonth) };
    }

    private static int Ahead(Sense modifier) => modifier switch { Sense.Next or Sense.Coming => 1, Sense.AfterNext => 2, _ => 0 };

    /// <summary>"nächste Woche", "diesen Freitag", "the next three days".</summary>
    private DayHeard? Modified(int at, ref int next)
    {
        var (modifier, second) = (words.At(at).Sense, words.At(at + 1));
        next = at + 2;
        if (modifier is Sense.This && second.Sense is Sense.Next or Sense.Coming)
            return Modified(at + 1, ref next);
        if (modifier == Sense.Last && second.Sense is Sense.Weekday or Sense.WeekUnit or Sense.Weekend or Sense.MonthUnit or Sense.Month)
            return new DayHeard(DayKind.Gone);
        switch (second.Sense)
        {
            case Sense.Number when modifier is Sense.Next or Sense.Coming && second.Value is > 0 and < 100 && Length(at + 1) is { } days:
                next = at + 3;
                return DayHeard.Span(today, today.PlusDays(days));
            case Sense.WeekUnit:
                return Week(Ahead(modifier));
            case Sense.Weekday:
                return new DayHeard(DayKind.Weekday) { Value = second.Value, Modifier = modifier };
            case Sense.Weekend when modifier == Sense.Next && today.DayOfWeek is not (IsoDayOfWeek.Saturday or IsoDayOfWeek.Sunday):
                return new DayHeard(DayKind.Either) { From = Monday.PlusDays(5), Through = Monday.PlusDays(12) };
            case Sense.Weekend:
                return Weekend(modifier == Sense.This || (modifier == Sense.Coming && today.DayOfWeek < IsoDayOfWeek.Saturday) ? 0 : Ahead(modifier));
            case Sense.MonthUnit:
                return Month(today.PlusMonths(Ahead(modifier)));
            case Sense.Month:
                next = at + 1;
                return OfMonth(at + 1, ref next);
            // "This morning": the part itself is read behind it.
            case Sense.Part when modifier == Sense.This:
                next = at + 1;
                return Relative(0);
            default:
                return null;
        }
    }

    /// <summary>Of "drei Tagen" in days; null when it is no length.</summary>
    private int? Length(int at)
    {
        var count = words.At(at);
        if (count.Sense is not (Sense.Number or Sense.One) || count.Value is < 1 or > 99)
            return null;
        return words.At(at + 1).Sense switch
        {
            Sense.DayUnit => count.Value,
            Sense.WeekUnit => 7 * count.Value,
            Sense.MonthUnit => Period.DaysBetween(today, today.PlusMonths(count.Value)),
            _ => null,
        };
    }

    /// <summary>"Anfang nächster Woche", "Ende Januar", "early next month". The parts of a week overlap, as people mean them.</summary>
    private DayHeard? PartOf(int at, Sense part, ref int next)
    {
        var whole = at + 1;
        while (words.At(whole).Sense is Sense.Of or Sense.Article or Sense.Dash || (words.At(whole) is { Sense: Sense.In, Text: "in" }))
            whole++;
        next = whole + 1;
        var days = words.At(whole).Sense switch
        {
            Sense.WeekUnit => Week(0),
            Sense.MonthUnit => Month(today),
            Sense.Month => OfMonth(whole, ref next),
            Sense.This or Sense.Next or Sense.Coming or Sense.AfterNext when words.At(whole + 1).Sense is Sense.WeekUnit or Sense.MonthUnit or Sense.Month => Modified(whole, ref next),
            _ => null,
        };
        return days switch
        {
            { Kind: DayKind.Week, From: var monday } => part switch
            {
                Sense.Start => DayHeard.Span(monday, monday.PlusDays(1)),
                Sense.Middle => DayHeard.Span(monday.PlusDays(1), monday.PlusDays(3)),
                _ => DayHeard.Span(monday.PlusDays(3), monday.PlusDays(4)),
            },
            { Kind: DayKind.Month, From: var first, Through: var last } => part switch
            {
                Sense.Start => DayHeard.Span(first, first.PlusDays(9)),
                Sense.Middle => DayHeard.Span(first.PlusDays(10), first.PlusDays(19)),
                _ => DayHeard.Span(first.PlusDays(20), last),
            },
            _ => null,
        };
    }

    /// <summary>"in drei Tagen", "within two weeks", "im Januar".</summary>
    private DayHeard? After(int at, ref int next)
    {
        if (words.At(at + 1).Sense == Sense.Month)
            return OfMonth(at + 1, ref next);
        // "innerhalb von zwei Wochen"
        var count = words.At(at + 1).Sense is Sense.From or Sense.Of ? at + 2 : at + 1;
        if (Length(count) is not { } days)
            return null;
        next = count + 2;
        if (words.At(at) is { Text: "within" or "innerhalb" or "during" })
            return DayHeard.Span(today, today.PlusDays(days));
        // "In acht Tagen" is a week from today to most Germans, and eight days to the rest.
        if (words.At(count).Value == 8 && words.At(count + 1) is { Sense: Sense.DayUnit, Text: "tagen" })
            return new DayHeard(DayKind.Either) { From = today.PlusDays(7), Through = today.PlusDays(8) };
        return new DayHeard(DayKind.Later) { Value = days };
    }

    /// <summary>"three days ago", "a week from Monday", "two weeks from now".</summary>
    private DayHeard? Counted(int at, ref int next)
    {
        if (words.At(at + 2).Sense == Sense.Ago)
            return Past(at + 3, ref next);
        if (Length(at) is not { } days || words.At(at + 2).Text is not ("from" or "on" or "after"))
            return null;
        next = at + (words.At(at + 3).Text == "now" ? 4 : 3);
        return new DayHeard(DayKind.Later) { Value = days };
    }

    private DayHeard? Ordinal(int at, ref int next)
    {
        var (day, before) = (words.At(at), words.At(at - 1).Sense);
        var month = words.At(at + 1).Sense is Sense.Of or Sense.Article ? at + 2 : at + 1;
        if (words.At(month).Sense == Sense.Month)
            return DateOf(day.Value, words.At(month).Value, month + 1, ref next);
        // "am fünfzehnten ersten"
        if (words.At(at + 1) is { Sense: Sense.Ordinal, Value: <= 12 } second && words.At(at + 2).Sense is not (Sense.Weekday or Sense.Month))
            return DateOf(day.Value, second.Value, at + 2, ref next);
        var isAlone = before is Sense.Article or Sense.Of or Sense.From or Sense.After or Sense.Before or Sense.Until or Sense.Between or Sense.And or Sense.Weekday or Sense.This || at == 0 || char.IsAsciiDigit(day.Text[0]);
        return isAlone && words.At(at + 1).Sense is not (Sense.Weekday or Sense.WeekUnit or Sense.DayUnit or Sense.Weekend) ? new DayHeard(DayKind.DayOfMonth) { Value = day.Value } : null;
    }

    private DayHeard? Number(int at, ref int next)
    {
        var (first, second, third) = (words.At(at), words.At(at + 1), words.At(at + 2));
        if (first.IsDigits && first.Text.Length == 4 && second.Sense is Sense.Dash or Sense.Slash or Sense.Dot && third.IsDigits && words.At(at + 3).Sense == second.Sense && words.At(at + 4).IsDigits)
        {
            next = at + (words.At(at + 5) is { Text: "t", IsGlued: true } ? 6 : 5);
            return Dated(words.At(at + 4).Value, third.Value, first.Value);
        }
        if (first.Value > 31 && !(first.IsDigits && first.Text.Length <= 2))
            return null;
        if (second.Sense is Sense.Slash or Sense.Dash && second.IsGlued && third is { IsDigits: true, IsGlued: true })
        {
            var isWhole = words.At(at + 3).Sense == second.Sense && words.At(at + 4).IsDigits;
            if (second.Sense == Sense.Dash && !isWhole)
                return null;
            next = at + (isWhole ? 5 : 3);
            return Ordered(first.Value, third.Value, isWhole ? Full(words.At(at + 4)) : null);
        }
        var isBehindDay = words.At(at - 1).Sense is Sense.Article or Sense.Of or Sense.From or Sense.After or Sense.Before or Sense.Until or Sense.Between or Sense.And or Sense.Weekday or Sense.Dash;
        if (second.Sense == Sense.Dot)
        {
            if (third.IsDigits && third.Text.Length <= 2 && words.At(at + 3).Sense is not (Sense.Clock or Sense.Colon or Sense.Meridiem))
            {
                var isYear = words.At(at + 3).Sense == Sense.Dot && words.At(at + 4) is { IsDigits: true, Text.Length: 2, IsGlued: true } && words.At(at + 5).Sense is not (Sense.Clock or Sense.Colon or Sense.Meridiem);
                if (isYear)
                {
                    next = at + 5;
                    return Dated(first.Value, third.Value, Full(words.At(at + 4)));
                }
                return DateOf(first.Value, third.Value, words.At(at + 3).Sense == Sense.Dot ? at + 4 : at + 3, ref next);
            }
            if (third.Sense == Sense.Month)
                return DateOf(first.Value, third.Value, at + 3, ref next);
            if (third is { Sense: Sense.Ordinal, Value: <= 12 })
                return DateOf(first.Value, third.Value, at + 3, ref next);
            next = at + 2;
            return isBehindDay || at == 0 ? new DayHeard(DayKind.DayOfMonth) { Value = first.Value } : null;
        }
        var month = second.Sense is Sense.Of or Sense.Article ? at + 2 : at + 1;
        if (words.At(month).Sense == Sense.Month)
            return DateOf(first.Value, words.At(month).Value, month + 1, ref next);
        return isBehindDay && words.At(at - 1).Sense is Sense.Article or Sense.Weekday && second.Sense is not (Sense.Clock or Sense.Colon or Sense.Meridiem) && !IsUnit(second.Sense) ? new DayHeard(DayKind.DayOfMonth) { Value = first.Value } : null;
    }

    private DayHeard? OfMonth(int at, ref int next)
    {
        var month = words.At(at);
        var day = words.At(at + 1).Sense == Sense.Article ? at + 2 : at + 1;
        if (words.At(day) is { Sense: Sense.Number or Sense.Ordinal, Value: <= 31 } said && words.At(day + 1).Sense is not (Sense.Clock or Sense.Colon or Sense.Meridiem))
            return DateOf(said.Value, month.Value, words.At(day + 1) is { Sense: Sense.Dot } ? day + 2 : day + 1, ref next);
        // "May I", "march on"
        if (month.Text is "may" or "march" && words.Count > 1 && words.At(at - 1).Sense is Sense.None or Sense.At)
            return null;
        next = at + 1;
        if (Year(at + 1) is var (year, behind))
        {
            next = behind;
            return Month(new LocalDate(year, month.Value, 1));
        }
        return Month(new LocalDate(month.Value < today.Month ? today.Year + 1 : today.Year, month.Value, 1));
    }

    private DayHeard DateOf(int day, int month, int behind, ref int next)
    {
        next = behind;
        if (Year(behind) is not var (year, end))
            return Dated(day, month, null);
        next = end;
        return Dated(day, month, year);
    }

    /// <summary>Four digits, "zweitausendsechsundzwanzig" or "twenty twenty-six".</summary>
    private (int Year, int Next)? Year(int at)
    {
        var (first, second) = (words.At(at), words.At(at + 1));
        if (first is { Sense: Sense.Number, Value: >= 1900 and < 2200 } && (!first.IsDigits || first.Text.Length == 4) && second.Sense is not (Sense.Clock or Sense.Colon))
            return (first.Value, at + 1);
        return first is { Sense: Sense.Number, Value: 20, IsDigits: false } && second is { Sense: Sense.Number, Value: >= 20 and < 100, IsDigits: false } ? (2000 + second.Value, at + 2) : null;
    }

    private static int Full(HeardWord year) => year.Value < 100 ? 2000 + year.Value : year.Value;

    private static DayHeard Dated(int day, int month, int? year) => new(DayKind.Date) { Value = day, Month = month, Year = year };

    private DayHeard Ordered(int first, int second, int? year)
    {
        var isMonthFirst = order == DateOrder.MonthFirst ? first <= 12 || second > 12 : second > 12 && first <= 12;
        var date = isMonthFirst ? Dated(second, first, year) : Dated(first, second, year);
        return date with { IsEitherWay = order == DateOrder.NotKnown && first <= 12 && second <= 12 && first != second };
    }
}

/// <summary>How dates are written with slashes.</summary>
internal enum DateOrder
{
    /// <summary>English of no country: ask where it matters.</summary>
    NotKnown,
    DayFirst,
    MonthFirst,
}
