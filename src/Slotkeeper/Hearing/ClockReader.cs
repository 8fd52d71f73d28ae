namespace Slotkeeper.Hearing;

/// <summary>How sure it is that a bare number is an hour.</summary>
internal enum Bare
{
    No,

    /// <summary>Behind "ab" or "bis", which days have too.</summary>
    Perhaps,

    /// <summary>Behind "um", or in the field of the time.</summary>
    Yes,
}

/// <summary>Reads one clock time.</summary>
internal static class ClockReader
{
    private const int Noon = 12 * 60;

    /// <param name="words">All of a field.</param>
    /// <param name="at">Where it would begin.</param>
    /// <param name="bare">About a number that nothing else makes an hour.</param>
    /// <param name="isGerman">Written hours are of 24.</param>
    /// <param name="next">Behind it; <paramref name="at"/> when it is none.</param>
    public static ClockHeard? Read(IReadOnlyList<HeardWord> words, int at, Bare bare, bool isGerman, out int next)
    {
        var clock = Any(words, at, bare, isGerman, out next);
        if (clock is null)
            next = at;
        return clock;
    }

    private static ClockHeard? Any(IReadOnlyList<HeardWord> words, int at, Bare bare, bool isGerman, out int next)
    {
        next = at + 1;
        var first = words.At(at);
        switch (first.Sense)
        {
            case Sense.Noon:
                return new ClockHeard(Noon);
            case Sense.Midnight:
                return new ClockHeard(0) { IsMidnight = true };
            case Sense.Shortly when words.At(at + 1).Sense is Sense.After or Sense.Before or Sense.Past or Sense.To:
                return Any(words, at + 2, Bare.Yes, isGerman, out next) is { } near ? near with { IsVague = true } : null;
            case Sense.Half or Sense.Quarter or Sense.ThreeQuarters:
                return Fraction(words, at, isGerman, out next);
            case Sense.Number:
                return Number(words, at, bare, isGerman, out next);
            case Sense.One when words.At(at + 1) is { Sense: Sense.Clock }:
                return Number(words, at, bare, isGerman, out next);
            default:
                return null;
        }
    }

    /// <summary>"halb vier", "half past three", "viertel vor vier", "dreiviertel vier".</summary>
    private static ClockHeard? Fraction(IReadOnlyList<HeardWord> words, int at, bool isGerman, out int next)
    {
        var first = words.At(at);
        var (isBehind, step) = words.At(at + 1).Sense switch
        {
            Sense.Past or Sense.After => ((bool?)true, 2),
            Sense.To or Sense.Before or Sense.Of => (false, 2),
            _ => (null, 1),
        };
        next = at;
        if (Hour(words, at + step) is not { } hour)
            return null;
        next = at + step + 1;
        var minutes = first.Sense switch
        {
            Sense.Half when isBehind is false => (int?)null,
            Sense.Half => isBehind is true || first.Text == "half" ? 30 : -30,
            Sense.ThreeQuarters => isBehind is null ? -15 : null,
            _ => isBehind switch { true => 15, false => -15, null => -45 },
        };
        // "Viertel vier" is 3:15 in some regions and, with a word lost on the line, anything.
        return minutes is { } shift ? Tail(words, Shifted(hour, shift) with { IsVague = first.Sense == Sense.Quarter && isBehind is null }, ref next) : null;
    }

    private static ClockHeard? Number(IReadOnlyList<HeardWord> words, int at, Bare bare, bool isGerman, out int next)
    {
        var (first, second, third) = (words.At(at), words.At(at + 1), words.At(at + 2));
        next = at + 1;
        if (second is { Sense: Sense.Colon, IsGlued: true } && third is { IsDigits: true, Text.Length: 2 })
        {
            next = at + 3;
            if (words.At(next) is { Sense: Sense.Colon, IsGlued: true } && words.At(next + 1) is { IsDigits: true, Text.Length: 2 })
                next += 2;
            if (words.At(next).Sense == Sense.Clock)
                next++;
            return Made(words, first, third.Value, isGerman, first.Text.Length == 2, ref next);
        }
        if (second is { Sense: Sense.Dot, IsGlued: true } && first.IsDigits && third is { IsDigits: true, IsGlued: true, Text.Length: 2 } && words.At(at + 3) is var behind && !(behind is { Sense: Sense.Dot, IsGlued: true } && bare != Bare.Yes))
        {
            next = at + 3;
            var isClock = behind.Sense is Sense.Clock or Sense.Meridiem;
            if (!isClock && !(bare == Bare.Yes && third.Value < 60 && words.At(at + 4) is not { IsDigits: true, IsGlued: true }) && third.Value <= 12)
                return null;
            if (behind.Sense == Sense.Clock)
                next++;
            return Made(words, first, third.Value, isGerman, false, ref next);
        }
        if (second.Sense == Sense.Clock)
        {
            next = at + 2;
            if (first.Value is > 24 and < 2400 && first.IsDigits && first.Text.Length >= 3)
                return Made(words, first with { Value = first.Value / 100 }, first.Value % 100, isGerman, true, ref next);
            var minute = 0;
            if (Minute(words, next, 0) is { } said)
                (minute, next) = (said, next + 1);
            if (words.At(next).Sense == Sense.MinuteUnit && minute > 0)
                next++;
            return Made(words, first, minute, second.Text is "uhr" or "h", false, ref next);
        }
        var link = second.Sense == Sense.MinuteUnit ? at + 2 : at + 1;
        if (first.Value is > 0 and < 30 && words.At(link).Sense is Sense.After or Sense.Before or Sense.Past or Sense.To)
        {
            var isBehind = words.At(link).Sense is Sense.After or Sense.Past;
            if (words.At(link + 1) is { Sense: Sense.Half, Text: "halb" } && Hour(words, link + 2) is { } whole)
            {
                next = link + 3;
                return Tail(words, Shifted(whole, isBehind ? first.Value - 30 : -30 - first.Value), ref next);
            }
            if (words.At(link).Sense != Sense.To || !first.IsDigits || first.Value > 12)
            {
                if (Hour(words, link + 1) is { } hour && words.At(link + 2).Sense is not (Sense.Dot or Sense.Month or Sense.Colon))
                {
                    next = link + 2;
                    return Tail(words, Shifted(hour, isBehind ? first.Value : -first.Value), ref next);
                }
            }
        }
        if (second.Sense == Sense.Meridiem)
            return Made(words, first, 0, isGerman, false, ref next);
        if (words.At(at + 2).Sense == Sense.Meridiem && Minute(words, at + 1, 0) is { } plain)
        {
            next = at + 2;
            return Made(words, first, plain, isGerman, false, ref next);
        }
        if (second.Sense is Sense.Noon or Sense.Midnight && first.Value == 12)
        {
            next = at + 2;
            return new ClockHeard(second.Sense == Sense.Noon ? Noon : 0) { IsMidnight = second.Sense == Sense.Midnight };
        }
        if (bare == Bare.No || IsOfDay(words, at) || (bare == Bare.Perhaps && second is { Sense: Sense.Dot, IsGlued: true }))
            return null;
        if (first.IsDigits && first.Text.Length is 3 or 4)
            return bare == Bare.Yes ? Made(words, first with { Value = first.Value / 100 }, first.Value % 100, isGerman, first.Text.Length == 4, ref next) : null;
        if (first.Value > 24)
            return null;
        var minutes = 0;
        if (Minute(words, at + 1, 10) is { } more)
            (minutes, next) = (more, at + 2);
        if (words.At(next) is { Sense: Sense.Clock })
            next++;
        return Made(words, first, minutes, isGerman && first.IsDigits && minutes > 0, false, ref next);
    }

    /// <summary>What follows makes it a day of a month, or a count.</summary>
    private static bool IsOfDay(IReadOnlyList<HeardWord> words, int at)
    {
        var (second, third) = (words.At(at + 1), words.At(at + 2));
        return second.Sense is Sense.Month or Sense.Of or Sense.DayUnit or Sense.WeekUnit or Sense.MonthUnit or Sense.HourUnit or Sense.MinuteUnit or Sense.Slash
            || (second.Sense == Sense.Dash && third.IsDigits && words.At(at + 3).Sense == Sense.Dash)
            || (second is { Sense: Sense.Dot } && third.Sense is Sense.Number or Sense.Month or Sense.Ordinal);
    }

    /// <summary>A number that is the minutes behind an hour.</summary>
    private static int? Minute(IReadOnlyList<HeardWord> words, int at, int least)
    {
        var word = words.At(at);
        return word is { Sense: Sense.Number, Value: < 60 } && word.Value >= least && !(word.IsDigits && word.Text.Length > 2) && !IsOfDay(words, at)
            && words.At(at + 1).Sense is not (Sense.Clock or Sense.Colon) && words.At(at + 1) is not { Sense: Sense.Dot, IsGlued: true } ? word.Value : null;
    }

    /// <summary>An hour of twelve, behind "halb" and "nach".</summary>
    private static int? Hour(IReadOnlyList<HeardWord> words, int at) =>
        words.At(at) is { Sense: Sense.Number or Sense.One, Value: >= 1 and <= 12 } word && words.At(at + 1).Sense is not (Sense.DayUnit or Sense.WeekUnit or Sense.MonthUnit or Sense.HourUnit or Sense.MinuteUnit) ? word.Value : null;

    private static ClockHeard Shifted(int hour, int minutes)
    {
        var minute = ((hour % 12 * 60) + minutes + 720) % 720;
        // Twelve is noon: nobody says "halb eins" for the night without saying so.
        return minute < 60 ? new ClockHeard(minute + 720) { IsMovable = true } : new ClockHeard(minute) { IsMovable = true, IsOpen = true };
    }

    /// <summary>"Uhr" and "pm" behind a fraction.</summary>
    private static ClockHeard Tail(IReadOnlyList<HeardWord> words, ClockHeard clock, ref int next)
    {
        if (words.At(next).Sense == Sense.Clock)
            next++;
        if (words.At(next).Sense != Sense.Meridiem)
            return clock;
        return clock with { Minute = (clock.Minute % 720) + (words.At(next++).Value * 720), IsMovable = false, IsOpen = false };
    }

    /// <param name="is24">Said or written by the clock of 24 hours, where 8 to 11 are the morning.</param>
    /// <param name="isWritten">With two digits, as machines do.</param>
    private static ClockHeard? Made(IReadOnlyList<HeardWord> words, HeardWord first, int minute, bool is24, bool isWritten, ref int next)
    {
        var hour = first.Value;
        if (hour > 24 || minute > 59 || (hour == 24 && minute > 0))
            return null;
        if (words.At(next).Sense == Sense.Meridiem)
        {
            var isAfternoon = words.At(next++).Value == 1;
            if (hour > 12)
                return isAfternoon && hour < 24 ? new ClockHeard((hour * 60) + minute) : null;
            return hour == 0 && isAfternoon ? null : new ClockHeard((hour % 12 * 60) + minute + (isAfternoon ? 720 : 0));
        }
        var clock = new ClockHeard((hour * 60) + minute);
        if (hour is 0 or > 12 || (isWritten && first.Text[0] == '0'))
            return clock;
        return clock with { IsMovable = true, IsOpen = hour < 12 && !isWritten && !(is24 && hour >= 8) };
    }
}
