using System.Text.Json;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Answers;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Links;
using Slotkeeper.Providers.Pipeline;

namespace Slotkeeper.Providers.HubSpot;

/// <summary>
/// Books at HubSpot's scheduler. It has no call that cancels, moves or finds a meeting, and no field for our reference: a booking
/// whose answer is lost stays in doubt.
/// </summary>
internal sealed class HubSpotBooking(ErrandSender sender, ProviderOptions options, TimeProvider clock) : IBookingAdapter
{
    private const string NoCall = "HubSpot's scheduler has no call that cancels, moves or finds a meeting. The links in its own mail to the attendee do.";

    /// <summary>HubSpot wants a last name, and not everybody has one.</summary>
    private const string NoLastName = "-";

    private static readonly BookResult.Refused Offline = new(Refusals.ProviderOffline, "HubSpot has lost the host's calendar (isOffline), so nothing was put on it.");

    public Provider Provider => Provider.HubSpot;

    public string? Lacks(Calendar calendar, OpenedConnection? connection)
    {
        if (connection is null)
            return "Booking at HubSpot needs a connection: a public link can only be read.";
        if (Credentials.Read(connection, "accessToken", out _) is Refresh.FetchResult.NotConfigured fault)
            return fault.Detail;
        return Slug(calendar) is null ? "The calendar names no HubSpot meetings page." : null;
    }

    public async Task<BookResult> BookAsync(Errand errand, BookCall call)
    {
        var slug = Slug(call.Calendar)!;
        var booking = call.Booking;
        var page = await sender.SendAsync(errand, Api(errand, HttpMethod.Get, $"/book/{Uri.EscapeDataString(slug)}?timezone={Uri.EscapeDataString(call.TimeZone)}"));
        if (page.StopsBooking() is { } stop)
            return stop;
        if (Hosts(page.Body, booking) is not { } hosts)
            return Offline;
        var millis = (long)(booking.End - booking.Start).TotalMilliseconds;
        var form = page.Body.At("customParams");
        if (form.At("durations").Items().ToArray() is { Length: > 0 } lengths && !Array.Exists(lengths, one => one.ValueKind == JsonValueKind.Number && one.TryGetInt64(out var value) && value == millis))
            return new BookResult.Refused(Refusals.DurationNotOffered, "The meetings page does not offer this length.");
        if (Missing(form, call) is { } missing)
            return missing;

        var answer = await sender.SendAsync(errand, Api(errand, HttpMethod.Post, "/book") with { Body = Texts.Json(json => Write(json, call, slug, millis, form, hosts)) });
        if (answer.Fault is not null)
            return answer.Fault;
        if (!answer.IsSuccess)
            return Refused(answer, booking.Start);
        if (answer.Body is not { } meeting || meeting.ValueKind != JsonValueKind.Object)
            return answer.Unreadable("the meeting");
        // A success that is none: a contact was made, but no calendar has the meeting.
        if (meeting.Is("isOffline") || meeting.Id("calendarEventId") is not { } id)
            return meeting.At("isOffline") is null && meeting.At("calendarEventId") is null && meeting.At("start") is null ? answer.Unreadable("the meeting") : Offline;
        return new BookResult.Booked(id, meeting.Instant("start") ?? booking.Start);
    }

    public Task<BookResult> CancelAsync(Errand errand, string id, Booking booking, string? reason) => Task.FromResult<BookResult>(new BookResult.Cannot(NoCall));

    public Task<BookResult> RescheduleAsync(Errand errand, string id, Booking booking, DateTimeOffset start) => Task.FromResult<BookResult>(new BookResult.Cannot(NoCall));

    public Task<LookupResult> FindAsync(Errand errand, Booking booking) => Task.FromResult<LookupResult>(new LookupResult.Cannot(NoCall));

    private BookResult Refused(Answer answer, DateTimeOffset start)
    {
        var marks = answer.Body.At("errors").Items().SelectMany(error => new[] { error.Text("subCategory"), error.Text("code") })
            .Append(answer.Body.Text("subCategory")).Append(answer.Body.Text("category")).ToArray();
        if (answer.Status is 307 or 308)
            return new BookResult.Refused(Refusals.Redirected, answer.Detail);
        if (answer.Status == 409 || Marked("MEETING_TIME_NOT_AVAILABLE"))
            return new BookResult.Taken(answer.Detail);
        if (Marked("MEETING_START_TIME_NOT_VALID"))
            return start <= clock.GetUtcNow() ? new BookResult.Refused(Refusals.InThePast, answer.Detail) : new BookResult.Taken(answer.Detail);
        var code = Marked("MEETING_DURATION_NOT_VALID") ? Refusals.DurationNotOffered
            : Marked("INVALID_EMAIL") || answer.Says("INVALID_EMAIL") || answer.Says("email") ? Refusals.InvalidEmail
            : Marked("REQUIRED") || answer.Says("required") || answer.Says("missing") ? Refusals.MissingAnswer
            : Refusals.Refused;
        return answer.Refused(code);

        bool Marked(string mark) => Array.Exists(marks, text => text?.Contains(mark, StringComparison.OrdinalIgnoreCase) == true);
    }

    /// <summary>
    /// The hosts who can take the meeting: connected and, as far as it says, without anything at that time. All that are connected
    /// where none seems free, as HubSpot decides. Null when it has lost every host's calendar.
    /// </summary>
    private static List<string>? Hosts(JsonElement? page, Booking booking)
    {
        if (page.Is("isOffline"))
            return null;
        var users = page.At("allUsersBusyTimes").Items().ToArray();
        var connected = Array.FindAll(users, user => !user.Is("isOffline"));
        if (users.Length > 0 && connected.Length == 0)
            return null;
        var free = Array.FindAll(connected, user => !user.At("busyTimes").Items().Any(busy =>
            busy.Instant("start") < booking.End && busy.Instant("end") > booking.Start));
        return (free.Length > 0 ? free : connected).Select(user => user.At("meetingsUser").Id("userId")).OfType<string>().ToList();
    }

    private static BookResult.Refused? Missing(JsonElement? form, BookCall call)
    {
        foreach (var field in form.At("formFields").Items())
        {
            if (field.Is("isRequired") && field.Text("name") is { } name && AnswerTo(call, name) is null && !IsOwn(name))
                return new BookResult.Refused(Refusals.MissingAnswer, $"The meetings page requires the field \"{Texts.Cut(name, 120)}\".");
        }
        return null;
    }

    /// <summary>Fields that have members of their own.</summary>
    private static bool IsOwn(string field) => field is "email" or "firstname" or "lastname" or "firstName" or "lastName";

    private static string? AnswerTo(BookCall call, string field) =>
        call.Answers.TryGetValue(field, out var answer) && answer.Length > 0 ? answer
        : field is "phone" or "mobilephone" ? call.Booking.Attendee.Phone
        : null;

    private static void Write(Utf8JsonWriter json, BookCall call, string slug, long millis, JsonElement? form, List<string> hosts)
    {
        var (first, last) = Texts.Names(call.Booking.Attendee.Name);
        json.WriteString("slug", slug);
        json.WriteString("startTime", Instants.Text(call.Booking.Start));
        json.WriteNumber("duration", millis);
        json.WriteString("firstName", first);
        json.WriteString("lastName", last.Length > 0 ? last : NoLastName);
        json.WriteString("email", call.Booking.Attendee.Email);
        json.WriteString("timezone", call.TimeZone);
        if (call.Locale is not null)
            json.WriteString("locale", call.Locale.Replace('_', '-'));
        json.WriteStartArray("formFields");
        // Only what the page has: it refuses fields that it does not know.
        foreach (var name in form.At("formFields").Items().Select(field => field.Text("name")).OfType<string>().Where(name => !IsOwn(name)))
        {
            if (AnswerTo(call, name) is not { } answer)
                continue;
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("value", answer);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        // Consent is the attendee's to give; where a page needs it, the page refuses.
        json.WriteStartArray("legalConsentResponses");
        json.WriteEndArray();
        json.WriteStartArray("likelyAvailableUserIds");
        foreach (var host in hosts)
            json.WriteStringValue(host);
        json.WriteEndArray();
    }

    private static string? Slug(Calendar calendar)
    {
        if (calendar.Url is not null)
            return BookingLinks.Parse(calendar.Url) is { Provider: Provider.HubSpot } link ? link.Parts[0] : null;
        var slug = calendar.ExternalId?.Trim('/');
        return slug is { Length: > 0 and <= 500 } ? slug : null;
    }

    private ErrandCall Api(Errand errand, HttpMethod method, string path)
    {
        Credentials.Read(errand.Connection!, "accessToken", out var token);
        return new ErrandCall(method, $"/scheduler/{options.HubSpotApiVersion}/meetings/meeting-links{path}") { Bearer = token };
    }
}
