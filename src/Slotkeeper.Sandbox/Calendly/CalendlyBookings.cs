using System.Text.Json;
using NodaTime;
using Slotkeeper.Sandbox.Http;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.Calendly;

/// <summary>Calendly's bookings: invitees are created, scheduled events are found and cancelled. There is no call to reschedule.</summary>
internal sealed class CalendlyBookings(CalendlyVoice voice, SandboxWorld world, BookingDesk desk, RateWindows bookingRates)
{
    private readonly CalendlyJson writer = new(world);

    public bool TryRoute(Exchange exchange, string method, string[] parts)
    {
        const SandboxProvider Calendly = SandboxProvider.Calendly;
        switch (method, parts)
        {
            case ("POST", ["invitees"]):
                return exchange.Route(Calendly, FaultScope.Bookings, world.Names.ByCalendlyUuid(CalendlyVoice.LastSegment(exchange.Text("event_type"))), Create, BookingCall.Create);
            case ("GET", ["scheduled_events"]):
                return exchange.Route(Calendly, FaultScope.BookingLookups, null, List);
            case ("GET", ["scheduled_events", var uid]):
                return exchange.Route(Calendly, FaultScope.BookingLookups, desk.CalendarOf(Calendly, uid), one => Event(one, uid));
            case ("POST", ["scheduled_events", var uid, "cancellation"]):
                return exchange.Route(Calendly, FaultScope.Bookings, desk.CalendarOf(Calendly, uid), one => Cancel(one, uid), BookingCall.Cancel);
            case ("GET", ["scheduled_events", var uid, "invitees"]):
                return exchange.Route(Calendly, FaultScope.BookingLookups, desk.CalendarOf(Calendly, uid), one => Invitees(one, uid));
            case ("GET", ["scheduled_events", var uid, "invitees", var seat]):
                return exchange.Route(Calendly, FaultScope.BookingLookups, desk.CalendarOf(Calendly, uid), one => Invitee(one, uid, seat));
            default:
                return false;
        }
    }

    private void Create(Exchange exchange)
    {
        if (!voice.TryAuthorize(exchange, out var agency))
            return;
        if (world.Options.EnforceRateLimits && bookingRates.CountCalendlyBooking(agency, exchange.Now).Exceeded)
            voice.WriteError(exchange, 429, "");
        else if (exchange.Calendar is not { } calendar)
            voice.WriteError(exchange, 404, "");
        else if (calendar.Agency != agency)
            voice.WriteError(exchange, 403, "");
        else if (TryDraft(exchange, in calendar, out var draft))
            Book(exchange, in calendar, draft with { Caller = agency });
    }

    private void Book(Exchange exchange, in CalendarTraits calendar, BookingDraft draft)
    {
        var outcome = desk.Create(exchange, in calendar, draft);
        if (outcome.IsDone)
        {
            Write(exchange, 201, json => writer.WriteInvitee(json, outcome.Booking!));
            return;
        }

        var (message, code) = outcome.Verdict switch
        {
            BookingVerdict.Taken => ("is already filled", "already_filled"),
            BookingVerdict.Past => ("must be in the future", null),
            _ => ("is not an available time", null),
        };
        voice.WriteDetail(exchange, "start_time", message, code);
    }

    private bool TryDraft(Exchange exchange, in CalendarTraits calendar, out BookingDraft draft)
    {
        draft = null!;
        var invitee = exchange.Member("invitee");
        var name = Exchange.Text(invitee, "name") ?? $"{Exchange.Text(invitee, "first_name")} {Exchange.Text(invitee, "last_name")}".Trim();
        var zone = Exchange.Text(invitee, "timezone");
        if (!Exchange.TryInstant(exchange.Text("start_time"), out var start))
            voice.WriteDetail(exchange, "start_time", "is invalid");
        else if (Exchange.Text(invitee, "email") is not { } email || !email.Contains('@', StringComparison.Ordinal))
            voice.WriteDetail(exchange, "invitee.email", "is invalid");
        else if (name.Length == 0)
            voice.WriteDetail(exchange, "invitee.name", "can't be blank");
        else if (zone is null || DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) is null)
            voice.WriteDetail(exchange, "invitee.timezone", "is invalid");
        else if (!TryAnswers(exchange, in calendar, out var answers))
            return false;
        else
        {
            draft = new BookingDraft
            {
                Start = start,
                Minutes = calendar.Durations[0],
                Name = name,
                Email = email,
                Zone = zone,
                Metadata = BookingDesk.Texts(exchange.Member("tracking")),
                Answers = answers,
            };
            return true;
        }

        return false;
    }

    // The texts of the questions are their only names, so they have to be exact.
    private bool TryAnswers(Exchange exchange, in CalendarTraits calendar, out Dictionary<string, string> answers)
    {
        answers = new Dictionary<string, string>(StringComparer.Ordinal);
        if (exchange.Member("questions_and_answers") is { ValueKind: JsonValueKind.Array } list)
        {
            foreach (var one in list.EnumerateArray())
            {
                if (Exchange.Text(one, "question") is not { } question || !calendar.RequiredFields.Contains(question))
                {
                    voice.WriteDetail(exchange, "questions_and_answers", "contains an unknown question");
                    return false;
                }

                answers[question] = Exchange.Text(one, "answer") ?? "";
            }
        }

        foreach (var question in calendar.RequiredFields)
        {
            if (answers.GetValueOrDefault(question) is { Length: > 0 })
                continue;
            voice.WriteDetail(exchange, "questions_and_answers", $"{question} can't be blank");
            return false;
        }

        return true;
    }

    private void List(Exchange exchange)
    {
        if (!voice.TryAuthorize(exchange, out var agency))
            return;
        var user = exchange.Query("user");
        var organization = exchange.Query("organization");
        if (user is null && organization is null)
        {
            voice.WriteDetail(exchange, "user", "user or organization is needed");
            return;
        }

        if ((user is not null && user != world.Names.CalendlyUserUri(agency)) || (organization is not null && organization != world.Names.CalendlyOrganizationUri(agency)))
        {
            voice.WriteError(exchange, 403, "");
            return;
        }

        if (!TryEdge(exchange, "min_start_time", out var least) || !TryEdge(exchange, "max_start_time", out var most))
            return;
        var email = exchange.Query("invitee_email");
        var status = exchange.Query("status");
        var events = desk.Ledger.OfAccount(SandboxProvider.Calendly, agency)
            .GroupBy(booking => booking.Uid, StringComparer.Ordinal)
            .Select(invitees => (IReadOnlyList<SandboxBooking>)[.. invitees])
            .Where(invitees => (least is null || invitees[0].Start >= least) && (most is null || invitees[0].Start < most))
            .Where(invitees => email is null || invitees.Any(one => string.Equals(one.Email, email, StringComparison.OrdinalIgnoreCase)))
            .Where(invitees => status is null || status == (invitees.Any(one => one.IsLive) ? "active" : "canceled"));
        events = exchange.Query("sort") == "start_time:desc" ? events.OrderByDescending(invitees => invitees[0].Start) : events.OrderBy(invitees => invitees[0].Start);
        voice.WritePage(exchange, [.. events], writer.WriteEvent);
    }

    private bool TryEdge(Exchange exchange, string name, out DateTimeOffset? edge)
    {
        edge = null;
        if (exchange.Query(name) is not { } text)
            return true;
        if (!Exchange.TryInstant(text, out var milliseconds))
        {
            voice.WriteDetail(exchange, name, "is invalid");
            return false;
        }

        edge = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        return true;
    }

    private void Event(Exchange exchange, string uid)
    {
        if (TryEvent(exchange, uid, out var invitees))
            Write(exchange, 200, json => writer.WriteEvent(json, invitees));
    }

    private void Invitees(Exchange exchange, string uid)
    {
        if (!TryEvent(exchange, uid, out var invitees))
            return;
        var email = exchange.Query("email");
        var status = exchange.Query("status");
        voice.WritePage(
            exchange,
            [.. invitees.Where(one => (email is null || string.Equals(one.Email, email, StringComparison.OrdinalIgnoreCase)) && (status is null || status == (one.IsLive ? "active" : "canceled")))],
            writer.WriteInvitee);
    }

    private void Invitee(Exchange exchange, string uid, string seat)
    {
        if (!TryEvent(exchange, uid, out var invitees))
            return;
        if (invitees.FirstOrDefault(one => one.SeatUid == seat) is { } found)
            Write(exchange, 200, json => writer.WriteInvitee(json, found));
        else
            voice.WriteError(exchange, 404, "");
    }

    private void Cancel(Exchange exchange, string uid)
    {
        if (!TryEvent(exchange, uid, out var invitees))
            return;
        if (invitees[0].Start.ToUnixTimeMilliseconds() <= exchange.Now)
        {
            voice.WriteForbidden(exchange, "Event in the past");
            return;
        }

        var outcome = desk.Ledger.Cancel(SandboxProvider.Calendly, uid, seat: null, exchange.Text("reason"));
        if (outcome.IsDone)
            exchange.Json(201, json => { json.WriteStartObject(); CalendlyJson.WriteCancellation(json, "resource", outcome.Booking!); json.WriteEndObject(); });
        else
            voice.WriteForbidden(exchange, "Event is already canceled");
    }

    private bool TryEvent(Exchange exchange, string uid, out IReadOnlyList<SandboxBooking> invitees)
    {
        invitees = [];
        if (!voice.TryAuthorize(exchange, out var agency))
            return false;
        invitees = desk.Ledger.BySeats(SandboxProvider.Calendly, uid);
        if (invitees.Count == 0)
            voice.WriteError(exchange, 404, "");
        else if (invitees[0].Agency != agency)
            voice.WriteForbidden(exchange, exchange.Call == BookingCall.Cancel ? "You are not allowed to cancel this event" : "You are not allowed to view this event");
        else
            return true;
        return false;
    }

    private static void Write(Exchange exchange, int status, Action<Utf8JsonWriter> write)
    {
        exchange.Json(status, json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("resource"u8);
            write(json);
            json.WriteEndObject();
        });
    }
}
