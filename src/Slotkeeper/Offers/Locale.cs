namespace Slotkeeper.Offers;

/// <summary>
/// How one language names times. A further language is one more file like <c>EnglishLocale.cs</c>, named in <see cref="Locales.All"/>.
/// A pattern is literal text with pieces: <c>{h} {H} {HH} {hour}</c> hours of 12, of 24, with two digits, as spoken; <c>{mm} {m}</c> minutes with two
/// digits and without; <c>{AM} {am}</c>; <c>{zone}</c>; <c>{Www} {Weekday} {Mmm} {Month}</c>; <c>{d} {dth}</c> the day and the ordinal day. What stands in brackets is
/// left out where its minutes are zero, or where a zone is not needed to tell two times apart.
/// </summary>
internal sealed record Locale
{
    /// <summary>For example <c>en</c>.</summary>
    public required string Language { get; init; }

    /// <summary>Monday first.</summary>
    public required string[] Weekdays { get; init; }

    public required string[] ShortWeekdays { get; init; }

    public required string[] Months { get; init; }

    public required string[] ShortMonths { get; init; }

    /// <summary>Days 1 to 31 as <c>{dth}</c> writes them; empty where no pattern has it.</summary>
    public string[] OrdinalDays { get; init; } = [];

    /// <summary>Hours 0 to 23 as <c>{hour}</c> writes them; empty where no pattern has it.</summary>
    public string[] SpokenHours { get; init; } = [];

    public required LabelPattern ExplicitZone { get; init; }

    public required LabelPattern YourTime { get; init; }

    public required LabelPattern FirstTouch { get; init; }

    public required LabelPattern Spoken { get; init; }

    /// <summary>Stands between the last two of several labels, with its spaces.</summary>
    public required string Or { get; init; }

    /// <summary>Asks about the labels that stand in it for <c>{}</c>.</summary>
    public required string Question { get; init; }

    /// <summary>What people write when they answer.</summary>
    public required ReplyWords Replies { get; init; }

    public LabelPattern Pattern(LabelStyle style) => style switch
    {
        LabelStyle.ExplicitZone => ExplicitZone,
        LabelStyle.YourTime => YourTime,
        LabelStyle.FirstTouch => FirstTouch,
        _ => Spoken,
    };
}

/// <summary>The languages there are.</summary>
internal static class Locales
{
    /// <summary>The first one stands in for languages that are missing.</summary>
    public static readonly Locale[] All = [EnglishLocale.Table, GermanLocale.Table];

    /// <param name="tag">A language tag such as <c>de</c> or <c>de-AT</c>; null for the first language.</param>
    public static Locale For(string? tag)
    {
        var end = tag is null ? -1 : tag.IndexOf('-', StringComparison.Ordinal);
        var language = end < 0 ? tag : tag![..end];
        return Array.Find(All, locale => string.Equals(locale.Language, language, StringComparison.OrdinalIgnoreCase)) ?? All[0];
    }
}
