using Slotkeeper.Deliveries;
using Slotkeeper.Workspaces;

namespace Slotkeeper.FollowUps;

/// <summary>Where a follow-up stands.</summary>
public enum FollowUpState
{
    /// <summary>To be sent when it is due.</summary>
    Scheduled,

    /// <summary>Not sent, for <see cref="FollowUp.Reason"/>. Tried again by itself only where <see cref="FollowUp.NextAt"/> says when.</summary>
    Blocked,

    /// <summary>The receiver has accepted it.</summary>
    Sent,

    /// <summary>Never to be sent.</summary>
    Cancelled,
}

/// <summary>Why a follow-up is blocked or cancelled, beyond the codes of the template and of withheld offers. Stable words of the HTTP contract.</summary>
public static class FollowUpReasons
{
    /// <summary>The workspace has no <c>followUps.deliveryUrl</c>.</summary>
    public const string NoDeliveryUrl = "no_delivery_url";

    /// <summary>The workspace has no secret to sign with, or one that the present master key does not open.</summary>
    public const string NoDeliverySecret = "no_delivery_secret";

    /// <summary>The receiver did not accept it yet; it is tried again.</summary>
    public const string NotAccepted = "not_accepted";

    /// <summary>The receiver did not accept it for a day, or wants no more.</summary>
    public const string DeliveryFailed = "delivery_failed";

    /// <summary>The rendered text is longer than <see cref="FollowUp.LongestText"/>.</summary>
    public const string TextTooLong = "text_too_long";

    /// <summary>The times died faster than a text could be made of them.</summary>
    public const string TimesKeepDying = "times_keep_dying";

    /// <summary>The lead has a booking that has not ended.</summary>
    public const string LeadBooked = "lead_booked";

    /// <summary>Somebody cancelled it.</summary>
    public const string Cancelled = "cancelled";
}

/// <summary>A time that a text names.</summary>
/// <param name="OfferId">Of the ledger.</param>
/// <param name="Start">UTC.</param>
/// <param name="Label">As it stands in the text.</param>
public sealed record FollowUpOffer(string OfferId, DateTimeOffset Start, string Label);

/// <summary>A text that was, or may have been, handed to the receiver.</summary>
/// <param name="At">When it was made, UTC.</param>
/// <param name="Text">As sent.</param>
/// <param name="Offers">The times in it, in the order of the labels.</param>
public sealed record FollowUpAttempt(DateTimeOffset At, string Text, IReadOnlyList<FollowUpOffer> Offers);

/// <summary>A message to a lead, written as a template, that goes out at its time.</summary>
/// <param name="Id">Prefix <c>flw_</c>; also the <c>webhook-id</c> of every attempt, so that the receiver can tell repeats.</param>
/// <param name="WorkspaceId">Whose.</param>
/// <param name="AgencyId">Its tenant.</param>
/// <param name="LeadId">The workspace's reference of the lead, 1 to 200 characters.</param>
/// <param name="LeadTimeZone">IANA id; null for the lead's, then the workspace's.</param>
/// <param name="DueAt">Not before, UTC. Moves when the lead is snoozed.</param>
/// <param name="Template">1 to 10,000 characters, see <see cref="Offers.FollowUpTemplate"/>.</param>
/// <param name="Channel">Where it goes out, 1 to 50 characters; also of its offers.</param>
/// <param name="CalendarLink">Stands for <c>{calendarLink}</c>; null for none.</param>
/// <param name="Variables">Further values by the name of their token.</param>
/// <param name="Source">Whose times are named.</param>
/// <param name="Locale">A language tag; null for the workspace's.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Reason">Why it is blocked, cancelled or late: a stable word, with what is missing after a colon; null while nothing is wrong.</param>
/// <param name="Detail">The same for people; says what to change. Null with <paramref name="Reason"/>.</param>
/// <param name="NextAt">When it is looked at next, UTC; null when it is not.</param>
/// <param name="TakenUntil">Somebody is sending it until then, by the database's clock; null when nobody is.</param>
/// <param name="Version">Grows with every change; a change of what has changed since is refused.</param>
/// <param name="Attempts">Texts made ready for the receiver since it was last changed.</param>
/// <param name="FirstAttemptAt">The first of those, UTC; null when there was none.</param>
/// <param name="Attempt">The accepted text where it is sent; before, the last one whose fate is not known. Null when there is none.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="EndedAt">When it was accepted or cancelled, UTC; null before.</param>
public sealed record FollowUp(
    string Id,
    string WorkspaceId,
    string AgencyId,
    string LeadId,
    string? LeadTimeZone,
    DateTimeOffset DueAt,
    string Template,
    string Channel,
    string? CalendarLink,
    IReadOnlyDictionary<string, string> Variables,
    CalendarSource Source,
    string? Locale,
    FollowUpState State,
    string? Reason,
    string? Detail,
    DateTimeOffset? NextAt,
    DateTimeOffset? TakenUntil,
    long Version,
    int Attempts,
    DateTimeOffset? FirstAttemptAt,
    FollowUpAttempt? Attempt,
    DateTimeOffset CreatedAt,
    DateTimeOffset? EndedAt)
{
    public const int LongestTemplate = 10_000;

    /// <summary>Characters of a rendered text: written as JSON in any script, an event holds it.</summary>
    public const int LongestText = 10_000;

    /// <summary>Not sent and not cancelled.</summary>
    public bool IsOpen => State is FollowUpState.Scheduled or FollowUpState.Blocked;

    /// <summary>What the receiver gets. A repeat of the same attempt has the same bytes.</summary>
    public string ToEvent(FollowUpAttempt attempt) => EventEnvelope.Write(EventTypes.FollowUpSend, attempt.At, json =>
    {
        json.WriteString("followUpId", Id);
        json.WriteString("workspaceId", WorkspaceId);
        json.WriteString("leadId", LeadId);
        json.WriteString("channel", Channel);
        json.WriteString("text", attempt.Text);
        json.WriteStartArray("offers");
        foreach (var offer in attempt.Offers)
        {
            json.WriteStartObject();
            json.WriteString("start", UtcText.Format(offer.Start));
            json.WriteString("label", offer.Label);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
