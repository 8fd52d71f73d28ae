using Slotkeeper.Workspaces;

namespace Slotkeeper.Offers;

/// <summary>Where an offer stands.</summary>
public enum OfferState
{
    /// <summary>Proposed in a draft that nobody has sent: named to no lead, counted nowhere.</summary>
    Drafted,

    /// <summary>Named to a lead, still to be had.</summary>
    Live,

    /// <summary>The lead booked it.</summary>
    Accepted,

    /// <summary>No longer to be had, or replaced; see <see cref="Offer.Reason"/>.</summary>
    Withdrawn,

    /// <summary>Its time came.</summary>
    Expired,
}

/// <summary>Why an offer ended. Stable words of the HTTP contract.</summary>
public static class OfferReasons
{
    /// <summary>Somebody else booked it here.</summary>
    public const string Booked = "booked";

    /// <summary>It was booked elsewhere.</summary>
    public const string BookedElsewhere = "booked_elsewhere";

    /// <summary>The provider no longer names it.</summary>
    public const string Gone = "gone";

    /// <summary>The workspace no longer has the calendar.</summary>
    public const string NoCalendar = "no_calendar";

    /// <summary>The same lead booked another time.</summary>
    public const string LeadBooked = "lead_booked_another";

    /// <summary>A newer draft or a newer message took its place.</summary>
    public const string Replaced = "replaced";
}

/// <summary>A slot that was named to a lead, in a channel, at a time.</summary>
/// <param name="Id">Prefix <c>ofr_</c>.</param>
/// <param name="WorkspaceId">Whose.</param>
/// <param name="AgencyId">Its tenant.</param>
/// <param name="CalendarId">Whose slot it is.</param>
/// <param name="Source">The source that was really used.</param>
/// <param name="LeadId">To whom; null when nobody said, or when the lead was erased.</param>
/// <param name="DraftId">The caller's id of the text it stands in; a newer one with the same id replaces it. Null for none.</param>
/// <param name="Start">UTC.</param>
/// <param name="End">UTC.</param>
/// <param name="Label">As it was worded.</param>
/// <param name="Style">How it was worded.</param>
/// <param name="Locale">In which language.</param>
/// <param name="TimeZone">In whose zone, IANA id.</param>
/// <param name="Channel">Where; null when nobody said.</param>
/// <param name="Epoch">Of the calendar when it was chosen.</param>
/// <param name="OfferedAt">When it was sent, UTC; of a draft, when it was made.</param>
/// <param name="State">Where it stands; <see cref="OfferState.Expired"/> is not stored but follows from <paramref name="Start"/>.</param>
/// <param name="Reason">Why it ended, see <see cref="OfferReasons"/>; null while it has not.</param>
/// <param name="EndedAt">UTC; null while it has not.</param>
public sealed record Offer(
    string Id,
    string WorkspaceId,
    string AgencyId,
    string CalendarId,
    CalendarSource Source,
    string? LeadId,
    string? DraftId,
    DateTimeOffset Start,
    DateTimeOffset End,
    string Label,
    LabelStyle Style,
    string Locale,
    string TimeZone,
    string? Channel,
    long Epoch,
    DateTimeOffset OfferedAt,
    OfferState State,
    string? Reason = null,
    DateTimeOffset? EndedAt = null)
{
    /// <summary>As it stands at a moment: a live one or a draft whose time came has expired.</summary>
    public Offer At(DateTimeOffset now) => State is OfferState.Live or OfferState.Drafted && Start <= now
        ? this with { State = OfferState.Expired, EndedAt = Start }
        : this;
}
