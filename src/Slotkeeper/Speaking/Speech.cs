namespace Slotkeeper.Speaking;

/// <summary>
/// What is said for every outcome, at most two sentences long. Clock times are said as numbers, "15 Uhr 30", never "halb vier"; no year is said. See docs/speech.md.
/// </summary>
public static class Speech
{
    /// <summary>The sentences for an outcome.</summary>
    /// <exception cref="NodaTime.TimeZones.DateTimeZoneNotFoundException">There is no such zone.</exception>
    public static string Say(Spoken what, SpeechContext context)
    {
        var words = new TimeWords(context);
        return words.Language.Say(what, words);
    }

    /// <summary>A time by its date: "Montag, den 20. Oktober um 15 Uhr 30".</summary>
    /// <exception cref="NodaTime.TimeZones.DateTimeZoneNotFoundException">There is no such zone.</exception>
    public static string Label(DateTimeOffset start, SpeechContext context) => new TimeWords(context).Full(start);

    /// <summary>A time as one would say it today: "am gleichen Tag um 14 Uhr", "morgen um 9 Uhr", "am Donnerstag um 9 Uhr", "nächste Woche Montag um 13 Uhr"; else with its date.</summary>
    /// <param name="start">What is named.</param>
    /// <param name="wanted">What was asked for, and said just before; null for nothing.</param>
    /// <param name="context">Who listens.</param>
    /// <exception cref="NodaTime.TimeZones.DateTimeZoneNotFoundException">There is no such zone.</exception>
    public static string NearLabel(DateTimeOffset start, DateTimeOffset? wanted, SpeechContext context)
    {
        var words = new TimeWords(context);
        return words.Near(start, wanted is { } asked ? words.DayOf(asked) : null);
    }
}
