using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Invalidation;
using Slotkeeper.Providers.Webhooks;
using Slotkeeper.Server.Operation;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Server.Webhooks;

/// <summary>
/// What a webhook changes here. It is a hint: a booking of ours is looked at at its provider before it follows; a booking of others takes
/// its time until the calendar was read again; the calendars it may be about are due. Whose it is comes from the connection alone.
/// </summary>
internal sealed class ConnectionEvents(
    IConnectionStore connections,
    WebhookReader read,
    IBookingStore bookings,
    IBookingProviders providers,
    IExternalClaimStore externals,
    Catalog catalog,
    CatalogSync sync,
    ResourceChanges changes,
    PacedInvalidation due,
    TimeProvider clock,
    ILogger<ConnectionEvents> logger)
{
    /// <summary>A provider that did not answer so many times is believed what it told.</summary>
    private const int LooksBeforeBelief = 5;

    /// <summary>Longer ones are no bookings.</summary>
    private static readonly TimeSpan LongestBooking = TimeSpan.FromDays(2);

    /// <returns>False when it has to come again.</returns>
    public async Task<bool> ApplyAsync(InboxEvent taken, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(taken.ConnectionId, cancellationToken) is not { } connection)
            return true;
        var calendars = catalog.Calendars.Where(calendar => calendar.Calendar.ConnectionId == connection.Id).ToList();
        if (read(connection.Provider, taken.Payload) is not { } events)
        {
            // Signed, and nothing we know: a reason to look.
            due.Add(calendars);
            return true;
        }
        var named = NamedCalendar.Of(connection.Provider, taken.Payload) is { } name ? calendars.Where(name.Names).ToList() : [];
        var done = true;
        foreach (var one in events)
            done &= await ApplyAsync(connection, one, named, taken.Attempts, cancellationToken);
        due.Add(named.Count == 0 ? calendars : [.. named.SelectMany(calendar => catalog.CalendarsOf(calendar.Calendar.ResourceId)).Distinct()]);
        return done;
    }

    private async Task<bool> ApplyAsync(Connection connection, WebhookEvent one, List<LiveCalendar> named, int attempts, CancellationToken cancellationToken)
    {
        if (await FindOwnAsync(connection, one, cancellationToken) is { } booking)
            return await FollowAsync(booking, one, attempts, cancellationToken);
        foreach (var at in named.Select(calendar => calendar.Calendar).DistinctBy(calendar => calendar.ResourceId))
        {
            var resourceId = at.ResourceId;
            if (one is { Kind: WebhookEventKind.Cancelled, BookingId: { } over })
                await externals.ReleaseExternalAsync(resourceId, over, cancellationToken);
            if (one.EarlierBookingId is { } earlier)
                await externals.ReleaseExternalAsync(resourceId, earlier, cancellationToken);
            if (one is { Kind: WebhookEventKind.Created or WebhookEventKind.Rescheduled, BookingId: { } id, Start: { } start, End: { } end }
                && end > start && end - start <= LongestBooking && end > clock.GetUtcNow())
                await externals.TakeExternalAsync(resourceId, at.Id, id, start, end, cancellationToken);
            changes.Happened(resourceId);
        }
        return true;
    }

    private async Task<Booking?> FindOwnAsync(Connection connection, WebhookEvent one, CancellationToken cancellationToken)
    {
        foreach (var id in new[] { one.BookingId, one.EarlierBookingId })
        {
            if (id is not null && await bookings.FindByProviderIdAsync(connection.Provider, connection.Id, id, cancellationToken) is { } known)
                return known;
        }
        // A reference is only a text that anybody may have put there: it counts where the booking is of this connection.
        return one.Reference is { } reference
            && await bookings.FindAsync(reference, cancellationToken) is { } booking
            && await sync.FindCalendarAsync(booking.CalendarId, cancellationToken) is { } calendar
            && calendar.ConnectionId == connection.Id
            ? booking
            : null;
    }

    private async Task<bool> FollowAsync(Booking booking, WebhookEvent one, int attempts, CancellationToken cancellationToken)
    {
        // The id it had before a move; what happened to it since is known, or told by another event.
        if (one.Kind == WebhookEventKind.Cancelled && one.BookingId is { } over && booking.EarlierProviderIds.Contains(over, StringComparer.Ordinal))
            return true;
        if (one.Kind == WebhookEventKind.Other || booking.Status == BookingStatus.Cancelled)
            return true;
        // Most of what providers tell is of what was just booked here.
        if (booking is { Status: BookingStatus.Confirmed, Action: BookingAction.None }
            && one.Kind is WebhookEventKind.Created or WebhookEventKind.Rescheduled
            && one.BookingId == booking.ProviderBookingId && one.Start == booking.Start)
            return true;
        // Whoever acts on it, or the settler, ends that first.
        if (booking.Action != BookingAction.None)
            return false;
        if (await sync.FindCalendarAsync(booking.CalendarId, cancellationToken) is not { } calendar)
            return true;
        var asked = one.BookingId is { } now ? booking with { ProviderBookingId = now } : booking;
        var there = await providers.FindAsync(calendar, asked, cancellationToken) switch
        {
            LookupResult.Found found => found,
            LookupResult.NoAnswer when attempts < LooksBeforeBelief => null,
            _ when one.Kind == WebhookEventKind.Cancelled => new LookupResult.Found(booking.ProviderBookingId ?? "", booking.Start, IsCancelled: true),
            LookupResult.Absent => new LookupResult.Found(booking.ProviderBookingId ?? "", booking.Start, IsCancelled: false),
            _ => new LookupResult.Found(one.BookingId ?? booking.ProviderBookingId ?? "", one.Start ?? booking.Start, IsCancelled: false),
        };
        if (there is null)
            return false;
        if (BookingRules.Followed(booking, there, clock.GetUtcNow()) is not { } followed)
            return true;
        switch (await bookings.EndAsync(new BookingEnd(booking, followed, null, null), cancellationToken))
        {
            case EndOutcome.Changed:
                return false;
            case EndOutcome.Taken:
                ServerLog.BookingCannotFollow(logger, booking.Id);
                break;
            default:
                ServerLog.BookingFollowed(logger, booking.Id, followed.Status.ToString());
                break;
        }
        changes.Happened(calendar.ResourceId);
        due.Add(catalog.CalendarsOf(calendar.ResourceId));
        return true;
    }
}
