using System.Text.Json.Serialization;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox;

public enum SandboxBookingStatus
{
    Live,
    Cancelled,

    /// <summary>Another booking took its place; see <see cref="SandboxBooking.RescheduledTo"/>.</summary>
    Replaced,

    /// <summary>HighLevel: removed, so that it can no longer be read.</summary>
    Deleted,
}

/// <summary>Through which door a booking or a change of it came.</summary>
public enum SandboxBookingOrigin
{
    /// <summary>The provider's API.</summary>
    Api,

    /// <summary>The provider's own page: somebody else.</summary>
    Page,
}

/// <summary>One booking as it was when it was asked for. A value: later changes make another.</summary>
public sealed record SandboxBooking
{
    internal SandboxBooking(CalendarKey key) => Key = key;

    [JsonIgnore]
    internal CalendarKey Key { get; }

    public SandboxProvider Provider => Key.Provider;

    /// <summary>The calendar's index.</summary>
    public int Calendar => Key.Index;

    public required int Agency { get; init; }

    /// <summary>Cal.com's numeric id, HubSpot's record id. Counts up over all providers.</summary>
    public required long Number { get; init; }

    /// <summary>The provider's id of the meeting: uid, uuid, calendar event id, appointment id. Seats of one meeting share it.</summary>
    public required string Uid { get; init; }

    /// <summary>Calendly's invitee, Cal.com's seat. Never shared.</summary>
    public required string SeatUid { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required DateTimeOffset End { get; init; }

    public SandboxBookingStatus Status { get; init; }

    public SandboxBookingOrigin Origin { get; init; }

    public string Name { get; init; } = "";

    public string Email { get; init; } = "";

    public string Zone { get; init; } = "UTC";

    /// <summary>HubSpot and HighLevel; null elsewhere.</summary>
    public string? ContactId { get; init; }

    /// <summary>What the caller put in to find it again: metadata, tracking, form fields, title, description, notes.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Answers to the calendar's own questions.</summary>
    public IReadOnlyDictionary<string, string> Answers { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>HighLevel's appointment status, HubSpot's meeting outcome; null elsewhere.</summary>
    public string? Outcome { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public string? Reason { get; init; }

    /// <summary>The uid of the booking that this one replaced.</summary>
    public string? RescheduledFrom { get; init; }

    /// <summary>Calendly: the invitee that this one replaced.</summary>
    public string? RescheduledFromSeat { get; init; }

    /// <summary>The uid of the booking that replaced this one.</summary>
    public string? RescheduledTo { get; init; }

    public string? RescheduledToSeat { get; init; }

    [JsonIgnore]
    public bool IsLive => Status == SandboxBookingStatus.Live;

    [JsonIgnore]
    internal int Minutes => (int)(End - Start).TotalMinutes;

    [JsonIgnore]
    internal BusyInterval Interval => new(Start.ToUnixTimeMilliseconds(), End.ToUnixTimeMilliseconds());
}
