using System.Globalization;
using System.Text.Json;
using NodaTime;
using Slotkeeper.Sandbox.Http;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.Calendly;

/// <summary>Calendly: the booking page's own calls, which need no key, and the API's.</summary>
internal sealed class CalendlyVoice : ProviderVoice
{
    private const string Public = "/api/booking/";
    private const long DayMs = 86_400_000;

    private readonly CalendlyBookings bookings;
    private readonly CalendlyHooks hooks;

    public CalendlyVoice(SandboxWorld world, RateWindows rates, BookingDesk desk, SandboxWebhooks webhooks)
        : base(world, rates)
    {
        bookings = new CalendlyBookings(this, world, desk, rates);
        hooks = new CalendlyHooks(this, world, webhooks);
    }

    protected override SandboxProvider Provider => SandboxProvider.Calendly;

    public override bool TryRoute(Exchange exchange)
    {
        var path = exchange.Path;
        if (path.StartsWith(Public, StringComparison.Ordinal))
            return TryRoutePublic(exchange, path[Public.Length..]);
        switch (path)
        {
            case "/event_type_available_times":
                Api(exchange, slots: true, World.Names.ByCalendlyUuid(LastSegment(exchange.Query("event_type"))), AvailableTimes);
                return true;
            case "/event_types":
                Api(exchange, slots: false, null, EventTypes);
                return true;
            case "/users/me":
                Api(exchange, slots: false, null, Me);
                return true;
        }

        const string One = "/event_types/";
        if (!path.StartsWith(One, StringComparison.Ordinal))
        {
            var parts = path.Trim('/').Split('/');
            return bookings.TryRoute(exchange, exchange.Http.Request.Method, parts) || hooks.TryRoute(exchange, exchange.Http.Request.Method, parts);
        }

        Api(exchange, slots: false, World.Names.ByCalendlyUuid(path.AsSpan(One.Length)), EventType);
        return true;
    }

    public override void WriteError(Exchange exchange, int status, string detail)
    {
        // Titles and messages are fixed by the contract; what is special about a case goes into the details.
        var (title, message) = status switch
        {
            400 => ("Invalid Argument", "The supplied parameters are invalid."),
            401 => ("Unauthenticated", "The access token is invalid"),
            403 => ("Permission Denied", "You do not have permission to access this resource."),
            404 => ("Resource Not Found", "The server could not find the requested resource."),
            429 => ("Too Many Requests", "Rate limit exceeded."),
            _ => ("Internal Server Error", "The server encountered an unexpected condition that prevented it from fulfilling the request."),
        };
        Write(exchange, status, title, message, status == 400 ? json => json.WriteString("message"u8, detail) : null);
    }

    /// <summary>400 about one parameter.</summary>
    public void WriteDetail(Exchange exchange, string parameter, string message, string? code = null) =>
        Write(exchange, 400, "Invalid Argument", "The supplied parameters are invalid.", json =>
        {
            json.WriteString("parameter"u8, parameter);
            json.WriteString("message"u8, message);
            if (code is not null)
                json.WriteString("code"u8, code);
        });

    public void WriteForbidden(Exchange exchange, string message) => Write(exchange, 403, "Permission Denied", message, null);

    public void WriteConflict(Exchange exchange, string message) => Write(exchange, 409, "Already Exists", message, null);

    private static void Write(Exchange exchange, int status, string title, string message, Action<Utf8JsonWriter>? detail)
    {
        exchange.Json(status, json =>
        {
            json.WriteStartObject();
            json.WriteString("title"u8, title);
            json.WriteString("message"u8, message);
            if (detail is not null)
            {
                json.WriteStartArray("details"u8);
                json.WriteStartObject();
                detail(json);
                json.WriteEndObject();
                json.WriteEndArray();
            }

            json.WriteEndObject();
        });
    }

    public override ReadOnlySpan<byte> WrongTypes(Exchange exchange) => exchange.IsApi
        ? """{"collection":[{"status":7,"invitees_remaining":"one","start_time":1796655600,"scheduling_url":null},"2026-12-07T15:00:00Z"]}"""u8
        : """{"days":[{"date":20261207,"status":true,"spots":{"start_time":"2026-12-07T15:00:00Z"}},"2026-12-08"]}"""u8;

    protected override void WriteRateHeaders(Exchange exchange, RateState state)
    {
        exchange.Header("X-RateLimit-Limit", state.Limit.ToString(CultureInfo.InvariantCulture));
        exchange.Header("X-RateLimit-Remaining", state.Remaining.ToString(CultureInfo.InvariantCulture));
        exchange.Header("X-RateLimit-Reset", state.ResetSeconds.ToString(CultureInfo.InvariantCulture));
    }

    private bool TryRoutePublic(Exchange exchange, string rest)
    {
        var names = World.Names;
        var parts = rest.Split('/');
        switch (parts)
        {
            case ["event_types", "lookup"]:
                var found = exchange.Query("share_uuid") is { } share
                    ? names.ByCalendlyShare(share)
                    : names.ByCalendly(exchange.Query("profile_slug") ?? "", exchange.Query("event_type_slug") ?? "");
                Page(exchange, slots: false, found, Lookup);
                return true;
            case ["event_types", var uuid, "calendar", "range"]:
                Page(exchange, slots: true, names.ByCalendlyUuid(uuid), Range);
                return true;
            case ["scheduling_links", var slug]:
                Page(exchange, slots: false, names.ByCalendlySchedulingSlug(slug), SchedulingLink);
                return true;
            case ["profiles", var profile]:
                Page(exchange, slots: false, FirstOf(profile), Profile);
                return true;
            case ["profiles", var profile, "event_types"]:
                Page(exchange, slots: false, FirstOf(profile), ProfileEventTypes);
                return true;
            default:
                return false;
        }
    }

    private static void Api(Exchange exchange, bool slots, CalendarTraits? calendar, Action<Exchange> handler) =>
        exchange.Route(SandboxProvider.Calendly, slots, api: true, calendar, handler);

    private static void Page(Exchange exchange, bool slots, CalendarTraits? calendar, Action<Exchange> handler) =>
        exchange.Route(SandboxProvider.Calendly, slots, api: false, calendar, handler);

    private CalendarTraits? FirstOf(string profile)
    {
        if (CalendarNames.AgencyOfProfile(profile) is not { } agency)
            return null;
        foreach (var calendar in World.CalendarsOf(SandboxProvider.Calendly, agency))
            return calendar;
        return null;
    }

    public static string LastSegment(string? uri) => uri is null ? "" : uri[(uri.LastIndexOf('/') + 1)..];

    private bool TryCalendar(Exchange exchange, out CalendarTraits calendar)
    {
        calendar = exchange.Calendar.GetValueOrDefault();
        if (exchange.Calendar is not null)
            return true;
        WriteError(exchange, 404, "");
        return false;
    }

    private void Lookup(Exchange exchange)
    {
        if (!TryCalendar(exchange, out var calendar))
            return;
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            WritePublicType(json, in calendar);
            json.WriteString("availability_timezone"u8, calendar.Zone.Id);
            json.WriteEndObject();
        });
    }

    private void SchedulingLink(Exchange exchange)
    {
        if (!TryCalendar(exchange, out var calendar))
            return;
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("slug"u8, World.Names.CalendlySchedulingSlug(calendar.Key.Index));
            json.WriteString("owner_type"u8, "EventType"u8);
            json.WriteString("owner_uuid"u8, World.Names.CalendlyShare(calendar.Key.Index));
            json.WriteEndObject();
        });
    }

    private void Profile(Exchange exchange)
    {
        if (!TryCalendar(exchange, out var calendar))
            return;
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("slug"u8, CalendarNames.Profile(calendar.Agency));
            json.WriteString("name"u8, $"Agency {calendar.Agency}");
            json.WriteString("type"u8, "User"u8);
            json.WriteString("timezone"u8, calendar.Zone.Id);
            json.WriteEndObject();
        });
    }

    private void ProfileEventTypes(Exchange exchange)
    {
        if (!TryCalendar(exchange, out var first))
            return;
        exchange.Json(200, json =>
        {
            json.WriteStartArray();
            foreach (var calendar in World.CalendarsOf(SandboxProvider.Calendly, first.Agency))
            {
                json.WriteStartObject();
                WritePublicType(json, in calendar);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private void WritePublicType(Utf8JsonWriter json, in CalendarTraits calendar)
    {
        json.WriteString("uuid"u8, World.Names.CalendlyUuid(in calendar));
        json.WriteString("name"u8, $"{calendar.Word} {calendar.Key.Index}");
        json.WriteString("slug"u8, CalendarNames.EventSlug(in calendar));
        json.WriteNumber("duration"u8, calendar.Durations[0]);
        json.WriteString("kind"u8, "solo"u8);
        json.WriteString("scheduling_link_uuid"u8, World.Names.CalendlyShare(calendar.Key.Index));
    }

    private void Range(Exchange exchange)
    {
        if (!TryCalendar(exchange, out var calendar))
            return;
        if (exchange.QueryZone("timezone", calendar.Zone) is not { } zone
            || !Exchange.TryDate(exchange.Query("range_start"), out var first)
            || !Exchange.TryDate(exchange.Query("range_end"), out var last)
            || last < first
            || Period.DaysBetween(first, last) > 366)
        {
            WriteError(exchange, 400, "range_start, range_end or timezone is not valid.");
            return;
        }

        var from = Exchange.StartOfDay(zone, first);
        var to = Exchange.StartOfDay(zone, last.PlusDays(1));
        CollectSlots(exchange, in calendar, calendar.Durations[0], from, to);
        WriteRange(exchange, in calendar, zone, DayNumber(first), DayNumber(last));
    }

    private void WriteRange(Exchange exchange, in CalendarTraits calendar, DateTimeZone zone, long day, long last)
    {
        var body = exchange.Body;
        var local = new LocalClock(zone);
        var starts = exchange.Slots.Starts;
        var badAt = SlotDistortion.BadSlotAt(exchange.Fault, exchange.Slots);
        var hidesSome = exchange.Fault?.Kind == FaultKind.UnavailableSpots;
        body.Add("{\"invitee_publisher_error\":false,\"today\":\""u8);
        local.WriteDate(body, local.DayOf(exchange.Now));
        body.Add("\",\"availability_timezone\":\""u8);
        body.AddPlain(zone.Id);
        body.Add("\",\"days\":["u8);
        for (var i = 0; i < starts.Length;)
        {
            var slotDay = local.DayOf(starts[i]);
            for (; day < slotDay && day <= last; day++)
                WriteEmptyDay(body, local, day);
            body.Add("{\"date\":\""u8);
            local.WriteDate(body, slotDay);
            body.Add("\",\"status\":\"available\",\"spots\":["u8);
            for (; i < starts.Length && local.DayOf(starts[i]) == slotDay; i++)
            {
                var hidden = hidesSome && i % 7 == 3;
                body.Add(hidden ? "{\"status\":\"unavailable\",\"start_time\":\""u8 : "{\"status\":\"available\",\"start_time\":\""u8);
                if (i == badAt)
                    body.AddPlain(exchange.Fault!.BadValue);
                else
                    local.WriteTime(body, starts[i], default, zulu: true);
                body.Add("\",\"invitees_remaining\":"u8);
                body.Add(hidden ? 0 : World.SeatsLeft(in calendar, starts[i]));
                body.Add("},"u8);
            }

            body.DropTrailing((byte)',');
            body.Add("],\"invitee_events\":[]},"u8);
            day = Math.Max(day, slotDay + 1);
        }

        for (; day <= last; day++)
            WriteEmptyDay(body, local, day);
        body.DropTrailing((byte)',');
        body.Add("]}"u8);
    }

    private static void WriteEmptyDay(ReplyBuffer body, LocalClock local, long day)
    {
        body.Add("{\"date\":\""u8);
        local.WriteDate(body, day);
        body.Add("\",\"status\":\"unavailable\",\"spots\":[],\"invitee_events\":[]},"u8);
    }

    private static long DayNumber(LocalDate date) => Period.DaysBetween(new LocalDate(1970, 1, 1), date);

    private void AvailableTimes(Exchange exchange)
    {
        if (!TryAuthorize(exchange, out var agency))
            return;
        if (!Exchange.TryInstant(exchange.Query("start_time"), out var from) || !Exchange.TryInstant(exchange.Query("end_time"), out var to) || exchange.Query("event_type") is null)
            WriteError(exchange, 400, "event_type, start_time and end_time are needed.");
        else if (from <= exchange.Now)
            WriteError(exchange, 400, "start_time must be in the future");
        else if (to <= from)
            WriteError(exchange, 400, "end_time must be after start_time");
        else if (to - from > World.Options.RangeCapDays * DayMs)
            WriteError(exchange, 400, $"The range may not be longer than {World.Options.RangeCapDays} days");
        else if (TryCalendar(exchange, out var calendar) && MayRead(exchange, agency, in calendar))
            WriteAvailableTimes(exchange, in calendar, CollectSlots(exchange, in calendar, calendar.Durations[0], from, to));
    }

    private bool MayRead(Exchange exchange, int agency, in CalendarTraits calendar)
    {
        if (agency == calendar.Agency)
            return true;
        WriteError(exchange, 403, "");
        return false;
    }

    private void WriteAvailableTimes(Exchange exchange, in CalendarTraits calendar, ReadOnlySpan<long> starts)
    {
        var body = exchange.Body;
        var utc = new LocalClock(DateTimeZone.Utc);
        var badAt = SlotDistortion.BadSlotAt(exchange.Fault, exchange.Slots);
        Span<byte> link = stackalloc byte[128];
        var linkLength = System.Text.Encoding.UTF8.GetBytes($"https://calendly.com/{CalendarNames.Profile(calendar.Agency)}/{CalendarNames.EventSlug(in calendar)}/", link);
        body.Add("{\"collection\":["u8);
        for (var i = 0; i < starts.Length; i++)
        {
            body.Add("{\"status\":\"available\",\"invitees_remaining\":"u8);
            body.Add(World.SeatsLeft(in calendar, starts[i]));
            body.Add(",\"start_time\":\""u8);
            if (i == badAt)
                body.AddPlain(exchange.Fault!.BadValue);
            else
                utc.WriteTime(body, starts[i], ".000000"u8, zulu: true);
            body.Add("\",\"scheduling_url\":\""u8);
            body.Add(link[..linkLength]);
            utc.WriteTime(body, starts[i], default, zulu: true);
            body.Add("\"},"u8);
        }

        body.DropTrailing((byte)',');
        body.Add("]}"u8);
    }

    private void Me(Exchange exchange)
    {
        if (!TryAuthorize(exchange, out var agency))
            return;
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("resource"u8);
            json.WriteString("uri"u8, World.Names.CalendlyUserUri(agency));
            json.WriteString("name"u8, $"Agency {agency}");
            json.WriteString("slug"u8, CalendarNames.Profile(agency));
            json.WriteString("email"u8, $"owner@{CalendarNames.Profile(agency)}.example");
            json.WriteString("scheduling_url"u8, $"https://calendly.com/{CalendarNames.Profile(agency)}");
            json.WriteString("timezone"u8, FirstOf(CalendarNames.Profile(agency))?.Zone.Id ?? "UTC");
            json.WriteNull("avatar_url"u8);
            json.WriteString("created_at"u8, "2024-01-02T03:04:05.678123Z"u8);
            json.WriteString("updated_at"u8, "2025-01-02T03:04:05.678123Z"u8);
            json.WriteString("current_organization"u8, World.Names.CalendlyOrganizationUri(agency));
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private void EventType(Exchange exchange)
    {
        if (!TryAuthorize(exchange, out var agency) || !TryCalendar(exchange, out var calendar) || !MayRead(exchange, agency, in calendar))
            return;
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("resource"u8);
            WriteEventType(json, in calendar);
            json.WriteEndObject();
        });
    }

    private void EventTypes(Exchange exchange)
    {
        if (!TryAuthorize(exchange, out var agency))
            return;
        var user = exchange.Query("user");
        var organization = exchange.Query("organization");
        if (user is null && organization is null)
        {
            WriteError(exchange, 400, "user or organization is needed.");
            return;
        }

        if ((user is not null && user != World.Names.CalendlyUserUri(agency)) || (organization is not null && organization != World.Names.CalendlyOrganizationUri(agency)))
        {
            WriteError(exchange, 403, "");
            return;
        }

        WritePage(exchange, World.CalendarsOf(SandboxProvider.Calendly, agency), (json, calendar) => WriteEventType(json, in calendar));
    }

    /// <summary>The page that count and page_token ask for.</summary>
    public void WritePage<T>(Exchange exchange, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        if (BookingDesk.Number(exchange, "count", 20, 1, 100) is not { } count || BookingDesk.Number(exchange, "page_token", 0, 0, int.MaxValue) is not { } skip)
        {
            WriteError(exchange, 400, "count must be between 1 and 100, page_token one that was given out.");
            return;
        }

        var all = items.Skip(skip).Take(count + 1).ToList();
        var more = all.Count > count;
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("collection"u8);
            foreach (var item in all.Take(count))
                write(json, item);
            json.WriteEndArray();
            json.WriteStartObject("pagination"u8);
            json.WriteNumber("count"u8, Math.Min(all.Count, count));
            WriteOrNull(json, "next_page"u8, more ? NextPage(exchange, count, skip + count) : null);
            json.WriteNull("previous_page"u8);
            WriteOrNull(json, "next_page_token"u8, more ? (skip + count).ToString(CultureInfo.InvariantCulture) : null);
            json.WriteNull("previous_page_token"u8);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private string NextPage(Exchange exchange, int count, int skip)
    {
        var kept = exchange.Http.Request.Query.Where(pair => pair.Key is not ("count" or "page_token")).Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value[0] ?? "")}");
        return new Uri(World.BaseAddress, $"{exchange.Path[1..]}?{string.Join('&', [.. kept, $"count={count}", $"page_token={skip}"])}").ToString();
    }

    private static void WriteOrNull(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
            json.WriteNull(name);
        else
            json.WriteString(name, value);
    }

    private void WriteEventType(Utf8JsonWriter json, in CalendarTraits calendar)
    {
        json.WriteStartObject();
        json.WriteString("uri"u8, World.Names.CalendlyEventTypeUri(in calendar));
        json.WriteString("name"u8, $"{calendar.Word} {calendar.Key.Index}");
        json.WriteBoolean("active"u8, true);
        json.WriteString("slug"u8, CalendarNames.EventSlug(in calendar));
        json.WriteString("scheduling_url"u8, $"https://calendly.com/{CalendarNames.Profile(calendar.Agency)}/{CalendarNames.EventSlug(in calendar)}");
        json.WriteNumber("duration"u8, calendar.Durations[0]);
        json.WriteString("kind"u8, "solo"u8);
        json.WriteNull("pooling_type"u8);
        json.WriteString("type"u8, "StandardEventType"u8);
        json.WriteString("color"u8, "#0a6c9f"u8);
        json.WriteString("created_at"u8, "2024-01-02T03:04:05.678123Z"u8);
        json.WriteString("updated_at"u8, "2025-01-02T03:04:05.678123Z"u8);
        json.WriteNull("internal_note"u8);
        json.WriteNull("description_plain"u8);
        json.WriteNull("description_html"u8);
        json.WriteStartObject("profile"u8);
        json.WriteString("type"u8, "User"u8);
        json.WriteString("name"u8, $"Agency {calendar.Agency}");
        json.WriteString("owner"u8, World.Names.CalendlyUserUri(calendar.Agency));
        json.WriteEndObject();
        json.WriteBoolean("secret"u8, false);
        json.WriteString("booking_method"u8, "instant"u8);
        json.WriteStartArray("custom_questions"u8);
        foreach (var (position, question) in calendar.RequiredFields.Index())
        {
            json.WriteStartObject();
            json.WriteString("name"u8, question);
            json.WriteString("type"u8, "string"u8);
            json.WriteNumber("position"u8, position);
            json.WriteBoolean("enabled"u8, true);
            json.WriteBoolean("required"u8, true);
            json.WriteStartArray("answer_choices"u8);
            json.WriteEndArray();
            json.WriteBoolean("include_other"u8, false);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNull("deleted_at"u8);
        json.WriteString("kind_description"u8, "One-on-One"u8);
        json.WriteBoolean("admin_managed"u8, false);
        json.WriteEndObject();
    }
}
