using System.Text.Json;
using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class DeliveryStoreInSqlite() : DeliveryStoreSpec(new SqliteTestDatabase());

public sealed class DeliveryStoreInPostgres(SharedPostgres postgres) : DeliveryStoreSpec(new PostgresTestDatabase(postgres));

// Endpoints: made, changed, rotated, deleted, too many. Deliveries: taken fairly and once, reported on, lease run out, replayed, forgotten.
// Fan-out: to whom; with its cause, and gone with it
public abstract class DeliveryStoreSpec(TestDatabase database) : BookingSpec(database)
{
    private static readonly DeliveryPlaces Places = new(2, 100, 100);
    private static readonly DeliveryVerdict.Retry AtOnce = new(TimeSpan.FromMicroseconds(1), 500, "The receiver answered 500.");

    [Fact]
    public async Task An_endpoint_reads_as_it_was_made_and_as_it_was_changed()
    {
        var endpoint = await EndpointAsync(events: [EventTypes.BookingConfirmed, EventTypes.OfferWithdrawn]);
        Same((await Storage.Deliveries.FindAsync(endpoint.Id, Token))!, endpoint);

        var changed = await Storage.Deliveries.ChangeAsync(endpoint.Id, new EndpointChange("https://b.example/", [EventTypes.BookingCancelled], null), Token);
        Same(changed!, endpoint with { Url = "https://b.example/", Events = [EventTypes.BookingCancelled] });
        Same((await Storage.Deliveries.ChangeAsync(endpoint.Id, new EndpointChange(null, null, null), Token))!, changed!);
        Same((await Storage.Deliveries.ListAsync(endpoint.AgencyId, null, 10, Token)).Single(), changed!);

        (await Storage.Deliveries.DeleteAsync(endpoint.Id, Token)).ShouldBeTrue();
        (await Storage.Deliveries.DeleteAsync(endpoint.Id, Token)).ShouldBeFalse();
        (await Storage.Deliveries.FindAsync(endpoint.Id, Token)).ShouldBeNull();
        (await Storage.Deliveries.ChangeAsync(endpoint.Id, new EndpointChange(null, null, true), Token)).ShouldBeNull();
        (await Storage.Deliveries.RotateAsync(endpoint.Id, [1], TimeSpan.FromDays(1), Token)).ShouldBeNull();
        (await Storage.Deliveries.AddAsync(endpoint.Id, EventTypes.Test, "{}", Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Of_forty_endpoints_made_at_once_an_agency_keeps_as_many_as_are_allowed()
    {
        var agency = await Some.AgencyAsync(Storage);
        var made = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(() => Storage.Deliveries.CreateAsync(New(agency.Id), Token))));
        made.Count(isMade => isMade).ShouldBe(IDeliveryStore.MaximumEndpoints);
        (await Storage.Deliveries.CreateAsync(New("agy_none"), Token)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_rotation_keeps_one_secret_before()
    {
        var endpoint = await EndpointAsync();
        await Storage.Deliveries.RotateAsync(endpoint.Id, [7], TimeSpan.FromHours(24), Token);
        var rotated = (await Storage.Deliveries.RotateAsync(endpoint.Id, [8], TimeSpan.FromHours(24), Token))!;

        (rotated.SealedSecret, rotated.SealedPreviousSecret).ShouldBe(([8], [7]), Comparer);
        (rotated.PreviousUntil - (await Storage.CheckAsync(Token)).DatabaseTime)!.Value.ShouldBeInRange(TimeSpan.FromHours(23.9), TimeSpan.FromHours(24));
    }

    [Fact]
    public async Task An_agency_goes_with_its_endpoints_and_their_deliveries()
    {
        var endpoint = await EndpointAsync();
        await AddAsync(endpoint);
        await Storage.Agencies.DeleteAsync(endpoint.AgencyId, Token);
        (await NumberAsync("SELECT count(*) FROM webhook_endpoints")).ShouldBe(0);
        (await NumberAsync("SELECT count(*) FROM deliveries")).ShouldBe(0);
    }

    [Fact]
    public async Task What_is_due_is_taken_one_of_each_endpoint_and_at_most_two_under_way()
    {
        var busy = await EndpointAsync();
        var other = await EndpointAsync();
        for (var i = 0; i < 5; i++)
        {
            await AddAsync(busy);
            await ClockTickAsync();
        }
        await AddAsync(other);

        (await TakeAsync()).Select(one => one.EndpointId).ShouldBe([busy.Id, other.Id], ignoreOrder: true);
        (await TakeAsync()).ShouldHaveSingleItem().EndpointId.ShouldBe(busy.Id);
        (await TakeAsync()).ShouldBeEmpty();
        var log = (await LogAsync(busy)).Reverse().ToList();
        log.Select(one => one.Attempts).ShouldBe([1, 1, 0, 0, 0], "the oldest first");
    }

    [Fact]
    public async Task Many_who_take_at_once_never_get_the_same()
    {
        var endpoints = new List<WebhookEndpoint>();
        for (var i = 0; i < 12; i++)
            endpoints.Add(await EndpointAsync());
        foreach (var endpoint in endpoints)
            await AddAsync(endpoint);

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Storage.Deliveries.TakeDueAsync(Places, TimeSpan.FromMinutes(1), Token))));

        taken.SelectMany(one => one).Select(one => one.Delivery.EndpointId).ShouldBe(endpoints.Select(one => one.Id), ignoreOrder: true);
    }

    [Fact]
    public async Task Endpoints_that_fail_or_are_slow_have_places_of_their_own()
    {
        var failing = await EndpointAsync();
        var slow = await EndpointAsync();
        var sound = await EndpointAsync();
        await AddAsync(failing);
        await Storage.Deliveries.RetryAsync(await TakenAsync(), AtOnce, Token);
        await AddAsync(slow);
        await Storage.Deliveries.DeliveredAsync(await TakenAsync(slow), 200, isSlow: true, Token);
        await AddAsync(slow);
        await AddAsync(sound);

        (await TakeAsync(new DeliveryPlaces(2, 10, 0))).ShouldHaveSingleItem().EndpointId.ShouldBe(sound.Id);
        (await TakeAsync(new DeliveryPlaces(2, 10, 1))).Count.ShouldBe(1);
        (await TakeAsync(new DeliveryPlaces(2, 0, 10))).ShouldAllBe(one => one.EndpointId != sound.Id);
        (await Storage.Deliveries.FindAsync(slow.Id, Token))!.ShouldSatisfyAllConditions(one => one.IsTroubled.ShouldBeTrue(), one => one.FailingSince.ShouldBeNull());
    }

    [Fact]
    public async Task Accepted_is_the_end_and_a_failure_before_it_is_forgotten()
    {
        var endpoint = await EndpointAsync();
        await AddAsync(endpoint);
        var first = await TakenAsync();
        (await Storage.Deliveries.RetryAsync(first, AtOnce, Token)).ShouldBeTrue();
        (await Storage.Deliveries.FindAsync(endpoint.Id, Token))!.FailingSince.ShouldNotBeNull();
        var failed = (await LogAsync(endpoint)).Single();
        (failed.State, failed.LastStatus, failed.LastError).ShouldBe((DeliveryState.Pending, 500, AtOnce.Error));
        await ClockTickAsync();

        var second = await TakenAsync();
        second.Endpoint.IsTroubled.ShouldBeTrue();
        (await Storage.Deliveries.DeliveredAsync(first, 200, false, Token)).ShouldBeFalse("somebody has taken it since");
        (await Storage.Deliveries.DeliveredAsync(second, 204, false, Token)).ShouldBeTrue();
        (await Storage.Deliveries.RetryAsync(second, AtOnce, Token)).ShouldBeFalse();

        var delivered = (await LogAsync(endpoint)).Single();
        (delivered.State, delivered.Attempts, delivered.LastStatus, delivered.LastError, delivered.NextAt).ShouldBe((DeliveryState.Delivered, 2, 204, null, null));
        delivered.DeliveredAt.ShouldNotBeNull();
        (await TakeAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_node_had_taken_that_died_comes_again_and_its_late_report_counts_for_nothing()
    {
        var endpoint = await EndpointAsync();
        await AddAsync(endpoint);
        var dead = (await Storage.Deliveries.TakeDueAsync(Places, TimeSpan.FromMicroseconds(1), Token)).Single();
        await ClockTickAsync();

        var again = await TakenAsync();
        (again.Delivery.Id, again.Delivery.EventId, again.Delivery.Attempts).ShouldBe((dead.Delivery.Id, dead.Delivery.EventId, 2));
        (await Storage.Deliveries.FailAsync(dead, new DeliveryVerdict.Failed(null, "late", null), Token)).ShouldBeFalse();
        (await Storage.Deliveries.DeliveredAsync(again, 200, false, Token)).ShouldBeTrue();
    }

    [Fact]
    public async Task Disabling_gives_up_what_waits_and_enabling_starts_afresh()
    {
        var endpoint = await EndpointAsync();
        await AddAsync(endpoint);
        await AddAsync(endpoint);
        var taken = await TakenAsync();
        (await Storage.Deliveries.FailAsync(taken, new DeliveryVerdict.Failed(410, "The receiver answered 410.", "Gone."), Token)).ShouldBeTrue();

        var disabled = (await Storage.Deliveries.FindAsync(endpoint.Id, Token))!.Disabled.ShouldNotBeNull();
        disabled.Reason.ShouldBe("Gone.");
        var log = await LogAsync(endpoint);
        log.ShouldAllBe(one => one.State == DeliveryState.Failed);
        log.Select(one => one.LastError).ShouldBe(["The receiver answered 410.", "Given up because the endpoint was disabled."], ignoreOrder: true);
        (await Storage.Deliveries.AddAsync(endpoint.Id, EventTypes.Test, "{}", Token)).ShouldBeNull();
        (await Storage.Deliveries.ReplayAsync(taken.Delivery.Id, Token)).ShouldBeNull();
        (await TakeAsync()).ShouldBeEmpty();

        var enabled = (await Storage.Deliveries.ChangeAsync(endpoint.Id, new EndpointChange(null, null, true), Token))!;
        (enabled.Disabled, enabled.FailingSince, enabled.IsTroubled).ShouldBe((null, null, false));
        (await Storage.Deliveries.ReplayAsync(taken.Delivery.Id, Token)).ShouldNotBeNull();
        (await Storage.Deliveries.ChangeAsync(endpoint.Id, new EndpointChange(null, null, false), Token))!.Disabled.ShouldNotBeNull();
        (await LogAsync(endpoint)).ShouldAllBe(one => one.State == DeliveryState.Failed);
    }

    [Fact]
    public async Task A_replay_is_the_same_event_once_more()
    {
        var endpoint = await EndpointAsync();
        await AddAsync(endpoint);
        var first = await TakenAsync();
        await Storage.Deliveries.DeliveredAsync(first, 200, false, Token);

        var replayed = (await Storage.Deliveries.ReplayAsync(first.Delivery.Id, Token))!;
        replayed.Id.ShouldNotBe(first.Delivery.Id);
        (replayed.EventId, replayed.Payload, replayed.Type).ShouldBe((first.Delivery.EventId, first.Delivery.Payload, first.Delivery.Type));
        Text(await Storage.Deliveries.FindDeliveryAsync(replayed.Id, Token)).ShouldBe(Text(replayed));
        (await TakenAsync()).Delivery.Id.ShouldBe(replayed.Id);
        (await Storage.Deliveries.ReplayAsync("dlv_none", Token)).ShouldBeNull();
    }

    [Fact]
    public async Task The_log_is_read_in_pages_newest_first_and_by_state()
    {
        var endpoint = await EndpointAsync();
        for (var i = 0; i < 5; i++)
        {
            await AddAsync(endpoint);
            await ClockTickAsync();
        }
        await Storage.Deliveries.DeliveredAsync(await TakenAsync(), 200, false, Token);

        var all = await LogAsync(endpoint);
        all.Select(one => one.CreatedAt).ShouldBe(all.Select(one => one.CreatedAt).OrderDescending());
        var page = await Storage.Deliveries.ListDeliveriesAsync(endpoint.Id, null, null, 2, Token);
        var next = await Storage.Deliveries.ListDeliveriesAsync(endpoint.Id, null, page[^1].Id, 2, Token);
        page.Concat(next).Select(one => one.Id).ShouldBe(all.Take(4).Select(one => one.Id));
        (await Storage.Deliveries.ListDeliveriesAsync(endpoint.Id, DeliveryState.Delivered, null, 10, Token)).ShouldHaveSingleItem().Id.ShouldBe(all[^1].Id);
    }

    [Fact]
    public async Task The_log_is_forgotten_after_two_weeks()
    {
        var endpoint = await EndpointAsync();
        await AddAsync(endpoint);
        await Storage.Deliveries.DeliveredAsync(await TakenAsync(), 200, false, Token);
        await Database.SqlAsync($"UPDATE deliveries SET created_at = created_at - {14L * 86_400_000_000}");
        await AddAsync(endpoint);

        await TakeAsync();

        (await LogAsync(endpoint)).ShouldHaveSingleItem().State.ShouldBe(DeliveryState.Pending);
    }

    [Fact]
    public async Task A_booking_that_is_confirmed_and_then_cancelled_is_told_to_whoever_of_its_agency_asked()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var agency = await Some.AgencyAsync(Storage);
        var both = await EndpointAsync(agency.Id, [EventTypes.BookingConfirmed, EventTypes.BookingCancelled]);
        var cancelled = await EndpointAsync(agency.Id, [EventTypes.BookingCancelled]);
        var disabled = await EndpointAsync(agency.Id);
        await Storage.Deliveries.ChangeAsync(disabled.Id, new EndpointChange(null, null, false), Token);
        var foreign = await EndpointAsync();
        var begun = Begun(await Storage.Bookings.BeginCreateAsync(
            Intent(calendar, Some.Monday, leadId: "lead-1") with { AgencyId = agency.Id }, calendar.ResourceId, null, Key(), Token));
        (await NumberAsync("SELECT count(*) FROM deliveries")).ShouldBe(0, "an intent is nothing to tell");

        var booked = await EndedAsync(begun, Ended(begun, BookingStatus.Confirmed) with { ProviderBookingId = "prv_1" });
        var moving = await ChangingAsync(booked, BookingAction.Reschedule, Some.Monday.AddHours(2));
        var moved = await EndedAsync(moving, Moved(moving, Some.Monday.AddHours(2)));
        var ending = await ChangingAsync(moved, BookingAction.Cancel);
        var gone = await EndedAsync(ending, Ended(ending, BookingStatus.Cancelled));

        var log = (await LogAsync(both)).Reverse().ToList();
        log.Select(one => one.Type).ShouldBe([EventTypes.BookingConfirmed, EventTypes.BookingConfirmed, EventTypes.BookingCancelled], ignoreOrder: true);
        var told = log.Select(one => JsonDocument.Parse(one.Payload).RootElement).ToList();
        told.ShouldAllBe(one => one.GetProperty("data").GetProperty("bookingId").GetString() == gone.Id && one.GetProperty("data").GetProperty("leadId").GetString() == "lead-1");
        told.Count(one => one.GetProperty("data").TryGetProperty("movedFrom", out _)).ShouldBe(1);
        log.ShouldAllBe(one => !one.Payload.Contains("zoe@example.org") && one.WorkspaceId == gone.WorkspaceId);
        var other = (await LogAsync(cancelled)).ShouldHaveSingleItem();
        other.EventId.ShouldBe(log.Single(one => one.Type == EventTypes.BookingCancelled).EventId, "one event, however many are told");
        (await LogAsync(disabled)).ShouldBeEmpty();
        (await LogAsync(foreign)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_event_goes_with_its_cause_when_that_is_rolled_back()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var agency = await Some.AgencyAsync(Storage);
        var endpoint = await EndpointAsync(agency.Id);
        var given = Begun(await Storage.Bookings.BeginCreateAsync(
            Intent(calendar, Some.Monday) with { AgencyId = agency.Id }, calendar.ResourceId, null, Key(), Token));
        var failed = await EndedAsync(given, Ended(given, BookingStatus.Failed));
        await BookedAsync(calendar, Some.Monday);

        // It turns out to stand after all, but its time is somebody else's by now: nothing is stored, and nothing told.
        var outcome = await Storage.Bookings.EndAsync(new BookingEnd(failed, Ended(failed, BookingStatus.Confirmed), null, null), Token);

        outcome.ShouldBe(EndOutcome.Taken);
        (await LogAsync(endpoint)).ShouldBeEmpty();
        (await Storage.Bookings.EndAsync(new BookingEnd(given, Ended(given, BookingStatus.Confirmed), null, null), Token)).ShouldBe(EndOutcome.Changed);
        (await LogAsync(endpoint)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_long_queue_of_one_endpoint_keeps_no_other_waiting()
    {
        var endpoint = await EndpointAsync();
        var other = await EndpointAsync();
        await AddAsync(endpoint);
        await Database.SqlAsync(
            $"""
            INSERT INTO deliveries (id, endpoint_id, event_id, type, payload, state, attempts, created_at, next_at)
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
            SELECT 'dlv_x' || i, '{endpoint.Id}', 'evt_x' || i, 'webhook.test', '[]', 'pending', 0, d.created_at, d.next_at + i
            FROM n CROSS JOIN (SELECT created_at, next_at FROM deliveries) AS d
            """);
        await AddAsync(other);

        (await TakeAsync()).Select(one => one.EndpointId).ShouldBe([endpoint.Id, other.Id], ignoreOrder: true);
        (await TakeAsync()).ShouldHaveSingleItem().EndpointId.ShouldBe(endpoint.Id);
    }

    private static readonly IEqualityComparer<(byte[], byte[]?)> Comparer =
        EqualityComparer<(byte[], byte[]?)>.Create((a, b) => a.Item1.SequenceEqual(b.Item1) && a.Item2!.SequenceEqual(b.Item2!));

    private static void Same(WebhookEndpoint found, WebhookEndpoint expected) => JsonSerializer.Serialize(found).ShouldBe(JsonSerializer.Serialize(expected));

    private static string Text(Delivery? delivery) => JsonSerializer.Serialize(delivery);

    private static WebhookEndpoint New(string agencyId, IReadOnlyList<string>? events = null) => new(
        Ids.New(Ids.Webhook), agencyId, "https://a.example/hook?token=x", events ?? EventTypes.All, [1, 2, 3], null, null, Some.Monday, null, null, false);

    private async Task<WebhookEndpoint> EndpointAsync(string? agencyId = null, IReadOnlyList<string>? events = null)
    {
        var endpoint = New(agencyId ?? (await Some.AgencyAsync(Storage)).Id, events);
        (await Storage.Deliveries.CreateAsync(endpoint, Token)).ShouldBeTrue();
        return endpoint;
    }

    private Task<Delivery?> AddAsync(WebhookEndpoint endpoint) =>
        Storage.Deliveries.AddAsync(endpoint.Id, EventTypes.Test, EventEnvelope.Write(EventTypes.Test, Some.Monday, _ => { }), Token);

    private async Task<List<Delivery>> TakeAsync(DeliveryPlaces? places = null) =>
        [.. (await Storage.Deliveries.TakeDueAsync(places ?? Places, TimeSpan.FromMinutes(1), Token)).Select(one => one.Delivery)];

    /// <summary>The one that is due, or the one of an endpoint.</summary>
    private async Task<TakenDelivery> TakenAsync(WebhookEndpoint? of = null) =>
        (await Storage.Deliveries.TakeDueAsync(Places, TimeSpan.FromMinutes(1), Token)).Single(one => of is null || one.Endpoint.Id == of.Id);

    private Task<IReadOnlyList<Delivery>> LogAsync(WebhookEndpoint endpoint) => Storage.Deliveries.ListDeliveriesAsync(endpoint.Id, null, null, 1000, Token);
}
