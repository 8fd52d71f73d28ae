using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using NodaTime;
using Slotkeeper.Sandbox.Http;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.HighLevel;

/// <summary>HighLevel's appointments, and the contacts they need.</summary>
internal sealed class HighLevelBookings(HighLevelVoice voice, SandboxWorld world, BookingDesk desk)
{
    private const string NoLonger = "The slot you have selected is no longer available.";

    private static readonly string[] Statuses = ["new", "confirmed", "cancelled", "showed", "noshow", "invalid"];
    private static readonly string[] Kept = ["title", "description", "address"];

    private readonly HighLevelJson writer = new(world);
    private readonly ContactBook contacts = new(world.BookingNames);

    // In which zones free-slots has answered each location; startTime has to come back in the letters of one of them.
    private readonly ConcurrentDictionary<int, ImmutableHashSet<DateTimeZone>> zones = new();

    public bool TryRoute(Exchange exchange, string method, string[] parts)
    {
        const SandboxProvider HighLevel = SandboxProvider.HighLevel;
        switch (method, parts)
        {
            case ("POST", ["contacts", "upsert"]):
                return exchange.Route(HighLevel, FaultScope.Lookups, null, Upsert);
            case ("POST", ["calendars", "events", "appointments"]):
                return exchange.Route(HighLevel, FaultScope.Bookings, world.Names.ByHighLevelId(exchange.Text("calendarId")), Create, BookingCall.Create);
            case ("GET", ["calendars", "events", "appointments", var id]):
                return exchange.Route(HighLevel, FaultScope.BookingLookups, desk.CalendarOf(HighLevel, id), one => Get(one, id));
            case ("PUT", ["calendars", "events", "appointments", var id]):
                var moves = exchange.Text("startTime") is not null;
                return exchange.Route(HighLevel, FaultScope.Bookings, desk.CalendarOf(HighLevel, id), one => Change(one, id), moves ? BookingCall.Reschedule : BookingCall.Cancel);
            case ("GET", ["calendars", "events"]):
                return exchange.Route(HighLevel, FaultScope.BookingLookups, null, List);
            case ("DELETE", ["calendars", "events", var id]):
                return exchange.Route(HighLevel, FaultScope.Bookings, desk.CalendarOf(HighLevel, id), one => Delete(one, id), BookingCall.Cancel);
            default:
                return false;
        }
    }

    /// <summary>Takes note of a zone in which free slots were given.</summary>
    public void NoteZone(int agency, DateTimeZone zone)
    {
        if (!zones.TryGetValue(agency, out var known) || !known.Contains(zone))
            zones.AddOrUpdate(agency, [zone], (_, old) => old.Add(zone));
    }

    private void Upsert(Exchange exchange)
    {
        if (!voice.TryApi(exchange, out var agency))
            return;
        if (exchange.Text("locationId") is not { } location || world.Names.AgencyOfLocation(location) != agency)
        {
            voice.WriteError(exchange, 403, "The token does not have access to this location.");
            return;
        }

        var email = exchange.Text("email") ?? "";
        var phone = exchange.Text("phone") ?? "";
        if (email.Length == 0 && phone.Length == 0)
        {
            voice.WriteError(exchange, 400, "email or phone must be given");
            return;
        }

        var name = exchange.Text("name") ?? $"{exchange.Text("firstName")} {exchange.Text("lastName")}".Trim();
        var (contact, isNew) = contacts.Upsert(agency, name, email, phone);
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("new"u8, isNew);
            json.WriteStartObject("contact"u8);
            json.WriteString("id"u8, contact.Id);
            json.WriteString("locationId"u8, location);
            json.WriteString("contactName"u8, contact.Name);
            json.WriteString("email"u8, contact.Email);
            json.WriteString("phone"u8, contact.Phone);
            json.WriteEndObject();
            json.WriteString("traceId"u8, voice.NextTrace());
            json.WriteEndObject();
        });
    }

    private void Create(Exchange exchange)
    {
        if (!voice.TryApi(exchange, out var agency))
            return;
        if (exchange.Text("locationId") is not { } location || world.Names.AgencyOfLocation(location) != agency)
            voice.WriteError(exchange, 403, "The token does not have access to this location.");
        else if (exchange.Calendar is not { } calendar || calendar.Agency != agency)
            voice.WriteError(exchange, 400, "Calendar not found.");
        else if (contacts.Find(exchange.Text("contactId"), agency) is not { } contact)
            voice.WriteError(exchange, 400, "The contact id is invalid.");
        else if (exchange.Text("appointmentStatus") is { } status && !Statuses.Contains(status))
            voice.WriteError(exchange, 400, "appointmentStatus must be one of: " + string.Join(", ", Statuses));
        else if (!TryTimes(exchange, in calendar, calendar.Durations[0], out var start, out var minutes))
            return;
        else
        {
            var draft = new BookingDraft
            {
                Start = start,
                Minutes = calendar.Durations[0],
                Caller = agency,
                Skipped = Skipped(exchange),
                Name = contact.Name,
                Email = contact.Email,
                ContactId = contact.Id,
                Outcome = exchange.Text("appointmentStatus") ?? "confirmed",
                Metadata = BookingDesk.Texts(exchange.Input).Where(text => Kept.Contains(text.Key)).ToDictionary(StringComparer.Ordinal),
            };
            var outcome = desk.Create(exchange, in calendar, draft);
            // An endTime beyond the calendar's own length is taken as it is, whatever lies there.
            if (outcome.IsDone && minutes != draft.Minutes)
                outcome = desk.Ledger.Edit(SandboxProvider.HighLevel, outcome.Booking!.Uid, one => one with { End = one.Start.AddMinutes(minutes) }, agency, SkippedChecks.Hours | SkippedChecks.Conflicts);
            Answer(exchange, outcome);
        }
    }

    private static SkippedChecks Skipped(Exchange exchange) =>
        (exchange.Member("ignoreFreeSlotValidation").ValueKind == JsonValueKind.True ? SkippedChecks.Conflicts | SkippedChecks.Hours : SkippedChecks.None)
        | (exchange.Member("ignoreDateRange").ValueKind == JsonValueKind.True ? SkippedChecks.Hours : SkippedChecks.None);

    private bool TryTimes(Exchange exchange, in CalendarTraits calendar, int usual, out long start, out int minutes)
    {
        minutes = usual;
        var text = exchange.Text("startTime");
        if (!Exchange.TryInstant(text, out start))
        {
            voice.WriteError(exchange, 422, "startTime must be a valid ISO 8601 date string");
            return false;
        }

        if (world.Options.StrictStartTimes && !WasGiven(calendar, DateTimeOffset.FromUnixTimeMilliseconds(start), text!))
        {
            voice.WriteError(exchange, 400, NoLonger);
            return false;
        }

        if (exchange.Text("endTime") is not { } endText)
            return true;
        if (!Exchange.TryInstant(endText, out var end) || end <= start || end - start > 86_400_000)
        {
            voice.WriteError(exchange, 400, "endTime must be after startTime");
            return false;
        }

        minutes = (int)((end - start) / 60_000);
        return true;
    }

    private bool WasGiven(CalendarTraits calendar, DateTimeOffset start, string text) =>
        HighLevelJson.Text(start, calendar.Zone) == text
        || (zones.TryGetValue(calendar.Agency, out var known) && known.Any(zone => HighLevelJson.Text(start, zone) == text));

    private void Answer(Exchange exchange, BookingOutcome outcome)
    {
        if (outcome.IsDone)
            exchange.Json(200, json => writer.WriteAppointment(json, outcome.Booking!));
        else if (outcome.Verdict == BookingVerdict.Unknown)
            voice.WriteError(exchange, 400, "Appointment not found.");
        else
            voice.WriteError(exchange, exchange.Fault is { Kind: FaultKind.Taken, TakenForm: TakenForm.Unprocessable } ? 422 : 400, NoLonger);
    }

    private void Change(Exchange exchange, string id)
    {
        if (!TryOwn(exchange, id, out var agency, out var booking) || exchange.Calendar is not { } calendar)
            return;
        var status = exchange.Text("appointmentStatus");
        if (status is not null && !Statuses.Contains(status))
        {
            voice.WriteError(exchange, 400, "appointmentStatus must be one of: " + string.Join(", ", Statuses));
            return;
        }

        var start = booking.Start.ToUnixTimeMilliseconds();
        var minutes = booking.Minutes;
        if (exchange.Text("startTime") is not null && !TryTimes(exchange, in calendar, booking.Minutes, out start, out minutes))
            return;
        var from = DateTimeOffset.FromUnixTimeMilliseconds(start);
        var over = status == "cancelled" || (status is null && !booking.IsLive);
        Answer(exchange, desk.Edit(
            exchange,
            id,
            one => one with { Start = from, End = from.AddMinutes(minutes), Outcome = status ?? one.Outcome, Status = over ? SandboxBookingStatus.Cancelled : SandboxBookingStatus.Live },
            agency,
            Skipped(exchange)));
    }

    private void Delete(Exchange exchange, string id)
    {
        if (!TryOwn(exchange, id, out _, out _))
            return;
        desk.Ledger.Edit(SandboxProvider.HighLevel, id, one => one with { Status = SandboxBookingStatus.Deleted, Outcome = "cancelled" });
        exchange.Json(201, static json => { json.WriteStartObject(); json.WriteBoolean("succeeded"u8, true); json.WriteEndObject(); });
    }

    private void Get(Exchange exchange, string id)
    {
        if (!TryOwn(exchange, id, out _, out var booking))
            return;
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("event"u8);
            writer.WriteEvent(json, booking);
            json.WriteString("traceId"u8, voice.NextTrace());
            json.WriteEndObject();
        });
    }

    private bool TryOwn(Exchange exchange, string id, out int agency, out SandboxBooking booking)
    {
        booking = null!;
        if (!voice.TryApi(exchange, out agency))
            return false;
        if (desk.Ledger.BySeats(SandboxProvider.HighLevel, id) is [{ Status: not SandboxBookingStatus.Deleted } found, ..] && found.Agency == agency)
        {
            booking = found;
            return true;
        }

        voice.WriteError(exchange, 400, "Appointment not found.");
        return false;
    }

    private void List(Exchange exchange)
    {
        if (!voice.TryApi(exchange, out var agency))
            return;
        if (exchange.Query("locationId") is not { } location || world.Names.AgencyOfLocation(location) != agency)
            voice.WriteError(exchange, 403, "The token does not have access to this location.");
        else if ((exchange.Query("calendarId") ?? exchange.Query("userId") ?? exchange.Query("groupId")) is null)
            voice.WriteError(exchange, 400, "Either of userId, groupId or calendarId is required");
        else if (!TryMillis(exchange, "startTime", out var from) || !TryMillis(exchange, "endTime", out var to))
            voice.WriteError(exchange, 400, "startTime and endTime must be milliseconds");
        else
        {
            var calendar = exchange.Query("calendarId") is { } asked ? world.Names.ByHighLevelId(asked)?.Key.Index ?? -1 : (int?)null;
            var found = desk.Ledger.OfAccount(SandboxProvider.HighLevel, agency).Where(booking => booking.Status != SandboxBookingStatus.Deleted
                && (calendar is null || booking.Calendar == calendar) && booking.Interval.End > from && booking.Interval.Start < to);
            exchange.Json(200, json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("events"u8);
                foreach (var booking in found.OrderBy(one => one.Start))
                    writer.WriteEvent(json, booking);
                json.WriteEndArray();
                json.WriteString("traceId"u8, voice.NextTrace());
                json.WriteEndObject();
            });
        }
    }

    private static bool TryMillis(Exchange exchange, string name, out long value) =>
        long.TryParse(exchange.Query(name), NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
