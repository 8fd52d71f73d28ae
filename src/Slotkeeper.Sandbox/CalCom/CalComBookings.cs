using System.Globalization;
using System.Text.Json;
using NodaTime;
using Slotkeeper.Sandbox.Http;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.CalCom;

/// <summary>Cal.com's bookings: made, found, moved and cancelled by their uid.</summary>
internal sealed class CalComBookings(CalComVoice voice, SandboxWorld world, BookingDesk desk)
{
    private const string OneUser = "User either already has booking at this time or is not available";
    private const string OneOfTheHosts = "One of the hosts either already has booking at this time or is not available";
    private const int LongestMetadata = 500;

    private static readonly string[] Versions = ["2026-02-25", "2024-08-13"];

    public bool TryRoute(Exchange exchange, string method, string[] parts)
    {
        const SandboxProvider CalCom = SandboxProvider.CalCom;
        switch (method, parts)
        {
            case ("POST", ["v2", "bookings"]):
                return exchange.Route(CalCom, FaultScope.Bookings, voice.NamedEventType(exchange), Create, BookingCall.Create);
            case ("GET", ["v2", "bookings"]):
                return exchange.Route(CalCom, FaultScope.BookingLookups, null, List);
            case ("GET", ["v2", "bookings", var uid]):
                return exchange.Route(CalCom, FaultScope.BookingLookups, desk.CalendarOf(CalCom, uid), one => Get(one, uid));
            case ("POST", ["v2", "bookings", var uid, "cancel"]):
                return exchange.Route(CalCom, FaultScope.Bookings, desk.CalendarOf(CalCom, uid), one => Cancel(one, uid), BookingCall.Cancel);
            case ("POST", ["v2", "bookings", var uid, "reschedule"]):
                return exchange.Route(CalCom, FaultScope.Bookings, desk.CalendarOf(CalCom, uid), one => Reschedule(one, uid), BookingCall.Reschedule);
            default:
                return false;
        }
    }

    private void Create(Exchange exchange)
    {
        if (!voice.TryCaller(exchange, out var caller))
            return;
        if (!IsCurrent(exchange))
        {
            // The older endpoint, which a missing or other version selects, wants other members.
            voice.WriteError(exchange, 400, "property attendee should not exist, responses must be an object, timeZone must be a string, language must be a string");
            return;
        }

        if (exchange.Calendar is not { } calendar)
        {
            voice.WriteError(exchange, 404, "Event type with id or slug was not found.");
            return;
        }

        if (Problem(exchange, in calendar, out var draft) is { } problem)
        {
            voice.WriteError(exchange, 400, problem);
            return;
        }

        var outcome = desk.Create(exchange, in calendar, draft with { Caller = caller, Skipped = SkippedBy(exchange, caller == calendar.Agency) });
        if (outcome.IsDone)
            WriteOne(exchange, 201, outcome.Booking!, outcome.Booking!.SeatUid);
        else
            Refuse(exchange, in calendar, outcome.Verdict);
    }

    // A host's key switches checks off; anybody else's is not asked.
    private static SkippedChecks SkippedBy(Exchange exchange, bool isHost) => !isHost
        ? SkippedChecks.None
        : (exchange.Member("allowConflicts").ValueKind == JsonValueKind.True ? SkippedChecks.Conflicts : SkippedChecks.None)
            | (exchange.Member("allowBookingOutOfBounds").ValueKind == JsonValueKind.True ? SkippedChecks.Hours : SkippedChecks.None);

    private static string? Problem(Exchange exchange, in CalendarTraits calendar, out BookingDraft draft)
    {
        draft = null!;
        var attendee = exchange.Member("attendee");
        if (!Exchange.TryInstant(exchange.Text("start"), out var start))
            return "start must be a valid ISO 8601 date string in UTC";
        if (Exchange.Text(attendee, "name") is not { Length: > 0 } name)
            return "attendee.name should not be empty, attendee.name must be a string";
        if (Exchange.Text(attendee, "timeZone") is not { } zone || DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) is null)
            return "attendee.timeZone must be a valid IANA time-zone";
        var email = Exchange.Text(attendee, "email");
        if (email is not null && !email.Contains('@', StringComparison.Ordinal))
            return "responses - {email}email_validation_error, ";
        var minutes = calendar.Durations[0];
        if (exchange.Member("lengthInMinutes") is { ValueKind: JsonValueKind.Number } length && (!length.TryGetInt32(out minutes) || !calendar.Durations.Contains(minutes)))
            return "Can't specify 'lengthInMinutes' because event type does not have multiple possible lengths. Please, remove the 'lengthInMinutes' field from the request.";
        if (MetadataProblem(exchange.Member("metadata")) is { } problem)
            return problem;
        var answers = BookingDesk.Texts(exchange.Member("bookingFieldsResponses"));
        foreach (var field in calendar.RequiredFields)
        {
            if (!answers.TryGetValue(field, out var answer) || answer.Length == 0)
                return $"responses - {{{field}}}error_required_field, ";
        }

        draft = new BookingDraft
        {
            Start = start,
            Minutes = minutes,
            Name = name,
            Email = email ?? "",
            Zone = zone,
            Metadata = BookingDesk.Texts(exchange.Member("metadata")),
            Answers = answers,
        };
        return null;
    }

    private static string? MetadataProblem(JsonElement metadata)
    {
        const string Rule = "Metadata must have at most 50 keys, each key up to 40 characters, and string values up to 500 characters.";
        if (metadata.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return null;
        if (metadata.ValueKind != JsonValueKind.Object)
            return "metadata must be an object";
        var members = metadata.EnumerateObject().ToList();
        return members.Count > 50 || members.Exists(one => one.Name.Length > 40 || one.Value.ValueKind != JsonValueKind.String || one.Value.GetString()!.Length > LongestMetadata) ? Rule : null;
    }

    private void Refuse(Exchange exchange, in CalendarTraits calendar, BookingVerdict verdict)
    {
        switch (verdict)
        {
            case BookingVerdict.Taken:
                var (status, text) = (exchange.Fault?.Kind == FaultKind.Taken ? exchange.Fault.TakenForm : TakenForm.Usual) switch
                {
                    TakenForm.OneUser => (400, OneUser),
                    TakenForm.OneOfTheHosts => (400, OneOfTheHosts),
                    TakenForm.NoAvailableUsers => (400, "no_available_users_found_error"),
                    TakenForm.FixedHosts => (400, "fixed_hosts_unavailable_for_booking"),
                    TakenForm.Conflict => (409, OneUser),
                    _ => (400, CalendarNames.IsTeamEvent(in calendar) ? OneOfTheHosts : OneUser),
                };
                voice.WriteError(exchange, status, text);
                break;
            case BookingVerdict.Past:
                voice.WriteError(exchange, 400, "Attempting to book a meeting in the past.");
                break;
            default:
                voice.WriteError(exchange, 400, "The event type can't be booked at the \"start\" time provided. This could be because it's too soon (violating the minimum booking notice) or too far in the future (outside the event's scheduling window). Try fetching available slots first using the GET /v2/slots endpoint and then make a booking with \"start\" time equal to one of the available slots.");
                break;
        }
    }

    private void Get(Exchange exchange, string id)
    {
        if (!voice.TryCaller(exchange, out _))
            return;
        // Reading takes the number as well; changing does not.
        if (!IsCurrent(exchange) || desk.Ledger.Find(SandboxProvider.CalCom, id) is not { } booking)
            NotFound(exchange, id);
        else
            WriteOne(exchange, 200, booking, seat: null);
    }

    private void Cancel(Exchange exchange, string uid)
    {
        if (!voice.TryCaller(exchange, out _))
            return;
        if (!IsCurrent(exchange))
        {
            NotFound(exchange, uid);
            return;
        }

        var outcome = desk.Ledger.Cancel(SandboxProvider.CalCom, uid, exchange.Text("seatUid"), exchange.Text("cancellationReason"));
        if (outcome.IsDone)
            WriteOne(exchange, 200, outcome.Booking!, seat: null);
        else if (outcome.Verdict == BookingVerdict.AlreadyOver)
            voice.WriteError(exchange, 400, $"Can't cancel booking with uid={uid} because it has been cancelled already. Please provide uid of a booking that is not cancelled.");
        else
            NotFound(exchange, uid);
    }

    private void Reschedule(Exchange exchange, string uid)
    {
        if (!voice.TryCaller(exchange, out var caller))
            return;
        if (!IsCurrent(exchange) || exchange.Calendar is not { } calendar)
        {
            NotFound(exchange, uid);
            return;
        }

        if (!Exchange.TryInstant(exchange.Text("start"), out var start))
        {
            voice.WriteError(exchange, 400, "start must be a valid ISO 8601 date string in UTC");
            return;
        }

        var outcome = desk.Replace(exchange, uid, exchange.Text("seatUid"), start, exchange.Text("reschedulingReason"), caller);
        if (outcome.IsDone)
            WriteOne(exchange, 201, outcome.Booking!, outcome.Booking!.SeatUid);
        else if (outcome.Verdict == BookingVerdict.AlreadyOver)
            voice.WriteError(exchange, 400, $"Can't reschedule booking with uid={uid} because it has been cancelled. Please provide uid of a booking that is not cancelled.");
        else if (outcome.Verdict == BookingVerdict.Unknown)
            NotFound(exchange, uid);
        else
            Refuse(exchange, in calendar, outcome.Verdict);
    }

    private void List(Exchange exchange)
    {
        if (!voice.TryAuthorize(exchange, out var agency))
            return;
        if (!IsCurrent(exchange))
        {
            exchange.Json(200, static json =>
            {
                json.WriteStartObject();
                json.WriteString("status"u8, "success"u8);
                json.WriteStartObject("data"u8);
                json.WriteStartArray("bookings"u8);
                json.WriteEndArray();
                json.WriteEndObject();
                json.WriteEndObject();
            });
            return;
        }

        if (BookingDesk.Number(exchange, "take", 100, 1, 250) is not { } take || BookingDesk.Number(exchange, "skip", 0, 0, int.MaxValue) is not { } skip)
        {
            voice.WriteError(exchange, 400, "take must be between 1 and 250, skip 0 or more");
            return;
        }

        if (!TryFilter(exchange, out var filter))
        {
            voice.WriteError(exchange, 400, "A filter is not valid.");
            return;
        }

        var found = Sorted(exchange, desk.Ledger.OfAccount(SandboxProvider.CalCom, agency).Where(filter).OrderBy(booking => !booking.IsLive).DistinctBy(booking => booking.Uid).OrderBy(booking => booking.Number));
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, "success"u8);
            json.WriteStartArray("data"u8);
            foreach (var booking in found.Skip(skip).Take(take))
                Write(json, booking, seat: null);
            json.WriteEndArray();
            WritePagination(json, found.Count, take, skip);
            json.WriteEndObject();
        });
    }

    private static void WritePagination(Utf8JsonWriter json, int total, int take, int skip)
    {
        var returned = Math.Clamp(total - skip, 0, take);
        json.WriteStartObject("pagination"u8);
        json.WriteNumber("totalItems"u8, total);
        json.WriteNumber("remainingItems"u8, Math.Max(0, total - skip - returned));
        json.WriteNumber("returnedItems"u8, returned);
        json.WriteNumber("itemsPerPage"u8, take);
        json.WriteNumber("currentPage"u8, (skip / take) + 1);
        json.WriteNumber("totalPages"u8, (total + take - 1) / take);
        json.WriteBoolean("hasNextPage"u8, skip + returned < total);
        json.WriteBoolean("hasPreviousPage"u8, skip > 0);
        json.WriteEndObject();
    }

    private static bool TryFilter(Exchange exchange, out Func<SandboxBooking, bool> filter)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(exchange.Now);
        var conditions = new List<Func<SandboxBooking, bool>>();
        filter = booking => conditions.TrueForAll(condition => condition(booking));
        if (exchange.Query("status") is { } statuses)
        {
            var wanted = statuses.Split(',');
            conditions.Add(booking => wanted.Contains(!booking.IsLive ? "cancelled" : booking.End > now ? "upcoming" : "past"));
        }

        if (exchange.Query("attendeeEmail") is { } email)
            conditions.Add(booking => string.Equals(booking.Email, email, StringComparison.OrdinalIgnoreCase));
        if (exchange.Query("attendeeName") is { } name)
            conditions.Add(booking => booking.Name == name);
        if (exchange.Query("bookingUid") is { } uid)
            conditions.Add(booking => booking.Uid == uid);
        if ((exchange.Query("eventTypeIds") ?? exchange.Query("eventTypeId")) is { } types)
        {
            var wanted = types.Split(',');
            conditions.Add(booking => wanted.Contains(EventTypeId(booking).ToString(CultureInfo.InvariantCulture)));
        }

        return Bound("afterStart", (booking, edge) => booking.Start >= edge)
            && Bound("beforeEnd", (booking, edge) => booking.End <= edge)
            && Bound("afterCreatedAt", (booking, edge) => booking.CreatedAt >= edge)
            && Bound("beforeCreatedAt", (booking, edge) => booking.CreatedAt <= edge)
            && Bound("afterUpdatedAt", (booking, edge) => booking.UpdatedAt >= edge)
            && Bound("beforeUpdatedAt", (booking, edge) => booking.UpdatedAt <= edge);

        bool Bound(string parameter, Func<SandboxBooking, DateTimeOffset, bool> holds)
        {
            if (exchange.Query(parameter) is not { } text)
                return true;
            if (!CalComVoice.TryEdge(text, 0, out var edge))
                return false;
            conditions.Add(booking => holds(booking, DateTimeOffset.FromUnixTimeMilliseconds(edge)));
            return true;
        }
    }

    private static List<SandboxBooking> Sorted(Exchange exchange, IEnumerable<SandboxBooking> found)
    {
        (string Parameter, Func<SandboxBooking, DateTimeOffset> Of)[] orders =
        [
            ("sortStart", booking => booking.Start), ("sortEnd", booking => booking.End),
            ("sortCreated", booking => booking.CreatedAt), ("sortUpdatedAt", booking => booking.UpdatedAt),
        ];
        foreach (var (parameter, of) in orders)
        {
            if (exchange.Query(parameter) is { } direction)
                return [.. direction == "desc" ? found.OrderByDescending(of) : found.OrderBy(of)];
        }

        return [.. found];
    }

    private void NotFound(Exchange exchange, string uid) => voice.WriteError(exchange, 404, $"Booking with uid={uid} was not found in the database");

    private static bool IsCurrent(Exchange exchange) => Versions.Contains(exchange.Header("cal-api-version"));

    private static int EventTypeId(SandboxBooking booking) => CalendarNames.CalComId(booking.Calendar);

    private void WriteOne(Exchange exchange, int status, SandboxBooking booking, string? seat)
    {
        exchange.Json(status, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, "success"u8);
            json.WritePropertyName("data"u8);
            Write(json, booking, seat);
            json.WriteEndObject();
        });
    }

    private void Write(Utf8JsonWriter json, SandboxBooking booking, string? seat)
    {
        if (!world.TryTraits(booking.Key, out var calendar))
            return;
        var slug = CalendarNames.EventSlug(in calendar);
        json.WriteStartObject();
        json.WriteNumber("id"u8, booking.Number);
        json.WriteString("uid"u8, booking.Uid);
        json.WriteString("title"u8, $"{calendar.Word} between Agency {calendar.Agency} and {booking.Name}");
        json.WriteString("description"u8, ""u8);
        json.WriteStartArray("hosts"u8);
        WriteHost(json, in calendar);
        json.WriteEndArray();
        json.WriteString("status"u8, booking.IsLive ? "accepted" : "cancelled");
        if (booking.Status == SandboxBookingStatus.Cancelled)
            json.WriteString("cancellationReason"u8, booking.Reason ?? "");
        if (booking.RescheduledFrom is not null)
        {
            json.WriteString("reschedulingReason"u8, booking.Reason ?? "");
            json.WriteString("rescheduledFromUid"u8, booking.RescheduledFrom);
        }

        if (booking.RescheduledTo is not null)
            json.WriteString("rescheduledToUid"u8, booking.RescheduledTo);
        json.WriteString("start"u8, BookingDesk.Text(booking.Start, 3));
        json.WriteString("end"u8, BookingDesk.Text(booking.End, 3));
        json.WriteNumber("duration"u8, booking.Minutes);
        json.WriteNumber("eventTypeId"u8, EventTypeId(booking));
        json.WriteStartObject("eventType"u8);
        json.WriteNumber("id"u8, EventTypeId(booking));
        json.WriteString("slug"u8, slug);
        json.WriteEndObject();
        json.WriteString("location"u8, "https://meet.example.com/" + booking.Uid);
        json.WriteBoolean("absentHost"u8, false);
        json.WriteString("createdAt"u8, BookingDesk.Text(booking.CreatedAt, 3));
        json.WriteString("updatedAt"u8, BookingDesk.Text(booking.UpdatedAt, 3));
        WriteTexts(json, "metadata", booking.Metadata);
        json.WriteString("icsUid"u8, booking.Uid + "@Cal.com");
        if (calendar.Seats == 1)
        {
            json.WriteStartArray("attendees"u8);
            WriteAttendee(json, booking, seated: false);
            json.WriteEndArray();
            json.WriteStartArray("guests"u8);
            json.WriteEndArray();
            WriteTexts(json, "bookingFieldsResponses", booking.Answers);
        }
        else
        {
            if (seat is not null)
                json.WriteString("seatUid"u8, seat);
            json.WriteStartArray("attendees"u8);
            foreach (var one in desk.Ledger.BySeats(SandboxProvider.CalCom, booking.Uid).Where(one => one.IsLive || !booking.IsLive))
                WriteAttendee(json, one, seated: true);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteHost(Utf8JsonWriter json, in CalendarTraits calendar)
    {
        var profile = CalendarNames.Profile(calendar.Agency);
        json.WriteStartObject();
        json.WriteNumber("id"u8, calendar.Agency + 1);
        json.WriteString("name"u8, $"Agency {calendar.Agency}");
        json.WriteString("email"u8, $"owner@{profile}.example");
        json.WriteString("username"u8, profile);
        json.WriteString("timeZone"u8, calendar.Zone.Id);
        json.WriteEndObject();
    }

    private static void WriteAttendee(Utf8JsonWriter json, SandboxBooking booking, bool seated)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, booking.Name);
        json.WriteString("email"u8, booking.Email);
        json.WriteString("timeZone"u8, booking.Zone);
        json.WriteBoolean("absent"u8, false);
        json.WriteString("language"u8, "en"u8);
        if (seated)
        {
            json.WriteString("seatUid"u8, booking.SeatUid);
            WriteTexts(json, "bookingFieldsResponses", booking.Answers);
            WriteTexts(json, "metadata", booking.Metadata);
        }

        json.WriteEndObject();
    }

    public static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> texts)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in texts)
            json.WriteString(key, value);
        json.WriteEndObject();
    }
}
