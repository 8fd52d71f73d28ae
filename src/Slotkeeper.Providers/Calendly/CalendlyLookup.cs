using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Providers.Bookings;

namespace Slotkeeper.Providers.Calendly;

/// <summary>Finds bookings at Calendly: by the invitee's URI, or by our reference among the attendee's events at that minute.</summary>
internal sealed class CalendlyLookup(ErrandSender sender)
{
    private const int MostPages = 5;
    private const int MostEvents = 20;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public async Task<LookupResult> FindAsync(Errand errand, Booking booking, string eventTypeId) => booking.ProviderBookingId is { } id
        ? await ByUriAsync(errand, booking, id)
        : await ByReferenceAsync(errand, booking, eventTypeId);

    private async Task<LookupResult> ByUriAsync(Errand errand, Booking booking, string uri)
    {
        for (var hop = 0; hop < 4; hop++)
        {
            if (CalendlyIds.EventOf(uri) is not { } eventId)
                return new LookupResult.Cannot("The booking's id is no URI of Calendly.");
            var cancelled = false;
            if (CalendlyIds.InviteeOf(uri) is { } inviteeId)
            {
                var answer = await GetAsync(errand, $"/scheduled_events/{eventId}/invitees/{inviteeId}");
                if (answer.Status == 404)
                    return new LookupResult.Absent();
                if (!answer.IsSuccess || answer.Body.At("resource") is not { } invitee)
                    return answer.NoAnswer();
                cancelled = invitee.Text("status") == "canceled";
                // The attendee moved it by his own link: it goes on as another invitee of another event.
                if (cancelled && invitee.Text("new_invitee") is { } moved)
                {
                    uri = moved;
                    continue;
                }
            }
            var state = await GetAsync(errand, "/scheduled_events/" + eventId);
            if (state.Status == 404)
                return new LookupResult.Absent();
            if (!state.IsSuccess || state.Body.At("resource") is not { } found)
                return state.NoAnswer();
            return new LookupResult.Found(uri, found.Instant("start_time") ?? booking.Start, cancelled || found.Text("status") == "canceled");
        }
        return new LookupResult.NoAnswer("The booking was moved more often than is followed.");
    }

    private async Task<LookupResult> ByReferenceAsync(Errand errand, Booking booking, string eventTypeId)
    {
        var me = await GetAsync(errand, "/users/me");
        if (!me.IsSuccess || me.Body.At("resource").Text("uri") is not { } user || me.Body.At("resource").Text("current_organization") is not { } organization)
            return me.NoAnswer();

        var events = new List<string>();
        var whole = true;
        var fault = await ListAsync(errand, booking, "organization=" + Uri.EscapeDataString(organization), eventTypeId, events);
        if (fault is { Status: 403 })
        {
            // Only administrators see the organization's events; what others see are the user's own.
            whole = false;
            fault = await ListAsync(errand, booking, $"user={Uri.EscapeDataString(user)}&organization={Uri.EscapeDataString(organization)}", eventTypeId, events);
        }
        if (fault is not null)
            return fault.NoAnswer();
        if (events.Count > MostEvents)
            return new LookupResult.NoAnswer("There are more events at that minute than are looked through.");

        LookupResult.Found? over = null;
        foreach (var uri in events)
        {
            var answer = await GetAsync(errand, $"/scheduled_events/{CalendlyIds.EventOf(uri)}/invitees?email={Uri.EscapeDataString(booking.Attendee.Email)}&count=100");
            if (!answer.IsSuccess || answer.Body.At("collection") is not { ValueKind: JsonValueKind.Array } invitees)
                return answer.NoAnswer();
            foreach (var invitee in invitees.EnumerateArray())
            {
                if (invitee.At("tracking").Text("utm_content") != booking.Reference || invitee.Text("uri") is not { } found)
                    continue;
                if (invitee.Text("status") != "canceled")
                    return new LookupResult.Found(found, booking.Start, IsCancelled: false);
                over = new LookupResult.Found(found, booking.Start, IsCancelled: true);
            }
        }
        if (over is not null)
            return over.ProviderBookingId is { } last ? await ByUriAsync(errand, booking, last) : over;
        return whole || await IsOwnAsync(errand, eventTypeId, user)
            ? new LookupResult.Absent()
            : new LookupResult.NoAnswer("The event type is not the user's own, and only an administrator's token shows the events of others.");
    }

    /// <returns>Null when every page was read.</returns>
    private async Task<Answer?> ListAsync(Errand errand, Booking booking, string scope, string eventTypeId, List<string> events)
    {
        var path = $"/scheduled_events?{scope}&invitee_email={Uri.EscapeDataString(booking.Attendee.Email)}"
            + $"&min_start_time={Instants.Text(booking.Start - Minute)}&max_start_time={Instants.Text(booking.Start + Minute)}&count=100";
        string? token = null;
        for (var page = 0; page < MostPages; page++)
        {
            var answer = await GetAsync(errand, token is null ? path : $"{path}&page_token={Uri.EscapeDataString(token)}");
            if (!answer.IsSuccess || answer.Body.At("collection") is not { ValueKind: JsonValueKind.Array } collection)
                return answer;
            foreach (var item in collection.EnumerateArray())
            {
                if (item.Text("uri") is { } uri && CalendlyIds.EventOf(uri) is not null && (item.Text("event_type") is not { } type || CalendlyIds.Last(type) == eventTypeId))
                    events.Add(uri);
            }
            token = answer.Body.At("pagination").Text("next_page_token");
            if (token is null)
                return null;
        }
        return Answer.Unknown("There are more pages of events than are looked through.", Pipeline.Reply.Of([], 0));
    }

    private async Task<bool> IsOwnAsync(Errand errand, string eventTypeId, string user)
    {
        var answer = await GetAsync(errand, "/event_types/" + eventTypeId);
        return answer.IsSuccess && answer.Body.At("resource").At("profile").Text("owner") == user;
    }

    private Task<Answer> GetAsync(Errand errand, string path) => sender.SendAsync(errand, CalendlyBooking.Get(errand, path));
}
