using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>What the audit has of a booking: its id, its times, where it stands. Nothing of who comes.</summary>
internal static class BookingNotes
{
    /// <summary>It is about to be made at the provider.</summary>
    public static void AskedFor(Session session, Booking booking) => session.Note(booking.AgencyId, "booking.requested", booking.Id, FieldChanges.Made(
        ("workspaceId", booking.WorkspaceId), ("calendarId", booking.CalendarId), ("provider", booking.Provider.ToName()), ("start", UtcText.Format(booking.Start)),
        ("end", UtcText.Format(booking.End)), ("status", Names.Of(booking.Status))));

    /// <summary>It is about to be cancelled or moved there.</summary>
    public static void ChangeAskedFor(Session session, Booking booking) => session.Note(
        booking.AgencyId, booking.Action == BookingAction.Cancel ? "booking.cancel_requested" : "booking.move_requested", booking.Id,
        new FieldChanges().Set("action", Names.Of(BookingAction.None), Names.Of(booking.Action)).Set("movingTo", null, FieldChanges.Instant(booking.MovingTo)));

    /// <summary>What was under way has ended, or the provider has told of something. Looks that found nothing, and what a move left behind, change nothing here.</summary>
    public static void Ended(Session session, Booking before, Booking after)
    {
        var action = after switch
        {
            { Status: BookingStatus.Cancelled } when before.Status != after.Status => "booking.cancelled",
            { Status: BookingStatus.Failed } when before.Status != after.Status => "booking.failed",
            { Status: BookingStatus.Unknown } when before.Status != after.Status => "booking.unknown",
            { Status: BookingStatus.Confirmed } when before.Status != after.Status => "booking.confirmed",
            _ when before.Start != after.Start || before.End != after.End => "booking.moved",
            { Action: BookingAction.None } when before.Action != BookingAction.None => "booking.change_failed",
            // No answer: the change stays under way, and the settler finds out.
            _ when before.Action != BookingAction.None && before.SettleAt != after.SettleAt && after.History.Count > before.History.Count && after.MovingAs == before.MovingAs => "booking.unknown",
            _ when before.ProviderBookingId != after.ProviderBookingId => "booking.updated",
            _ => null,
        };
        if (action is null)
            return;
        session.Note(after.AgencyId, action, after.Id, new FieldChanges()
            .Set("status", Names.Of(before.Status), Names.Of(after.Status)).Set("action", Names.Of(before.Action), Names.Of(after.Action))
            .Set("start", UtcText.Format(before.Start), UtcText.Format(after.Start)).Set("end", UtcText.Format(before.End), UtcText.Format(after.End))
            .Set("movingTo", FieldChanges.Instant(before.MovingTo), FieldChanges.Instant(after.MovingTo))
            .Hidden("providerBookingId", before.ProviderBookingId != after.ProviderBookingId));
    }
}
