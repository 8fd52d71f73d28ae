using Slotkeeper.Claims;
using Slotkeeper.Reading;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Offers;

/// <summary>Decides whether an offered slot is dead. Only what is certain kills: a hold may end, a booking under way may fail.</summary>
public static class RecallRule
{
    /// <param name="answer">Of the moment, for the workspace and source of the offer.</param>
    /// <param name="start">Of the offer, UTC.</param>
    /// <returns>Why, see <see cref="OfferReasons"/>; null while it can still be had, or while nobody knows.</returns>
    public static string? Judge(in SlotAnswer answer, DateTimeOffset start)
    {
        if (answer.Slots is not { } slots)
            return OfferReasons.NoCalendar;
        if (slots.Picture.Snapshot is null)
            return null;
        switch (answer.Find(start))
        {
            case SlotStanding.Free or SlotStanding.InsideNotice or SlotStanding.InPast:
                return null;
            case SlotStanding.Claimed:
                var end = start.AddSeconds(slots.DurationSeconds);
                var now = answer.Now.ToUnixTimeSeconds();
                var states = slots.Picture.Claims.Where(claim => FreeSlots.IsLive(claim, now) && claim.Start < end && claim.End > start).Select(claim => claim.State).ToList();
                return states.Contains(ClaimState.Booked) ? OfferReasons.Booked : states.Contains(ClaimState.External) ? OfferReasons.BookedElsewhere : null;
            default:
                return OfferReasons.Gone;
        }
    }
}
