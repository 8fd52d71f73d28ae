using Slotkeeper.Claims;
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

    public static InvalidDataException Unknown(string name) => new($"The database holds '{name}', which this version does not know.");
}
