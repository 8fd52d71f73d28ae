using System.Text.Json;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Bookings;

/// <summary>What agencies' systems are told of a booking. Nothing about the attendee: the booking's id leads to that, with a key.</summary>
public static class BookingEvents
{
    /// <summary>
    /// The event of a change: <see cref="EventTypes.BookingConfirmed"/> when the booking stands now, or stands at another time (<c>movedFrom</c> is the
    /// one before), <see cref="EventTypes.BookingCancelled"/> when it does not any more.
    /// </summary>
    /// <param name="before">As it was.</param>
    /// <param name="after">As it is; the last line of its history is when that came to be.</param>
    /// <returns>Null when there is nothing to tell.</returns>
    public static (string Type, string Payload)? Of(Booking before, Booking after)
    {
        var type = after.Status switch
        {
            BookingStatus.Confirmed when before.Status != BookingStatus.Confirmed || before.Start != after.Start => EventTypes.BookingConfirmed,
            BookingStatus.Cancelled when before.Status != BookingStatus.Cancelled => EventTypes.BookingCancelled,
            _ => null,
        };
        return type is null ? null : (type, EventEnvelope.Write(type, after.History[^1].At, json => Write(json, before, after)));
    }

    private static void Write(Utf8JsonWriter json, Booking before, Booking after)
    {
        json.WriteString("bookingId", after.Id);
        json.WriteString("workspaceId", after.WorkspaceId);
        json.WriteString("calendarId", after.CalendarId);
        json.WriteString("source", after.Source.ToName());
        json.WriteString("provider", after.Provider.ToName());
        json.WriteString("providerBookingId", after.ProviderBookingId);
        json.WriteString("start", UtcText.Format(after.Start));
        json.WriteString("end", UtcText.Format(after.End));
        if (before.Status == BookingStatus.Confirmed && before.Start != after.Start)
            json.WriteString("movedFrom", UtcText.Format(before.Start));
        json.WriteString("status", after.Status == BookingStatus.Confirmed ? "confirmed" : "cancelled");
        json.WriteString("leadId", after.LeadId);
    }
}
