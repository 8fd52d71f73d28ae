using Slotkeeper.Workspaces;

namespace Slotkeeper.Offers;

/// <summary>What somebody wants to name to a lead. What is null comes from the lead, and else from the workspace.</summary>
public sealed record OfferRequest
{
    public CalendarSource Source { get; init; }

    /// <summary>The lead's reference; null for nobody in particular.</summary>
    public string? LeadId { get; init; }

    /// <summary>IANA id.</summary>
    public string? LeadTimeZone { get; init; }

    /// <summary>1 to 10.</summary>
    public int? Count { get; init; }

    /// <summary>1 to 30.</summary>
    public int? PreferWithinDays { get; init; }

    /// <summary>Nothing before it, UTC.</summary>
    public DateTimeOffset? StartAfter { get; init; }

    /// <summary>Starts never to be named, UTC.</summary>
    public IReadOnlyList<DateTimeOffset> Exclude { get; init; } = [];

    public bool? IncludeWeekends { get; init; }

    public LabelStyle Style { get; init; }

    /// <summary>A language tag.</summary>
    public string? Locale { get; init; }

    public string? Channel { get; init; }

    /// <summary>The text that the offers stand in. A newer one with the same id replaces its offers.</summary>
    public string? DraftId { get; init; }

    /// <summary>True: they are sent now. False: they stand in a draft until somebody says that it was sent.</summary>
    public bool Record { get; init; } = true;

    /// <summary>Older data is fetched first; null for the lifetime of the cache.</summary>
    public TimeSpan? MaxAge { get; init; }
}

/// <summary>Why nothing is offered.</summary>
/// <param name="Code">Stable, see <see cref="WithheldCodes"/>, or the code of what is wrong with the calendar.</param>
/// <param name="Detail">For people; says what to change.</param>
public sealed record Withheld(string Code, string Detail);

public static class WithheldCodes
{
    public const string DataTooOld = "data_too_old";
    public const string NoSlots = "no_slots";
    public const string NoCalendar = "no_calendar";
}

/// <summary>Times for a lead, with how old the data is they were chosen from.</summary>
/// <param name="Offers">In the order to name them.</param>
/// <param name="Sentence">A question that names them all; null when there are none.</param>
/// <param name="Prompt">A block for a language model; null when there are none.</param>
/// <param name="TimeZone">Of the labels, IANA id.</param>
/// <param name="Source">The source that was really used.</param>
/// <param name="AsOf">UTC; null while nothing was ever fetched.</param>
/// <param name="Age">Null while nothing was ever fetched.</param>
/// <param name="Fresh">Whether the data is no older than was asked for.</param>
/// <param name="Withheld">Why there are none; null when there are some.</param>
public sealed record OfferAnswer(
    IReadOnlyList<Offer> Offers,
    string? Sentence,
    string? Prompt,
    string TimeZone,
    CalendarSource Source,
    DateTimeOffset? AsOf,
    TimeSpan? Age,
    bool Fresh,
    Withheld? Withheld);
