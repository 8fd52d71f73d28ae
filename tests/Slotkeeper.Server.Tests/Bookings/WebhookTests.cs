using System.Net;
using System.Text;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Bookings;

/// <summary>What providers tell of their own accord, from the simulator's signature to the slots that are answered.</summary>
public sealed class WebhookTests(WholeServer server) : IClassFixture<WholeServer>
{
    [Theory]
    [InlineData(SandboxProvider.CalCom)]
    [InlineData(SandboxProvider.Calendly)]
    [InlineData(SandboxProvider.HighLevel)]
    public async Task A_booking_that_is_cancelled_at_its_provider_is_cancelled_here(SandboxProvider provider)
    {
        var calendar = await BookedCalendar.MakeAsync(server, provider);
        var booked = (await calendar.BookAsync(1)).Expect(HttpStatusCode.Created).Json;
        using var told = Subscribe(calendar);
        var there = Assert.Single(server.Sandbox.Ledger.Of(calendar.Calendar));
        server.Sandbox.Ledger.CancelInPage(provider, there.Uid);
        var cancelled = await calendar.UntilAsync(booked.GetProperty("id").GetString()!, booking => booking.GetProperty("status").GetString() == "cancelled");
        Assert.Contains("at the provider", cancelled.GetProperty("history").EnumerateArray().Last().GetProperty("note").GetString(), StringComparison.Ordinal);
        await calendar.UntilFreeAsync(starts => starts.Contains(BookedCalendar.Text(BookedCalendar.Slot(1))));
        var record = (await calendar.GetAsync($"/v1/audit?subject={booked.GetProperty("id").GetString()}")).Expect(HttpStatusCode.OK).Json.GetProperty("items")[0];
        Assert.Equal(
            ("booking.cancelled", "provider", calendar.ConnectionId),
            (record.GetProperty("action").GetString(), record.GetProperty("actor").GetProperty("kind").GetString(), record.GetProperty("actor").GetProperty("id").GetString()));
    }

    [Theory]
    [InlineData(SandboxProvider.CalCom)]
    [InlineData(SandboxProvider.Calendly)]
    [InlineData(SandboxProvider.HighLevel)]
    public async Task A_booking_that_is_moved_at_its_provider_is_moved_here(SandboxProvider provider)
    {
        var calendar = await BookedCalendar.MakeAsync(server, provider);
        var booked = (await calendar.BookAsync(1)).Expect(HttpStatusCode.Created).Json;
        using var told = Subscribe(calendar);
        var there = Assert.Single(server.Sandbox.Ledger.Of(calendar.Calendar));
        server.Sandbox.Ledger.RescheduleInPage(provider, there.Uid, BookedCalendar.Slot(4));
        var moved = await calendar.UntilAsync(
            booked.GetProperty("id").GetString()!, booking => booking.GetProperty("start").GetString() == BookedCalendar.Text(BookedCalendar.Slot(4)));
        Assert.Equal("confirmed", moved.GetProperty("status").GetString());
        await calendar.UntilFreeAsync(starts =>
            starts.Contains(BookedCalendar.Text(BookedCalendar.Slot(1))) && !starts.Contains(BookedCalendar.Text(BookedCalendar.Slot(4))));
    }

    [Theory]
    [InlineData(SandboxProvider.CalCom)]
    [InlineData(SandboxProvider.Calendly)]
    [InlineData(SandboxProvider.HighLevel)]
    public async Task A_time_that_others_book_is_taken_at_once_and_again_free_when_they_cancel(SandboxProvider provider)
    {
        var calendar = await BookedCalendar.MakeAsync(server, provider);
        using var told = Subscribe(calendar);
        var other = server.Sandbox.Ledger.BookInPage(calendar.Calendar, BookedCalendar.Slot(2));
        await calendar.UntilFreeAsync(starts => !starts.Contains(BookedCalendar.Text(BookedCalendar.Slot(2))), seconds: 5);
        var refused = await calendar.BookAsync(2);
        Assert.Contains(refused.Code, new[] { "slot_taken", "not_a_slot" });
        server.Sandbox.Ledger.CancelInPage(provider, other.Booking!.Uid);
        await calendar.UntilFreeAsync(starts => starts.Contains(BookedCalendar.Text(BookedCalendar.Slot(2))), seconds: 40);
        Assert.Empty(server.Sandbox.Ledger.Overlaps());
    }

    [Fact]
    public async Task What_is_wrongly_signed_is_401_and_changes_nothing()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var before = await calendar.FreeAsync();
        using var client = new HttpClient();
        var answers = new HashSet<string>(StringComparer.Ordinal);
        var body = $$"""{"triggerEvent":"BOOKING_CREATED","createdAt":"{{BookedCalendar.Text(RealClock.Instance.GetUtcNow())}}","payload":{"uid":"u","eventTypeId":{{calendar.Calendar.ExternalId}},"startTime":"{{BookedCalendar.Text(BookedCalendar.Slot(1))}}","endTime":"{{BookedCalendar.Text(BookedCalendar.Slot(2))}}" } }""";
        foreach (var url in new[] { calendar.WebhookUrl!, calendar.WebhookUrl! + "x", calendar.WebhookUrl!.Replace("/calcom/", "/calendly/", StringComparison.Ordinal), calendar.WebhookUrl!.Replace("/calcom/", "/nobody/", StringComparison.Ordinal) })
        {
            foreach (var signature in new[] { null, "", "no-secret-provided", new string('0', 64) })
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
                if (signature is not null)
                    request.Headers.TryAddWithoutValidation("X-Cal-Signature-256", signature);
                using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
                var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                answers.Add(new Reply(response.StatusCode, response.Content.Headers.ContentType?.MediaType, text, new Dictionary<string, string>(StringComparer.Ordinal))
                    .ExpectProblem(HttpStatusCode.Unauthorized, "invalid_signature").WithoutTrace);
            }
        }
        Assert.Single(answers);
        Assert.Equal(before, await calendar.FreeAsync());
    }

    [Fact]
    public async Task A_storm_of_repeats_is_taken_once_and_read_at_most_six_times_a_minute()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        using var told = Subscribe(calendar);
        server.Sandbox.Ledger.BookInPage(calendar.Calendar, BookedCalendar.Slot(0));
        await server.Sandbox.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        await calendar.UntilFreeAsync(starts => !starts.Contains(BookedCalendar.Text(BookedCalendar.Slot(0))), seconds: 5);
        var delivery = server.Sandbox.Webhooks.Deliveries.Last(one => one.Subscription == told.Id);
        var epoch = await EpochAsync();
        server.Sandbox.Webhooks.Replay(delivery, 500);
        await server.Sandbox.Webhooks.DrainAsync(TestContext.Current.CancellationToken);
        Assert.All(server.Sandbox.Webhooks.Deliveries.Where(one => one.Subscription == told.Id), one => Assert.Equal(202, one.Status));
        // What is new among many still leads to few reads.
        for (var slot = 1; slot < 8; slot++)
            server.Sandbox.Ledger.BookInPage(calendar.Calendar, BookedCalendar.Slot(slot));
        await calendar.UntilFreeAsync(starts => starts.Length == 0, seconds: 15);
        Assert.InRange(await EpochAsync() - epoch, 1, 16);

        async Task<long> EpochAsync() => (await server.SlotsAsync(calendar.WorkspaceId, "?refreshIfStale=false")).GetProperty("epoch").GetInt64();
    }

    private Told Subscribe(BookedCalendar calendar) => new(
        server.Sandbox, server.Sandbox.Webhooks.Subscribe(calendar.Calendar, new Uri(calendar.WebhookUrl!), calendar.WebhookSecret!).Id);

    private sealed class Told(SandboxServer sandbox, long id) : IDisposable
    {
        public long Id => id;

        public void Dispose() => sandbox.Webhooks.Unsubscribe(id);
    }
}
