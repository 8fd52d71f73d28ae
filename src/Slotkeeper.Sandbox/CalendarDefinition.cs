namespace Slotkeeper.Sandbox;

/// <summary>A calendar with exactly these starts. Past ones, and those that hit an added busy time, are not offered.</summary>
public sealed record CalendarDefinition
{
    public required SandboxProvider Provider { get; init; }

    /// <summary>Whole seconds; order and duplicates do not matter.</summary>
    public required IReadOnlyList<DateTimeOffset> Slots { get; init; }

    /// <summary>Default 30 minutes.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>HubSpot: further durations that the same starts are offered for.</summary>
    public IReadOnlyList<TimeSpan> OtherDurations { get; init; } = [];

    /// <summary>IANA name. Default UTC.</summary>
    public string Zone { get; init; } = "UTC";

    /// <summary>The account and so the token it belongs to. Default 0.</summary>
    public int Agency { get; init; }

    /// <summary>Calendars with the same host, of whichever provider, cannot be booked for overlapping times. Default: a host of its own.</summary>
    public string? Host { get; init; }

    /// <summary>How many can book one start. Default 1.</summary>
    public int Seats { get; init; } = 1;

    /// <summary>
    /// Names of fields that a booking must fill: Cal.com booking fields, Calendly questions, HubSpot form fields. HighLevel has none.
    /// </summary>
    public IReadOnlyList<string> RequiredFields { get; init; } = [];
}
