using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Shouldly;
using Slotkeeper.Sandbox;
using Xunit;

namespace Slotkeeper.Providers.Tests.Sandbox;

/// <summary>Each provider's booking calls, written by hand from their descriptions.</summary>
internal static class BookingCalls
{
    public const string HubSpotBook = "scheduler/2026-09/meetings/meeting-links/book";

    public static DateTimeOffset Slot { get; } = new(2026, 10, 27, 15, 0, 0, TimeSpan.Zero);

    /// <summary>A calendar with four half hours from <see cref="Slot"/>.</summary>
    public static SandboxCalendar Define(SandboxClient sandbox, SandboxProvider provider, int seats = 1, string? host = null, params string[] required) => sandbox.World.Define(new CalendarDefinition
    {
        Provider = provider,
        Slots = [.. Enumerable.Range(0, 4).Select(half => Slot.AddMinutes(30 * half))],
        Seats = seats,
        Host = host,
        RequiredFields = required,
        Zone = "America/New_York",
    });

    public static (string Name, string Value)[] Headers(SandboxCalendar calendar) => calendar.Provider == SandboxProvider.CalCom
        ? [("Authorization", "Bearer " + calendar.Token), ("cal-api-version", "2026-02-25")]
        : SandboxClient.Bearer(calendar);

    public static async Task<HttpResponseMessage> Send(SandboxClient sandbox, string method, string path, object? body, (string Name, string Value)[] headers, CancellationToken? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (body is not null)
            request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        return await sandbox.Http.SendAsync(request, token ?? TestContext.Current.CancellationToken);
    }

    public static Task<HttpResponseMessage> Send(SandboxClient sandbox, SandboxCalendar calendar, string method, string path, object? body = null) =>
        Send(sandbox, method, path, body, Headers(calendar));

    /// <summary>The whole of what a provider needs to book; HighLevel's contact included.</summary>
    public static async Task<HttpResponseMessage> Book(SandboxClient sandbox, SandboxCalendar calendar, DateTimeOffset start, string reference = "ref-1", CancellationToken? token = null)
    {
        var contact = calendar.Provider == SandboxProvider.HighLevel ? await Contact(sandbox, calendar) : null;
        var (path, body) = Create(calendar, start, reference, contact);
        return await Send(sandbox, "POST", path, body, Headers(calendar), token);
    }

    public static (string Path, object Body) Create(SandboxCalendar calendar, DateTimeOffset start, string reference, string? contact = null) => calendar.Provider switch
    {
        SandboxProvider.CalCom => ("v2/bookings", new
        {
            eventTypeId = int.Parse(calendar.ExternalId, CultureInfo.InvariantCulture),
            start = SandboxClient.Instant(start),
            attendee = new { name = "Ada", email = "ada@example.com", timeZone = "Europe/Rome" },
            metadata = new { reference },
        }),
        SandboxProvider.Calendly => ("invitees", new
        {
            event_type = calendar.ExternalId,
            start_time = SandboxClient.Instant(start),
            invitee = new { name = "Ada", email = "ada@example.com", timezone = "Europe/Rome" },
            tracking = new { utm_content = reference },
        }),
        SandboxProvider.HubSpot => (HubSpotBook, new
        {
            slug = calendar.Slug,
            startTime = SandboxClient.Instant(start),
            duration = (long)calendar.Duration.TotalMilliseconds,
            firstName = "Ada",
            lastName = "Byron",
            email = "ada@example.com",
            timezone = "UTC",
            locale = "en-us",
            formFields = new[] { new { name = "reference", value = reference } },
            legalConsentResponses = Array.Empty<object>(),
            likelyAvailableUserIds = Array.Empty<string>(),
        }),
        _ => ("calendars/events/appointments", new
        {
            calendarId = calendar.ExternalId,
            locationId = calendar.AccountId,
            contactId = contact,
            startTime = NewYork(start),
            title = "Intro",
            description = "Booked for " + reference,
            appointmentStatus = "confirmed",
        }),
    };

    public static async Task<string> Contact(SandboxClient sandbox, SandboxCalendar calendar)
    {
        using var response = await Send(sandbox, calendar, "POST", "contacts/upsert", new { locationId = calendar.AccountId, name = "Ada", email = "ada@example.com" });
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (await SandboxClient.Body(response)).GetProperty("contact").GetProperty("id").GetString()!;
    }

    /// <summary>As free-slots writes it for the defined calendars; New York is four hours behind until November.</summary>
    public static string NewYork(DateTimeOffset start) => start.ToOffset(TimeSpan.FromHours(-4)).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    public static HttpStatusCode Created(SandboxProvider provider) =>
        provider is SandboxProvider.CalCom or SandboxProvider.Calendly ? HttpStatusCode.Created : HttpStatusCode.OK;

    public static string Contract(SandboxProvider provider) => provider switch
    {
        SandboxProvider.Calendly => "calendly.json",
        SandboxProvider.HubSpot => "hubspot-meetings.json",
        SandboxProvider.HighLevel => "highlevel-calendars.json",
        _ => "calcom-v2.json",
    };

    /// <summary>The body, after it was checked against the provider's description of that call and status.</summary>
    public static async Task<JsonElement> Fitting(SandboxProvider provider, string method, string documented, HttpResponseMessage response, HttpStatusCode status)
    {
        var body = await SandboxClient.Body(response);
        response.StatusCode.ShouldBe(status, body.ToString());
        var contract = Contracts.Load(Contract(provider));
        var checker = new SchemaChecker(contract);
        var responses = contract.GetProperty("paths").GetProperty(documented).GetProperty(method.ToLowerInvariant()).GetProperty("responses");
        var code = ((int)status).ToString(CultureInfo.InvariantCulture);
        if (!responses.TryGetProperty(code, out var described) && !responses.TryGetProperty("default", out described))
            described = responses.GetProperty("429");
        var schema = checker.Resolve(described).GetProperty("content").GetProperty("application/json").GetProperty("schema");
        checker.Check(schema, body).ShouldBeEmpty($"{status} of {method} {documented}: {body}");
        return body;
    }
}
