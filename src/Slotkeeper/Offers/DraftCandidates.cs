using System.Collections.Frozen;
using NodaTime;

namespace Slotkeeper.Offers;

/// <summary>A free time that may be written into a draft.</summary>
/// <param name="Start">UTC.</param>
/// <param name="Label">As it would stand there.</param>
public sealed record DraftCandidate(DateTimeOffset Start, string Label);

/// <summary>What decides which times may replace those of a draft.</summary>
public sealed record DraftCandidatesInput
{
    /// <summary>Free slots, UTC, in any order.</summary>
    public required IReadOnlyList<DateTimeOffset> Slots { get; init; }

    public IReadOnlyDictionary<DateTimeOffset, OfferCount> Offered { get; init; } = FrozenDictionary<DateTimeOffset, OfferCount>.Empty;

    /// <summary>Times this lead was offered before; taken again only where there are no others.</summary>
    public IReadOnlySet<DateTimeOffset> OfferedToLead { get; init; } = FrozenSet<DateTimeOffset>.Empty;

    /// <summary>IANA id of the lead, or else of the workspace: whose day today is, and whose clock labels name unless the draft names another.</summary>
    public required string TimeZone { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset Now { get; init; }

    public DateTimeOffset? SnoozedUntil { get; init; }

    /// <summary>Least time between now and the start.</summary>
    public TimeSpan MinimumNotice { get; init; }

    /// <summary>A slot of which this many other leads hold a live offer is no candidate; null for no bound.</summary>
    public int? MaxLiveOffersPerSlot { get; init; }

    /// <summary>The draft, whose zone abbreviation is kept; null for none.</summary>
    public string? Draft { get; init; }

    public LabelStyle Style { get; init; } = LabelStyle.ExplicitZone;

    public string? Locale { get; init; }
}

/// <summary>Which times may replace those of a draft: from tomorrow on, as the lead's calendar has it, the least offered first.</summary>
public static class DraftCandidates
{
    public const int Most = 50;

    /// <returns>At most <see cref="Most"/>, no label twice.</returns>
    /// <exception cref="NodaTime.TimeZones.DateTimeZoneNotFoundException">There is no such zone.</exception>
    public static IReadOnlyList<DraftCandidate> Choose(DraftCandidatesInput input)
    {
        var zone = Zones.Get(input.TimeZone);
        var clock = new LocalClock(zone);
        var today = clock.Day(input.Now.UtcTicks);
        var possible = new List<DateTimeOffset>();
        foreach (var slot in input.Slots)
        {
            if (slot > input.Now && slot >= input.Now + input.MinimumNotice && !(slot < input.SnoozedUntil) && clock.Day(slot.UtcTicks) > today
                && !(input.Offered.GetValueOrDefault(slot).LiveLeads >= input.MaxLiveOffersPerSlot))
            {
                possible.Add(slot.ToUniversalTime());
            }
        }
        var unoffered = possible.FindAll(slot => !input.OfferedToLead.Contains(slot));
        var written = input.Draft is { } draft && ZoneToken.MostFrequent(draft) is { } token ? ZoneToken.ZoneFor(token, zone, input.Now) : zone;
        var locale = Locales.For(input.Locale);
        var candidates = new List<DraftCandidate>(Most);
        var labels = new HashSet<string>(StringComparer.Ordinal);
        foreach (var slot in (unoffered.Count > 0 ? unoffered : possible).OrderBy(slot => input.Offered.GetValueOrDefault(slot).Weight).ThenBy(static slot => slot))
        {
            var label = Wording.Label(slot, written, input.Style, locale);
            if (labels.Add(label))
                candidates.Add(new DraftCandidate(slot, label));
            if (candidates.Count == Most)
                break;
        }
        return candidates;
    }
}
