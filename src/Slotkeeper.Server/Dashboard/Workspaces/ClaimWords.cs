using Slotkeeper.Claims;

namespace Slotkeeper.Server.Dashboard.Workspaces;

/// <summary>States of claims in words.</summary>
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
}
