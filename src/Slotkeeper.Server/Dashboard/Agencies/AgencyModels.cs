using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Agencies;

/// <summary>An agency and how its calendars fare.</summary>
/// <param name="Workspaces">How many it has.</param>
/// <param name="Calendars">That its workspaces use, each once.</param>
/// <param name="WithinGoal">Of those, read within the goal.</param>
/// <param name="Failing">Of those, whose last attempt failed.</param>
public sealed record AgencyLine(Agency Agency, int Workspaces, int Calendars, int WithinGoal, int Failing);

/// <param name="Next">Where the next page begins; null on the last one.</param>
public sealed record AgenciesModel(IReadOnlyList<AgencyLine> Lines, string? Next);
