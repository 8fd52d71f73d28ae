using System.Collections.Frozen;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Offers;

/// <summary>How often a slot was named to leads.</summary>
/// <param name="Weight">Offers so far, each counted as <see cref="OfferWeight"/> says; 0 or more.</param>
/// <param name="LiveLeads">Other leads that hold a live offer of it now.</param>
public readonly record struct OfferCount(double Weight, int LiveLeads);

/// <summary>What decides which times are named to a lead.</summary>
public sealed record SelectionInput
{
    public const int MostTimes = 10;
    public const int MostDays = 30;

    /// <summary>Free slots, UTC. Any order is allowed and changes nothing; ascending is fastest.</summary>
    public required IReadOnlyList<DateTimeOffset> Slots { get; init; }

    /// <summary>Offers so far by slot; a slot that is absent was never offered.</summary>
    public IReadOnlyDictionary<DateTimeOffset, OfferCount> Offered { get; init; } = FrozenDictionary<DateTimeOffset, OfferCount>.Empty;

    /// <summary>IANA id. One that does not exist, where there is no lead's zone either, selects nothing.</summary>
    public required string WorkspaceZone { get; init; }

    /// <summary>IANA id of the lead; null, or one that does not exist, when it is not known.</summary>
    public string? LeadZone { get; init; }

    /// <summary>Slots never to be named, such as those this lead was offered before.</summary>
    public IReadOnlySet<DateTimeOffset> Exclude { get; init; } = FrozenSet<DateTimeOffset>.Empty;

    /// <summary>Nothing before this is named, and the preferred days count from it; earlier than <see cref="Now"/> it says nothing.</summary>
    public DateTimeOffset? StartAfter { get; init; }

    /// <summary>When the lead will be told, if that is later than <see cref="Now"/>: the notice counts from then.</summary>
    public DateTimeOffset? SendAt { get; init; }

    /// <summary>1 to 30. Business days, or all days with <see cref="IncludeWeekends"/>; blocks of 24 hours in <see cref="SelectionMode.Classic"/>.</summary>
    public int PreferWithinDays { get; init => field = InRange(value, MostDays, nameof(PreferWithinDays)); } = 5;

    /// <summary>Whether a slot on Saturday or Sunday is as good as another. Otherwise one is named only where there is nothing else.</summary>
    public bool IncludeWeekends { get; init; }

    /// <summary>Times wanted, 1 to 10; <see cref="SelectionMode.Classic"/> knows two at most.</summary>
    public int Count { get; init => field = InRange(value, MostTimes, nameof(Count)); } = 2;

    /// <summary>UTC.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Least time between being told and the start; 0 or more.</summary>
    public TimeSpan MinimumNotice { get; init; }

    /// <summary>A slot of which this many other leads hold a live offer is not named; null for no bound.</summary>
    public int? MaxLiveOffersPerSlot { get; init; }

    public SelectionMode Mode { get; init; } = SelectionMode.Spread;

    private static int InRange(int value, int most, string name) =>
        value >= 1 && value <= most ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"{name} is {value}; allowed are 1 to {most}.");
}
