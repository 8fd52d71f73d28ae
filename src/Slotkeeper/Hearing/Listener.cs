using NodaTime;
using NodaTime.Text;

namespace Slotkeeper.Hearing;

/// <summary>Goes through the words of one field and collects what they say of days and times. What says something of a time and is not understood is marked, never left out.</summary>
internal sealed class Listener
{
    private static readonly OffsetDateTimePattern Machine = OffsetDateTimePattern.ExtendedIso;

    private readonly Said said;
    private readonly List<HeardWord> words;
    private readonly DayReader days;
    private readonly ZonedDateTime now;
    private readonly bool isTime;

    private Bound? bound;
    private bool isBetween;

    /// <summary>How much had been said before the last "oder"; as much at the end leaves something that was not understood.</summary>
    private int chosen = -1;
    private int at;

    private Listener(Said said, List<HeardWord> words, bool isTime, ZonedDateTime now, DateOrder order)
    {
        (this.said, this.words, this.isTime, this.now) = (said, words, isTime, now);
        days = new DayReader(words, now.Date, order);
    }

    private bool IsGerman => ReferenceEquals(said.Words, GermanHearing.Table);

    /// <param name="said">Grows.</param>
    /// <param name="text">Of one field, not longer than <see cref="Vocabulary.MostLetters"/>.</param>
    /// <param name="words">The text's.</param>
    /// <param name="isTime">It is the field of the time, where a bare number is an hour.</param>
    public static void Listen(Said said, string text, List<HeardWord> words, bool isTime, ZonedDateTime now, DateOrder order)
    {
        var before = said.Count;
        var listener = new Listener(said, words, isTime, now, order);
        if (Machine.Parse(text.Trim()) is { Success: true, Value: var instant })
            said.Instants.Add(instant.ToInstant());
        else
            listener.Run();
        if (said.Count == before && !words.Exists(static word => word.Sense == Sense.Any))
            listener.NotUnderstood();
    }

    private void NotUnderstood()
    {
        if (isTime)
            said.IsTimeStrange = true;
        else
            said.IsDayStrange = true;
    }

    private void Run()
    {
        TellAmApart();
        while (at < words.Count)
        {
            var from = at;
            if (!Step())
                at = from + 1;
        }
        if ((bound is not null && said.Count == 0) || chosen == said.Count)
            NotUnderstood();
    }

    /// <summary>"10 am" is a half of the day, "10 am Montag" and "am Montag" are not.</summary>
    private void TellAmApart()
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] is not { Sense: Sense.Meridiem, Text: "am" } am)
                continue;
            var isBehindNumber = words.At(i - 1).Sense is Sense.Number or Sense.Clock or Sense.One;
            var isBeforeDay = words.At(i + 1).Sense is Sense.Weekday or Sense.Number or Sense.Ordinal or Sense.Part or Sense.Morrow or Sense.Weekend or Sense.Coming or Sense.Next or Sense.Start or Sense.End or Sense.AfterNext;
            if (!isBehindNumber || (IsGerman && isBeforeDay))
                words[i] = am with { Sense = Sense.Article };
        }
    }

    /// <returns>False when nothing was consumed.</returns>
    private bool Step()
    {
        var word = words[at];
        switch (word.Sense)
        {
            case Sense.Number or Sense.One or Sense.Half or Sense.Quarter or Sense.ThreeQuarters or Sense.Noon or Sense.Midnight or Sense.Shortly when Clock():
                return true;
            case Sense.In when Ahead():
                return true;
            case Sense.Tonight:
                said.Days.Add(DayHeard.Span(now.Date, now.Date));
                AddPart(PartsOfDay.Evening);
                return false;
            case Sense.Good when words.At(at + 1).Sense is Sense.Part or Sense.Morrow or Sense.DayUnit:
                at += 2;
                return true;
            case Sense.Not when words.At(at + 1).Sense is Sense.Before or Sense.After or Sense.Until:
                bound = words.At(at + 1).Sense == Sense.Before ? Bound.From : Bound.Until;
                at += 2;
                return true;
            case Sense.Morrow:
                Morrow();
                return false;
            case Sense.Part when IsPartOfDay():
                AddPart(word.Value);
                return false;
            default:
                return Day() || Joint(word) || Unexplained(word);
        }
    }

    private bool IsPartOfDay() => words[at].Value is not (PartsOfDay.Early or PartsOfDay.Late) || words.At(at + 1).Sense is not (Sense.This or Sense.Next or Sense.Coming or Sense.AfterNext or Sense.In);

    /// <summary>"morgen früh" is tomorrow; "Freitag morgen", "heute morgen" and "am Morgen" are mornings.</summary>
    private void Morrow()
    {
        if (words.At(at - 1).Sense is Sense.Weekday or Sense.DayOffset or Sense.Article or Sense.Morrow or Sense.Next)
            AddPart(PartsOfDay.Morning);
        else
            AddDay(DayHeard.Span(now.Date.PlusDays(1), now.Date.PlusDays(1)));
    }

    private void AddPart(int part)
    {
        if (bound is { } edge)
            AddClock(new ClockHeard(PartsOfDay.Edge(part)) { Bound = edge });
        else if (!said.Parts.Contains(part))
            said.Parts.Add(part);
    }

    private void AddDay(DayHeard day)
    {
        said.Days.Add(bound is { } held && day.Kind != DayKind.Later ? day with { Bound = held } : day);
        if (day.Kind != DayKind.Later)
            bound = null;
    }

    private void AddClock(ClockHeard clock)
    {
        said.Clocks.Add(bound is { } held ? clock with { Bound = held } : clock);
        bound = null;
    }

    private bool Clock()
    {
        var before = words.At(at - 1).Sense;
        var bare = before is Sense.At or Sense.About || bound == Bound.About || IsStartOfSpan() || (said.IsChoice && said.Clocks.Count > 0 && before == Sense.Or) ? Bare.Yes
            : isTime && before is not (Sense.Article or Sense.Month) ? Bare.Yes
            : bound is not null ? Bare.Perhaps
            : Bare.No;
        if (ClockReader.Read(words, at, bare, IsGerman, out var next) is not { } clock)
            return false;
        AddClock(clock);
        at = next;
        if (words.At(at).Sense is Sense.Dash or Sense.To && words.At(at + 1).Sense is Sense.Number or Sense.Noon)
        {
            (said.Clocks[^1], bound) = (clock with { Bound = Bound.From }, Bound.Until);
            at++;
        }
        return true;
    }

    /// <summary>"10 bis 12 Uhr", "2-4 pm": what is behind makes it an hour.</summary>
    private bool IsStartOfSpan() => words.At(at + 1).Sense is Sense.Until or Sense.Dash or Sense.To or Sense.Or or Sense.And && words.At(at + 2).Sense == Sense.Number
        && (words.At(at + 3).Sense is Sense.Clock or Sense.Meridiem || words.At(at + 3) is { Sense: Sense.Colon, IsGlued: true });

    /// <summary>"in 2 Stunden", "in einer halben Stunde", "in half an hour".</summary>
    private bool Ahead()
    {
        var i = at + 1;
        var (count, isHalf) = (1, false);
        for (; words.At(i).Sense is Sense.Number or Sense.One or Sense.Half or Sense.Quarter; i++)
        {
            if (words.At(i).Sense == Sense.Number)
                count = words.At(i).Value;
            isHalf |= words.At(i).Sense == Sense.Half;
            if (words.At(i).Sense == Sense.Quarter)
                return false;
        }
        var minutes = words.At(i).Sense switch { Sense.HourUnit => 60, Sense.MinuteUnit => 1, Sense.Minutes => words.At(i).Value, _ => 0 };
        if (i == at + 1 || minutes == 0 || count > 1000 || (isHalf && minutes != 60))
            return false;
        var start = now.ToInstant() + Duration.FromMinutes((long)count * (isHalf ? 30 : minutes));
        // Nobody means the seconds; upwards, so that it is never too early.
        said.Instants.Add(Instant.FromUnixTimeSeconds((start.ToUnixTimeSeconds() + 59) / 60 * 60));
        at = i + 1;
        return true;
    }

    private bool Day()
    {
        if (days.Read(at, out var next) is not { } day)
            return false;
        // "15.-17. Januar", "Montag - Mittwoch"
        if (words.At(at - 1).Sense == Sense.Dash && said.Days.Count > 0 && said.Days[^1].Bound == Bound.Exactly && bound is null)
            bound = Bound.Until;
        AddDay(day);
        at = next;
        return true;
    }

    /// <summary>Words between days and times.</summary>
    private bool Joint(HeardWord word)
    {
        switch (word.Sense)
        {
            case Sense.From when word.Value == 0 && !words.Skip(at).Any(static other => other.Sense == Sense.Until):
                break;
            case Sense.From:
                bound = Bound.From;
                break;
            case Sense.After or Sense.Past:
                bound = Bound.After;
                break;
            case Sense.Before:
                bound = Bound.Before;
                break;
            case Sense.Until:
                bound = Bound.Until;
                break;
            case Sense.To when said.Clocks.Exists(static clock => clock.Bound == Bound.From) || said.Days.Exists(static day => day.Bound == Bound.From):
                bound = Bound.Until;
                break;
            case Sense.Between:
                (bound, isBetween) = (Bound.From, true);
                break;
            case Sense.And when isBetween && bound is null:
                (bound, isBetween) = (Bound.Until, false);
                break;
            // "15 Uhr oder so"
            case Sense.Or when words.At(at + 1).Text == "so" && said.Clocks.Count > 0:
                said.Clocks[^1] = said.Clocks[^1] with { Bound = Bound.About };
                at++;
                break;
            case Sense.Or:
                (said.IsChoice, chosen) = (true, said.Count);
                break;
            case Sense.At when words.At(at - 1).Text == "so":
                bound = Bound.About;
                break;
            case Sense.About:
                bound = Bound.About;
                break;
            default:
                return false;
        }
        at++;
        return true;
    }

    /// <summary>Marks what speaks of a time and belongs to nothing.</summary>
    private bool Unexplained(HeardWord word)
    {
        switch (word.Sense)
        {
            case Sense.Number when word.IsDigits || word.Value != 1:
            case Sense.Ordinal when word.Value > 3 || char.IsAsciiDigit(word.Text[0]) || words.At(at + 1).Sense is Sense.Weekday or Sense.WeekUnit or Sense.Month:
            case Sense.DayUnit when words.At(at - 1).Sense is not (Sense.Any or Sense.One):
            case Sense.WeekUnit or Sense.MonthUnit or Sense.Not or Sense.Strange or Sense.Last or Sense.AfterNext or Sense.Start or Sense.Middle or Sense.End:
                NotUnderstood();
                break;
            case Sense.HourUnit or Sense.MinuteUnit or Sense.Minutes or Sense.Half or Sense.Quarter or Sense.ThreeQuarters or Sense.Shortly or Sense.Clock:
                said.IsTimeStrange = true;
                break;
            default:
                break;
        }
        return false;
    }
}
