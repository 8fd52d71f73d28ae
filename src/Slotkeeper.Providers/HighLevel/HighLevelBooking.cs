using System.Globalization;
using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Pipeline;
using Calendar = Slotkeeper.Calendars.Calendar;

namespace Slotkeeper.Providers.HighLevel;

/// <summary>
/// Books at HighLevel by API. A start is only accepted as the free slots spell it, so they are asked first; that is also the last
/// look before booking. The flags that switch its checks off (ignoreFreeSlotValidation, ignoreDateRange) are never sent.
/// </summary>
internal sealed class HighLevelBooking(ErrandSender sender, TimeProvider clock) : IBookingAdapter
{
    private const int LongestTitle = 200;
    private const int LongestDescription = 4000;

    private static readonly TimeSpan HalfADay = TimeSpan.FromHours(12);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public Provider Provider => Provider.HighLevel;

    public string? Lacks(Calendar calendar, OpenedConnection? connection)
    {
        if (connection is null)
            return "Booking at HighLevel needs a connection: a public link can only be read.";
        if ((Credentials.Read(connection, "accessToken", out _) ?? Credentials.Read(connection, "locationId", out _)) is Refresh.FetchResult.NotConfigured fault)
            return fault.Detail;
        if (CalendarId(calendar) is not null)
            return null;
        return calendar.Url is null ? "The externalId is not the id of a HighLevel calendar." : "The link's calendar is not known before it was read once.";
    }

    public async Task<BookResult> BookAsync(Errand errand, BookCall call)
    {
        var booking = call.Booking;
        var (slots, stop) = await SlotsAsync(errand, booking.Start);
        if (stop is not null)
            return stop;
        if (slots.Find(booking.Start) is not { } start)
            return new BookResult.Taken("highlevel does not list the time among its free slots any more");

        var contact = await sender.SendAsync(errand, Api(errand, HttpMethod.Post, "/contacts/upsert") with { Body = Texts.Json(json => WriteContact(json, errand, call)) });
        // Contacts are not bookings: whatever became of this one, no time is taken.
        if (contact.Fault is not null || !contact.IsSuccess)
            return contact.Fault is null ? ContactRefused(contact) : contact.StopsBooking()!;
        if ((contact.Body.At("contact").Text("id") ?? contact.Body.Text("id")) is not { } contactId)
            return new BookResult.NotSent("highlevel names no id for the contact.");

        var answer = await sender.SendAsync(errand, Api(errand, HttpMethod.Post, "/calendars/events/appointments") with
        {
            Body = Texts.Json(json =>
            {
                json.WriteString("calendarId", CalendarId(call.Calendar));
                json.WriteString("locationId", LocationId(errand));
                json.WriteString("contactId", contactId);
                json.WriteString("startTime", start);
                // Without an end the calendar's own length would be taken, which may be longer than what was claimed.
                json.WriteString("endTime", HighLevelSlots.Like(start, booking.End));
                json.WriteString("title", Texts.Cut(booking.Attendee.Name, LongestTitle - booking.Reference.Length - 3) + " · " + booking.Reference);
                json.WriteString("description", Description(call));
                json.WriteString("appointmentStatus", "confirmed");
                json.WriteBoolean("toNotify", true);
            }),
        });
        return Judge(answer, booking.Start);
    }

    public async Task<BookResult> CancelAsync(Errand errand, string id, Booking booking, string? reason)
    {
        var answer = await sender.SendAsync(errand, Api(errand, HttpMethod.Put, "/calendars/events/appointments/" + Uri.EscapeDataString(id)) with
        {
            Body = Texts.Json(json =>
            {
                json.WriteString("appointmentStatus", "cancelled");
                json.WriteBoolean("toNotify", true);
            }),
        });
        if (answer.Fault is not null)
            return answer.Fault;
        if (!answer.IsSuccess)
            return Refused(answer);
        var appointment = Appointment(answer.Body);
        return appointment.Text("appointmentStatus") is null or "cancelled" && appointment.Id("id") is not null
            ? new BookResult.Booked(id, booking.Start)
            : answer.Unreadable("saying that it is cancelled");
    }

    public async Task<BookResult> RescheduleAsync(Errand errand, string id, Booking booking, DateTimeOffset start)
    {
        var (slots, stop) = await SlotsAsync(errand, start);
        if (stop is not null)
            return stop;
        var text = slots.Find(start);
        // The booking itself hides the slots that it overlaps; there the spelling of their neighbours serves.
        var length = booking.End - booking.Start;
        if (text is null && (start - booking.Start).Duration() < length && slots.Any is { } neighbour)
            text = HighLevelSlots.Like(neighbour, start);
        if (text is null)
            return new BookResult.Taken("highlevel does not list the time among its free slots");
        var answer = await sender.SendAsync(errand, Api(errand, HttpMethod.Put, "/calendars/events/appointments/" + Uri.EscapeDataString(id)) with
        {
            Body = Texts.Json(json =>
            {
                json.WriteString("startTime", text);
                json.WriteString("endTime", HighLevelSlots.Like(text, start + length));
                json.WriteBoolean("toNotify", true);
            }),
        });
        return Judge(answer, start);
    }

    public async Task<LookupResult> FindAsync(Errand errand, Booking booking)
    {
        if (booking.ProviderBookingId is { } id)
        {
            var answer = await sender.SendAsync(errand, Api(errand, HttpMethod.Get, "/calendars/events/appointments/" + Uri.EscapeDataString(id)));
            if (answer.Status == 404 || (answer.Status == 400 && answer.Says("not found")))
                return new LookupResult.Absent();
            return answer.IsSuccess && Appointment(answer.Body) is { } found && found.Id("id") is { } name
                ? new LookupResult.Found(name, found.Instant("startTime") ?? booking.Start, IsOver(found))
                : answer.NoAnswer();
        }

        var (from, to) = (booking.Start - Minute, booking.End + Minute);
        var list = await sender.SendAsync(errand, Api(errand, HttpMethod.Get, string.Create(
            CultureInfo.InvariantCulture,
            $"/calendars/events?locationId={Uri.EscapeDataString(LocationId(errand))}&calendarId={CalendarId(errand.Calendar!)}&startTime={from.ToUnixTimeMilliseconds()}&endTime={to.ToUnixTimeMilliseconds()}")));
        if (!list.IsSuccess || list.Body.At("events") is not { ValueKind: JsonValueKind.Array } events)
            return list.NoAnswer();
        LookupResult.Found? over = null;
        foreach (var item in events.EnumerateArray())
        {
            if (!Carries(item, booking.Reference) || item.Id("id") is not { } found)
                continue;
            var at = new LookupResult.Found(found, item.Instant("startTime") ?? booking.Start, IsOver(item));
            if (!at.IsCancelled)
                return at;
            over = at;
        }
        return over ?? (LookupResult)new LookupResult.Absent();
    }

    private async Task<(HighLevelSlots Slots, BookResult? Stop)> SlotsAsync(Errand errand, DateTimeOffset start)
    {
        var now = clock.GetUtcNow();
        var from = start - HalfADay < now ? now : start - HalfADay;
        // Without a zone the slots come in the calendar's own, whose spelling is the one that booking accepts.
        var path = string.Create(
            CultureInfo.InvariantCulture,
            $"/calendars/{CalendarId(errand.Calendar!)}/free-slots?startDate={from.ToUnixTimeMilliseconds()}&endDate={(start + HalfADay).ToUnixTimeMilliseconds()}");
        var answer = await sender.SendAsync(errand, Api(errand, HttpMethod.Get, path));
        return (new HighLevelSlots(answer.Body), answer.StopsBooking());
    }

    private static BookResult Judge(Answer answer, DateTimeOffset start)
    {
        if (answer.Fault is not null)
            return answer.Fault;
        if (!answer.IsSuccess)
            return Refused(answer);
        var appointment = Appointment(answer.Body);
        if (appointment.Id("id") is not { } id)
            return answer.Unreadable("the appointment's id");
        return appointment is { } found && IsOver(found)
            ? new BookResult.Refused(Refusals.TurnedDown, $"highlevel keeps the appointment as {found.Text("appointmentStatus")}")
            : new BookResult.Booked(id, start) { AwaitsHost = appointment.Text("appointmentStatus") == "new" };
    }

    private static BookResult Refused(Answer answer)
    {
        if (answer.Status == 409 || (answer.Status is 400 or 422 && (answer.Says("no longer available") || answer.Says("slot is not available") || answer.Says("already booked"))))
            return new BookResult.Taken(answer.Detail);
        if (answer.Status is 307 or 308)
            return new BookResult.Refused(Refusals.Redirected, answer.Detail);
        var code = answer switch
        {
            _ when answer.Status == 400 && answer.Says("not found") => Refusals.NotFound,
            _ when answer.Says("past") => Refusals.InThePast,
            _ when answer.Says("notice") || answer.Says("date range") => Refusals.OutsideWindow,
            _ => Refusals.Refused,
        };
        return answer.Refused(code);
    }

    private static BookResult ContactRefused(Answer answer) => answer.Refused(answer switch
    {
        _ when answer.Status is 307 or 308 => Refusals.Redirected,
        _ when answer.Says("email") => Refusals.InvalidEmail,
        _ when answer.Says("phone") => Refusals.InvalidPhone,
        _ => Refusals.Refused,
    });

    /// <summary>Some answers put the appointment under a name, some are it.</summary>
    private static JsonElement? Appointment(JsonElement? body) => body.At("event") ?? body.At("appointment") ?? body;

    private static bool IsOver(JsonElement appointment) => appointment.Text("appointmentStatus") is "cancelled" or "invalid" || appointment.Is("deleted");

    private static bool Carries(JsonElement item, string reference) =>
        item.Text("title")?.Contains(reference, StringComparison.Ordinal) == true
        || item.Text("description")?.Contains(reference, StringComparison.Ordinal) == true
        || item.Text("notes")?.Contains(reference, StringComparison.Ordinal) == true;

    private static void WriteContact(Utf8JsonWriter json, Errand errand, BookCall call)
    {
        var attendee = call.Booking.Attendee;
        var (first, last) = Texts.Names(attendee.Name);
        json.WriteString("locationId", LocationId(errand));
        json.WriteString("name", attendee.Name);
        json.WriteString("firstName", first);
        if (last.Length > 0)
            json.WriteString("lastName", last);
        json.WriteString("email", attendee.Email);
        if (Texts.International(attendee.Phone) is { } phone)
            json.WriteString("phone", phone);
        json.WriteString("timezone", call.TimeZone);
    }

    private static string Description(BookCall call)
    {
        var lines = call.Answers.Select(pair => $"{pair.Key}: {pair.Value}");
        if (!string.IsNullOrWhiteSpace(call.Notes))
            lines = lines.Prepend(call.Notes);
        // First, so that cutting never takes it.
        return Texts.Cut(string.Join('\n', lines.Prepend("Reference: " + call.Booking.Reference)), LongestDescription);
    }

    private static string? CalendarId(Calendar calendar)
    {
        var id = (calendar.Url is null ? calendar.ExternalId : calendar.Resolved?.EventTypeId)?.Trim();
        return id is { Length: > 0 and <= 100 } && id.All(char.IsAsciiLetterOrDigit) ? id : null;
    }

    private static string LocationId(Errand errand)
    {
        Credentials.Read(errand.Connection!, "locationId", out var id);
        return id;
    }

    private static ErrandCall Api(Errand errand, HttpMethod method, string path)
    {
        Credentials.Read(errand.Connection!, "accessToken", out var token);
        return new ErrandCall(method, path) { Bearer = token, VersionHeader = HighLevelApi.VersionHeader, Version = HighLevelApi.Version };
    }
}
