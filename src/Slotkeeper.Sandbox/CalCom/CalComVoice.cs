using System.Globalization;
using System.Text.Json;
using NodaTime;
using Slotkeeper.Sandbox.Http;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.CalCom;

/// <summary>Cal.com: one API, where public event types need no key.</summary>
internal sealed class CalComVoice : ProviderVoice
{
    private const string SlotsVersion = "2024-09-04";
    private const string EventTypesVersion = "2024-06-14";
    private const long DayMs = 86_400_000;

    private readonly CalComBookings bookings;
    private readonly CalComHolds holds;
    private readonly CalComHooks hooks;
    private readonly BookingLedger ledger;

    public CalComVoice(SandboxWorld world, RateWindows rates, BookingDesk desk, SandboxWebhooks webhooks)
        : base(world, rates)
    {
        bookings = new CalComBookings(this, world, desk);
        holds = new CalComHolds(this, world);
        hooks = new CalComHooks(this, world, webhooks);
        ledger = desk.Ledger;
    }

    protected override SandboxProvider Provider => SandboxProvider.CalCom;

    public override bool TryRoute(Exchange exchange)
    {
        switch (exchange.Path)
        {
            case "/v2/slots":
                exchange.Route(SandboxProvider.CalCom, slots: true, exchange.BearerToken() is not null, AskedEventType(exchange), Slots);
                return true;
            case "/v2/event-types":
                exchange.Route(SandboxProvider.CalCom, slots: false, api: true, null, EventTypes);
                return true;
            case "/v2/me":
                exchange.Route(SandboxProvider.CalCom, slots: false, api: true, null, Me);
                return true;
            default:
                return exchange.Path.StartsWith("/v2/", StringComparison.Ordinal) && TryRouteParts(exchange, exchange.Http.Request.Method, exchange.Path.Trim('/').Split('/'));
        }
    }

    public override void WriteError(Exchange exchange, int status, string detail)
    {
        exchange.Json(status, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, "error"u8);
            json.WriteString("timestamp"u8, DateTimeOffset.FromUnixTimeMilliseconds(exchange.Now).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("path"u8, exchange.Path + exchange.Http.Request.QueryString.Value);
            json.WriteStartObject("error"u8);
            json.WriteString("code"u8, status switch
            {
                400 => "BadRequestException",
                401 => "UnauthorizedException",
                403 => "ForbiddenException",
                404 => "NotFoundException",
                409 => "ConflictException",
                422 => "UnprocessableEntityException",
                429 => "ThrottlerException",
                _ => "InternalServerErrorException",
            });
            json.WriteString("message"u8, detail);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    public override ReadOnlySpan<byte> WrongTypes(Exchange exchange) =>
        """{"status":"success","data":{"2026-12-07":{"start":"2026-12-07T15:00:00.000Z"},"2026-12-08":[{"start":1796655600000},"2026-12-08T15:00:00.000Z"],"2026-12-09":null}}"""u8;

    protected override void WriteRateHeaders(Exchange exchange, RateState state)
    {
        exchange.Header("X-RateLimit-Limit-Default", state.Limit.ToString(CultureInfo.InvariantCulture));
        exchange.Header("X-RateLimit-Remaining-Default", state.Remaining.ToString(CultureInfo.InvariantCulture));
        exchange.Header("X-RateLimit-Reset-Default", state.ResetSeconds.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The event type that a body names by id, or by slug and owner.</summary>
    public CalendarTraits? NamedEventType(Exchange exchange) => exchange.Member("eventTypeId") is { ValueKind: JsonValueKind.Number } id
        ? World.Names.ByCalComId(id.GetRawText())
        : exchange.Text("eventTypeSlug") is { } slug ? World.Names.ByCalCom(exchange.Text("username"), exchange.Text("teamSlug"), slug) : null;

    /// <summary>False, and an error is written, when the version header selects the endpoint that has no reservations.</summary>
    public bool HasSlotsVersion(Exchange exchange)
    {
        if (exchange.Header("cal-api-version") == SlotsVersion)
            return true;
        WriteError(exchange, 404, $"Cannot {exchange.Http.Request.Method} {exchange.Path}");
        return false;
    }

    private bool TryRouteParts(Exchange exchange, string method, string[] parts) =>
        bookings.TryRoute(exchange, method, parts) || holds.TryRoute(exchange, method, parts) || hooks.TryRoute(exchange, method, parts);

    private CalendarTraits? AskedEventType(Exchange exchange) => exchange.Query("eventTypeId") is { } id
        ? World.Names.ByCalComId(id)
        : exchange.Query("eventTypeSlug") is { } slug ? World.Names.ByCalCom(exchange.Query("username"), exchange.Query("teamSlug"), slug) : null;

    private void Slots(Exchange exchange)
    {
        int agency;
        if (exchange.IsApi ? !TryAuthorize(exchange, out agency) : !CountRate(exchange, RateWindows.Keyless))
            return;
        if (exchange.Query("eventTypeId") is null && (exchange.Query("eventTypeSlug") is null || (exchange.Query("username") ?? exchange.Query("teamSlug")) is null))
        {
            WriteError(exchange, 400, "eventTypeId, or eventTypeSlug with username or teamSlug, is needed.");
            return;
        }

        if (!TryEdge(exchange.Query("start"), 0, out var from) || !TryEdge(exchange.Query("end"), DayMs - 1_000, out var to) || to <= from)
        {
            WriteError(exchange, 400, "Invalid time range given - check the 'start' and 'end' query parameters.");
            return;
        }

        if (exchange.Calendar is not { } calendar)
        {
            WriteError(exchange, 404, "The event type was not found.");
            return;
        }

        if (exchange.QueryZone("timeZone", DateTimeZone.Utc) is not { } zone)
        {
            WriteError(exchange, 400, "timeZone is unknown.");
            return;
        }

        if (exchange.Query("duration") is { } duration && duration != calendar.Durations[0].ToString(CultureInfo.InvariantCulture))
        {
            WriteError(exchange, 400, "duration is only for event types of variable length.");
            return;
        }

        var current = exchange.Header("cal-api-version") == SlotsVersion;
        // A booking that is to be moved does not stand in its own way.
        var moving = exchange.Query("bookingUidToReschedule") is { } uid ? ledger.BySeats(SandboxProvider.CalCom, uid).FirstOrDefault(one => one.IsLive) : null;
        WriteSlots(exchange, zone, CollectSlots(exchange, in calendar, calendar.Durations[0], from, to, moving?.Interval), calendar.Durations[0] * 60_000L, current, exchange.Query("format") == "range");
    }

    /// <summary>An instant, or a bare date and the given milliseconds of it.</summary>
    public static bool TryEdge(string? text, long intoDay, out long milliseconds)
    {
        if (!Exchange.TryDate(text, out var date))
            return Exchange.TryInstant(text, out milliseconds);
        milliseconds = Exchange.StartOfDay(DateTimeZone.Utc, date) + intoDay;
        return true;
    }

    // A missing or other version header silently selects the older endpoint, whose answer has one more level and other names.
    private static void WriteSlots(Exchange exchange, DateTimeZone zone, ReadOnlySpan<long> starts, long duration, bool current, bool ends)
    {
        var body = exchange.Body;
        var local = new LocalClock(zone);
        var badAt = SlotDistortion.BadSlotAt(exchange.Fault, exchange.Slots);
        body.Add(current ? "{\"status\":\"success\",\"data\":{"u8 : "{\"status\":\"success\",\"data\":{\"slots\":{"u8);
        for (var i = 0; i < starts.Length;)
        {
            var day = local.DayOf(starts[i]);
            body.Add((byte)'"');
            local.WriteDate(body, day);
            body.Add("\":["u8);
            for (; i < starts.Length && local.DayOf(starts[i]) == day; i++)
            {
                body.Add(current ? "{\"start\":\""u8 : "{\"time\":\""u8);
                if (i == badAt)
                    body.AddPlain(exchange.Fault!.BadValue);
                else
                    local.WriteTime(body, starts[i], ".000"u8, zulu: true);
                if (current && ends)
                {
                    body.Add("\",\"end\":\""u8);
                    local.WriteTime(body, starts[i] + duration, ".000"u8, zulu: true);
                }

                body.Add("\"},"u8);
            }

            body.DropTrailing((byte)',');
            body.Add("],"u8);
        }

        body.DropTrailing((byte)',');
        body.Add(current ? "}}"u8 : "}}}"u8);
    }

    private void Me(Exchange exchange)
    {
        if (!TryAuthorize(exchange, out var agency))
            return;
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, "success"u8);
            json.WriteStartObject("data"u8);
            json.WriteNumber("id"u8, agency + 1);
            json.WriteString("username"u8, CalendarNames.Profile(agency));
            json.WriteString("email"u8, $"owner@{CalendarNames.Profile(agency)}.example");
            json.WriteNumber("timeFormat"u8, 24);
            json.WriteNull("defaultScheduleId"u8);
            json.WriteString("weekStart"u8, "Monday"u8);
            json.WriteString("timeZone"u8, "UTC"u8);
            json.WriteNull("organizationId"u8);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private void EventTypes(Exchange exchange)
    {
        int? agency;
        if (exchange.BearerToken() is not null)
        {
            if (!TryAuthorize(exchange, out var own))
                return;
            agency = own;
        }
        else if (!CountRate(exchange, RateWindows.Keyless))
        {
            return;
        }
        else
        {
            agency = null;
        }

        // A named user's public event types need no key; without a name they are the caller's own.
        if (exchange.Query("username") is { } username)
            agency = CalendarNames.AgencyOfProfile(username);
        else if (agency is null)
        {
            WriteError(exchange, 401, "Authentication is needed to list one's own event types.");
            return;
        }

        var slug = exchange.Query("eventSlug");
        var found = agency is not { } account ? [] : World.CalendarsOf(SandboxProvider.CalCom, account)
            .Where(calendar => !CalendarNames.IsTeamEvent(in calendar) && (slug is null || CalendarNames.EventSlug(in calendar) == slug));
        var current = exchange.Header("cal-api-version") == EventTypesVersion;
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, "success"u8);
            if (current)
            {
                json.WriteStartArray("data"u8);
                foreach (var calendar in found)
                    WriteEventType(json, in calendar);
                json.WriteEndArray();
            }
            else
            {
                json.WriteStartObject("data"u8);
                json.WriteStartArray("eventTypeGroups"u8);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        });
    }

    private static void WriteEventType(Utf8JsonWriter json, in CalendarTraits calendar)
    {
        json.WriteStartObject();
        json.WriteNumber("id"u8, CalendarNames.CalComId(calendar.Key.Index));
        json.WriteNumber("ownerId"u8, calendar.Agency + 1);
        json.WriteNumber("lengthInMinutes"u8, calendar.Durations[0]);
        json.WriteString("title"u8, $"{calendar.Word} {calendar.Key.Index}");
        json.WriteString("slug"u8, CalendarNames.EventSlug(in calendar));
        json.WriteString("description"u8, ""u8);
        json.WriteStartArray("locations"u8);
        json.WriteEndArray();
        json.WriteStartArray("bookingFields"u8);
        json.WriteEndArray();
        json.WriteBoolean("disableGuests"u8, false);
        json.WriteNull("recurrence"u8);
        json.WriteStartObject("metadata"u8);
        json.WriteEndObject();
        json.WriteNumber("price"u8, 0);
        json.WriteString("currency"u8, "usd"u8);
        json.WriteBoolean("lockTimeZoneToggleOnBookingPage"u8, false);
        json.WriteNull("forwardParamsSuccessRedirect"u8);
        json.WriteNull("successRedirectUrl"u8);
        json.WriteBoolean("isInstantEvent"u8, false);
        json.WriteNull("scheduleId"u8);
        json.WriteStartArray("users"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
