using Slotkeeper.Calendars;
using Slotkeeper.Server.Api;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Workspaces;

/// <summary>The settings of a workspace, with who changed them last.</summary>
/// <param name="DefaultMinutes">The length that was asked for; null for the event type's own.</param>
/// <param name="DirectBookMinutes">Likewise.</param>
/// <param name="Connections">Of its agency; none for a viewer who may not see them.</param>
/// <param name="Changes">The newest first; none for a viewer who may not see them.</param>
public sealed record SettingsModel(
    Workspace Workspace, CalendarBody? Default, int? DefaultMinutes, CalendarBody? DirectBook, int? DirectBookMinutes, IReadOnlyList<ConnectionChoice> Connections, IReadOnlyList<ChangeLine> Changes);

public sealed record ConnectionChoice(string Id, string Name, Provider Provider);

/// <param name="ActorKind">key, cron, provider or system.</param>
/// <param name="After">The changed fields as JSON.</param>
public sealed record ChangeLine(DateTimeOffset At, string Action, string ActorKind, string ActorId, string? After);
