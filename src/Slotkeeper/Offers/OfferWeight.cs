using Slotkeeper.Workspaces;

namespace Slotkeeper.Offers;

/// <summary>One offer of the ledger, as far as it weighs.</summary>
/// <param name="Start">Of the slot, UTC.</param>
/// <param name="LeadId">Null when nobody in particular was told.</param>
/// <param name="OfferedAt">UTC.</param>
/// <param name="IsLive">Neither accepted nor withdrawn nor expired.</param>
public readonly record struct PastOffer(DateTimeOffset Start, string? LeadId, DateTimeOffset OfferedAt, bool IsLive);

/// <summary>
/// How much an offer still counts when times are chosen. A lead who was told of a time yesterday may well take it, one who was told a
/// fortnight ago hardly will; and a slot that is gone draws nobody.
/// </summary>
public static class OfferWeight
{
    /// <summary>After this an offer counts half, after twice this a quarter.</summary>
    public static readonly TimeSpan HalfLife = TimeSpan.FromDays(3);

    /// <returns>1 for an offer made this moment, falling towards 0; 0 once it is no longer live or its slot has begun.</returns>
    public static double Of(in PastOffer offer, DateTimeOffset now)
    {
        if (!offer.IsLive || offer.Start <= now)
            return 0;
        var age = now - offer.OfferedAt;
        return age <= TimeSpan.Zero ? 1 : Math.Pow(2, -(age / HalfLife));
    }

    /// <summary>Counts by slot, as <see cref="SelectionInput.Offered"/> takes them.</summary>
    /// <param name="offers">Of one workspace and source, in any order.</param>
    /// <param name="now">UTC.</param>
    /// <param name="mode">In <see cref="SelectionMode.Classic"/> every offer ever made counts 1.</param>
    /// <param name="leadId">Whose own offers are no reason against a slot being full; null for nobody's.</param>
    public static Dictionary<DateTimeOffset, OfferCount> Sum(IEnumerable<PastOffer> offers, DateTimeOffset now, SelectionMode mode, string? leadId = null)
    {
        var counts = new Dictionary<DateTimeOffset, OfferCount>();
        var told = new HashSet<(DateTimeOffset, string)>();
        foreach (var offer in offers)
        {
            var before = counts.GetValueOrDefault(offer.Start);
            var isLive = offer.IsLive && offer.Start > now;
            var isOneMore = isLive && (offer.LeadId is null || (offer.LeadId != leadId && told.Add((offer.Start, offer.LeadId))));
            counts[offer.Start] = new OfferCount(
                before.Weight + (mode == SelectionMode.Classic ? 1 : Of(offer, now)),
                before.LiveLeads + (isOneMore ? 1 : 0));
        }
        return counts;
    }
}
