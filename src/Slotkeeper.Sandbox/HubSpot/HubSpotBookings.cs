using System.Globalization;
using System.Text.Json;
using Slotkeeper.Sandbox.Http;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.HubSpot;

/// <summary>HubSpot's scheduler: a form, a booking, and the CRM record of it. Nothing cancels or reschedules.</summary>
internal sealed class HubSpotBookings(HubSpotVoice voice, SandboxWorld world, BookingDesk desk)
{
    private const string Book = "meetings/meeting-links/book";
    private const string Meetings = "/crm/v3/objects/meetings/";
    private const string Errors = "MeetingsBookingSchedulingError.";

    private static readonly string[] Standard = ["firstName", "lastName", "email"];

    /// <param name="exchange">The request.</param>
    /// <param name="method">Its method.</param>
    /// <param name="rest">The path after the scheduler's version.</param>
    public bool TryRouteScheduler(Exchange exchange, string method, string rest)
    {
        if (method == "POST" && rest == Book)
            return exchange.Route(SandboxProvider.HubSpot, FaultScope.Bookings, world.Names.ByHubSpotSlug(exchange.Text("slug") ?? ""), Create, BookingCall.Create);
        if (method != "GET" || !rest.StartsWith(Book + "/", StringComparison.Ordinal))
            return false;
        var slug = rest[(Book.Length + 1)..];
        exchange.Route(SandboxProvider.HubSpot, slots: false, api: true, slug.Contains('/', StringComparison.Ordinal) ? null : world.Names.ByHubSpotSlug(Uri.UnescapeDataString(slug)), Form);
        return true;
    }

    public bool TryRouteCrm(Exchange exchange, string method)
    {
        if (!exchange.Path.StartsWith(Meetings, StringComparison.Ordinal) || method is not ("GET" or "PATCH"))
            return false;
        var id = exchange.Path[Meetings.Length..];
        var calendar = desk.CalendarOf(SandboxProvider.HubSpot, id);
        return method == "GET"
            ? exchange.Route(SandboxProvider.HubSpot, FaultScope.BookingLookups, calendar, one => Record(one, id))
            : exchange.Route(SandboxProvider.HubSpot, FaultScope.Bookings, calendar, one => Change(one, id), BookingCall.Cancel);
    }

    private void Form(Exchange exchange)
    {
        if (!voice.TryAuthorize(exchange, out var agency))
            return;
        if (exchange.Calendar is not { } calendar || calendar.Agency != agency)
            voice.WriteError(exchange, 404, "slug does not exist");
        else if (exchange.QueryZone("timezone", absent: null) is null)
            voice.WriteError(exchange, 400, "timezone is missing or unknown.");
        else
            exchange.Json(200, json => WriteForm(json, in calendar));
    }

    private static void WriteForm(Utf8JsonWriter json, in CalendarTraits calendar)
    {
        json.WriteStartObject();
        json.WriteString("linkId"u8, CalendarNames.HubSpotId(calendar.Key.Index));
        json.WriteString("linkType"u8, "PERSONAL_LINK"u8);
        json.WriteBoolean("isOffline"u8, false);
        json.WriteStartObject("customParams"u8);
        json.WriteStartArray("durations"u8);
        foreach (var minutes in calendar.Durations)
            json.WriteNumberValue(minutes * 60_000L);
        json.WriteEndArray();
        json.WriteStartArray("formFields"u8);
        foreach (var field in calendar.RequiredFields)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, field);
            json.WriteString("label"u8, field);
            json.WriteString("type"u8, "string"u8);
            json.WriteString("fieldType"u8, "text"u8);
            json.WriteBoolean("isRequired"u8, true);
            json.WriteBoolean("isCustom"u8, false);
            json.WriteStartArray("options"u8);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("availability"u8);
        json.WriteStartObject("MONDAY"u8);
        json.WriteNumber("start"u8, calendar.OpensAt);
        json.WriteNumber("end"u8, calendar.ClosesAt);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteBoolean("legalConsentEnabled"u8, false);
        json.WriteNumber("meetingBufferTime"u8, 0);
        json.WriteBoolean("ownerPrioritized"u8, false);
        json.WriteString("startTimeIncrementMinutes"u8, "MEETING_DURATION"u8);
        json.WriteNumber("weeksToAdvertise"u8, 8);
        json.WriteEndObject();
        json.WriteStartArray("allUsersBusyTimes"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Create(Exchange exchange)
    {
        if (!voice.TryAuthorize(exchange, out var agency))
            return;
        if (exchange.Calendar is not { } calendar || calendar.Agency != agency)
        {
            voice.WriteError(exchange, 404, "slug does not exist");
            return;
        }

        if (!TryDraft(exchange, in calendar, out var draft))
            return;
        if (exchange.Fault?.Kind == FaultKind.Offline)
        {
            // The connection to the calendar is down: HubSpot says yes, and nothing happens.
            desk.Ledger.CountAttempt(draft);
            WriteBooked(exchange, draft, "", world.BookingNames.Contact(SandboxProvider.HubSpot, 0), isOffline: true);
            return;
        }

        var outcome = desk.Create(exchange, in calendar, draft with { Caller = agency });
        if (outcome.IsDone)
            WriteBooked(exchange, draft, outcome.Booking!.Uid, outcome.Booking.ContactId!, isOffline: false);
        else
            Refuse(exchange, outcome.Verdict);
    }

    private void Refuse(Exchange exchange, BookingVerdict verdict)
    {
        var form = exchange.Fault?.Kind == FaultKind.Taken ? exchange.Fault.TakenForm : TakenForm.Usual;
        if (verdict == BookingVerdict.Taken && form == TakenForm.Conflict)
            voice.WriteError(exchange, 409, "Conflict");
        else if (verdict == BookingVerdict.Taken && form != TakenForm.StartTimeNotValid)
            voice.WriteError(exchange, 400, "Meeting time is not available", Errors + "MEETING_TIME_NOT_AVAILABLE");
        else
            voice.WriteError(exchange, 400, "Start time must be contained in availability settings", Errors + "MEETING_START_TIME_NOT_VALID");
    }

    private bool TryDraft(Exchange exchange, in CalendarTraits calendar, out BookingDraft draft)
    {
        draft = null!;
        foreach (var name in Standard)
        {
            if (!string.IsNullOrEmpty(exchange.Text(name)))
                continue;
            voice.WriteError(exchange, 400, $"Some required fields were not set: [{name}]");
            return false;
        }

        var email = exchange.Text("email")!;
        if (!email.Contains('@', StringComparison.Ordinal))
        {
            voice.WriteError(exchange, 400, "Email address is invalid", Errors + "INVALID_EMAIL");
            return false;
        }

        if (!TryStart(exchange.Member("startTime"), out var start))
        {
            voice.WriteError(exchange, 400, "Invalid input JSON: startTime is not a date");
            return false;
        }

        if (!TryNumber(exchange.Member("duration"), out var duration) || !calendar.Durations.Select(minutes => minutes * 60_000L).Contains(duration))
        {
            voice.WriteError(exchange, 400, "Duration is not accepted by link", Errors + "MEETING_DURATION_NOT_VALID");
            return false;
        }

        var fields = Fields(exchange.Member("formFields"));
        foreach (var field in calendar.RequiredFields)
        {
            if (fields.GetValueOrDefault(field) is { Length: > 0 })
                continue;
            voice.WriteError(exchange, 400, $"Required form field is missing: {field}", Errors + "FORM_FIELD_MISSING");
            return false;
        }

        draft = new BookingDraft
        {
            Start = start,
            Minutes = (int)(duration / 60_000),
            Name = $"{exchange.Text("firstName")} {exchange.Text("lastName")}",
            Email = email,
            Zone = exchange.Text("timezone") ?? exchange.Query("timezone") ?? "UTC",
            Metadata = fields,
            Answers = fields,
            Outcome = "SCHEDULED",
        };
        return true;
    }

    private static bool TryStart(JsonElement json, out long start)
    {
        start = 0;
        return json.ValueKind == JsonValueKind.String
            ? Exchange.TryInstant(json.GetString(), out start) || long.TryParse(json.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out start)
            : TryNumber(json, out start);
    }

    private static bool TryNumber(JsonElement json, out long number)
    {
        number = 0;
        return json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out number);
    }

    private static Dictionary<string, string> Fields(JsonElement json)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        if (json.ValueKind != JsonValueKind.Array)
            return fields;
        foreach (var field in json.EnumerateArray())
        {
            if (Exchange.Text(field, "name") is { } name)
                fields[name] = Exchange.Text(field, "value") ?? "";
        }

        return fields;
    }

    private static void WriteBooked(Exchange exchange, BookingDraft draft, string eventId, string contactId, bool isOffline)
    {
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("calendarEventId"u8, eventId);
            json.WriteString("contactId"u8, contactId);
            json.WriteString("subject"u8, "Meeting with " + draft.Name);
            json.WriteString("start"u8, BookingDesk.Text(DateTimeOffset.FromUnixTimeMilliseconds(draft.Start)));
            json.WriteString("end"u8, BookingDesk.Text(DateTimeOffset.FromUnixTimeMilliseconds(draft.End)));
            json.WriteNumber("duration"u8, draft.Minutes * 60_000L);
            json.WriteString("bookingTimezone"u8, draft.Zone);
            json.WriteBoolean("isOffline"u8, isOffline);
            json.WriteStartArray("guestEmails"u8);
            json.WriteEndArray();
            json.WriteStartArray("formFields"u8);
            foreach (var (name, value) in draft.Answers)
            {
                json.WriteStartObject();
                json.WriteString("name"u8, name);
                json.WriteString("label"u8, name);
                json.WriteString("value"u8, value);
                json.WriteBoolean("isCustom"u8, false);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("legalConsentResponses"u8);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private void Record(Exchange exchange, string id)
    {
        if (TryRecord(exchange, id, out var booking))
            WriteRecord(exchange, booking);
    }

    private void Change(Exchange exchange, string id)
    {
        if (!TryRecord(exchange, id, out _))
            return;
        if (Exchange.Text(exchange.Member("properties"), "hs_meeting_outcome") is not { } outcome)
        {
            voice.WriteError(exchange, 400, "Only hs_meeting_outcome can be changed here.");
            return;
        }

        var frees = outcome == "CANCELED" && world.Options.OutcomeFreesTime;
        var changed = desk.Ledger.Edit(SandboxProvider.HubSpot, id, one => one with { Outcome = outcome, Status = frees ? SandboxBookingStatus.Cancelled : one.Status });
        WriteRecord(exchange, changed.Booking!);
    }

    private bool TryRecord(Exchange exchange, string id, out SandboxBooking booking)
    {
        booking = null!;
        if (!voice.TryAuthorize(exchange, out var agency))
            return false;
        if (desk.Ledger.BySeats(SandboxProvider.HubSpot, id) is [var found, ..] && found.Agency == agency)
        {
            booking = found;
            return true;
        }

        voice.WriteError(exchange, 404, "Object not found.");
        return false;
    }

    private static void WriteRecord(Exchange exchange, SandboxBooking booking)
    {
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("id"u8, booking.Uid);
            json.WriteStartObject("properties"u8);
            json.WriteString("hs_meeting_start_time"u8, BookingDesk.Text(booking.Start));
            json.WriteString("hs_meeting_end_time"u8, BookingDesk.Text(booking.End));
            json.WriteString("hs_meeting_outcome"u8, booking.Outcome ?? "SCHEDULED");
            json.WriteEndObject();
            json.WriteString("createdAt"u8, BookingDesk.Text(booking.CreatedAt));
            json.WriteString("updatedAt"u8, BookingDesk.Text(booking.UpdatedAt));
            json.WriteBoolean("archived"u8, false);
            json.WriteEndObject();
        });
    }
}
