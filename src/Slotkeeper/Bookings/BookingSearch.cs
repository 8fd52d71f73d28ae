using Slotkeeper.Calendars;

namespace Slotkeeper.Bookings;

/// <summary>Which bookings are looked for; all that is given must be true of one. In the order of their starts.</summary>
public sealed record BookingSearch
{
    /// <summary>A shorter text would be the beginning of too much.</summary>
    public const int LeastText = 2;

    public const int MostText = 254;

    /// <summary>Null for every agency's.</summary>
    public string? AgencyId { get; init; }

    /// <summary>Null for every workspace's.</summary>
    public string? WorkspaceId { get; init; }

    /// <summary>Where one stands; with <see cref="IsChanging"/>, also those that do. Empty and without it, any.</summary>
    public IReadOnlyList<BookingStatus> Statuses { get; init; } = [];

    /// <summary>Those that are being cancelled or moved at the provider just now.</summary>
    public bool IsChanging { get; init; }

    /// <summary>Null for any.</summary>
    public Provider? Provider { get; init; }

    /// <summary>The first start, UTC; null for no bound.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The start before which they begin, UTC; null for no bound.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>
    /// <see cref="LeastText"/> to <see cref="MostText"/> characters: an id of ours, a provider's, now or before a move, or the lead's, whole and as it is written; or the
    /// beginning of the attendee's mail address, name or last name in any case. Null for any.
    /// </summary>
    public string? Text { get; init; }

    /// <summary>The earliest first, for what is to come; else the latest.</summary>
    public bool EarliestFirst { get; init; }

    /// <summary>The last one of the page before; null for the first page.</summary>
    public BookingPlace? After { get; init; }
}

/// <summary>Where a booking stands in a list by start.</summary>
/// <param name="Start">UTC.</param>
/// <param name="Id">Tells those of one start apart.</param>
public sealed record BookingPlace(DateTimeOffset Start, string Id);

/// <summary>Bookings of which it is not known for certain how they stand at their providers.</summary>
/// <param name="Unknown">The provider did not answer when it was to book.</param>
/// <param name="Changing">Being cancelled or moved there, or asked to be, without an answer yet.</param>
/// <param name="MostAttempts">Looks of the settler at the one it has looked at most.</param>
/// <param name="NextLookAt">When the settler looks at the next of them, UTC; null when there is none.</param>
public sealed record UnsettledBookings(int Unknown, int Changing, int MostAttempts, DateTimeOffset? NextLookAt);
