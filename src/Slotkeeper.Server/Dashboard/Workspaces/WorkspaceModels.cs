using Slotkeeper.Claims;
using Slotkeeper.Offers;
using Slotkeeper.Reading;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Dashboard.Bookings;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Workspaces;

/// <summary>A line of the list of workspaces.</summary>
/// <param name="State">Of its default calendar; null when it has none.</param>
public sealed record WorkspaceLine(Workspace Workspace, string AgencyName, LiveCalendar? Calendar, CalendarState? State);

/// <param name="Query">What was searched for; empty for nothing.</param>
/// <param name="Total">All that were found.</param>
/// <param name="Next">Where the next page begins; null on the last one.</param>
public sealed record WorkspacesModel(DateTimeOffset Now, string Query, string? AgencyId, string? AgencyName, int Total, IReadOnlyList<WorkspaceLine> Lines, string? Next);

/// <summary>The calendar of one source.</summary>
/// <param name="SharedBy">Workspaces of the viewer's that use it.</param>
public sealed record SourceCalendar(CalendarSource Source, LiveCalendar Calendar, CalendarState State, int SharedBy);

/// <summary>What of a workspace's page changes by itself.</summary>
public sealed record CalendarsModel(string WorkspaceId, string Zone, DateTimeOffset Now, IReadOnlyList<SourceCalendar> Calendars);

/// <summary>One workspace.</summary>
/// <param name="Zone">In which its times are shown.</param>
/// <param name="Answer">What is answered at this moment.</param>
/// <param name="Claims">Live ones on the calendar's resource.</param>
/// <param name="Offers">Live ones, the earliest named first.</param>
/// <param name="Bookings">From yesterday on, the earliest first.</param>
public sealed record WorkspaceModel(
    Workspace Workspace,
    string AgencyName,
    string Zone,
    CalendarSource Source,
    CalendarsModel Calendars,
    SlotAnswer Answer,
    SlotBoard Board,
    IReadOnlyList<Claim> Claims,
    IReadOnlyList<Offer> Offers,
    IReadOnlyList<BookingLine> Bookings)
{
    /// <summary>What was asked for as a zone and is none; null when it is one.</summary>
    public string? WrongZone { get; init; }

    /// <summary>Whether there are more offers, or more bookings, than stand here.</summary>
    public required (bool Offers, bool Bookings) HasMore { get; init; }
}

/// <summary>What was named to leads.</summary>
/// <param name="State">Null for all but drafts.</param>
/// <param name="StateFault">What is wrong with the state that was asked for; null for nothing.</param>
/// <param name="LeadId">Empty for all.</param>
/// <param name="Offers">As they stand at this moment.</param>
/// <param name="Next">Where the next page begins; null on the last one.</param>
public sealed record OffersModel(Workspace Workspace, OfferState? State, string? StateFault, string LeadId, IReadOnlyList<Offer> Offers, string? Next);

/// <summary>Why a time is offered or not.</summary>
/// <param name="Words">Instead of an explanation: what is wrong with what was typed.</param>
/// <param name="Other">The second instant of a time of day that comes twice.</param>
public sealed record ExplainModel(string WorkspaceId, string Zone, CalendarSource Source, ExplanationBody? Explanation, string? Words, DateTimeOffset? Other);
