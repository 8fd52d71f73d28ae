namespace Slotkeeper.Offers;

internal static class GermanLocale
{
    public static readonly Locale Table = new()
    {
        Language = "de",
        Weekdays = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
        ShortWeekdays = ["Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So."],
        Months = ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"],
        ShortMonths = ["Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."],
        // Nobody says "halb vier" to a machine, and the plain form cannot be misheard. Only the hour one is not said as its number.
        SpokenHours = ["0", "ein", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23"],
        ExplicitZone = new("{Www}, {d}. {Mmm} um {HH}:{mm} Uhr ({zone})"),
        YourTime = new("{Www}, {d}. {Mmm} um {HH}:{mm} Uhr[ {zone}] (Ihre Zeit)"),
        FirstTouch = new("{Weekday}, {d}. {Month} um {H}[:{mm}] Uhr[ ({zone})]"),
        Spoken = new("{Weekday}, den {d}. {Month} um {hour} Uhr[ {m}][ {zone}]"),
        Or = " oder ",
        Question = "passt Ihnen {}?",
        Replies = new ReplyWords(),
    };
}
