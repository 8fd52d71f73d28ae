using System.Globalization;
using System.Text.Json;
using NodaTime;
using Slotkeeper.Sandbox.Http;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox.HubSpot;

/// <summary>HubSpot: the booking page's call, which needs no key, and the scheduler API's.</summary>
internal sealed class HubSpotVoice : ProviderVoice
{
    private const string Public = "/meetings-public/v3/book/availability-page";
    private const string Scheduler = "/scheduler/";
    private const string Links = "meetings/meeting-links";
    private const string Page = Links + "/book/availability-page/";

    private static readonly string[] Versions = ["2026-09", "2026-03", "2025-09", "v3"];

    private readonly TraceIds traces;
    private readonly HubSpotBookings bookings;

    public HubSpotVoice(SandboxWorld world, RateWindows rates, TraceIds traces, BookingDesk desk)
        : base(world, rates)
    {
        this.traces = traces;
        bookings = new HubSpotBookings(this, world, desk);
    }

    protected override SandboxProvider Provider => SandboxProvider.HubSpot;

    public override bool TryRoute(Exchange exchange)
    {
        var path = exchange.Path;
        if (path == Public)
        {
            exchange.Month = AskedMonth(exchange);
            exchange.Route(SandboxProvider.HubSpot, slots: true, api: false, World.Names.ByHubSpotSlug(exchange.Query("slug") ?? ""), Availability);
            return true;
        }

        if (!path.StartsWith(Scheduler, StringComparison.Ordinal))
            return bookings.TryRouteCrm(exchange, exchange.Http.Request.Method);
        var versionEnd = path.IndexOf('/', Scheduler.Length);
        if (versionEnd < 0 || !Versions.Contains(path[Scheduler.Length..versionEnd]))
            return false;
        var rest = path[(versionEnd + 1)..];
        if (rest == Links)
        {
            exchange.Route(SandboxProvider.HubSpot, slots: false, api: true, null, MeetingLinks);
            return true;
        }

        if (!rest.StartsWith(Page, StringComparison.Ordinal))
            return bookings.TryRouteScheduler(exchange, exchange.Http.Request.Method, rest);
        // An encoded slash is left as it came. A raw one makes another path, which HubSpot does not have.
        var slug = rest[Page.Length..];
        exchange.Month = AskedMonth(exchange);
        exchange.Route(SandboxProvider.HubSpot, slots: true, api: true, slug.Contains('/', StringComparison.Ordinal) ? null : World.Names.ByHubSpotSlug(Uri.UnescapeDataString(slug)), ApiAvailability);
        return true;
    }

    public override void WriteError(Exchange exchange, int status, string detail) => WriteError(exchange, status, detail, subCategory: null);

    public void WriteError(Exchange exchange, int status, string detail, string? subCategory)
    {
        var trace = traces.Next();
        exchange.Json(status, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, "error"u8);
            json.WriteString("message"u8, status == 429 ? "You have reached your ten_secondly_rolling limit." : detail);
            json.WriteString("correlationId"u8, trace);
            if (status == 429)
            {
                json.WriteString("errorType"u8, "RATE_LIMIT"u8);
                json.WriteString("policyName"u8, "TEN_SECONDLY_ROLLING"u8);
                json.WriteString("requestId"u8, traces.Next());
            }

            json.WriteString("category"u8, status switch
            {
                400 => "VALIDATION_ERROR",
                401 => "INVALID_AUTHENTICATION",
                403 => "MISSING_SCOPES",
                404 => "OBJECT_NOT_FOUND",
                409 => "CONFLICT",
                429 => "RATE_LIMITS",
                _ => "INTERNAL_ERROR",
            });
            if (subCategory is not null)
                json.WriteString("subCategory"u8, subCategory);
            json.WriteEndObject();
        });
    }

    public override ReadOnlySpan<byte> WrongTypes(Exchange exchange) =>
        """{"linkAvailability":{"hasMore":"no","linkAvailabilityByDuration":[{"meetingDurationMillis":"half an hour","availabilities":{"startMillisUtc":"2026-12-07T15:00:00Z"}}]},"allUsersBusyTimes":{}}"""u8;

    protected override void WriteRateHeaders(Exchange exchange, RateState state)
    {
        exchange.Header("X-HubSpot-RateLimit-Max", state.Limit.ToString(CultureInfo.InvariantCulture));
        exchange.Header("X-HubSpot-RateLimit-Remaining", state.Remaining.ToString(CultureInfo.InvariantCulture));
        exchange.Header("X-HubSpot-RateLimit-Interval-Milliseconds", state.WindowMs.ToString(CultureInfo.InvariantCulture));
        exchange.Header("X-HubSpot-RateLimit-Daily", state.Daily.ToString(CultureInfo.InvariantCulture));
        exchange.Header("X-HubSpot-RateLimit-Daily-Remaining", state.DailyRemaining.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>-1 for what is no month offset.</summary>
    private static int AskedMonth(Exchange exchange) =>
        exchange.Query("monthOffset") is not { } text ? 0
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var month) && month is >= 0 and <= 24 ? month : -1;

    private void ApiAvailability(Exchange exchange)
    {
        if (!TryAuthorize(exchange, out var agency))
            return;
        if (exchange.Calendar is { } calendar && calendar.Agency != agency)
            exchange.Calendar = null;
        Availability(exchange);
    }

    private void Availability(Exchange exchange)
    {
        if (exchange.Calendar is not { } calendar)
        {
            WriteError(exchange, 404, "The meeting link's slug does not exist.");
            return;
        }

        if (exchange.QueryZone("timezone", absent: null) is not { } zone)
        {
            WriteError(exchange, 400, "timezone is missing or unknown.");
            return;
        }

        if (exchange.Month is not >= 0)
        {
            WriteError(exchange, 400, "monthOffset is not valid.");
            return;
        }

        var today = Instant.FromUnixTimeMilliseconds(exchange.Now).InZone(zone).Date;
        var month = new LocalDate(today.Year, today.Month, 1).PlusMonths(exchange.Month.Value);
        WriteMonth(exchange, in calendar, Exchange.StartOfDay(zone, month), Exchange.StartOfDay(zone, month.PlusMonths(1)));
    }

    private void WriteMonth(Exchange exchange, in CalendarTraits calendar, long from, long to)
    {
        var body = exchange.Body;
        var hasMore = to < World.Horizon(exchange.Now);
        body.Add(hasMore ? "{\"linkAvailability\":{\"hasMore\":true,\"linkAvailabilityByDuration\":{"u8 : "{\"linkAvailability\":{\"hasMore\":false,\"linkAvailabilityByDuration\":{"u8);
        foreach (var minutes in calendar.Durations)
        {
            var duration = minutes * 60_000L;
            body.Add((byte)'"');
            body.Add(duration);
            body.Add("\":{\"meetingDurationMillis\":"u8);
            body.Add(duration);
            body.Add(",\"availabilities\":["u8);
            WriteStarts(exchange, CollectSlots(exchange, in calendar, minutes, from, to), duration);
            body.Add("]},"u8);
        }

        body.DropTrailing((byte)',');
        body.Add("}},\"allUsersBusyTimes\":[{\"isOffline\":false,\"busyTimes\":["u8);
        WriteBusy(exchange, in calendar, from, to);
        body.Add("],\"meetingsUser\":{\"id\":\""u8);
        body.AddPlain(CalendarNames.HubSpotUser(calendar.Agency));
        body.Add("\",\"userId\":\""u8);
        body.AddPlain(CalendarNames.HubSpotUser(calendar.Agency));
        body.Add("\",\"calendarProvider\":\"GOOGLE\",\"isSalesStarter\":false,\"userProfile\":{\"email\":\"rep@example.com\",\"fullName\":\"Sandbox Rep\"}}}]}"u8);
    }

    private static void WriteStarts(Exchange exchange, ReadOnlySpan<long> starts, long duration)
    {
        var body = exchange.Body;
        var badAt = SlotDistortion.BadSlotAt(exchange.Fault, exchange.Slots);
        for (var i = 0; i < starts.Length; i++)
        {
            body.Add("{\"startMillisUtc\":"u8);
            if (i == badAt)
            {
                body.Add((byte)'"');
                body.AddPlain(exchange.Fault!.BadValue);
                body.Add((byte)'"');
            }
            else
            {
                body.Add(starts[i]);
            }

            body.Add(",\"endMillisUtc\":"u8);
            body.Add(starts[i] + duration);
            body.Add("},"u8);
        }

        if (starts.Length > 0)
            body.DropTrailing((byte)',');
    }

    private void WriteBusy(Exchange exchange, in CalendarTraits calendar, long from, long to)
    {
        var busy = new List<BusyInterval>();
        World.CollectBusy(in calendar, Math.Max(from, exchange.Now), to, exchange.Now, busy);
        var body = exchange.Body;
        foreach (var interval in busy)
        {
            body.Add("{\"start\":"u8);
            body.Add(interval.Start);
            body.Add(",\"end\":"u8);
            body.Add(interval.End);
            body.Add("},"u8);
        }

        if (busy.Count > 0)
            body.DropTrailing((byte)',');
    }

    private void MeetingLinks(Exchange exchange)
    {
        if (!TryAuthorize(exchange, out var agency))
            return;
        var limit = exchange.Query("limit") is { } text ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : 0 : 20;
        var skip = exchange.Query("after") is { } after ? int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var token) ? token : -1 : 0;
        if (limit is < 1 or > 100 || skip < 0)
        {
            WriteError(exchange, 400, "limit must be between 1 and 100, after one that was given out.");
            return;
        }

        var name = exchange.Query("name");
        var type = exchange.Query("type");
        var user = exchange.Query("organizerUserId");
        var all = type is not null and not "PERSONAL_LINK" || (user is not null && user != CalendarNames.HubSpotUser(agency))
            ? []
            : World.CalendarsOf(SandboxProvider.HubSpot, agency).Where(calendar => name is null || LinkName(in calendar) == name).ToList();
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("total"u8, all.Count);
            json.WriteStartArray("results"u8);
            foreach (var calendar in all.Skip(skip).Take(limit))
                WriteLink(json, in calendar);
            json.WriteEndArray();
            if (skip + limit < all.Count)
            {
                json.WriteStartObject("paging"u8);
                json.WriteStartObject("next"u8);
                json.WriteString("after"u8, (skip + limit).ToString(CultureInfo.InvariantCulture));
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        });
    }

    private static string LinkName(in CalendarTraits calendar) => $"{calendar.Word} {calendar.Key.Index}";

    private static void WriteLink(Utf8JsonWriter json, in CalendarTraits calendar)
    {
        var user = CalendarNames.HubSpotUser(calendar.Agency);
        var slug = CalendarNames.HubSpotSlug(in calendar);
        json.WriteStartObject();
        json.WriteString("id"u8, CalendarNames.HubSpotId(calendar.Key.Index));
        json.WriteString("slug"u8, slug);
        json.WriteString("link"u8, "https://meetings.hubspot.com/" + slug);
        json.WriteString("name"u8, LinkName(in calendar));
        json.WriteString("type"u8, "PERSONAL_LINK"u8);
        json.WriteString("organizerUserId"u8, user);
        json.WriteStartArray("userIdsOfLinkMembers"u8);
        json.WriteStringValue(user);
        json.WriteEndArray();
        json.WriteBoolean("defaultLink"u8, false);
        json.WriteString("createdAt"u8, "2025-01-05T10:00:00Z"u8);
        json.WriteString("updatedAt"u8, "2025-02-05T10:00:00Z"u8);
        json.WriteEndObject();
    }
}
