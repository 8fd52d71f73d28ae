using NodaTime;
using Slotkeeper.Alternatives;
using Slotkeeper.Offers;

namespace Slotkeeper.Speaking;

internal sealed class GermanSpeech : SpokenLanguage
{
    private const string CallBack = "Soll Sie jemand zurückrufen?";
    private const string TryAnother = "Möchten Sie es zu einem anderen Zeitpunkt versuchen, oder soll Sie jemand zurückrufen?";

    private static readonly string[] OnWeekdays = ["montags", "dienstags", "mittwochs", "donnerstags", "freitags", "samstags", "sonntags"];

    /// <summary>Cities that have another name than in the zone's id.</summary>
    private static readonly Dictionary<string, string> Cities = new(StringComparer.Ordinal)
    {
        ["Vienna"] = "Wien", ["Zurich"] = "Zürich", ["Rome"] = "Rom", ["Prague"] = "Prag", ["Warsaw"] = "Warschau", ["Brussels"] = "Brüssel", ["Copenhagen"] = "Kopenhagen",
        ["Lisbon"] = "Lissabon", ["Athens"] = "Athen", ["Moscow"] = "Moskau", ["Kyiv"] = "Kiew", ["Bucharest"] = "Bukarest", ["Luxembourg"] = "Luxemburg",
        ["Singapore"] = "Singapur", ["Tokyo"] = "Tokio", ["Cairo"] = "Kairo", ["Belgrade"] = "Belgrad", ["Mexico City"] = "Mexiko-Stadt", ["Sao Paulo"] = "São Paulo",
    };

    public override string Tag => "de";

    public override LabelPattern Day { get; } = new("{Weekday}, den {d}. {Month}");

    public override LabelPattern Today { get; } = new("{Weekday}, der {d}. {Month}");

    public override LabelPattern Clock { get; } = new("{hour} Uhr[ {m}]");

    public override string On => "am";

    public override string At => "um";

    public override string SameDay => "am gleichen Tag";

    public override string TodayWord => "heute";

    public override string Tomorrow => "morgen";

    public override string DayAfterTomorrow => "übermorgen";

    public override string BeforeChange => "vor der Zeitumstellung";

    public override string AfterChange => "nach der Zeitumstellung";

    public override string Weekday(string weekday) => $"am {weekday}";

    public override string NextWeek(string weekday) => $"nächste Woche {weekday}";

    public override string Bare(string label) => $"am {label}";

    public override string Say(Spoken what, TimeWords words) => what switch
    {
        Spoken.Available it => $"Der Termin {words.On(it.Start)} ist noch frei. Soll ich ihn für Sie buchen?",
        Spoken.AvailableAndHeld it => $"Der Termin {words.On(it.Start)} ist frei, ich halte ihn {HoldFor(words.MinutesUntil(it.Until))} für Sie fest. Soll ich ihn buchen?",
        Spoken.NearlyAvailable it => $"{(it.IsNear ? "Ja, ich" : "Ich")} hätte {words.On(it.Start)} einen Termin für Sie. Passt Ihnen das statt {words.Clock(it.Wanted)}?",
        Spoken.Taken it => $"Der Termin {words.On(it.Wanted)} ist leider nicht verfügbar. {Instead(it.Alternatives, words, words.DayOf(it.Wanted))}",
        Spoken.NotOffered it => $"{Capital(words.On(it.Wanted))} gibt es leider keinen Termin. {Instead(it.Alternatives, words, words.DayOf(it.Wanted))}",
        Spoken.NoneInPreference { Alternatives.Count: 0 } it => $"{Capital(it.Label)} habe ich leider keine freien Termine mehr. Soll ich an einem anderen Tag {it.Label} suchen?",
        Spoken.NoneInPreference it => $"{Capital(it.Label)} habe ich leider nichts frei. Käme auch {words.Choices(it.Alternatives)} infrage, oder soll ich an einem anderen Tag {it.Label} suchen?",
        Spoken.FreeTimes { Alternatives.Count: 0 } it => $"{(it.Label is { } label ? $"{Capital(label)} ist" : "Es ist")} leider kein Termin frei. {TryAnother}",
        Spoken.FreeTimes it => $"{(it.Label is { } label ? $"{Capital(label)} hätte ich" : "Ich hätte")} {words.Choices(it.Alternatives)} {(it.Alternatives.Count == 1 ? "einen Termin frei. Passt Ihnen das?" : "etwas frei. Was passt Ihnen besser?")}",
        Spoken.NothingFree it => $"{(it.Days > 1 ? $"In den nächsten {it.Days} Tagen" : "An diesem Tag")} ist leider kein Termin frei. {TryAnother}",
        Spoken.DayFull it => $"Am {words.Day(it.Day)} ist leider nichts mehr frei. {Instead(it.Alternatives, words, it.Day)}",
        Spoken.InPast => "Dieser Zeitpunkt ist schon vorbei. Für wann darf ich nach einem Termin suchen?",
        Spoken.InsideNotice it => $"Das ist leider zu kurzfristig, Termine können frühestens {Span(it.NoticeMinutes)} im Voraus gebucht werden. "
            + (it.Earliest is { } earliest ? $"Der nächste freie Termin ist {words.Near(earliest, null)}, passt Ihnen der?" : "Für wann darf ich stattdessen suchen?"),
        Spoken.OneMoment => "Einen Moment bitte, ich schaue nach.",
        Spoken.CannotSay => $"Ich kann die freien Zeiten im Moment leider nicht sicher sagen. {CallBack}",
        Spoken.NoCalendar => $"Dafür kann ich im Moment leider keine Zeiten nennen. {CallBack}",
        Spoken.OpeningHours { Times.Count: 0 } => $"Im Moment kann ich leider keine Zeiten nennen. {CallBack}",
        Spoken.OpeningHours it => Opening(it.Times, words),
        Spoken.Held it => $"Alles klar, ich halte den Termin {words.On(it.Start)} kurz für Sie fest.",
        Spoken.HoldReleased => "Alles klar, ich halte den Termin nicht länger fest.",
        Spoken.HoldEnded { Alternatives.Count: 0 } it => $"Ich konnte den Termin {words.On(it.Start)} leider nicht länger festhalten. Soll ich noch einmal nachsehen?",
        Spoken.HoldEnded it => $"Ich konnte den Termin {words.On(it.Start)} leider nicht länger festhalten. {Instead(it.Alternatives, words, words.DayOf(it.Start))}",
        Spoken.CheckFirst => "Bevor ich buche, muss ich prüfen, ob die Zeit noch frei ist. Für welchen Tag und welche Uhrzeit soll ich nachsehen?",
        Spoken.Booked it => $"Perfekt, Ihr Termin {words.On(it.Start)} ist gebucht.",
        Spoken.AlreadyBooked it => $"Ihr Termin {words.On(it.Start)} ist bereits gebucht.",
        Spoken.BeingSettled it => $"Ihr Termin {words.On(it.Start)} ist vorgemerkt, aber noch nicht fest zugesagt.",
        Spoken.BookingRefused => $"Der Termin ließ sich leider nicht eintragen. {CallBack}",
        Spoken.HasBooking it => $"Sie haben bereits einen Termin {words.On(it.Start)}. Möchten Sie ihn verlegen oder einen weiteren vereinbaren?",
        Spoken.Cancelled it => $"Ihr Termin {words.On(it.Start)} ist abgesagt.",
        Spoken.AlreadyCancelled it => $"Ihr Termin {words.On(it.Start)} war bereits abgesagt.",
        Spoken.Rescheduled it => $"Ihr Termin {words.On(it.From)} ist verlegt. Er findet jetzt {words.On(it.To)} statt.",
        Spoken.RescheduleTaken it => $"Die gewünschte Zeit ist leider vergeben, Ihr Termin {words.On(it.Stays)} bleibt bestehen. {Instead(it.Alternatives, words, null)}",
        Spoken.NeedsNewTime => "Gern, auf welchen Tag und welche Uhrzeit möchten Sie den Termin verlegen?",
        Spoken.WhichBooking { Starts.Count: 1 or 2 } it => $"Meinen Sie den Termin {words.Choices(it.Starts)}?",
        Spoken.WhichBooking => "Ich sehe mehrere Termine. An welchem Tag ist der, um den es geht?",
        Spoken.BookingIs it => $"Ihr Termin {words.On(it.Start)} {Standing(it.Standing)}.",
        Spoken.NoBookingFound => "Ich finde dazu leider keinen Termin. An welchem Tag und zu welcher Uhrzeit soll er sein?",
        Spoken.NotVerified => $"Zum Schutz unserer Kunden kann ich dazu leider keine Auskunft geben. {CallBack}",
        Spoken.NumberWithheld => $"Ihre Rufnummer wird nicht übertragen, deshalb kann ich bestehende Termine leider nicht ändern. {CallBack}",
        Spoken.AskDay => "An welchem Tag hätten Sie gern einen Termin?",
        Spoken.AskTime { Day: { } day } => $"Zu welcher Uhrzeit hätten Sie am {words.Day(day)} Zeit?",
        Spoken.AskTime => "Zu welcher Uhrzeit hätten Sie Zeit?",
        Spoken.AskWhichDay { Days.Count: 0 } => "Welchen Tag meinen Sie genau?",
        Spoken.AskWhichDay it => $"Meinen Sie {words.Choices(it.Days)}?",
        Spoken.AskWhichTime { Candidates.Count: 0 } => "Welche Uhrzeit meinen Sie genau?",
        Spoken.AskWhichTime it => $"Meinen Sie {WhichTime(it.Candidates, words)}?",
        Spoken.WeekdayContradicts { Days.Count: 0 } => "Der Wochentag passt nicht zum Datum. Welchen Tag meinen Sie?",
        Spoken.WeekdayContradicts it => $"Der Wochentag passt nicht zum Datum. Meinen Sie {words.Choices(it.Days)}?",
        Spoken.NoSuchDay => "Diesen Tag gibt es nicht. An welchem Tag hätten Sie gern einen Termin?",
        Spoken.DayInPast => "Dieser Tag ist schon vorbei. Welchen Tag meinen Sie?",
        Spoken.TimeInPast => "Diese Uhrzeit ist schon vorbei. Welche Zeit passt Ihnen sonst?",
        Spoken.ClockSkips => "Diese Uhrzeit gibt es an dem Tag nicht, weil die Uhr vorgestellt wird. Welche andere Zeit passt Ihnen?",
        Spoken.NotUnderstoodDay => "Den Tag habe ich leider nicht verstanden. Nennen Sie mir bitte das Datum?",
        Spoken.NotUnderstoodTime => "Die Uhrzeit habe ich leider nicht verstanden. Um wie viel Uhr soll es sein?",
        Spoken.AskName => "Wie ist Ihr Name für die Buchung?",
        Spoken.NameIsNoName => "Das habe ich nicht als Namen verstanden. Wie ist Ihr Name für die Buchung?",
        Spoken.NameIsStaffWish => "Das klingt nach einem Wunsch, bei wem der Termin sein soll. Wie ist Ihr Name für die Buchung?",
        Spoken.AskEmail => "Wie lautet Ihre E-Mail-Adresse?",
        Spoken.EmailNotUnderstood => "Die E-Mail-Adresse habe ich leider nicht verstanden. Können Sie sie bitte buchstabieren?",
        Spoken.Today it => $"Heute ist {words.Today(words.DayOf(it.Now))}, es ist {words.Clock(it.Now)}.",
        _ => "Entschuldigung, das habe ich nicht verstanden. Können Sie es bitte noch einmal sagen?",
    };

    protected override string Place(string city) => $"Ortszeit {Cities.GetValueOrDefault(city, city)}";

    protected override string FromUniversal(Offset offset)
    {
        var minutes = Math.Abs(offset.Seconds) / 60;
        return minutes == 0 ? "Weltzeit" : $"Weltzeit {(offset.Seconds < 0 ? "minus" : "plus")} {Span(minutes)}";
    }

    /// <summary>After a refusal: what there is instead, or a way out.</summary>
    private static string Instead(IReadOnlyList<DateTimeOffset> alternatives, TimeWords words, LocalDate? said) =>
        alternatives.Count == 0 ? TryAnother : $"Würde Ihnen {words.Choices(alternatives, said)} passen?";

    private static string WhichTime(IReadOnlyList<DateTimeOffset> candidates, TimeWords words)
    {
        var isOneDay = candidates.All(candidate => words.DayOf(candidate) == words.DayOf(candidates[0]));
        return string.Join(" oder ", candidates.Take(2).Select(candidate => isOneDay ? words.Clock(candidate) : words.Full(candidate)));
    }

    private static string Opening(IReadOnlyList<OpeningTime> times, TimeWords words)
    {
        var (isRow, isSame, from, until) = Hours(times);
        var names = times.Select(time => OnWeekdays[(int)time.Weekday - 1]).ToArray();
        var days = isRow ? $"{names[0]} bis {names[^1]}" : names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} und {names[^1]}";
        return $"Termine gibt es {days}{(isSame ? "" : ", je nach Tag")} zwischen {words.Clock(from)} und {(until == LocalTime.Midnight ? "Mitternacht" : words.Clock(until))}.";
    }

    private static string HoldFor(int minutes) => minutes < 2 ? "kurz" : Span(Round(minutes));

    private static string Standing(BookingStanding standing) => standing switch
    {
        BookingStanding.Booked => "ist gebucht",
        BookingStanding.BeingSettled => "ist vorgemerkt, aber noch nicht fest zugesagt",
        BookingStanding.Cancelled => "ist abgesagt",
        _ => "ist nicht zustande gekommen",
    };

    /// <summary>A length of time: "15 Minuten", "eine Stunde und 30 Minuten", "2 Tage".</summary>
    private static string Span(int minutes)
    {
        if (minutes >= 1440 && minutes % 1440 == 0)
            return minutes == 1440 ? "einen Tag" : $"{minutes / 1440} Tage";
        var hours = minutes < 60 ? "" : minutes < 120 ? "eine Stunde" : $"{minutes / 60} Stunden";
        var rest = minutes % 60 == 1 ? "eine Minute" : $"{minutes % 60} Minuten";
        return minutes >= 60 && minutes % 60 == 0 ? hours : hours.Length == 0 ? rest : $"{hours} und {rest}";
    }
}
