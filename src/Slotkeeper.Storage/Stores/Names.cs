using Slotkeeper.Bookings;
using Slotkeeper.Claims;
using Slotkeeper.Deliveries;
using Slotkeeper.FollowUps;
using Slotkeeper.Offers;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Storage.Stores;

/// <summary>What closed sets of the core are called in the database.</summary>
internal static class Names
{
    public static string Of(Role role) => role switch
    {
        Role.Admin => "admin",
        Role.Agency => "agency",
        Role.Workspace => "workspace",
        Role.Agent => "agent",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "No such role."),
    };

    public static Role ToRole(string name) => name switch
    {
        "admin" => Role.Admin,
        "agency" => Role.Agency,
        "workspace" => Role.Workspace,
        "agent" => Role.Agent,
        _ => throw Unknown(name),
    };

    public static string Of(ClaimState state) => state switch
    {
        ClaimState.Held => "held",
        ClaimState.Pending => "pending",
        ClaimState.Unknown => "unknown",
        ClaimState.Booked => "booked",
        ClaimState.External => "external",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state of a claim."),
    };

    public static ClaimState ToClaimState(string name) => name switch
    {
        "held" => ClaimState.Held,
        "pending" => ClaimState.Pending,
        "unknown" => ClaimState.Unknown,
        "booked" => ClaimState.Booked,
        "external" => ClaimState.External,
        _ => throw Unknown(name),
    };

    public static string Of(BookingStatus status) => status switch
    {
        BookingStatus.Pending => "pending",
        BookingStatus.Unknown => "unknown",
        BookingStatus.Confirmed => "confirmed",
        BookingStatus.Cancelled => "cancelled",
        BookingStatus.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "No such status of a booking."),
    };

    public static BookingStatus ToBookingStatus(string name) => name switch
    {
        "pending" => BookingStatus.Pending,
        "unknown" => BookingStatus.Unknown,
        "confirmed" => BookingStatus.Confirmed,
        "cancelled" => BookingStatus.Cancelled,
        "failed" => BookingStatus.Failed,
        _ => throw Unknown(name),
    };

    public static string Of(BookingAction action) => action switch
    {
        BookingAction.None => "none",
        BookingAction.Create => "create",
        BookingAction.Cancel => "cancel",
        BookingAction.Reschedule => "reschedule",
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "No such action on a booking."),
    };

    public static BookingAction ToBookingAction(string name) => name switch
    {
        "none" => BookingAction.None,
        "create" => BookingAction.Create,
        "cancel" => BookingAction.Cancel,
        "reschedule" => BookingAction.Reschedule,
        _ => throw Unknown(name),
    };

    public static string Of(OfferState state) => state switch
    {
        OfferState.Drafted => "drafted",
        OfferState.Live => "live",
        OfferState.Accepted => "accepted",
        OfferState.Withdrawn => "withdrawn",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such stored state of an offer."),
    };

    public static OfferState ToOfferState(string name) => name switch
    {
        "drafted" => OfferState.Drafted,
        "live" => OfferState.Live,
        "accepted" => OfferState.Accepted,
        "withdrawn" => OfferState.Withdrawn,
        _ => throw Unknown(name),
    };

    public static string Of(DeliveryState state) => state switch
    {
        DeliveryState.Pending => "pending",
        DeliveryState.Delivered => "delivered",
        DeliveryState.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state of a delivery."),
    };

    public static DeliveryState ToDeliveryState(string name) => name switch
    {
        "pending" => DeliveryState.Pending,
        "delivered" => DeliveryState.Delivered,
        "failed" => DeliveryState.Failed,
        _ => throw Unknown(name),
    };

    public static string Of(FollowUpState state) => state switch
    {
        FollowUpState.Scheduled => "scheduled",
        FollowUpState.Blocked => "blocked",
        FollowUpState.Sent => "sent",
        FollowUpState.Cancelled => "cancelled",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state of a follow-up."),
    };

    public static FollowUpState ToFollowUpState(string name) => name switch
    {
        "scheduled" => FollowUpState.Scheduled,
        "blocked" => FollowUpState.Blocked,
        "sent" => FollowUpState.Sent,
        "cancelled" => FollowUpState.Cancelled,
        _ => throw Unknown(name),
    };

    public static InvalidDataException Unknown(string name) => new($"The database holds '{name}', which this version does not know.");
}
