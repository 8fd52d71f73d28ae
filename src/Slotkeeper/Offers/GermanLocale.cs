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
        Replies = new ReplyWords
        {
            // Without "do", "so" and the like, which are words of both languages.
            Weekdays = [["montag", "montags"], ["dienstag", "dienstags"], ["mittwoch", "mittwochs"], ["donnerstag", "donnerstags"], ["freitag", "freitags"], ["samstag", "samstags", "sonnabend"], ["sonntag", "sonntags"]],
            Months = [["januar", "jänner"], ["februar"], ["märz"], ["april"], ["mai"], ["juni"], ["juli"], ["august"], ["september"], ["oktober", "okt"], ["november"], ["dezember", "dez"]],
            Ordinals = [["erste", "ersten", "erster", "erstes"], ["zweite", "zweiten", "zweiter", "zweites"], ["dritte", "dritten", "dritter", "drittes"], ["vierte", "vierten", "vierter"], ["fünfte", "fünften", "fünfter"]],
            Articles = ["der", "die", "das", "den", "dem"],
            Things = ["termin", "vorschlag", "option"],
            Choices = ["termin", "vorschlag", "option", "zeit", "zeitpunkt", "passt", "wäre", "geht", "ist", "bitte", "klingt"],
            BeforeIndex = ["option", "nummer", "nr", "termin", "vorschlag"],
            Parts = [["vormittag", "vormittags", "morgens", "früh", "frühs"], ["nachmittag", "nachmittags"], ["abend", "abends"]],
            Today = ["heute"],
            Tomorrow = ["morgen"],
            DayAfterTomorrow = ["übermorgen"],
            ThisWeek = ["diese woche", "dieser woche"],
            NextWeek = ["nächste woche", "nächster woche", "kommende woche", "kommender woche"],
            Noon = ["mittags"],
            At = ["um", "gegen"],
            After = ["nach", "ab"],
            Before = ["vor", "bis"],
            Between = ["zwischen"],
            And = ["und"],
            Clock = ["uhr", "h"],
            But = ["aber", "sondern", "jedoch", "allerdings"],
            Yes = ["ja", "passt", "passt mir", "klingt gut", "klingt super", "einverstanden", "in ordnung", "geht klar", "abgemacht", "bestätigt", "bestätige", "das geht", "geht gut", "sehr gerne", "machen wir", "bis dann", "gebucht"],
            Polite = ["gerne", "gern", "super", "perfekt", "gut", "prima", "wunderbar", "klar", "natürlich", "okay", "ok"],
            No = ["nein", "nicht", "nee", "leider", "kein", "keine", "keinen", "verhindert", "beschäftigt", "außer", "unmöglich", "ungünstig", "schlecht", "absagen", "zu früh", "zu spät"],
            NoneOfThem = ["weder", "keiner", "keines", "keinen der", "kein interesse", "keiner der", "abmelden"],
            NotNo = ["kein problem", "keine sorge", "warum nicht", "kein thema"],
            Undecided = ["vielleicht", "eventuell", "melde mich", "muss schauen", "muss prüfen", "muss erst", "schaue mal", "überlege", "weiß noch", "eher", "unter umständen", "möglicherweise"],
            Automatic = ["abwesenheitsnotiz", "abwesenheitsnachricht", "automatische antwort", "automatische abwesenheit", "automatische nachricht", "automatisch generiert", "automatisch erstellt", "nicht im büro", "nicht im hause", "außer haus", "ausser haus", "derzeit abwesend", "momentan abwesend", "im urlaub", "in elternzeit", "wieder im büro", "wieder erreichbar", "nicht erreichbar", "bin abwesend"],
        },
    };
}
