namespace Slotkeeper.Offers;

/// <summary>
/// What people write in one language when they answer an offer: lower case, words apart by one space. Leads answer in the language they like,
/// so those of all languages are looked for.
/// </summary>
internal sealed record ReplyWords
{
    /// <summary>For Monday to Sunday, every form that is a word of its own.</summary>
    public required string[][] Weekdays { get; init; }

    /// <summary>For January to December.</summary>
    public required string[][] Months { get; init; }

    /// <summary>For the first time, the second and so on.</summary>
    public required string[][] Ordinals { get; init; }

    public required string[] Articles { get; init; }

    /// <summary>A time among several: with these behind it an ordinal always means one.</summary>
    public required string[] Things { get; init; }

    /// <summary>What an ordinal with an article may belong to when it means one of the times: "the first <i>one</i>".</summary>
    public required string[] Choices { get; init; }

    /// <summary>Stands before a plain number that means one of the times.</summary>
    public required string[] BeforeIndex { get; init; }

    /// <summary>5 to 12, 12 to 17 and 17 to 21 o'clock.</summary>
    public required string[][] Parts { get; init; }

    public required string[] Today { get; init; }

    public required string[] Tomorrow { get; init; }

    public required string[] DayAfterTomorrow { get; init; }

    public required string[] ThisWeek { get; init; }

    public required string[] NextWeek { get; init; }

    public required string[] Noon { get; init; }

    /// <summary>Stands before a clock time: at, from, until, between.</summary>
    public required string[] At { get; init; }

    public required string[] After { get; init; }

    public required string[] Before { get; init; }

    public required string[] Between { get; init; }

    /// <summary>Joins the ends of "between".</summary>
    public required string[] And { get; init; }

    /// <summary>Follows the number of a clock of 24 hours.</summary>
    public required string[] Clock { get; init; }

    /// <summary>Parts a sentence where it turns.</summary>
    public required string[] But { get; init; }

    /// <summary>Agrees whatever else is written.</summary>
    public required string[] Yes { get; init; }

    /// <summary>Agrees where hardly anything else is written.</summary>
    public required string[] Polite { get; init; }

    /// <summary>Rules out what its part of a sentence names.</summary>
    public required string[] No { get; init; }

    /// <summary>Rules out everything.</summary>
    public required string[] NoneOfThem { get; init; }

    /// <summary>Sounds like a no and is none.</summary>
    public required string[] NotNo { get; init; }

    /// <summary>Decides nothing yet.</summary>
    public required string[] Undecided { get; init; }

    /// <summary>Written by a machine for somebody who is away.</summary>
    public required string[] Automatic { get; init; }
}
