namespace Slotkeeper.Hearing;

internal static class EnglishHearing
{
    private static readonly string[] Units = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"];
    private static readonly string[] UnitOrdinals = ["", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"];

    public static readonly HearingWords Table = new()
    {
        Language = "en",
        Senses =
        [
            new(Sense.DayOffset, -1, "yesterday"), new(Sense.Tonight, 0, "tonight"),
            new(Sense.Part, PartsOfDay.Forenoon, "morning mornings forenoon"), new(Sense.Part, PartsOfDay.Early, "early"), new(Sense.Part, PartsOfDay.Midday, "lunchtime"), new(Sense.Part, PartsOfDay.Afternoon, "afternoon afternoons"), new(Sense.Part, PartsOfDay.Evening, "evening evenings"),
            new(Sense.Part, PartsOfDay.Late, "late"), new(Sense.Part, PartsOfDay.Night, "night nights overnight"), new(Sense.This, 0, "this"), new(Sense.Next, 0, "next"), new(Sense.Coming, 0, "coming following upcoming"), new(Sense.Last, 0, "last"),
            new(Sense.DayUnit, 0, "day days"), new(Sense.WeekUnit, 0, "week weeks week's weeks'"), new(Sense.MonthUnit, 0, "month months"), new(Sense.HourUnit, 0, "hour hours"), new(Sense.MinuteUnit, 0, "minute minutes"), new(Sense.Weekend, 0, "weekend"),
            new(Sense.In, 0, "in within during"), new(Sense.Ago, 0, "ago"), new(Sense.At, 0, "at"), new(Sense.About, 0, "around about roughly approximately approx circa"), new(Sense.Shortly, 0, "shortly"), new(Sense.From, 1, "from starting"), new(Sense.After, 0, "after"), new(Sense.Before, 0, "before"), new(Sense.Until, 0, "until till by"),
            new(Sense.Or, 0, "or"), new(Sense.To, 0, "to"), new(Sense.Past, 0, "past"), new(Sense.Clock, 0, "o'clock oclock"), new(Sense.Meridiem, 0, "am"), new(Sense.Meridiem, 1, "pm"), new(Sense.Half, 0, "half"), new(Sense.Quarter, 0, "quarter"), new(Sense.Noon, 0, "noon midday"), new(Sense.Midnight, 0, "midnight"),
            new(Sense.Article, 0, "the on"), new(Sense.Of, 0, "of"), new(Sense.Start, 0, "beginning start"), new(Sense.Middle, 0, "middle mid"), new(Sense.End, 0, "end"), new(Sense.One, 1, "a an"),
            new(Sense.Not, 0, "no not nope never except without instead don't dont can't cant"), new(Sense.Good, 0, "good"), new(Sense.None, 0, "unfortunately"), new(Sense.Any, 0, "anytime any all whenever flexible"),
            new(Sense.Strange, 0, "year years quarterly seconds anything everything nothing christmas easter thanksgiving holiday holidays vacation later earlier soon soonest now asap immediately every daily weekly weekday weekdays fortnight since utc gmt cet cest est edt cst cdt mst mdt pst pdt bst eastern central pacific"),
        ],
        Numbers = NumberWords(),
        Ordinals = OrdinalWords(),
        PartLabels = ["in the morning", "in the morning", "early in the morning", "around midday", "in the afternoon", "in the evening", "late in the evening", "at night"],
        Early = "early {}",
        Late = "late {}",
        Bounds = ("from", "after", "before", "until", "around"),
        Clock = Spoken,
        Span = static (from, until) => $"between {Spoken(from / 60, from % 60)} and {Spoken(until / 60, until % 60)}",
    };

    private static string Spoken(int hour, int minute) => hour == 12 && minute == 0 ? "noon" : $"{(hour + 11) % 12 + 1}{(minute == 0 ? "" : $":{minute:00}")} {(hour % 24 < 12 ? "am" : "pm")}";

    private static Dictionary<string, int> NumberWords()
    {
        var words = new Dictionary<string, int>(StringComparer.Ordinal) { ["twenty"] = 20, ["thirty"] = 30, ["forty"] = 40, ["fifty"] = 50 };
        for (var number = 0; number < Units.Length; number++)
            words[Units[number]] = number;
        return words;
    }

    /// <summary>Twenty-first and so on are two words.</summary>
    private static Dictionary<string, int> OrdinalWords()
    {
        var words = new Dictionary<string, int>(StringComparer.Ordinal) { ["twentieth"] = 20, ["thirtieth"] = 30 };
        for (var number = 1; number < UnitOrdinals.Length; number++)
            words[UnitOrdinals[number]] = number;
        return words;
    }
}
