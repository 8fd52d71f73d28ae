using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Providers.Tests.Kit;

/// <summary>Bookings of which any will do.</summary>
internal static class SomeBooking
{
    public const string Reference = "bkg_0198f2c1aa";

    /// <summary>Tomorrow at the bench's hour.</summary>
    public static readonly DateTimeOffset Start = Bench.Noon.AddDays(1);

    public static Booking Of(Calendar calendar, DateTimeOffset? start = null, string? providerId = null, string? phone = null, string reference = Reference, string email = "ada@acme.test") => new(
        "bkg_1", "ws_1", "agc_1", calendar.Id, calendar.Provider, CalendarSource.Default, start ?? Start, (start ?? Start).AddMinutes(30),
        BookingStatus.Pending, BookingAction.Create, null, new Attendee("Ada Lovelace", email, phone, "Europe/Rome"), null, "{}",
        reference, providerId, [], Bench.Noon, null, 0, []);

    public static BookCall Call(Calendar calendar, Booking? booking = null, Dictionary<string, string>? answers = null, string? notes = null, Dictionary<string, string>? metadata = null, string? locale = null) =>
        new(calendar, booking ?? Of(calendar), answers ?? [], notes, metadata ?? [], locale, "Europe/Rome");
}
