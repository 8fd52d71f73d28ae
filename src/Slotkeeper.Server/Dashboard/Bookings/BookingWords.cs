using Slotkeeper.Bookings;

namespace Slotkeeper.Server.Dashboard.Bookings;

/// <summary>States of bookings in words.</summary>
internal static class BookingWords
{
    /// <summary>What is being changed at the provider, among the names of states.</summary>
    public const string Changing = "changing";

    /// <summary>ok, warn, bad or idle.</summary>
    public static string KindOf(BookingStatus status) => status switch
    {
        BookingStatus.Confirmed => "ok",
        BookingStatus.Pending or BookingStatus.Unknown => "warn",
        BookingStatus.Failed => "bad",
        _ => "idle",
    };

    /// <summary>What is under way; null for nothing that the state does not say.</summary>
    public static string? UnderWay(Booking booking) => booking.Action switch
    {
        BookingAction.Cancel => "being cancelled",
        BookingAction.Reschedule => "being moved",
        _ => null,
    };
}
