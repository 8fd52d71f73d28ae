using System.Globalization;
using System.Text;
using System.Text.Json;
using NodaTime;
using Slotkeeper.Sandbox.Http;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.HighLevel;

/// <summary>HighLevel: the booking page and its host's calls, which need no key, and the API's on the same paths.</summary>
internal sealed class HighLevelVoice : ProviderVoice
{
    private const string Calendars = "/calendars/";
    private const string FreeSlotsEnd = "/free-slots";
    private const string Version = "2021-04-15";
    private const long DayMs = 86_400_000;

    private static readonly string[] Pages = ["/widget/booking/", "/widget/bookings/"];

    private readonly TraceIds traces;
    private readonly HighLevelBookings bookings;

    public HighLevelVoice(SandboxWorld world, RateWindows rates, TraceIds traces, BookingDesk desk)
        : base(world, rates)
    {
        this.traces = traces;
        bookings = new HighLevelBookings(this, world, desk);
    }

    protected override SandboxProvider Provider => SandboxProvider.HighLevel;

    public override bool TryRoute(Exchange exchange)
    {
        var path = exchange.Path;
        foreach (var page in Pages)
        {
            if (!path.StartsWith(page, StringComparison.Ordinal))
                continue;
            var slug = path[page.Length..];
            exchange.Route(SandboxProvider.HighLevel, slots: false, api: false, World.Names.ByHighLevelSlug(slug) ?? World.Names.ByHighLevelId(slug), BookingPage);
            return true;
        }

        if (bookings.TryRoute(exchange, exchange.Http.Request.Method, path.Trim('/').Split('/')))
            return true;
        if (!path.StartsWith(Calendars, StringComparison.Ordinal))
            return false;
        // Both forms share the path; only the API's callers send a token.
        var api = exchange.Http.Request.Headers.Authorization.Count > 0;
        if (path.Length == Calendars.Length)
            exchange.Route(SandboxProvider.HighLevel, slots: false, api: true, null, List);
        else if (path.EndsWith(FreeSlotsEnd, StringComparison.Ordinal))
            exchange.Route(SandboxProvider.HighLevel, slots: true, api, World.Names.ByHighLevelId(path.AsSpan(Calendars.Length, Math.Max(0, path.Length - Calendars.Length - FreeSlotsEnd.Length))), FreeSlots);
        else
            exchange.Route(SandboxProvider.HighLevel, slots: false, api: true, World.Names.ByHighLevelId(path.AsSpan(Calendars.Length)), One);
        return true;
    }

    public override void WriteError(Exchange exchange, int status, string detail)
    {
        var trace = traces.Next();
        exchange.Json(status, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("statusCode"u8, status);
            json.WriteString("message"u8, detail);
            if (status != 429)
            {
                json.WriteString("error"u8, status switch
                {
                    400 => "Bad Request",
                    401 => "Unauthorized",
                    403 => "Forbidden",
                    404 => "Not Found",
                    422 => "Unprocessable Entity",
                    _ => "Internal Server Error",
                });
                json.WriteString("traceId"u8, trace);
            }

            json.WriteEndObject();
        });
    }

    public override ReadOnlySpan<byte> WrongTypes(Exchange exchange) =>
        """{"2026-12-07":{"slots":"2026-12-07T10:00:00-05:00"},"2026-12-08":["2026-12-08T10:00:00-05:00"],"2026-12-09":{"slots":[1796655600000,null]},"traceId":7}"""u8;

    protected override void WriteRateHeaders(Exchange exchange, RateState state)
    {
        exchange.Header("X-RateLimit-Limit-Daily", state.Daily.ToString(CultureInfo.InvariantCulture));
        exchange.Header("X-RateLimit-Daily-Remaining", state.DailyRemaining.ToString(CultureInfo.InvariantCulture));
        exchange.Header("X-RateLimit-Interval-Milliseconds", state.WindowMs.ToString(CultureInfo.InvariantCulture));
        exchange.Header("X-RateLimit-Max", state.Limit.ToString(CultureInfo.InvariantCulture));
        exchange.Header("X-RateLimit-Remaining", state.Remaining.ToString(CultureInfo.InvariantCulture));
    }

    public Guid NextTrace() => traces.Next();

    public bool TryApi(Exchange exchange, out int agency)
    {
        if (!TryAuthorize(exchange, out agency))
            return false;
        if (exchange.Header("Version") == Version)
            return true;
        WriteError(exchange, 401, "The Version header is missing or unknown.");
        return false;
    }

    private void BookingPage(Exchange exchange)
    {
        exchange.ContentType = "text/html; charset=utf-8";
        if (exchange.Calendar is not { } calendar)
        {
            exchange.Status = 404;
            exchange.Body.Add("<!doctype html><html><body><h1>Page not found</h1></body></html>"u8);
            return;
        }

        // Both names of the script are in use; a client has to know either.
        var scriptId = (calendar.Hash >> 5 & 1) == 0 ? "__NUXT_DATA__" : "NUXT_DATA";
        var id = World.Names.HighLevelId(calendar.Key.Index);
        var html = new StringBuilder()
            .Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>").Append(calendar.Word).Append("</title></head><body><div id=\"__nuxt\"></div>")
            .Append("<script type=\"application/json\" data-nuxt-data=\"nuxt-app\" data-ssr=\"true\" id=\"").Append(scriptId).Append("\">")
            .Append("[[\"ShallowReactive\",1],{\"data\":2,\"state\":4,\"once\":9},[\"ShallowReactive\",3],{\"$calendarStore\":5},[\"Reactive\",5],{\"widget\":6,\"calendars\":7},\"booking\",{\"")
            .Append(id).Append("\":8},{\"slug\":9,\"slotDuration\":10,\"timezone\":11},\"")
            .Append(CalendarNames.HighLevelSlug(in calendar)).Append("\",").Append(calendar.Durations[0]).Append(",\"").Append(calendar.Zone.Id).Append("\"]")
            .Append("</script></body></html>");
        exchange.Body.AddPlain(html.ToString());
    }

    private void FreeSlots(Exchange exchange)
    {
        var agency = -1;
        if (exchange.IsApi && !TryApi(exchange, out agency))
            return;
        if (exchange.Calendar is not { } calendar || (exchange.IsApi && calendar.Agency != agency))
        {
            WriteError(exchange, 404, "The calendar was not found.");
            return;
        }

        if (!long.TryParse(exchange.Query("startDate"), NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            || !long.TryParse(exchange.Query("endDate"), NumberStyles.None, CultureInfo.InvariantCulture, out var to)
            || to < from || to > 4_102_444_800_000)
            WriteError(exchange, 400, "startDate and endDate must be milliseconds in order.");
        else if (to - from > (exchange.IsApi ? World.Options.RangeCapDays : 366) * DayMs)
            WriteError(exchange, 400, $"The date range may not be longer than {World.Options.RangeCapDays} days.");
        else if (exchange.QueryZone("timezone", calendar.Zone) is not { } zone)
            WriteError(exchange, 400, "timezone is unknown.");
        else
        {
            bookings.NoteZone(calendar.Agency, zone);
            WriteSlots(exchange, in calendar, zone, CollectSlots(exchange, in calendar, calendar.Durations[0], from, to));
        }
    }

    private void WriteSlots(Exchange exchange, in CalendarTraits calendar, DateTimeZone zone, ReadOnlySpan<long> starts)
    {
        var body = exchange.Body;
        var local = new LocalClock(zone);
        var badAt = SlotDistortion.BadSlotAt(exchange.Fault, exchange.Slots);
        // The public host answers some calendars with objects.
        var objects = !exchange.IsApi && (calendar.Hash >> 6 & 3) == 0;
        body.Add((byte)'{');
        for (var i = 0; i < starts.Length;)
        {
            var day = local.DayOf(starts[i]);
            body.Add((byte)'"');
            local.WriteDate(body, day);
            body.Add("\":{\"slots\":["u8);
            for (; i < starts.Length && local.DayOf(starts[i]) == day; i++)
            {
                body.Add(objects ? "{\"startTime\":\""u8 : "\""u8);
                if (i == badAt)
                    body.AddPlain(exchange.Fault!.BadValue);
                else
                    local.WriteTime(body, starts[i], default, zulu: true);
                body.Add(objects ? "\"},"u8 : "\","u8);
            }

            body.DropTrailing((byte)',');
            body.Add("]},"u8);
        }

        body.Add("\"traceId\":\""u8);
        traces.Next().TryFormat(body.GetSpan(36), out var written);
        body.Advance(written);
        body.Add("\"}"u8);
    }

    private void List(Exchange exchange)
    {
        if (!TryApi(exchange, out var agency))
            return;
        if (exchange.Query("locationId") is not { Length: > 0 } location)
            WriteError(exchange, 400, "locationId is needed.");
        else if (World.Names.AgencyOfLocation(location) != agency)
            WriteError(exchange, 403, "The token has no access to this location.");
        else
        {
            exchange.Json(200, json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("calendars"u8);
                foreach (var calendar in World.CalendarsOf(SandboxProvider.HighLevel, agency))
                    WriteCalendar(json, in calendar);
                json.WriteEndArray();
                json.WriteEndObject();
            });
        }
    }

    private void One(Exchange exchange)
    {
        if (!TryApi(exchange, out var agency))
            return;
        if (exchange.Calendar is not { } calendar || calendar.Agency != agency)
        {
            WriteError(exchange, 404, "The calendar was not found.");
            return;
        }

        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("calendar"u8);
            WriteCalendar(json, in calendar);
            json.WriteEndObject();
        });
    }

    private void WriteCalendar(Utf8JsonWriter json, in CalendarTraits calendar)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, World.Names.HighLevelId(calendar.Key.Index));
        json.WriteString("locationId"u8, World.Names.HighLevelLocation(calendar.Agency));
        json.WriteString("name"u8, $"{calendar.Word} {calendar.Key.Index}");
        json.WriteBoolean("isActive"u8, true);
        json.WriteString("slug"u8, CalendarNames.HighLevelSlug(in calendar));
        json.WriteString("widgetSlug"u8, CalendarNames.HighLevelSlug(in calendar));
        json.WriteString("calendarType"u8, "event"u8);
        json.WriteNumber("slotDuration"u8, calendar.Durations[0]);
        json.WriteString("slotDurationUnit"u8, "mins"u8);
        json.WriteNumber("slotInterval"u8, Math.Min(30, calendar.Durations[0]));
        json.WriteString("slotIntervalUnit"u8, "mins"u8);
        json.WriteEndObject();
    }
}
