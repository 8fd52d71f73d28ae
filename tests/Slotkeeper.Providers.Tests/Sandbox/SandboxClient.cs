using System.Globalization;
using System.Net;
using System.Text.Json;
using Shouldly;
using Slotkeeper.Sandbox;
using Xunit;

namespace Slotkeeper.Providers.Tests.Sandbox;

/// <summary>A running sandbox and a plain client that reads each provider's answers without any of the product's code.</summary>
internal sealed class SandboxClient : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 10, 20, 14, 7, 0, TimeSpan.Zero);

    private SandboxClient(SandboxServer server, SandboxClock clock)
    {
        Server = server;
        Clock = clock;
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None }) { BaseAddress = server.BaseAddress };
    }

    public SandboxServer Server { get; }

    public SandboxWorld World => Server.World;

    public SandboxClock Clock { get; }

    public HttpClient Http { get; }

    public static async Task<SandboxClient> Open(SandboxOptions? options = null, DateTimeOffset? now = null)
    {
        var clock = new SandboxClock(now ?? Start);
        var server = await SandboxServer.StartAsync(options ?? new SandboxOptions(), clock, TestContext.Current.CancellationToken);
        return new SandboxClient(server, clock);
    }

    public async Task<HttpResponseMessage> Get(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task<JsonElement> Json(string path, params (string Name, string Value)[] headers)
    {
        using var response = await Get(path, headers);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await Body(response);
    }

    public static async Task<JsonElement> Body(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).RootElement;

    public static (string Name, string Value)[] Bearer(SandboxCalendar calendar) => calendar.Provider switch
    {
        SandboxProvider.HighLevel => [("Authorization", "Bearer " + calendar.Token), ("Version", "2021-04-15")],
        SandboxProvider.CalCom => [("Authorization", "Bearer " + calendar.Token), ("cal-api-version", "2024-09-04")],
        _ => [("Authorization", "Bearer " + calendar.Token)],
    };

    /// <summary>The public request for the slots from <paramref name="from"/>, as a booking page would make it.</summary>
    public static string PublicPath(SandboxCalendar calendar, DateTimeOffset from, int days, string zone, int month = 0) => calendar.Provider switch
    {
        SandboxProvider.Calendly => $"api/booking/event_types/{calendar.PublicId}/calendar/range?range_start={from:yyyy-MM-dd}&range_end={from.AddDays(days):yyyy-MM-dd}&timezone={Uri.EscapeDataString(zone)}",
        SandboxProvider.HubSpot => $"meetings-public/v3/book/availability-page?slug={Uri.EscapeDataString(calendar.Slug)}&monthOffset={month}&timezone={Uri.EscapeDataString(zone)}",
        SandboxProvider.HighLevel => $"calendars/{calendar.PublicId}/free-slots?startDate={from.ToUnixTimeMilliseconds()}&endDate={from.AddDays(days).ToUnixTimeMilliseconds()}&timezone={Uri.EscapeDataString(zone)}",
        _ => $"v2/slots?eventTypeSlug={calendar.Slug}&{(calendar.TeamSlug is null ? "username=" + calendar.Profile : "teamSlug=" + calendar.TeamSlug)}&start={Instant(from)}&end={Instant(from.AddDays(days))}&timeZone={Uri.EscapeDataString(zone)}&format=range",
    };

    public static string ApiPath(SandboxCalendar calendar, DateTimeOffset from, int days, string zone, int month = 0) => calendar.Provider switch
    {
        SandboxProvider.Calendly => $"event_type_available_times?event_type={Uri.EscapeDataString(calendar.ExternalId)}&start_time={Instant(from.AddSeconds(1))}&end_time={Instant(from.AddDays(days))}",
        SandboxProvider.HubSpot => $"scheduler/2026-09/meetings/meeting-links/book/availability-page/{Uri.EscapeDataString(calendar.Slug)}?timezone={Uri.EscapeDataString(zone)}&monthOffset={month}",
        SandboxProvider.CalCom => $"v2/slots?eventTypeId={calendar.ExternalId}&start={Instant(from)}&end={Instant(from.AddDays(days))}&timeZone={Uri.EscapeDataString(zone)}",
        _ => PublicPath(calendar, from, days, zone),
    };

    /// <summary>Every start in a provider's answer, in the order in which it came.</summary>
    public static List<DateTimeOffset> Starts(SandboxProvider provider, JsonElement body, long duration = 1_800_000) => provider switch
    {
        SandboxProvider.Calendly when body.TryGetProperty("collection", out var list) => [.. list.EnumerateArray().Select(one => Time(one.GetProperty("start_time")))],
        SandboxProvider.Calendly => [.. body.GetProperty("days").EnumerateArray().SelectMany(day => day.GetProperty("spots").EnumerateArray()).Select(spot => Time(spot.GetProperty("start_time")))],
        SandboxProvider.HubSpot =>
        [
            .. body.GetProperty("linkAvailability").GetProperty("linkAvailabilityByDuration").GetProperty(duration.ToString(CultureInfo.InvariantCulture)).GetProperty("availabilities").EnumerateArray()
                .Select(one => DateTimeOffset.FromUnixTimeMilliseconds(one.GetProperty("startMillisUtc").GetInt64())),
        ],
        SandboxProvider.HighLevel =>
        [
            .. body.EnumerateObject().Where(day => day.Name != "traceId").SelectMany(day => day.Value.GetProperty("slots").EnumerateArray())
                .Select(slot => Time(slot.ValueKind == JsonValueKind.Object ? slot.GetProperty("startTime") : slot)),
        ],
        _ => [.. body.GetProperty("data").EnumerateObject().SelectMany(day => day.Value.EnumerateArray()).Select(one => Time(one.GetProperty("start")))],
    };

    public async Task<List<DateTimeOffset>> PublicStarts(SandboxCalendar calendar, int days = 30, string zone = "UTC", int month = 0) =>
        Starts(calendar.Provider, await Json(PublicPath(calendar, Clock.GetUtcNow(), days, zone, month), ("cal-api-version", "2024-09-04")), (long)calendar.Duration.TotalMilliseconds);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }

    public static string Instant(DateTimeOffset value) => value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(JsonElement text) => DateTimeOffset.Parse(text.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.None);
}
