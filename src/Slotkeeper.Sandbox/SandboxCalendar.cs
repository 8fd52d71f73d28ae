using System.Text.Json.Serialization;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox;

/// <summary>One calendar as a client would be given it: link, ids, token. A value: it holds no state of the world.</summary>
public sealed record SandboxCalendar
{
    internal SandboxCalendar(CalendarKey key) => Key = key;

    [JsonIgnore]
    internal CalendarKey Key { get; }

    public SandboxProvider Provider => Key.Provider;

    public int Index => Key.Index;

    public required int Agency { get; init; }

    public required string Name { get; init; }

    /// <summary>IANA name of the zone whose working hours the calendar keeps.</summary>
    public required string Zone { get; init; }

    /// <summary>The calendar's own duration; the first of <see cref="Durations"/>.</summary>
    public TimeSpan Duration => Durations[0];

    public required IReadOnlyList<TimeSpan> Durations { get; init; }

    /// <summary>The public booking link.</summary>
    public required string Link { get; init; }

    /// <summary>Calendly: the link of the form /d/slug/name. Null elsewhere.</summary>
    public string? SchedulingLink { get; init; }

    /// <summary>The event's slug; HubSpot's has one or two segments.</summary>
    public required string Slug { get; init; }

    /// <summary>Calendly's profile or Cal.com's user name; null where the link has none.</summary>
    public string? Profile { get; init; }

    /// <summary>Cal.com: the team the event type belongs to, instead of <see cref="Profile"/>.</summary>
    public string? TeamSlug { get; init; }

    /// <summary>What the authenticated calls name the calendar by: event type URI, slug, calendar id or event type id.</summary>
    public required string ExternalId { get; init; }

    /// <summary>The bare id in the public calls: Calendly's uuid, HighLevel's calendar id; elsewhere as <see cref="ExternalId"/>.</summary>
    public required string PublicId { get; init; }

    /// <summary>The account above it: Calendly user URI, HubSpot user id, HighLevel location id, Cal.com user name.</summary>
    public required string AccountId { get; init; }

    /// <summary>A Bearer token that may read it.</summary>
    public required string Token { get; init; }
}
