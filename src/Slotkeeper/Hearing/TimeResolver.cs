using NodaTime;

namespace Slotkeeper.Hearing;

/// <summary>Times that are meant, or what to ask about them.</summary>
internal sealed record TimeAnswer
{
    /// <summary>Minutes of the day it may be; 1440 is its end. One when it is settled.</summary>
    public IReadOnlyList<int> Minutes { get; init; } = [];

    public TimeWindow? Window { get; init; }

    /// <summary>Null also where there are two minutes: that is settled with the day.</summary>
    public Question? Question { get; init; }

    /// <summary>Midnight by name.</summary>
    public bool IsMidnight { get; init; }

    /// <summary>Only the last of the minutes is left of two, and the other half of the day would be odd.</summary>
    public bool IsBusinessHour { get; init; }

    public static TimeAnswer Ask(Question question, params IReadOnlyList<int> minutes) => new() { Question = question, Minutes = minutes };
}

/// <summary>Puts the times that were said together.</summary>
/// <param name="words">Language of labels.</param>
internal sealed class TimeResolver(HearingWords words)
{
    private const int Around = 30;

    /// <returns>Null when no time was said.</returns>
    public TimeAnswer? Resolve(IReadOnlyList<ClockHeard> said, IReadOnlyList<int> parts, bool isChoice)
    {
        if (said.Count == 0)
            return parts.Count == 0 ? null : PartsOfDay.Window(parts, words) is { } part ? new TimeAnswer { Window = part } : TimeAnswer.Ask(Question.WhichTime);
        var clocks = said.Distinct().ToList();
        if (clocks.Exists(static clock => clock.IsVague))
            return TimeAnswer.Ask(Question.WhichTime, Minutes(clocks, parts));
        var exact = clocks.FindAll(static clock => clock.Bound is Bound.Exactly or Bound.About);
        var lower = clocks.FindAll(static clock => clock.Bound is Bound.From or Bound.After);
        var upper = clocks.FindAll(static clock => clock.Bound is Bound.Until or Bound.Before);
        // "10 bis 12 Uhr"
        if (!isChoice && exact is [var begin] && lower.Count == 0 && upper.Count == 1)
        {
            lower = [begin with { Bound = Bound.From }];
            exact = [];
        }
        if (exact.Count > 0)
        {
            var settled = Settled(exact);
            if (settled is null || lower.Count + upper.Count > 0)
                return TimeAnswer.Ask(Question.WhichTime, Minutes(clocks, parts));
            return Exact(settled, parts);
        }
        return lower.Count > 1 || upper.Count > 1 ? TimeAnswer.Ask(Question.WhichTime, Minutes(clocks, parts)) : Between(lower.FirstOrDefault(), upper.FirstOrDefault(), parts);
    }

    private static int[] Minutes(List<ClockHeard> clocks, IReadOnlyList<int> parts) => [.. clocks.SelectMany(clock => Choices(clock, parts)).Distinct().Order()];

    /// <summary>The same time said twice, once for sure: "um drei" and "15:00".</summary>
    private static ClockHeard? Settled(List<ClockHeard> clocks)
    {
        var sure = clocks.Find(static clock => !clock.IsOpen) ?? clocks[0];
        return clocks.TrueForAll(clock => clock.Minute == sure.Minute || (clock.IsOpen && clock.Other == sure.Minute)) ? sure : null;
    }

    /// <summary>What it may be, with the parts of day that were said with it. Empty when they contradict it.</summary>
    private static int[] Choices(ClockHeard clock, IReadOnlyList<int> parts)
    {
        if (clock.IsMidnight)
            return [0];
        if (parts.Count == 0)
            return clock.IsOpen ? [clock.Minute, clock.Other] : [clock.Minute];
        int[] all = clock.IsMovable ? [clock.Minute, clock.Other] : [clock.Minute];
        return [.. all.Where(minute => parts.All(part => PartsOfDay.Fits(part, minute))).Order()];
    }

    private TimeAnswer Exact(ClockHeard clock, IReadOnlyList<int> parts)
    {
        if (clock.IsMidnight)
            return new TimeAnswer { Minutes = [0, 1440], IsMidnight = true };
        var choices = Choices(clock, parts);
        if (choices.Length == 0)
            return clock.IsMovable ? TimeAnswer.Ask(Question.MorningOrEvening, [.. new[] { clock.Minute, clock.Other }.Order()]) : TimeAnswer.Ask(Question.NotUnderstoodTime, clock.Minute);
        // The small hours of "Freitag nachts um eins" are Saturday's to many.
        if (parts.Contains(PartsOfDay.Night) && choices is [< 6 * 60])
            return new TimeAnswer { Minutes = [choices[0], choices[0] + 1440], IsMidnight = true };
        if (clock.Bound != Bound.About || choices.Length > 1)
            return new TimeAnswer { Minutes = choices, IsBusinessHour = choices[0] >= 8 * 60 };
        var (from, until) = (Math.Max(0, choices[0] - Around), choices[0] + Around);
        return new TimeAnswer { Window = new(Local(from), until >= 1440 ? null : Local(until), WindowKind.Around, $"{words.Bounds.Around} {Clock(choices[0])}") };
    }

    /// <summary>Of hours that may be either half only those count that leave an order: "between 9 and 5" is 9 to 17.</summary>
    private TimeAnswer Between(ClockHeard? lower, ClockHeard? upper, IReadOnlyList<int> parts)
    {
        // A part that says in which half of the day both lie; where it fits only one of them, that one carries the other.
        int[] Of(ClockHeard? clock) => clock is null ? [] : Choices(clock, parts) is { Length: > 0 } choices ? choices : clock.IsMovable ? [clock.Minute, clock.Other] : [clock.Minute];
        // Of an end, 0 o'clock is the one that ends the day.
        var (froms, untils) = (Of(lower), Of(upper).Select(static minute => minute == 0 ? 1440 : minute).ToArray());
        if (froms.Contains(1440))
            return TimeAnswer.Ask(Question.WhichTime, froms);
        // "2 to 4 pm"
        if (ReferenceEquals(words, EnglishHearing.Table) && lower is { IsOpen: true } && upper is { IsMovable: false, Minute: > 720 and < 1440 } && lower.Minute + 720 < upper.Minute)
            froms = [lower.Minute + 720];
        var pairs = lower is null ? untils.Select(static until => (From: -1, Until: until)).ToList()
            : upper is null ? froms.Select(static from => (From: from, Until: -1)).ToList()
            : froms.SelectMany(from => untils.Where(until => until > from).Select(until => (From: from, Until: until))).ToList();
        return pairs switch
        {
            [] => TimeAnswer.Ask(Question.WhichTime, [.. froms.Concat(untils).Distinct().Order()]),
            [var (from, until)] => new TimeAnswer { Window = Window(lower, upper, from, until, parts) },
            _ => TimeAnswer.Ask(Question.MorningOrEvening, [.. pairs.Select(static pair => pair.From >= 0 ? pair.From : pair.Until).Distinct().Order()]),
        };
    }

    private TimeWindow Window(ClockHeard? lower, ClockHeard? upper, int from, int until, IReadOnlyList<int> parts)
    {
        var part = parts.Count > 0 ? PartsOfDay.Window(parts, words) : null;
        if (from >= 0 && until >= 0)
            return new(Local(from), until >= 1440 ? null : Local(until), WindowKind.Between, words.Span(from, until));
        if (from >= 0)
            return new(Local(from), part?.Until is { } end && end > Local(from) ? end : null, WindowKind.From, $"{(lower!.Bound == Bound.After ? words.Bounds.After : words.Bounds.From)} {Clock(from)}");
        return new(part is not null && (until >= 1440 || part.From < Local(until)) ? part.From : LocalTime.Midnight, until >= 1440 ? null : Local(until), WindowKind.Until, $"{(upper!.Bound == Bound.Before ? words.Bounds.Before : words.Bounds.Until)} {Clock(until)}");
    }

    private string Clock(int minute) => words.Clock(minute / 60, minute % 60);

    private static LocalTime Local(int minute) => LocalTime.FromMinutesSinceMidnight(minute % 1440);
}
