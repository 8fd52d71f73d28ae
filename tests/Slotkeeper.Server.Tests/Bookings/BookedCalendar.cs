using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Bookings;

/// <summary>A workspace whose calendar can be booked over HTTP, with the simulator behind it.</summary>
internal sealed class BookedCalendar
{
    private readonly WholeServer server;

    private BookedCalendar(WholeServer server, string workspaceId, SandboxCalendar calendar, string? connectionId, string? webhookUrl, string? webhookSecret)
    {
        this.server = server;
        WorkspaceId = workspaceId;
        Calendar = calendar;
        ConnectionId = connectionId;
        WebhookUrl = webhookUrl;
        WebhookSecret = webhookSecret;
    }

    public string WorkspaceId { get; }

    public SandboxCalendar Calendar { get; }

    public string? ConnectionId { get; }

    public string? WebhookUrl { get; }

    public string? WebhookSecret { get; }

    /// <summary>Half hours of the day after tomorrow, from 10:00 UTC.</summary>
    public static DateTimeOffset Slot(int number) => new DateTimeOffset(RealClock.Instance.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero).AddDays(2).AddHours(10).AddMinutes(30 * number);

    public static DateTimeOffset[] Slots(int count) => [.. Enumerable.Range(0, count).Select(Slot)];

    public static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static async Task<BookedCalendar> MakeAsync(WholeServer server, SandboxProvider provider, int slots = 8, string? resource = null)
    {
        var calendar = server.Sandbox.World.Define(new CalendarDefinition { Provider = provider, Slots = Slots(slots) });
        return await MakeAsync(server, calendar, resource: resource);
    }

    /// <param name="server">Where.</param>
    /// <param name="calendar">At the simulator.</param>
    /// <param name="connection">One that is there already, or null for a new one.</param>
    /// <param name="resource">Its name, or null for one of its own.</param>
    /// <param name="agencyId">Null for the server's own.</param>
    public static async Task<BookedCalendar> MakeAsync(WholeServer server, SandboxCalendar calendar, BookedCalendar? connection = null, string? resource = null, string? agencyId = null)
    {
        var provider = calendar.Provider.ToString().ToLowerInvariant();
        agencyId ??= server.AgencyId;
        var (connectionId, url, secret) = (connection?.ConnectionId, connection?.WebhookUrl, connection?.WebhookSecret);
        if (connectionId is null)
        {
            object credential = calendar.Provider switch
            {
                SandboxProvider.CalCom => new { apiKey = calendar.Token },
                SandboxProvider.HighLevel => new { accessToken = calendar.Token, locationId = calendar.AccountId },
                _ => new { accessToken = calendar.Token },
            };
            var made = await server.PostAsync("/v1/connections", new { agencyId, provider, name = "c", credential }, HttpStatusCode.Created);
            (connectionId, url, secret) = (made.GetProperty("id").GetString(), made.GetProperty("webhookUrl").GetString(), made.GetProperty("webhookSecret").GetString());
        }
        var workspace = await WorkspaceAsync(server, agencyId, new { provider, externalId = calendar.ExternalId, connectionId, resource });
        return new BookedCalendar(server, workspace, calendar, connectionId, url, secret);
    }

    /// <summary>By its public link, without any key.</summary>
    public static async Task<BookedCalendar> KeylessAsync(WholeServer server, SandboxCalendar calendar, string? agencyId = null)
    {
        var workspace = await WorkspaceAsync(server, agencyId ?? server.AgencyId, new { url = WholeServer.LinkOf(server.Sandbox, calendar) });
        return new BookedCalendar(server, workspace, calendar, null, null, null);
    }

    public object Wish(int slot, string? holdId = null, string name = "Ada Lovelace") => new
    {
        start = Text(Slot(slot)),
        holdId,
        attendee = new { name, email = "ada@example.com", timeZone = "Europe/Berlin" },
        metadata = new { campaign = "spring" },
    };

    public Task<Reply> BookAsync(int slot, string? key = null, string? holdId = null, string name = "Ada Lovelace") =>
        PostAsync($"/v1/workspaces/{WorkspaceId}/bookings", Wish(slot, holdId, name), key);

    public Task<Reply> HoldAsync(int slot, int? ttlSeconds = null) => PostAsync($"/v1/workspaces/{WorkspaceId}/holds", new { start = Text(Slot(slot)), ttlSeconds });

    public async Task<Reply> PostAsync(string path, object? body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key ?? Guid.NewGuid().ToString());
        return await SendAsync(request);
    }

    public async Task<Reply> DeleteAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, path);
        return await SendAsync(request);
    }

    public async Task<Reply> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request);
    }

    /// <summary>The starts that are free now, without asking the provider.</summary>
    public async Task<string[]> FreeAsync() => Starts(await server.SlotsAsync(WorkspaceId, "?refreshIfStale=false"));

    /// <summary>Reads again until the starts are as they should be.</summary>
    public async Task UntilFreeAsync(Predicate<string[]> isRight, int seconds = 20)
    {
        var until = RealClock.Instance.GetUtcNow().AddSeconds(seconds);
        string[] starts;
        while (!isRight(starts = await FreeAsync()))
        {
            Assert.True(RealClock.Instance.GetUtcNow() < until, string.Join(' ', starts));
            await Task.Delay(TimeSpan.FromMilliseconds(100), RealClock.Instance, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Reads a booking until it has a status.</summary>
    public async Task<JsonElement> UntilAsync(string bookingId, Predicate<JsonElement> isRight, int seconds = 20)
    {
        var until = RealClock.Instance.GetUtcNow().AddSeconds(seconds);
        while (true)
        {
            var booking = (await GetAsync($"/v1/bookings/{bookingId}")).Expect(HttpStatusCode.OK).Json;
            if (isRight(booking))
                return booking;
            Assert.True(RealClock.Instance.GetUtcNow() < until, booking.ToString());
            await Task.Delay(TimeSpan.FromMilliseconds(100), RealClock.Instance, TestContext.Current.CancellationToken);
        }
    }

    private static string[] Starts(JsonElement answer) => [.. answer.GetProperty("slots").EnumerateArray().Select(slot => slot.GetString()!)];

    private async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(
            response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Headers.ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    private static async Task<string> WorkspaceAsync(WholeServer server, string agencyId, object calendar)
    {
        var workspace = (await server.PostAsync("/v1/workspaces", new { agencyId, name = "w", timeZone = "Europe/Berlin" }, HttpStatusCode.Created)).GetProperty("id").GetString()!;
        using var put = await server.Http.PutAsJsonAsync($"/v1/workspaces/{workspace}/calendars/default", calendar);
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        // The simulator shares this machine with all other tests and may be late.
        for (var tries = 0; tries < 20; tries++)
        {
            using var refresh = await server.Http.PostAsync($"/v1/workspaces/{workspace}/refresh", null);
            if (refresh.IsSuccessStatusCode)
                return workspace;
            await Task.Delay(TimeSpan.FromMilliseconds(200), RealClock.Instance, TestContext.Current.CancellationToken);
        }
        throw new InvalidOperationException("The calendar could not be read.");
    }
}
