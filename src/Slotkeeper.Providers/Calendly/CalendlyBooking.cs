using System.Collections.Concurrent;
using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Pipeline;

namespace Slotkeeper.Providers.Calendly;

/// <summary>
/// Books at Calendly by API. A booking's id here is the URI of its invitee, which names the scheduled event as well. There is no
/// call that moves a booking, and two calls in one would leave two meetings where a crash falls between them: the caller is
/// told to book anew and to cancel then.
/// </summary>
internal sealed class CalendlyBooking(ErrandSender sender, ProviderOptions options, TimeProvider clock) : IBookingAdapter
{
    private const string EventTypes = "https://api.calendly.com/event_types/";
    private const int LongestReason = 10_000;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly CalendlyLookup lookup = new(sender);
    private readonly ConcurrentDictionary<string, CallQuota> quotas = new(StringComparer.Ordinal);

    public Provider Provider => Provider.Calendly;

    public string? Lacks(Calendar calendar, OpenedConnection? connection)
    {
        if (connection is null)
            return "Booking at Calendly needs a connection: a public link can only be read.";
        if (Credentials.Read(connection, "accessToken", out _) is Refresh.FetchResult.NotConfigured fault)
            return fault.Detail;
        if (EventTypeId(calendar) is not null)
            return null;
        return calendar.Url is null
            ? "The externalId is neither the id nor the URI of a Calendly event type."
            : "The link's event type is not known before it was read once.";
    }

    public async Task<BookResult> BookAsync(Errand errand, BookCall call)
    {
        // Questions are named by their exact texts, and where a place is set it must be named too: both are asked first.
        var type = await sender.SendAsync(errand, Get(errand, "/event_types/" + EventTypeId(call.Calendar)));
        if (type.StopsBooking() is { } stop)
            return stop;
        var form = new CalendlyForm(type.Body.At("resource"));
        if (form.Fill(call) is { } fault)
            return fault;

        var uri = EventTypeUri(call.Calendar);
        var answer = await sender.SendAsync(errand, Post(errand, "/invitees", json => Write(json, call, uri, form)) with { Quota = QuotaOf(errand) });
        if (answer.Fault is not null)
            return answer.Fault;
        if (!answer.IsSuccess)
            return await RefusedAsync(errand, answer, uri, call.Booking.Start);
        var resource = answer.Body.At("resource");
        if (resource.Text("uri") is not { } invitee || CalendlyIds.EventOf(invitee) is null)
            return answer.Unreadable("the invitee's URI");
        return resource.Text("status") == "canceled"
            ? new BookResult.Refused(Refusals.TurnedDown, "Calendly made the booking and cancelled it at once.")
            : new BookResult.Booked(invitee, call.Booking.Start);
    }

    public async Task<BookResult> CancelAsync(Errand errand, string id, Booking booking, string? reason)
    {
        if (CalendlyIds.EventOf(id) is not { } eventId)
            return new BookResult.NotSent("The booking's id is no URI of Calendly.");
        // The call ends the event for everybody in it, and an event of a group has others in it.
        var state = await sender.SendAsync(errand, Get(errand, "/scheduled_events/" + eventId));
        if (state.StopsBooking() is { } stop)
            return stop;
        var found = state.Body.At("resource");
        if (found.Text("status") == "canceled")
            return new BookResult.Booked(id, booking.Start);
        if (found.At("invitees_counter").Whole("active") > 1)
            return new BookResult.Cannot("Others are invited to the same event, and Calendly cancels an event only for all of them. The invitee's own link cancels one.");

        var answer = await sender.SendAsync(errand, Post(errand, $"/scheduled_events/{eventId}/cancellation", json =>
        {
            if (!string.IsNullOrWhiteSpace(reason))
                json.WriteString("reason", Texts.Cut(reason, LongestReason));
        }));
        if (answer.Fault is not null)
            return answer.Fault;
        if (answer.IsSuccess)
            return answer.Body.At("resource") is null ? answer.Unreadable("the cancellation") : new BookResult.Booked(id, booking.Start);
        if (answer.Status == 403 && answer.Says("already cancel"))
            return new BookResult.Booked(id, booking.Start);
        return answer.Status == 403 && answer.Says("past") ? new BookResult.Refused(Refusals.InThePast, answer.Detail) : Refused(answer, Refusals.Refused);
    }

    public Task<BookResult> RescheduleAsync(Errand errand, string id, Booking booking, DateTimeOffset start) =>
        Task.FromResult<BookResult>(new BookResult.Cannot("Calendly has no call that moves a booking: book the new time, then cancel the old one.") { RebookInstead = true });

    public Task<LookupResult> FindAsync(Errand errand, Booking booking) => lookup.FindAsync(errand, booking, EventTypeId(errand.Calendar!)!);

    private async Task<BookResult> RefusedAsync(Errand errand, Answer answer, string uri, DateTimeOffset start)
    {
        var details = answer.Body.At("details").Items().ToArray();
        if (answer.Status == 409 || details.Any(detail => detail.Text("code") == "already_filled"))
            return new BookResult.Taken(answer.Detail);
        if (answer.Status == 403 && (answer.Says("upgrade") || answer.Says("plan")))
            return new BookResult.Refused(Refusals.PlanRequired, answer.Detail);
        if (answer.Status != 400)
            return Refused(answer, Refusals.Refused);

        if (Names("start_time"))
        {
            if (start <= clock.GetUtcNow())
                return new BookResult.Refused(Refusals.InThePast, answer.Detail);
            // It does not say why: only if the minute is no longer on offer has somebody else taken it.
            return await IsOfferedAsync(errand, uri, start) switch
            {
                false => new BookResult.Taken(answer.Detail),
                _ => new BookResult.Refused(Refusals.OutsideWindow, answer.Detail),
            };
        }
        var code = Names("email") ? Refusals.InvalidEmail
            : Names("location") ? Refusals.MissingLocation
            : Names("questions_and_answers") ? (answer.Says("blank") || answer.Says("required") ? Refusals.MissingAnswer : Refusals.InvalidAnswer)
            : Names("text_reminder_number") ? Refusals.InvalidPhone
            : Refusals.Refused;
        return new BookResult.Refused(code, answer.Detail);

        bool Names(string parameter) => Array.Exists(details, detail => detail.Text("parameter")?.Contains(parameter, StringComparison.Ordinal) == true);
    }

    private async Task<bool?> IsOfferedAsync(Errand errand, string uri, DateTimeOffset start)
    {
        var path = $"/event_type_available_times?event_type={Uri.EscapeDataString(uri)}&start_time={Instants.Text(start)}&end_time={Instants.Text(start + Minute)}";
        // The booking is refused already; whoever asked for it and has left since still gets that said.
        var answer = await sender.SendAsync(errand with { CancellationToken = CancellationToken.None }, Get(errand, path));
        if (!answer.IsSuccess || answer.Body.At("collection") is not { ValueKind: JsonValueKind.Array } collection)
            return null;
        return collection.EnumerateArray().Any(item => item.Instant("start_time") == start && (item.Text("status") is null or "available"));
    }

    private static BookResult.Refused Refused(Answer answer, string code) =>
        answer.Status is 307 or 308 ? new BookResult.Refused(Refusals.Redirected, answer.Detail) : answer.Refused(code);

    private static void Write(Utf8JsonWriter json, BookCall call, string uri, CalendlyForm form)
    {
        json.WriteString("event_type", uri);
        json.WriteString("start_time", Instants.Text(call.Booking.Start));
        json.WriteStartObject("invitee");
        json.WriteString("name", call.Booking.Attendee.Name);
        json.WriteString("email", call.Booking.Attendee.Email);
        json.WriteString("timezone", call.TimeZone);
        json.WriteEndObject();
        form.Write(json);
        json.WriteStartObject("tracking");
        json.WriteString("utm_content", call.Booking.Reference);
        json.WriteEndObject();
    }

    /// <summary>Calendly's limits for making bookings, far below those for all other calls.</summary>
    private CallQuota QuotaOf(Errand errand) => quotas.GetOrAdd(errand.Calendar!.ConnectionId!, _ => new CallQuota(
        [
            new CallLimit(options.CalendlyBookingsPerMinute, TimeSpan.FromMinutes(1)),
            new CallLimit(options.CalendlyBookingsPerHour, TimeSpan.FromHours(1)),
            new CallLimit(options.CalendlyBookingsPerDay, TimeSpan.FromDays(1)),
        ],
        clock));

    /// <summary>A link's event type has the same id on the public page as by API.</summary>
    private static string? EventTypeId(Calendar calendar) => CalendlyIds.Last(calendar.Url is null ? calendar.ExternalId : calendar.Resolved?.EventTypeId);

    private static string EventTypeUri(Calendar calendar) => calendar.Url is null && calendar.ExternalId!.Contains('/') ? calendar.ExternalId.TrimEnd('/') : EventTypes + EventTypeId(calendar);

    internal static ErrandCall Get(Errand errand, string path) => new(HttpMethod.Get, path) { Bearer = Token(errand) };

    internal static ErrandCall Post(Errand errand, string path, Action<Utf8JsonWriter> write) => new(HttpMethod.Post, path) { Bearer = Token(errand), Body = Texts.Json(write) };

    internal static string Token(Errand errand)
    {
        Credentials.Read(errand.Connection!, "accessToken", out var token);
        return token;
    }
}
