using Slotkeeper.Bookings;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Dashboard.Bookings;

/// <summary>A booking as it is shown.</summary>
/// <param name="Booking">As it stands.</param>
/// <param name="WorkspaceName">Null where the workspace is gone, which a booking outlives.</param>
/// <param name="Zone">In which its times are shown, IANA id.</param>
/// <param name="CanCancel">Whether it stands, is to come, and nothing is under way.</param>
public sealed record BookingLine(Booking Booking, string? WorkspaceName, string Zone, bool CanCancel)
{
    /// <summary>Where to is read from the workspace's calendar.</summary>
    public bool CanMove => CanCancel && WorkspaceName is not null;

    /// <param name="booking">As it stands.</param>
    /// <param name="workspace">Its own; null where it is gone.</param>
    /// <param name="zone">IANA id; null for the workspace's, or UTC without one.</param>
    /// <param name="now">UTC.</param>
    public static BookingLine Of(Booking booking, Workspace? workspace, string? zone, DateTimeOffset now) => new(
        booking,
        workspace?.Name,
        zone ?? workspace?.TimeZone ?? "UTC",
        booking is { Status: BookingStatus.Confirmed, Action: BookingAction.None } && booking.Start > now);

    /// <summary>Each in its workspace's zone. From memory: a list asks the database once.</summary>
    public static BookingLine Of(Booking booking, Catalog catalog, DateTimeOffset now) =>
        Of(booking, catalog.TryWorkspace(booking.WorkspaceId, out var workspace) ? workspace : null, null, now);
}

/// <summary>A search and what it found.</summary>
/// <param name="Filter">As it was asked for.</param>
/// <param name="WorkspaceName">Of the one that is searched; null for all.</param>
/// <param name="Unsettled">Of all that the viewer sees.</param>
/// <param name="Next">Where the next page begins; null on the last one.</param>
public sealed record BookingsModel(BookingFilter Filter, string? WorkspaceName, UnsettledBookings Unsettled, IReadOnlyList<BookingLine> Lines, string? Next);
