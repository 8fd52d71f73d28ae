namespace Slotkeeper.Hearing;

/// <summary>What a word or a mark does in something that was said about a time.</summary>
internal enum Sense
{
    /// <summary>Nothing: politeness and the like.</summary>
    None,
    Number,

    /// <summary>"ein", "a": one of a unit, or only an article.</summary>
    One,
    Ordinal,
    Weekday,
    Month,

    /// <summary>Days from today.</summary>
    DayOffset,

    /// <summary>"morgen": tomorrow, or behind a day its morning.</summary>
    Morrow,
    Part,

    /// <summary>"tonight".</summary>
    Tonight,
    This,
    Next,
    Coming,
    Last,
    AfterNext,
    DayUnit,
    WeekUnit,
    MonthUnit,
    HourUnit,
    MinuteUnit,

    /// <summary>Value minutes in one word: "Viertelstunde".</summary>
    Minutes,
    Weekend,
    In,
    Ago,
    At,
    From,
    After,
    Before,
    Until,
    Between,
    And,
    Or,

    /// <summary>"quarter to four", "10 to 12".</summary>
    To,

    /// <summary>"half past three".</summary>
    Past,
    Clock,

    /// <summary>0 am, 1 pm.</summary>
    Meridiem,
    Half,
    Quarter,
    ThreeQuarters,
    Noon,
    Midnight,
    About,

    /// <summary>"kurz" nach: no exact time.</summary>
    Shortly,
    Article,
    Of,
    Start,
    Middle,
    End,
    Not,
    Good,

    /// <summary>"egal": any will do.</summary>
    Any,

    /// <summary>Says something about a time that is not understood here; what holds it is asked back.</summary>
    Strange,
    Dot,
    Colon,
    Slash,
    Dash,
}

/// <summary>A word of a language and what it does.</summary>
/// <param name="Sense">What.</param>
/// <param name="Value">Which of its kind.</param>
/// <param name="Words">Lower case, apart by one space.</param>
internal readonly record struct SenseWords(Sense Sense, int Value, string Words);

/// <summary>What one language says about times beyond what people write in replies.</summary>
internal sealed record HearingWords
{
    public required string Language { get; init; }

    public required SenseWords[] Senses { get; init; }

    /// <summary>Number words, 0 and up.</summary>
    public required IReadOnlyDictionary<string, int> Numbers { get; init; }

    public required IReadOnlyDictionary<string, int> Ordinals { get; init; }

    /// <summary>For speech, in the order of <see cref="PartsOfDay"/>.</summary>
    public required string[] PartLabels { get; init; }

    /// <summary>"early in the afternoon", with the part's label for <c>{}</c>.</summary>
    public required string Early { get; init; }

    public required string Late { get; init; }

    /// <summary>From, after, before, until, around.</summary>
    public required (string From, string After, string Before, string Until, string Around) Bounds { get; init; }

    /// <summary>Names a clock time, by hour and minute.</summary>
    public required Func<int, int, string> Clock { get; init; }

    /// <summary>Names a span, by two clock times in minutes of the day.</summary>
    public required Func<int, int, string> Span { get; init; }
}
