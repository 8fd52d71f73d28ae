using Slotkeeper.Bookings;
using Slotkeeper.Deliveries;
using Slotkeeper.Offers;
using Slotkeeper.Workspaces;

namespace Slotkeeper.FollowUps;

/// <summary>Whether a follow-up that is due goes out, and what an answer of the receiver means. Pure.</summary>
public static class FollowUpRules
{
    /// <summary>Data grows younger, and bookings are settled, by themselves and soon.</summary>
    public static readonly TimeSpan SoonAgain = TimeSpan.FromMinutes(1);

    /// <summary>Settings change when somebody changes them.</summary>
    public static readonly TimeSpan LaterAgain = TimeSpan.FromMinutes(15);

    /// <returns>Why it does not go out now; null when nothing is in its way.</returns>
    /// <param name="workspace">Whose.</param>
    /// <param name="lead">Null when nothing is known of it but its reference.</param>
    /// <param name="bookings">Of the lead, that have not ended.</param>
    /// <param name="now">UTC.</param>
    public static FollowUpEnd? Obstacle(Workspace workspace, Lead? lead, IReadOnlyList<Booking> bookings, DateTimeOffset now)
    {
        if (bookings.Any(booking => booking is { Status: BookingStatus.Confirmed, Action: not BookingAction.Cancel }))
            return new FollowUpEnd.Cancelled(FollowUpReasons.LeadBooked, "The lead has booked a time meanwhile.");
        if (bookings.Any(booking => booking.Status is BookingStatus.Pending or BookingStatus.Unknown or BookingStatus.Confirmed))
            return new FollowUpEnd.Later(SoonAgain);
        if (lead?.SnoozedUntil > now)
            return new FollowUpEnd.Moved(lead.SnoozedUntil.Value);
        return workspace.Settings.FollowUps.DeliveryUrl is not null ? null : new FollowUpEnd.Blocked(
            FollowUpReasons.NoDeliveryUrl, "The workspace has no setting followUps.deliveryUrl; set it. It is looked at again every 15 minutes.", LaterAgain);
    }

    /// <summary>No secret to sign with.</summary>
    public static FollowUpEnd.Blocked NoSecret(bool isStored) => new(
        FollowUpReasons.NoDeliverySecret,
        isStored
            ? "The workspace's delivery secret cannot be opened with the present SLOTKEEPER_MASTER_KEY. Set the one it was stored with, or make a new secret with POST .../delivery-secret."
            : "The workspace has no delivery secret to sign with; make one with POST .../delivery-secret. It is looked at again every 15 minutes.",
        LaterAgain);

    /// <summary>No times can be named. What passes by itself is waited for; what somebody has to set, too, but less often.</summary>
    public static FollowUpEnd.Blocked NoTimes(Withheld withheld) =>
        new(withheld.Code, withheld.Detail, withheld.Code == WithheldCodes.NoCalendar ? LaterAgain : SoonAgain);

    /// <param name="begun">This attempt counted.</param>
    /// <param name="result">Of the attempt.</param>
    /// <param name="now">UTC.</param>
    /// <param name="jitter">0 to 1, random.</param>
    public static FollowUpEnd After(FollowUp begun, DeliveryResult result, DateTimeOffset now, double jitter)
    {
        var delivery = new Delivery(
            begun.Id, begun.WorkspaceId, begun.Id, begun.WorkspaceId, EventTypes.FollowUpSend, "", DeliveryState.Pending, begun.Attempts, begun.FirstAttemptAt ?? now, null, null, null, null);
        return DeliveryRules.After(delivery, null, result, now, jitter) switch
        {
            DeliveryVerdict.Delivered => new FollowUpEnd.Sent(),
            DeliveryVerdict.Retry retry => new FollowUpEnd.Retry(retry.Delay, retry.Error),
            DeliveryVerdict.Failed failed => new FollowUpEnd.Blocked(FollowUpReasons.DeliveryFailed, $"{failed.Error} Given up after {begun.Attempts} attempts; a change of the follow-up makes it due again.", null),
            _ => throw new ArgumentOutOfRangeException(nameof(result), result, "No such verdict."),
        };
    }

    /// <summary>Whether a text is known not to have reached the lead by this attempt. Without an answer nobody knows.</summary>
    public static bool IsUnsent(DeliveryResult result) => result is DeliveryResult.Rejected or DeliveryResult.NotAllowed;

    /// <summary>Tokens that nobody can give a value, whatever is set later; empty when there are none.</summary>
    public static IReadOnlyList<string> UnknownTokens(string template, IReadOnlyDictionary<string, string> variables)
    {
        var all = new FollowUpValues(["time"], "link", variables.ToDictionary(entry => entry.Key, entry => (string?)entry.Value, StringComparer.Ordinal));
        return FollowUpTemplate.Render(template, all) is FollowUpRendering.Blocked { Code: FollowUpTemplate.UnknownToken } blocked ? blocked.Tokens : [];
    }

    /// <summary>What its template can say: what came with it, and what the lead's record knows beyond that.</summary>
    /// <param name="followUp">Its link and variables.</param>
    /// <param name="lead">Null when it is not known.</param>
    /// <param name="labels">Times.</param>
    /// <param name="locale">A language tag.</param>
    public static FollowUpValues Values(FollowUp followUp, Lead? lead, IReadOnlyList<string> labels, string locale)
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal) { ["name"] = lead?.Name, ["leadName"] = lead?.Name, ["email"] = lead?.Email };
        foreach (var (name, value) in followUp.Variables)
            variables[name] = value;
        return new FollowUpValues(labels, followUp.CalendarLink, variables, locale);
    }
}
