using Slotkeeper.Bookings;
using Slotkeeper.Claims;

namespace Slotkeeper.Server.Dashboard.Workspaces;

/// <summary>States of claims and bookings in words.</summary>
internal static class ClaimWords
{
    public static string Of(ClaimState state) => state switch
    {
        ClaimState.Held => "held",
        ClaimState.Pending => "being booked",
        ClaimState.Unknown => "the provider did not answer; being settled",
        ClaimState.Booked => "booked here",
        ClaimState.External => "booked elsewhere",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state."),
    };

    /// <summary>ok, warn, bad or idle.</summary>
    public static string KindOf(BookingStatus status) => status switch
    {
        BookingStatus.Confirmed => "ok",
        BookingStatus.Pending or BookingStatus.Unknown => "warn",
        BookingStatus.Failed => "bad",
        _ => "idle",
    };
}
