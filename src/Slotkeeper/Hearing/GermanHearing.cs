using Slotkeeper.Offers;

namespace Slotkeeper.Hearing;

internal static class GermanHearing
{
    private static readonly string[] Units = ["null", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"];
    private static readonly string[] Tens = ["", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"];
    private static readonly string[] FirstOrdinals = ["", "erst", "zweit", "dritt", "viert", "fünft", "sechst", "siebt", "acht"];
    private static readonly string[] OrdinalEndings = ["e", "en", "er", "em", "es"];

    public static readonly HearingWords Table = new()
    {
        Language = "de",
        Senses =
        [
            new(Sense.Weekday, 1, "mo"), new(Sense.Weekday, 2, "di dienstach"), new(Sense.Weekday, 3, "mi"), new(Sense.Weekday, 5, "fr freitach"), new(Sense.Weekday, 6, "sa sonnabends"), new(Sense.Month, 1, "jan"), new(Sense.Month, 2, "feb feber"), new(Sense.Month, 3, "mrz mär"), new(Sense.Month, 4, "apr"),
            new(Sense.Month, 6, "juno"), new(Sense.Month, 7, "julei"), new(Sense.Month, 8, "aug"), new(Sense.Month, 9, "sept sep"), new(Sense.Month, 11, "nov"),
            new(Sense.Morrow, 1, "morgen"), new(Sense.DayOffset, -1, "gestern"), new(Sense.DayOffset, -2, "vorgestern"), new(Sense.DayOffset, 3, "überübermorgen"),
            new(Sense.Part, PartsOfDay.Forenoon, "vormittag vormittags vormittage"), new(Sense.Part, PartsOfDay.Morning, "morgens"), new(Sense.Part, PartsOfDay.Early, "früh frühs frühen frühmorgens"), new(Sense.Part, PartsOfDay.Midday, "mittag mittags"),
            new(Sense.Part, PartsOfDay.Afternoon, "nachmittag nachmittags"), new(Sense.Part, PartsOfDay.Evening, "abend abends"), new(Sense.Part, PartsOfDay.Late, "spät späten spätabends"), new(Sense.Part, PartsOfDay.Night, "nacht nachts"),
            new(Sense.This, 0, "diese dieser diesen diesem dieses"), new(Sense.Next, 0, "nächste nächster nächsten nächstes nächstem"), new(Sense.Coming, 0, "kommende kommender kommenden kommendes kommendem"), new(Sense.AfterNext, 0, "übernächste übernächster übernächsten übernächstes"),
            new(Sense.Last, 0, "letzte letzter letzten letztes letztem vorige voriger vorigen vergangene vergangenen vergangener"),
            new(Sense.DayUnit, 0, "tag tage tagen tages"), new(Sense.WeekUnit, 0, "woche wochen"), new(Sense.MonthUnit, 0, "monat monate monaten monats"), new(Sense.HourUnit, 0, "stunde stunden"), new(Sense.MinuteUnit, 0, "minute minuten"),
            new(Sense.Minutes, 15, "viertelstunde"), new(Sense.Minutes, 30, "halbstunde"), new(Sense.Minutes, 45, "dreiviertelstunde"), new(Sense.Weekend, 0, "wochenende wochenend wochenendes"),
            new(Sense.In, 0, "in im innerhalb"), new(Sense.At, 0, "um"), new(Sense.About, 0, "gegen circa ca zirka etwa ungefähr"), new(Sense.Shortly, 0, "kurz"), new(Sense.From, 0, "von vom"), new(Sense.From, 1, "ab frühestens"), new(Sense.After, 0, "nach"), new(Sense.Before, 0, "vor"), new(Sense.Until, 0, "bis spätestens"),
            new(Sense.Or, 0, "oder beziehungsweise"), new(Sense.Half, 0, "halb halbe halben"), new(Sense.Quarter, 0, "viertel"), new(Sense.ThreeQuarters, 0, "dreiviertel"), new(Sense.Midnight, 0, "mitternacht"),
            new(Sense.Article, 0, "zum am"), new(Sense.Of, 0, "des"), new(Sense.Start, 0, "anfang beginn"), new(Sense.Middle, 0, "mitte"), new(Sense.End, 0, "ende"), new(Sense.One, 1, "ein eine einer einem einen"),
            new(Sense.Not, 0, "nein nicht nee kein keine keinen keiner außer ausser ohne niemals statt anstatt anstelle"), new(Sense.Good, 0, "guten gute gut"), new(Sense.None, 0, "leider"), new(Sense.Any, 0, "egal jederzeit irgendwann ganztags ganzen ganze beliebig ganztägig flexibel"),
            new(Sense.Strange, 0, "jahr jahre jahres jahren quartal quartals sekunde sekunden anderthalb eineinhalb weihnachten ostern pfingsten silvester neujahr feiertag feiertage ferien urlaub später früher bald jetzt sofort asap sobald gleich demnächst jeden jede täglich wöchentlich werktag werktags arbeitstag seit mez mesz"),
        ],
        Numbers = NumberWords(),
        Ordinals = OrdinalWords(),
        PartLabels = ["vormittags", "morgens", "früh", "mittags", "nachmittags", "abends", "spät", "nachts"],
        Early = "früh {}",
        Late = "spät {}",
        Bounds = ("ab", "nach", "vor", "bis", "gegen"),
        Clock = Spoken,
        Span = static (from, until) => $"zwischen {(from % 60 == 0 ? (from / 60).ToString() : Spoken(from / 60, from % 60))} und {Spoken(until / 60, until % 60)}",
    };

    private static string Spoken(int hour, int minute) => $"{(hour < 24 ? GermanLocale.Table.SpokenHours[hour] : "24")} Uhr{(minute == 0 ? "" : $" {minute}")}";

    private static Dictionary<string, int> NumberWords()
    {
        var words = new Dictionary<string, int>(StringComparer.Ordinal) { ["eins"] = 1, ["zwo"] = 2 };
        for (var number = 0; number < 100; number++)
        {
            if (number != 1)
                words[Word(number)] = number;
            if (number >= 20)
                words[$"zweitausend{Word(number)}"] = 2000 + number;
        }
        return words;
    }

    private static Dictionary<string, int> OrdinalWords()
    {
        var words = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var number = 1; number <= 31; number++)
        {
            foreach (var ending in OrdinalEndings)
            {
                words[(number < FirstOrdinals.Length ? FirstOrdinals[number] : Word(number) + (number < 20 ? "t" : "st")) + ending] = number;
                if (number == 7)
                    words[$"siebent{ending}"] = number;
            }
        }
        return words;
    }

    private static string Word(int number) => number < 20 ? Units[number] : number % 10 == 0 ? Tens[number / 10] : $"{Units[number % 10]}und{Tens[number / 10]}";
}
