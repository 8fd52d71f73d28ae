using System.Globalization;

namespace Slotkeeper.Calendars;

/// <summary>
/// One bookable event type at a provider: unit of fetching, of the snapshot and of the epoch. Workspaces that ask for the
/// same one share it: it is fetched once and invalidated once, for all of them.
/// </summary>
/// <param name="Id">Prefix <c>cal_</c>.</param>
/// <param name="Provider">Who is asked.</param>
/// <param name="Url">The public booking link, in its canonical form; null when it is read by API.</param>
/// <param name="ExternalId">The provider's own id of it; null when it is read by link.</param>
/// <param name="ConnectionId">The credential it is read with; null for public links.</param>
/// <param name="RequestedDurationMinutes">The length asked for; null for whatever the event type has.</param>
/// <param name="ResourceId">What its bookings occupy. Prefix <c>res_</c>.</param>
/// <param name="Capacity">How many bookings the resource takes at one time.</param>
/// <param name="WorkingHours">Only for providers that answer busy time; JSON as it came over HTTP.</param>
/// <param name="Resolved">Ids that were looked up at the provider; null before the first success.</param>
public sealed record Calendar(
    string Id,
    Provider Provider,
    string? Url,
    string? ExternalId,
    string? ConnectionId,
    int? RequestedDurationMinutes,
    string ResourceId,
    int Capacity,
    string? WorkingHours,
    ResolvedIds? Resolved)
{
    public const int MaximumCapacity = 1000;
    public const int MaximumDurationMinutes = 1440;

    /// <summary>Minutes assumed where neither the setting nor the provider says a length.</summary>
    public const int DefaultDurationMinutes = 30;

    /// <summary>Minutes of one slot, as far as known.</summary>
    public int DurationMinutes => RequestedDurationMinutes ?? Resolved?.DurationMinutes ?? DefaultDurationMinutes;
}

/// <summary>
/// What a provider was asked once and need not be asked again. Belongs to one calendar row, and a changed link or setting
/// is another row, so nothing remembered can outlive what it was remembered for.
/// </summary>
/// <param name="EventTypeId">The provider's id; null when the provider needs none.</param>
/// <param name="TimeZone">The zone to ask in; null when it does not matter.</param>
/// <param name="DurationMinutes">The length the event type has; null when the provider does not say.</param>
public sealed record ResolvedIds(string? EventTypeId, string? TimeZone, int? DurationMinutes);

/// <summary>A calendar as somebody asks for it, before it has an id. Two requests with equal <see cref="Key"/> get the same calendar.</summary>
/// <param name="Provider">Who is asked.</param>
/// <param name="Url">Canonical booking link, or null.</param>
/// <param name="ExternalId">Provider's id, or null. Exactly one of the two is set.</param>
/// <param name="ConnectionId">The credential to read with; null for public reading.</param>
/// <param name="DurationMinutes">5 to 1,440; null for the event type's own.</param>
/// <param name="Resource">The agency's name for what a booking occupies; null for the event type itself.</param>
/// <param name="Capacity">1 to 1,000; null leaves a named resource as it is and means 1 for any other.</param>
/// <param name="WorkingHours">JSON, only for providers that answer busy time.</param>
public sealed record CalendarRequest(
    Provider Provider,
    string? Url,
    string? ExternalId,
    string? ConnectionId,
    int? DurationMinutes,
    string? Resource,
    int? Capacity,
    string? WorkingHours)
{
    /// <summary>Provider, credential and event type, without length and resource.</summary>
    public string EventTypeKey => $"{Provider.ToName()}|{ConnectionId ?? "-"}|{ExternalId ?? Url}";

    /// <summary>
    /// Equal for two requests that occupy the same thing. Named resources belong to the agency; unnamed ones are the event
    /// type itself, so that its 30- and its 60-minute calendar exclude each other.
    /// </summary>
    public string ResourceKey(string agencyId) => Resource is null
        ? string.Create(CultureInfo.InvariantCulture, $"type|{EventTypeKey}|{Capacity ?? 1}")
        : $"named|{agencyId}|{Resource}";

    /// <summary>Equal exactly when one fetch and one set of claims serve both requests.</summary>
    public string Key(string agencyId) => string.Create(
        CultureInfo.InvariantCulture,
        $"{EventTypeKey}|{DurationMinutes ?? 0}|{ResourceKey(agencyId)}|{WorkingHours}");
}
