using System.Text.Json;
using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.Snapshots;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class CalendarEventsInSqlite() : CalendarEventsSpec(new SqliteTestDatabase());

public sealed class CalendarEventsInPostgres(SharedPostgres postgres) : CalendarEventsSpec(new PostgresTestDatabase(postgres));

// What fetches have shown, told to the agencies that use the calendar and want to know
public abstract class CalendarEventsSpec(TestDatabase database) : StorageSpec(database)
{
    [Fact]
    public async Task Each_agency_that_wants_to_know_is_told_of_its_own_workspaces_only_and_the_others_are_not()
    {
        var link = Some.Link();
        var (first, second, silent) = (await AgencyAsync(), await AgencyAsync(), await AgencyAsync());
        var calendar = await UseAsync(link, first, first, second, silent);
        var one = await EndpointAsync(first, EventTypes.AvailabilityChanged);
        var two = await EndpointAsync(second, EventTypes.AvailabilityChanged, EventTypes.CalendarUnhealthy);
        var other = await EndpointAsync(silent, EventTypes.BookingConfirmed);

        // Whoever puts it into a workspace makes it due, which is a change of its own.
        var epoch = (await Storage.Snapshots.LoadAsync(calendar.Id, Token))!.State.Epoch;
        await WriteAsync(calendar.Id, epoch, CalendarNews.AvailabilityChanged);

        var told = JsonElement.Parse((await LogAsync(one)).ShouldHaveSingleItem().Payload);
        told.GetProperty("type").GetString().ShouldBe("availability.changed");
        told.GetProperty("data").GetProperty("calendarId").GetString().ShouldBe(calendar.Id);
        told.GetProperty("data").GetProperty("workspaceIds").EnumerateArray().Select(id => id.GetString()).ShouldBe(workspaces[first].Order(StringComparer.Ordinal));
        told.GetProperty("data").GetProperty("epoch").GetInt64().ShouldBe(epoch + 1);
        told.GetProperty("data").GetProperty("slotCount").GetInt32().ShouldBe(3);
        var elsewhere = (await LogAsync(two)).ShouldHaveSingleItem();
        JsonElement.Parse(elsewhere.Payload).GetProperty("data").GetProperty("workspaceIds").EnumerateArray().Select(id => id.GetString()).ShouldBe(workspaces[second]);
        foreach (var foreign in workspaces[first].Concat(workspaces[silent]))
            elsewhere.Payload.ShouldNotContain(foreign);
        (await LogAsync(other)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_change_that_still_waits_is_replaced_by_the_next_and_one_that_is_being_sent_is_not()
    {
        var agency = await AgencyAsync();
        var calendar = await UseAsync(Some.Link(), agency);
        var endpoint = await EndpointAsync(agency, EventTypes.AvailabilityChanged);
        await WriteAsync(calendar.Id, 1, CalendarNews.AvailabilityChanged);
        await WriteAsync(calendar.Id, 2, CalendarNews.AvailabilityChanged);
        EpochOf((await LogAsync(endpoint)).ShouldHaveSingleItem()).ShouldBe(3);

        (await Storage.Deliveries.TakeDueAsync(new DeliveryPlaces(10, 10, 10), TimeSpan.FromMinutes(1), Token)).Count.ShouldBe(1);
        await WriteAsync(calendar.Id, 3, CalendarNews.AvailabilityChanged);
        (await LogAsync(endpoint)).Select(EpochOf).Order().ShouldBe([3, 4]);
    }

    [Fact]
    public async Task Being_unhealthy_and_recovering_are_told_with_the_reason_and_never_replaced()
    {
        var agency = await AgencyAsync();
        var calendar = await UseAsync(Some.Link(), agency);
        var endpoint = await EndpointAsync(agency, EventTypes.CalendarUnhealthy, EventTypes.CalendarRecovered);
        var failed = CalendarState.New with { LastAttemptAt = Some.Monday, Failures = 3, Error = new RefreshError(RefreshErrorCodes.Unauthorized, "HTTP 401", Some.Monday) };
        await Storage.Snapshots.WriteAsync([new SnapshotWrite(calendar.Id, 1, failed, null, null) { News = CalendarNews.Unhealthy }], null, Token);
        await Storage.Snapshots.WriteAsync(
            [new SnapshotWrite(calendar.Id, 1, CalendarState.New with { LastAttemptAt = Some.Monday.AddMinutes(1), LastSuccessAt = Some.Monday.AddMinutes(1) }, null, null) { News = CalendarNews.Recovered }], null, Token);

        var log = (await LogAsync(endpoint)).OrderBy(one => one.Id, StringComparer.Ordinal).ToList();
        log.Select(one => one.Type).Order().ShouldBe([EventTypes.CalendarRecovered, EventTypes.CalendarUnhealthy]);
        var unhealthy = JsonElement.Parse(log.Single(one => one.Type == EventTypes.CalendarUnhealthy).Payload).GetProperty("data").GetProperty("error");
        unhealthy.GetProperty("code").GetString().ShouldBe("unauthorized");
        JsonElement.Parse(log.Single(one => one.Type == EventTypes.CalendarRecovered).Payload).GetProperty("data").TryGetProperty("error", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Nothing_is_told_of_a_write_that_did_not_count()
    {
        var agency = await AgencyAsync();
        var calendar = await UseAsync(Some.Link(), agency);
        var endpoint = await EndpointAsync(agency, EventTypes.AvailabilityChanged);
        await WriteAsync(calendar.Id, 1, CalendarNews.AvailabilityChanged);
        // An invalidation since makes what began before it worthless.
        await Storage.Snapshots.BumpAsync([calendar.Id], Token);
        await WriteAsync(calendar.Id, 1, CalendarNews.AvailabilityChanged);
        EpochOf((await LogAsync(endpoint)).ShouldHaveSingleItem()).ShouldBe(2);
    }

    private readonly Dictionary<string, List<string>> workspaces = new(StringComparer.Ordinal);

    private async Task<string> AgencyAsync()
    {
        var agency = (await Some.AgencyAsync(Storage)).Id;
        workspaces[agency] = [];
        return agency;
    }

    /// <summary>A workspace of each agency that uses the calendar.</summary>
    private async Task<Calendar> UseAsync(CalendarRequest link, params string[] agencies)
    {
        Calendar? calendar = null;
        foreach (var agency in agencies)
        {
            calendar = await Some.CalendarAsync(Storage, link, agency);
            workspaces[agency] = [.. (await Storage.Workspaces.ListAsync(agency, null, null, 100, Token)).Select(one => one.Id)];
        }
        return calendar!;
    }

    private async Task<WebhookEndpoint> EndpointAsync(string agencyId, params string[] events)
    {
        var endpoint = new WebhookEndpoint(Ids.New(Ids.Webhook), agencyId, "https://a.example/hook", events, [1], null, null, Some.Monday, null, null, false);
        (await Storage.Deliveries.CreateAsync(endpoint, Token)).ShouldBeTrue();
        return endpoint;
    }

    private Task WriteAsync(string calendarId, long beganAt, CalendarNews news) => Storage.Snapshots.WriteAsync(
        [new SnapshotWrite(
            calendarId, beganAt, CalendarState.New with { Epoch = beganAt + 1, LastAttemptAt = Some.Monday.AddMinutes(beganAt), LastSuccessAt = Some.Monday.AddMinutes(beganAt) },
            new Snapshot([1, 2, 3], 3, 1800), null) { News = news }],
        null,
        Token);

    private Task<IReadOnlyList<Delivery>> LogAsync(WebhookEndpoint endpoint) => Storage.Deliveries.ListDeliveriesAsync(endpoint.Id, null, null, 1000, Token);

    private static long EpochOf(Delivery delivery) => JsonElement.Parse(delivery.Payload).GetProperty("data").GetProperty("epoch").GetInt64();
}
