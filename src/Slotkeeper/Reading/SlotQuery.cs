using Slotkeeper.Workspaces;

namespace Slotkeeper.Reading;

/// <summary>What a caller wants to read.</summary>
/// <param name="Source">Which calendar of the workspace.</param>
/// <param name="From">Earliest start, UTC; null for now.</param>
/// <param name="To">Before this start, UTC; null for now + 30 days.</param>
/// <param name="MaxAge">How old data may be before it is fetched; null for the cache lifetime.</param>
/// <param name="RefreshIfStale">False: never asks a provider.</param>
/// <param name="Limit">At most this many slots, the earliest first; null for all.</param>
public readonly record struct SlotQuery(
    CalendarSource Source,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    TimeSpan? MaxAge = null,
    bool RefreshIfStale = true,
    int? Limit = null);
