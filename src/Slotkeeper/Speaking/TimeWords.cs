using NodaTime;
using NodaTime.TimeZones;
using Slotkeeper.Offers;

namespace Slotkeeper.Speaking;

/// <summary>Days and times as one listener hears them.</summary>
internal readonly struct TimeWords
{
    private readonly DateTimeZone zone;
    private readonly Instant now;
    private readonly bool namesZone;

    public TimeWords(SpeechContext context)
    {
        zone = Zones.Get(context.TimeZone);
        now = Instant.FromDateTimeOffset(context.Now);
        namesZone = context.NamesZone;
        Locale = Locales.For(context.Locale);
        Language = SpokenLanguage.For(Locale);
    }

    public Locale Locale { get; }

    public SpokenLanguage Language { get; }

    /// <summary>"Montag, den 20. Oktober um 15 Uhr 30".</summary>
    public string Full(DateTimeOffset start) => Locale.Spoken.Write(Parts(Local(start)), needsZone: false, Locale) + Aside(start);

    /// <summary>"am Montag, den 20. Oktober um 15 Uhr 30".</summary>
    public string On(DateTimeOffset start) => $"{Language.On} {Full(start)}";

    /// <summary>"15 Uhr 30".</summary>
    public string Clock(DateTimeOffset start) => Language.Clock.Write(Parts(Local(start)), needsZone: false, Locale) + Aside(start);

    public string Clock(LocalTime time) => Language.Clock.Write(Parts(new LocalDate(2000, 1, 1) + time), needsZone: false, Locale);

    /// <summary>"Montag, den 20. Oktober".</summary>
    public string Day(LocalDate day) => Language.Day.Write(Parts(day.AtMidnight()), needsZone: false, Locale);

    /// <summary>"Montag, der 20. Oktober".</summary>
    public string Today(LocalDate day) => Language.Today.Write(Parts(day.AtMidnight()), needsZone: false, Locale);

    public LocalDate DayOf(DateTimeOffset start) => Local(start).Date;

    /// <summary>Whole minutes until an instant.</summary>
    public int MinutesUntil(DateTimeOffset until) => (int)Math.Clamp((Instant.FromDateTimeOffset(until) - now).TotalMinutes, 0, int.MaxValue);

    /// <summary>
    /// A day word is said only where it is true and can mean one day: "tomorrow" and "on Thursday" count from now, "next week" is the next week of the
    /// calendar, and "the same day" is the day that was just said.
    /// </summary>
    public string Near(DateTimeOffset start, LocalDate? said)
    {
        var day = DayOf(start);
        var today = now.InZone(zone).Date;
        var days = Period.DaysBetween(today, day);
        var weekday = Locale.Weekdays[(int)day.DayOfWeek - 1];
        var isNextWeek = Period.DaysBetween(today, today.With(DateAdjusters.Next(IsoDayOfWeek.Monday))) is var monday && days >= monday && days < monday + 7;
        var word = day == said ? Language.SameDay : days switch
        {
            0 => Language.TodayWord,
            1 => Language.Tomorrow,
            2 => Language.DayAfterTomorrow,
            >= 3 and <= 6 => Language.Weekday(weekday),
            >= 7 when isNextWeek => Language.NextWeek(weekday),
            _ => null,
        };
        return word is null ? Language.Bare(Full(start)) : $"{word} {Language.At} {Clock(start)}";
    }

    /// <summary>At most two starts, "A oder B"; the day is said once where both have it.</summary>
    /// <param name="starts">One at least, best first.</param>
    /// <param name="said">The day that was said just before, or null.</param>
    public string Choices(IReadOnlyList<DateTimeOffset> starts, LocalDate? said = null)
    {
        var first = Near(starts[0], said);
        if (starts.Count == 1)
            return first;
        return first + Locale.Or + (DayOf(starts[0]) == DayOf(starts[1]) ? $"{Language.At} {Clock(starts[1])}" : Near(starts[1], said));
    }

    /// <summary>At most two days, "A oder B".</summary>
    public string Choices(IReadOnlyList<LocalDate> days) => days.Count == 1 ? Day(days[0]) : Day(days[0]) + Locale.Or + Day(days[1]);

    /// <summary>What a clock shows twice, or what a listener elsewhere may mistake, is told apart in words: nobody says an offset.</summary>
    private string Aside(DateTimeOffset start)
    {
        var place = namesZone ? " " + Language.Place(zone.Id, Local(start).Offset) : "";
        var mapping = zone.MapLocal(Local(start).LocalDateTime);
        return mapping.Count < 2 ? place : $"{place} {(mapping.First().ToInstant() == Instant.FromDateTimeOffset(start) ? Language.BeforeChange : Language.AfterChange)}";
    }

    private ZonedDateTime Local(DateTimeOffset start) => Instant.FromDateTimeOffset(start).InZone(zone);

    private static LabelParts Parts(ZonedDateTime local) => Parts(local.LocalDateTime);

    private static LabelParts Parts(LocalDateTime local) => new(local.Month, local.Day, (int)local.DayOfWeek, local.Hour, local.Minute, null);
}
