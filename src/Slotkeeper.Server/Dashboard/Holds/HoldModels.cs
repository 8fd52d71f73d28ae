using Slotkeeper.Calendars;
using Slotkeeper.Claims;

namespace Slotkeeper.Server.Dashboard.Holds;

/// <summary>A hold as it is shown.</summary>
/// <param name="Hold">As it stands.</param>
/// <param name="WorkspaceName">For which it was made; its id where the name has not come here yet.</param>
/// <param name="Zone">The workspace's, IANA id.</param>
/// <param name="Provider">Whose calendar names the time; null where that is not known.</param>
public sealed record HoldLine(HeldClaim Hold, string WorkspaceName, string Zone, Provider? Provider);

/// <summary>Holds that stand.</summary>
/// <param name="Next">Where the next page begins; null on the last one.</param>
public sealed record HoldsModel(IReadOnlyList<HoldLine> Lines, string? Next);
