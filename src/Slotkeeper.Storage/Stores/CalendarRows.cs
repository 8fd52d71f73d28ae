using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Snapshots;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

/// <summary>The columns of calendars, their states, snapshots and claims, and what is made of them.</summary>
internal static class CalendarRows
{
    /// <summary>From <c>calendars c JOIN resources s</c>.</summary>
    public const string Calendar =
        """
        c.id, c.provider, c.url, c.external_id, c.connection_id, c.duration_minutes, c.resource_id, s.capacity, c.working_hours,
        c.resolved, c.resolved_event_type_id, c.resolved_time_zone, c.resolved_duration_minutes
        """;

    /// <summary>From <c>calendar_state t</c>.</summary>
    public const string State =
        """
        t.epoch, t.stale_at, t.last_success_at, t.last_attempt_at, t.backoff_until, t.error_code, t.error_message, t.error_since,
        t.failures, t.range_end
        """;

    /// <summary>From <c>snapshots p</c>.</summary>
    public const string Snapshot = "p.packed, p.slots, p.duration_seconds";

    /// <summary>From <c>claims k</c>.</summary>
    public const string Claim = "k.id, k.resource_id, k.seat, k.starts_at, k.ends_at, k.state, k.expires_at, k.token, k.calendar_id, k.stands_since, k.proven_at";

    /// <summary>Of a claim that was just written.</summary>
    public const string WrittenClaim = "id, resource_id, seat, starts_at, ends_at, state, expires_at, token, calendar_id, stands_since, proven_at";

    public static Calendar ReadCalendar(ref Row row)
    {
        var calendar = new Calendar(
            row.Text(), ToProvider(row.Text()), row.TextOrNull(), row.TextOrNull(), row.TextOrNull(), row.IntOrNull(), row.Text(), row.Int(),
            row.TextOrNull(), null);
        var isResolved = row.Int() != 0;
        var resolved = new ResolvedIds(row.TextOrNull(), row.TextOrNull(), row.IntOrNull());
        return isResolved ? calendar with { Resolved = resolved } : calendar;
    }

    public static CalendarState ReadState(ref Row row)
    {
        var (epoch, staleAt, lastSuccessAt, lastAttemptAt, backoffUntil) =
            (row.Long(), row.Instant(), row.InstantOrNull(), row.InstantOrNull(), row.InstantOrNull());
        var (code, message, since) = (row.TextOrNull(), row.TextOrNull(), row.InstantOrNull());
        // Known codes are constants of the program: each is kept once, not once for every calendar.
        var error = code is null ? null : new RefreshError(string.IsInterned(code) ?? code, message ?? "", since ?? DateTimeOffset.UnixEpoch);
        return new CalendarState(epoch, staleAt, lastSuccessAt, lastAttemptAt, backoffUntil, error, row.Int(), row.InstantOrNull());
    }

    /// <returns>Null when nothing was ever fetched.</returns>
    public static Snapshot? ReadSnapshot(ref Row row) =>
        row.BytesOrNull() is { } packed ? new Snapshot(packed, row.Int(), row.Int()) : null;

    public static Claim ReadClaim(ref Row row)
    {
        var claim = new Claim(
            row.Text(), row.Text(), row.Int(), row.Instant(), row.Instant(), Names.ToClaimState(row.Text()), row.InstantOrNull(), row.TextOrNull());
        var (calendarId, since, provenAt) = (row.TextOrNull(), row.InstantOrNull(), row.InstantOrNull());
        return calendarId is not null && since is { } stands ? claim with { At = new BookedAt(calendarId, stands, provenAt is not null) } : claim;
    }

    public static Provider ToProvider(string name) => ProviderNames.Parse(name) ?? throw Names.Unknown(name);
}
