using System.Net;
using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Providers.Tests.Kit;
using Slotkeeper.Providers.Webhooks;
using Xunit;

namespace Slotkeeper.Providers.Tests;

/// <summary>The calls that book, against the same descriptions. HighLevel's has no contacts: those are answered beside it.</summary>
public sealed partial class ContractTests
{
    [Theory]
    [InlineData(Provider.Calendly, "calendly", "https://api.calendly.com/event_types/AAAAAAAAAAAAAAAA", null)]
    [InlineData(Provider.Calendly, "calendly", "https://api.calendly.com/event_types/AAAAAAAAAAAAAAAA", "code=400, example=already-filled")]
    [InlineData(Provider.HubSpot, "hubspot-meetings", "jdoe/intro", null)]
    [InlineData(Provider.HubSpot, "hubspot-meetings", "jdoe/intro", "code=400, example=time-not-available")]
    [InlineData(Provider.HubSpot, "hubspot-meetings", "jdoe/intro", "code=409")]
    [InlineData(Provider.HighLevel, "highlevel-calendars", "ocQHyuzHvysMo5N5VsXc", null)]
    [InlineData(Provider.HighLevel, "highlevel-calendars", "ocQHyuzHvysMo5N5VsXc", "code=400")]
    [InlineData(Provider.CalCom, "calcom-v2", "10", null)]
    [InlineData(Provider.CalCom, "calcom-v2", "10", "code=400, example=host-unavailable")]
    public async Task A_booking_keeps_to_the_providers_description(Provider provider, string file, string externalId, string? prefer)
    {
        using var recorder = new BookingRecorder(prefer);
        using var bench = Over(provider, file, recorder);
        var calendar = Bench.ById(provider, externalId);
        // HighLevel's example lists this one.
        var start = new DateTimeOffset(2024, 10, 28, 15, 0, 0, TimeSpan.Zero);
        var booking = SomeBooking.Of(calendar, start, phone: "+491512345678");
        var answers = new Dictionary<string, string>(StringComparer.Ordinal) { ["company"] = "Acme", ["Company Name"] = "Acme", ["What would you like to discuss?"] = "Plans" };
        var result = await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(calendar, booking, answers, "Note", new() { ["k"] = "v" }, "en-us"), CancellationToken.None);
        recorder.Invalid.ShouldBeEmpty();
        if (prefer is null)
            result.ShouldBeOfType<BookResult.Booked>();
        else
            result.ShouldBeOfType<BookResult.Taken>();
    }

    [Theory]
    [InlineData(Provider.Calendly, "calendly", "AAAAAAAAAAAAAAAA", "https://api.calendly.com/scheduled_events/AAAAAAAAAAAAAAAA/invitees/BBBBBBBBBBBBBBBB")]
    [InlineData(Provider.HighLevel, "highlevel-calendars", "ocQHyuzHvysMo5N5VsXc", "ocQHyuzHvysMo5N5VsXc")]
    [InlineData(Provider.CalCom, "calcom-v2", "10", "booking_uid_123")]
    public async Task Cancelling_moving_and_finding_keep_to_the_providers_description(Provider provider, string file, string externalId, string id)
    {
        using var recorder = new BookingRecorder(null);
        using var bench = Over(provider, file, recorder);
        var calendar = Bench.ById(provider, externalId);
        var start = new DateTimeOffset(2024, 10, 28, 15, 0, 0, TimeSpan.Zero);
        var booking = SomeBooking.Of(calendar, start.AddDays(-1), providerId: id);
        await bench.Catalogue.Bookings.CancelAsync(calendar, booking, "No time", CancellationToken.None);
        await bench.Catalogue.Bookings.RescheduleAsync(calendar, booking, start, CancellationToken.None);
        await bench.Catalogue.Bookings.FindAsync(calendar, booking, CancellationToken.None);
        await bench.Catalogue.Bookings.FindAsync(calendar, booking with { ProviderBookingId = null }, CancellationToken.None);
        recorder.Invalid.ShouldBeEmpty();
        recorder.Count.ShouldBeGreaterThanOrEqualTo(4);
    }

    [Theory]
    [InlineData(Provider.Calendly, "calendly")]
    [InlineData(Provider.CalCom, "calcom-v2")]
    public async Task Webhooks_and_reservations_keep_to_the_providers_description(Provider provider, string file)
    {
        using var recorder = new BookingRecorder(null);
        using var bench = Over(provider, file, recorder);
        var connection = "con_1" + provider.ToName();
        await bench.Catalogue.Webhooks.RegisterAsync(connection, new Uri("https://slots.example.com/hook"), "secret", CancellationToken.None);
        await bench.Catalogue.Webhooks.CheckAsync(connection, "1", new Uri("https://slots.example.com/hook"), CancellationToken.None);
        await bench.Catalogue.Webhooks.RemoveAsync(connection, "1", CancellationToken.None);
        var calendar = Bench.ById(provider, "10");
        await bench.Catalogue.Bookings.ReserveAsync(calendar, SomeBooking.Start, TimeSpan.FromMinutes(5));
        await bench.Catalogue.Bookings.ReleaseReservationAsync(calendar, "r1");
        recorder.Invalid.ShouldBeEmpty();
        recorder.Count.ShouldBeGreaterThanOrEqualTo(4);
    }

    private Bench Over(Provider provider, string file, BookingRecorder recorder)
    {
        if (servers.Absent is { } reason)
        {
            if (Environment.GetEnvironmentVariable("SLOTKEEPER_REQUIRE_PRISM") == "1")
                Assert.Fail(reason);
            Assert.Skip(reason);
        }
        return new Bench(new DateTimeOffset(2024, 10, 20, 12, 0, 0, TimeSpan.Zero), options => Addresses(options, provider).BaseUrl = servers.Address(file), new Transport(recorder, new StubProvider()));
    }

    /// <summary>Notes what the mock server finds wrong with a request, and asks it for an example of the booking's answer.</summary>
    private sealed class BookingRecorder(string? prefer) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        public List<string> Invalid { get; } = [];

        public int Count { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Count++;
            var path = request.RequestUri!.AbsolutePath;
            if (path == "/contacts/upsert")
                return StubProvider.Json("""{"contact":{"id":"K1"}}""");
            if (prefer is not null && request.Method == HttpMethod.Post)
                request.Headers.TryAddWithoutValidation("Prefer", prefer);
            var response = await base.SendAsync(request, cancellationToken);
            if (response.StatusCode is HttpStatusCode.UnprocessableEntity or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotFound or HttpStatusCode.InternalServerError or HttpStatusCode.Unauthorized)
                Invalid.Add($"{request.Method} {request.RequestUri} -> {await response.Content.ReadAsStringAsync(cancellationToken)}");
            return response;
        }
    }
}
