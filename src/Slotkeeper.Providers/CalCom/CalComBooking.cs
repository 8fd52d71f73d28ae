using System.Globalization;
using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Links;
using Slotkeeper.Providers.Pipeline;
using Calendar = Slotkeeper.Calendars.Calendar;

namespace Slotkeeper.Providers.CalCom;

/// <summary>
/// Books at Cal.com, with a key or, for public event types, without. The flags that switch its checks off for hosts
/// (allowConflicts, allowBookingOutOfBounds, skipBookingLimits) are never sent. A booking's id here is its uid; where several
/// attendees share one, uid and seat with a slash between, as the uid alone would cancel all of them.
/// </summary>
internal sealed class CalComBooking(ErrandSender sender) : IBookingAdapter
{
    /// <summary>Our reference's name in the booking's metadata.</summary>
    public const string ReferenceKey = "slotkeeperReference";

    private const string VersionHeader = "cal-api-version";

    /// <summary>Of the bookings endpoints; another value silently selects another shape.</summary>
    private const string Version = "2026-02-25";
    private const int MostMetadata = 50;
    private const int LongestKey = 40;
    private const int LongestValue = 500;
    private const int PageSize = 100;
    private const int MostPages = 5;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static readonly string[] TakenTexts =
    [
        "already has booking at this time", "no_available_users_found_error", "hosts_unavailable_for_booking", "booking_conflict",
        "event is already booked", "already reserved", "booking_seats_full", "no available users",
    ];

    private static readonly HashSet<string> Languages = new(StringComparer.OrdinalIgnoreCase)
    {
        "ar", "ca", "de", "es", "eu", "he", "id", "ja", "lv", "pl", "ro", "sr", "th", "vi", "az", "cs", "el", "es-419", "fi", "hr", "it", "km", "nl",
        "pt", "ru", "sv", "tr", "zh-CN", "bg", "da", "en", "et", "fr", "hu", "iw", "ko", "no", "pt-BR", "sk", "ta", "uk", "zh-TW",
    };

    public Provider Provider => Provider.CalCom;

    public string? Lacks(Calendar calendar, OpenedConnection? connection)
    {
        if (connection is not null && Credentials.Read(connection, "apiKey", out _) is Refresh.FetchResult.NotConfigured fault)
            return fault.Detail;
        if (calendar.Url is not null)
            return BookingLinks.Parse(calendar.Url) is { Provider: Provider.CalCom } ? null : "The link is not a Cal.com booking link.";
        return EventTypeId(calendar) is null ? "The externalId is not the number of a Cal.com event type." : null;
    }

    public async Task<BookResult> BookAsync(Errand errand, BookCall call)
    {
        var answer = await sender.SendAsync(errand, Call(errand, HttpMethod.Post, "/v2/bookings") with { Body = Texts.Json(json => Write(json, call)) });
        return Judge(answer, call.Booking.Start);
    }

    public async Task<BookResult> CancelAsync(Errand errand, string id, Booking booking, string? reason)
    {
        var (uid, stop) = await UidAsync(errand, id);
        if (stop is not null)
            return stop;
        var answer = await sender.SendAsync(errand, Call(errand, HttpMethod.Post, $"/v2/bookings/{Uri.EscapeDataString(uid)}/cancel") with
        {
            Body = Texts.Json(json =>
            {
                if (SeatOf(id) is { } seat)
                    json.WriteString("seatUid", seat);
                else
                    json.WriteString("cancellationReason", Texts.Cut(string.IsNullOrWhiteSpace(reason) ? "Cancelled" : reason, LongestValue));
            }),
        });
        if (answer.Fault is not null)
            return answer.Fault;
        if (answer.Status == 400 && answer.Says("already") && answer.Says("cancel"))
            return new BookResult.Booked(id, booking.Start);
        if (!answer.IsSuccess)
            return Refused(answer);
        return answer.Body.Text("status") == "success" ? new BookResult.Booked(id, booking.Start) : answer.Unreadable("saying that it succeeded");
    }

    public async Task<BookResult> RescheduleAsync(Errand errand, string id, Booking booking, DateTimeOffset start)
    {
        var (uid, stop) = await UidAsync(errand, id);
        if (stop is not null)
            return stop;
        var answer = await sender.SendAsync(errand, Call(errand, HttpMethod.Post, $"/v2/bookings/{Uri.EscapeDataString(uid)}/reschedule") with
        {
            Body = Texts.Json(json =>
            {
                // Nothing but what it needs: further members are reported to be refused.
                json.WriteString("start", Instants.Text(start));
                if (SeatOf(id) is { } seat)
                    json.WriteString("seatUid", seat);
            }),
        });
        if (answer.Status == 400 && answer.Says("has been cancelled"))
            return new BookResult.Refused(Refusals.AlreadyCancelled, answer.Detail);
        return Judge(answer, start);
    }

    /// <summary>
    /// By uid, and along the chain that reschedules leave; else by our reference in the metadata, among the attendee's bookings
    /// around the times in question.
    /// </summary>
    public async Task<LookupResult> FindAsync(Errand errand, Booking booking)
    {
        var seat = SeatOf(booking.ProviderBookingId);
        var id = UidOf(booking.ProviderBookingId);
        LookupResult.Found? over = null;
        for (var hop = 0; id is not null && hop < 4; hop++)
        {
            var answer = await sender.SendAsync(errand, Call(errand, HttpMethod.Get, "/v2/bookings/" + Uri.EscapeDataString(id)));
            if (answer.Status == 404)
                break;
            if (!answer.IsSuccess || First(answer.Body.At("data")) is not { } found || found.Text("uid") is not { } uid)
                return answer.NoAnswer();
            var seated = seat is null || found.At("attendees") is not { ValueKind: JsonValueKind.Array } attendees || attendees.EnumerateArray().Any(one => one.Text("seatUid") == seat);
            var at = new LookupResult.Found(Join(uid, seat), found.Instant("start") ?? booking.Start, IsOver(found) || !seated);
            if (!at.IsCancelled)
                return at;
            over = at;
            id = found.Text("rescheduledToUid");
        }
        // A booking that is over may have been moved; one that was not to be moved is over.
        if (over is not null && booking.MovingTo is null)
            return over;
        if (errand.Connection is null)
            return new LookupResult.Cannot("Cal.com lists bookings only with a connection; without one a booking is found by its uid alone.");
        return await SearchAsync(errand, booking, over);
    }

    private async Task<LookupResult> SearchAsync(Errand errand, Booking booking, LookupResult.Found? over)
    {
        var length = booking.End - booking.Start;
        var first = booking.MovingTo < booking.Start ? booking.MovingTo.Value : booking.Start;
        var last = booking.MovingTo > booking.Start ? booking.MovingTo.Value : booking.Start;
        for (var page = 0; page < MostPages; page++)
        {
            var path = $"/v2/bookings?attendeeEmail={Uri.EscapeDataString(booking.Attendee.Email)}&afterStart={Instants.Text(first - Minute)}&beforeEnd={Instants.Text(last + length + Minute)}"
                + string.Create(CultureInfo.InvariantCulture, $"&take={PageSize}&skip={page * PageSize}");
            var answer = await sender.SendAsync(errand, Call(errand, HttpMethod.Get, path));
            if (!answer.IsSuccess || answer.Body.At("data") is not { ValueKind: JsonValueKind.Array } data)
                return answer.NoAnswer();
            foreach (var item in data.EnumerateArray())
            {
                if (item.Text("uid") is not { } uid || !IsOurs(item, booking, out var seat))
                    continue;
                var found = new LookupResult.Found(Join(uid, seat), item.Instant("start") ?? booking.Start, IsOver(item));
                if (!found.IsCancelled)
                    return found;
                over ??= found;
            }
            if (!answer.Body.At("pagination").Is("hasNextPage"))
                return over ?? (LookupResult)new LookupResult.Absent();
        }
        return new LookupResult.NoAnswer("The attendee has more bookings around that time than are looked through.");
    }

    /// <summary>By our reference, which a shared booking has at each attendee, or as what the booking became when it was moved.</summary>
    private static bool IsOurs(JsonElement item, Booking booking, out string? seat)
    {
        foreach (var attendee in item.At("attendees").Items())
        {
            seat = attendee.Text("seatUid");
            if (seat is not null && (attendee.At("metadata").Text(ReferenceKey) == booking.Reference || seat == SeatOf(booking.ProviderBookingId)))
                return true;
        }
        seat = null;
        return item.At("metadata").Text(ReferenceKey) == booking.Reference
            || (UidOf(booking.ProviderBookingId) is { } old && SeatOf(booking.ProviderBookingId) is null && item.Text("rescheduledFromUid") == old);
    }

    private static string? UidOf(string? id) => id?.Split('/')[0];

    private static string? SeatOf(string? id) => id?.Split('/') is [_, { Length: > 0 } seat] ? seat : null;

    private static string Join(string uid, string? seat) => seat is null ? uid : uid + "/" + seat;

    /// <summary>Whether a status means that the time is not taken.</summary>
    private static bool IsOver(JsonElement booking) => booking.Text("status") is "cancelled" or "rejected";

    /// <summary>
    /// Ids that came from elsewhere may be numbers. Reading takes those, changing does not, and would say that there is no such
    /// booking.
    /// </summary>
    private async Task<(string Uid, BookResult? Stop)> UidAsync(Errand errand, string id)
    {
        id = UidOf(id)!;
        if (!id.All(char.IsAsciiDigit))
            return (id, null);
        var answer = await sender.SendAsync(errand, Call(errand, HttpMethod.Get, "/v2/bookings/" + id));
        if (answer.StopsBooking() is { } stop)
            return (id, stop);
        return First(answer.Body.At("data")).Text("uid") is { } uid ? (uid, null) : (id, new BookResult.NotSent("Cal.com names no uid for the booking."));
    }

    private static BookResult Judge(Answer answer, DateTimeOffset asked)
    {
        if (answer.Fault is not null)
            return answer.Fault;
        if (!answer.IsSuccess)
            return Refused(answer);
        if (answer.Body.Text("status") != "success" || First(answer.Body.At("data")) is not { } booking || booking.Text("uid") is not { } uid)
            return answer.Unreadable("the booking's uid");
        if (IsOver(booking))
            return new BookResult.Refused(Refusals.TurnedDown, "Cal.com made the booking and turned it down at once.");
        return new BookResult.Booked(Join(uid, booking.Text("seatUid")), booking.Instant("start") ?? asked) { AwaitsHost = booking.Text("status") == "pending" };
    }

    /// <summary>Recurring event types answer with a list.</summary>
    private static JsonElement? First(JsonElement? data) => data is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Select(item => (JsonElement?)item).FirstOrDefault() : data;

    private static BookResult Refused(Answer answer)
    {
        // Plain texts are all there is to tell them apart.
        if (answer.Status is 400 or 409 or 422 && (answer.Status == 409 || Array.Exists(TakenTexts, answer.Says)))
            return new BookResult.Taken(answer.Detail);
        if (answer.Status is 307 or 308)
            return new BookResult.Refused(Refusals.Redirected, answer.Detail);
        var code = answer switch
        {
            _ when answer.Says("in the past") => Refusals.InThePast,
            _ when answer.Says("can't be booked at the \"start\" time") || answer.Says("out_of_bounds") || answer.Says("booking notice") => Refusals.OutsideWindow,
            _ when answer.Says("maximum number of active bookings") => Refusals.AttendeeLimit,
            _ when answer.Says("limit_reached") || answer.Says("booking limit") => Refusals.BookingLimit,
            _ when answer.Says("error_required_field") => Refusals.MissingAnswer,
            _ when answer.Says("invalid_number") || answer.Says("phoneNumber") => Refusals.InvalidPhone,
            _ when answer.Says("email") => Refusals.InvalidEmail,
            _ when answer.Says("lengthInMinutes") => Refusals.DurationNotOffered,
            _ when answer.Says("responses - ") => Refusals.InvalidAnswer,
            _ => Refusals.Refused,
        };
        return answer.Refused(code);
    }

    private static void Write(Utf8JsonWriter json, BookCall call)
    {
        var calendar = call.Calendar;
        var attendee = call.Booking.Attendee;
        json.WriteString("start", Instants.Text(call.Booking.Start));
        WriteEventType(json, calendar);
        if (calendar.RequestedDurationMinutes is { } wanted && calendar.Resolved?.DurationMinutes is { } own && own != wanted)
            json.WriteNumber("lengthInMinutes", wanted);

        json.WriteStartObject("attendee");
        json.WriteString("name", attendee.Name);
        json.WriteString("email", attendee.Email);
        json.WriteString("timeZone", call.TimeZone);
        if (Texts.International(attendee.Phone) is { } phone)
            json.WriteString("phoneNumber", phone);
        if (Language(call.Locale) is { } language)
            json.WriteString("language", language);
        json.WriteEndObject();

        json.WriteStartObject("bookingFieldsResponses");
        foreach (var (question, answer) in call.Answers)
            json.WriteString(question, answer);
        if (!string.IsNullOrEmpty(call.Notes) && !call.Answers.ContainsKey("notes"))
            json.WriteString("notes", call.Notes);
        json.WriteEndObject();

        json.WriteStartObject("metadata");
        json.WriteString(ReferenceKey, Texts.Cut(call.Booking.Reference, LongestValue));
        foreach (var (key, value) in call.Metadata.Where(pair => pair.Key.Length is > 0 and <= LongestKey && pair.Key != ReferenceKey).Take(MostMetadata - 1))
            json.WriteString(key, Texts.Cut(value, LongestValue));
        json.WriteEndObject();
    }

    private static void WriteEventType(Utf8JsonWriter json, Calendar calendar)
    {
        if (calendar.Url is null)
        {
            json.WriteNumber("eventTypeId", EventTypeId(calendar)!.Value);
            return;
        }
        var parts = BookingLinks.Parse(calendar.Url)!.Parts;
        json.WriteString("eventTypeSlug", parts[^1]);
        if (parts.Count == 3)
            json.WriteString("teamSlug", parts[1]);
        else
            json.WriteString("username", parts[0]);
    }

    internal static long? EventTypeId(Calendar calendar) =>
        long.TryParse(calendar.ExternalId?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0 ? id : null;

    private static string? Language(string? locale)
    {
        if (locale is null)
            return null;
        if (Languages.TryGetValue(locale, out var exact))
            return exact;
        return Languages.TryGetValue(locale.Split('-', '_')[0], out var language) ? language : null;
    }

    private static ErrandCall Call(Errand errand, HttpMethod method, string path)
    {
        var key = "";
        if (errand.Connection is { } connection)
            Credentials.Read(connection, "apiKey", out key);
        return new ErrandCall(method, path) { Bearer = key.Length == 0 ? null : key, VersionHeader = VersionHeader, Version = Version };
    }
}
