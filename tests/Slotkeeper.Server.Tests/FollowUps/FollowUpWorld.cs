using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Slotkeeper.Deliveries;
using Slotkeeper.FollowUps;
using Slotkeeper.Refresh;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.FollowUps;

/// <summary>One message as the receiver got it.</summary>
internal sealed record Received(string Id, JsonElement Body, IReadOnlyList<byte[]> Secrets)
{
    public string Text => Body.GetProperty("data").GetProperty("text").GetString()!;

    public string[] Starts => [.. Body.GetProperty("data").GetProperty("offers").EnumerateArray().Select(offer => offer.GetProperty("start").GetString()!)];
}

/// <summary>The wall's clock, moved by a test.</summary>
internal sealed class MovedClock : TimeProvider
{
    public TimeSpan By { get; set; }

    public override DateTimeOffset GetUtcNow() => RealClock.Instance.GetUtcNow() + By;
}

/// <summary>A pause between attempts is as short as it can be.</summary>
internal sealed class Shortest : Random
{
    public override double NextDouble() => 0;
}

/// <summary>A server with one workspace that can be told of follow-ups, and a receiver that answers what a test says.</summary>
internal sealed class FollowUpWorld : IAsyncDisposable
{
    /// <summary>Fixed, so that no test runs over midnight.</summary>
    private static readonly DateTimeOffset Today = new(RealClock.Instance.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);

    private FollowUpWorld(MovedClock clock) => Clock = clock;

    public MovedClock Clock { get; }

    public TestServer Server { get; private set; } = null!;

    public string WorkspaceId { get; private set; } = null!;

    public string Secret { get; private set; } = null!;

    public List<Received> Received { get; } = [];

    /// <summary>What the receiver answers.</summary>
    public Func<Received, Task<DeliveryResult>> Answer { get; set; } = _ => Task.FromResult<DeliveryResult>(new DeliveryResult.Accepted(204));

    /// <summary>How many starts the provider names: one of each of the coming days at 10:00 UTC, which is day for the leads of these tests.</summary>
    public int Slots { get; set; } = 5;

    public IFollowUpStore Store => Server.Service<IFollowUpStore>();

    public static async Task<FollowUpWorld> MakeAsync(int slots = 5, bool hasAddress = true, bool hasSecret = true)
    {
        var world = new FollowUpWorld(new MovedClock()) { Slots = slots };
        world.Server = await TestServer.StartAsync(clock: world.Clock, deliver: world.ReceiveAsync);
        world.Server.Providers.Answer = _ => new FetchResult.Fetched([.. Enumerable.Range(0, world.Slots).Select(day => Slot(day).ToUnixTimeSeconds())], 1800, null);
        world.WorkspaceId = await world.Server.CreateWorkspaceAsync(await world.Server.CreateAgencyAsync());
        await world.SetAsync(new { includeWeekends = true, followUps = new { deliveryUrl = hasAddress ? "https://receiver.example/in" : null } });
        if (hasSecret)
            await world.RotateAsync();
        await world.Server.PutCalendarAsync(world.WorkspaceId);
        await world.UntilReadAsync();
        return world;
    }

    public static DateTimeOffset Slot(int day) => Today.AddDays(day + 1).AddHours(10);

    public static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    public async Task SetAsync(object settings) => (await Server.PatchAsync($"/v1/workspaces/{WorkspaceId}", new { settings })).Expect(HttpStatusCode.OK);

    /// <summary>A new calendar is read by itself; a test that counts fetches must not be surprised by that one.</summary>
    private async Task UntilReadAsync()
    {
        var until = RealClock.Instance.GetUtcNow().AddSeconds(30);
        while ((await Server.GetAsync($"/v1/workspaces/{WorkspaceId}/slots?refreshIfStale=false")).Json.GetProperty("asOf").ValueKind == JsonValueKind.Null)
        {
            Assert.True(RealClock.Instance.GetUtcNow() < until, "The calendar was not read.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), RealClock.Instance, TestContext.Current.CancellationToken);
        }
    }

    public async Task<JsonElement> RotateAsync()
    {
        var rotated = (await Server.PostAsync($"/v1/workspaces/{WorkspaceId}/delivery-secret")).Expect(HttpStatusCode.OK).Json;
        Secret = rotated.GetProperty("secret").GetString()!;
        return rotated;
    }

    public Task HoldAsync(string start) => Server.PostAsync($"/v1/workspaces/{WorkspaceId}/holds", new { start, ttlSeconds = 1800 });

    /// <summary>Schedules one that is due for long.</summary>
    public async Task<string> ScheduleAsync(string template, string lead = "ada", string? zone = null, object? variables = null, string? link = null, string? locale = null) =>
        (await Server.PostAsync(
            $"/v1/workspaces/{WorkspaceId}/follow-ups",
            new { leadId = lead, leadTimeZone = zone, dueAt = "2026-01-01T00:00:00Z", template, channel = "email", variables, calendarLink = link, locale }))
            .Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;

    public async Task<JsonElement> CronAsync(string query = "") => (await Server.PostAsync("/api/cron/followups" + query, key: TestServer.CronSecret)).Expect(HttpStatusCode.OK).Json;

    public async Task<JsonElement> FindAsync(string id) => (await Server.GetAsync($"/v1/follow-ups/{id}")).Expect(HttpStatusCode.OK).Json;

    /// <summary>Makes it due again.</summary>
    public async Task ChangeAsync(string id, object change) => (await Server.PatchAsync($"/v1/follow-ups/{id}", change)).Expect(HttpStatusCode.OK);

    /// <summary>The starts of the lead's live offers.</summary>
    public async Task<string[]> LiveAsync(string lead = "ada", string state = "live") =>
        [.. (await Server.GetAsync($"/v1/workspaces/{WorkspaceId}/offers?leadId={lead}&state={state}")).Expect(HttpStatusCode.OK).Json.GetProperty("items").EnumerateArray()
            .Select(offer => offer.GetProperty("start").GetString()!)];

    public FollowUpSender Sender(IFollowUpStore? store = null) =>
        ActivatorUtilities.CreateInstance<FollowUpSender>(Server.App.Services, store ?? Store, new Shortest());

    /// <summary>Takes the only one that is due, as soon as it is.</summary>
    public async Task<FollowUp> TakeAsync(TimeSpan? lease = null)
    {
        var until = RealClock.Instance.GetUtcNow().AddSeconds(30);
        while (true)
        {
            if (await Store.TakeDueAsync(lease ?? TimeSpan.FromMinutes(1), 4, 10, TestContext.Current.CancellationToken) is [var taken])
                return taken;
            Assert.True(RealClock.Instance.GetUtcNow() < until, "Nothing became due.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), RealClock.Instance, TestContext.Current.CancellationToken);
        }
    }

    public Task<FollowUpEnd?> SendAsync(FollowUp taken, IFollowUpStore? store = null) => Sender(store).SendAsync(taken, CancellationToken.None, TestContext.Current.CancellationToken);

    private async Task<DeliveryResult> ReceiveAsync(
        Uri url, string deliveryId, DateTimeOffset at, ReadOnlyMemory<byte> body, IReadOnlyList<byte[]> secrets, CancellationToken cancellationToken)
    {
        var received = new Received(deliveryId, JsonElement.Parse(Encoding.UTF8.GetString(body.Span)), secrets);
        lock (Received)
            Received.Add(received);
        return await Answer(received).WaitAsync(cancellationToken);
    }
}
