using System.Net;
using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Tests.Kit;
using Xunit;

namespace Slotkeeper.Providers.Tests;

/// <summary>Once, and certain about whether it can have arrived.</summary>
public sealed class BookingSenderTests
{
    private const string Made = """{"status":"success","data":{"uid":"u1","status":"accepted","start":"2026-02-03T12:00:00Z"}}""";
    private static readonly Calendar Calendar = Bench.ById(Provider.CalCom, "10");

    private static Bench Over(string address, Action<ProviderOptions>? more = null) => new(
        configure: o =>
        {
            o.CalCom.BaseUrl = address;
            more?.Invoke(o);
        },
        transport: PipelineTests.Real());

    private static Task<BookResult> BookAsync(Bench bench) => bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None);

    [Fact]
    public async Task A_connection_that_breaks_after_the_body_is_unknown_and_nothing_is_sent_again()
    {
        await using var server = new RawServer((_, _) => null);
        using var bench = Over(server.Address);
        (await BookAsync(bench)).ShouldBeOfType<BookResult.Unknown>();
        (server.Requests, server.Connections).ShouldBe((1, 1));
    }

    [Fact]
    public async Task C8_a_kept_connection_that_breaks_under_a_booking_is_not_a_reason_to_send_it_again()
    {
        // Every first request of a connection is answered, so that it is kept; the second on it is read and reset.
        await using var server = new RawServer((number, _) => number % 2 == 1 ? RawServer.Json("201 Created", Made) : null);
        using var bench = Over(server.Address);
        // Not so often that the breaker would open.
        for (var i = 1; i <= 9; i++)
        {
            (await BookAsync(bench)).ShouldBeOfType<BookResult.Booked>();
            (await BookAsync(bench)).ShouldBeOfType<BookResult.Unknown>();
            server.Requests.ShouldBe(2 * i);
        }
        server.Connections.ShouldBe(9);
    }

    [Fact]
    public async Task Calls_without_much_to_say_have_a_body_too_so_that_they_are_not_repeated_either()
    {
        var calendly = Bench.ById(Provider.Calendly, "T1");
        await using var server = new RawServer((_, head) => head.StartsWith("POST", StringComparison.Ordinal) ? null : RawServer.Json("200 OK", """{"resource":{"status":"active"}}"""));
        using var bench = Over("https://unused.example", o => o.Calendly.BaseUrl = server.Address);
        var booking = SomeBooking.Of(calendly, providerId: "https://api.calendly.com/scheduled_events/E1/invitees/I1");
        // The look at the event leaves a kept connection for the cancellation.
        (await bench.Catalogue.Bookings.CancelAsync(calendly, booking, null, CancellationToken.None)).ShouldBeOfType<BookResult.Unknown>();
        (server.Requests, server.Connections).ShouldBe((2, 1));
    }

    [Fact]
    public async Task A_port_that_nobody_listens_on_means_that_nothing_was_sent()
    {
        using var bench = Over("http://127.0.0.1:1");
        (await BookAsync(bench)).ShouldBeOfType<BookResult.NotSent>().Detail.ShouldNotContain("127.0.0.1");
        using var nameless = Over("http://no-such-host.invalid");
        (await BookAsync(nameless)).ShouldBeOfType<BookResult.NotSent>();
    }

    [Fact]
    public async Task Silence_after_sending_is_unknown_and_whoever_asked_cannot_end_it_sooner()
    {
        await using var server = new RawServer((_, _) => "");
        using var bench = Over(server.Address);
        using var source = new CancellationTokenSource();
        var booking = bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), source.Token);
        await server.FirstRequest.Task;
        await source.CancelAsync();
        booking.IsCompleted.ShouldBeFalse();
        bench.Clock.Advance(TimeSpan.FromSeconds(21));
        (await booking).ShouldBeOfType<BookResult.Unknown>().Detail.ShouldContain("no answer in time");
        server.Requests.ShouldBe(1);
    }

    [Theory]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 408 Slow\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 303 See\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"status\":")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")]
    [InlineData("nonsense\r\n\r\n")]
    public async Task No_usable_answer_is_unknown_after_exactly_one_request(string answer)
    {
        var answered = false;
        await using var server = new RawServer((_, _) => answered ? null : answer);
        using var bench = Over(server.Address);
        var booking = BookAsync(bench);
        await server.FirstRequest.Task;
        answered = true;
        // An answer that breaks off is ended by our own clock.
        while (!booking.IsCompleted)
        {
            bench.Clock.Advance(TimeSpan.FromSeconds(21));
            await Task.Yield();
        }
        (await booking).ShouldBeOfType<BookResult.Unknown>();
        server.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_with_a_booking()
    {
        using var bench = new Bench();
        bench.Stub.On("https://api.cal.com/v2/bookings", () => StubProvider.Redirect("https://elsewhere.example/", HttpStatusCode.TemporaryRedirect));
        (await BookAsync(bench)).ShouldBeOfType<BookResult.Refused>().Code.ShouldBe(Refusals.Redirected);
        bench.Stub.On("https://api.cal.com/v2/bookings", () => StubProvider.Redirect("https://elsewhere.example/"));
        (await BookAsync(bench)).ShouldBeOfType<BookResult.Unknown>();
        bench.Guarded.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Whoever_cancels_before_it_is_sent_gets_a_cancellation()
    {
        using var bench = new Bench();
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), source.Token));
        await Should.ThrowAsync<OperationCanceledException>(bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar), source.Token));
        bench.Stub.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_provider_that_is_down_opens_the_breaker_and_then_nothing_is_sent()
    {
        using var bench = new Bench();
        bench.Stub.On("https://api.cal.com/", HttpStatusCode.BadGateway);
        for (var i = 0; i < 20; i++)
            (await BookAsync(bench)).ShouldBeOfType<BookResult.Unknown>();
        (await BookAsync(bench)).ShouldBeOfType<BookResult.NotSent>();
        bench.Stub.Requests.Count.ShouldBe(20);
        bench.Catalogue.Health("con_1calcom")!.State.ShouldBe(ConnectionState.Open);
    }

    [Fact]
    public async Task Booking_uses_the_part_of_the_budget_that_reading_leaves_and_not_more()
    {
        using var bench = new Bench();
        bench.Stub.On("https://api.cal.com/v2/slots", """{"status":"success","data":{}}""").On("https://api.cal.com/v2/bookings", () => StubProvider.Json(Made, HttpStatusCode.Created));
        for (var i = 0; i < 100; i++)
            await bench.FetchAsync(Calendar);
        bench.Stub.Requests.Count.ShouldBe(96);
        for (var i = 0; i < 12; i++)
            (await BookAsync(bench)).ShouldBeOfType<BookResult.Booked>();
        for (var i = 0; i < 12; i++)
            (await bench.Catalogue.Bookings.IsStillFreeAsync(Calendar, SomeBooking.Start, CancellationToken.None)).ShouldBe(false);
        (await BookAsync(bench)).ShouldBeOfType<BookResult.RateLimited>();
        (await bench.Catalogue.Bookings.IsStillFreeAsync(Calendar, SomeBooking.Start, CancellationToken.None)).ShouldBeNull();
        bench.Stub.Requests.Count.ShouldBe(120);
    }

    [Fact]
    public async Task A_429_pauses_the_connection_and_nothing_was_done()
    {
        using var bench = new Bench();
        bench.Stub.On("https://api.cal.com/v2/bookings", () =>
        {
            var response = StubProvider.Json("{}", HttpStatusCode.TooManyRequests);
            response.Headers.TryAddWithoutValidation("Retry-After", "30");
            return response;
        });
        (await BookAsync(bench)).ShouldBe(new BookResult.RateLimited(Bench.Noon.AddSeconds(30)));
        (await BookAsync(bench)).ShouldBe(new BookResult.RateLimited(Bench.Noon.AddSeconds(30)));
        bench.Stub.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_connections_own_address_is_called_under_the_guard_and_must_be_https()
    {
        using var bench = new Bench { ConnectionBaseUrl = "https://cal.acme.example/" };
        bench.Guarded.On("https://cal.acme.example/v2/bookings", () => StubProvider.Json(Made, HttpStatusCode.Created));
        (await BookAsync(bench)).ShouldBeOfType<BookResult.Booked>();
        bench.Stub.Requests.ShouldBeEmpty();
        bench.ConnectionBaseUrl = "http://cal.acme.example/";
        (await BookAsync(bench)).ShouldBeOfType<BookResult.NotSent>().Detail.ShouldContain("Egress__AllowPrivateAddresses");
    }

    [Fact]
    public async Task What_cannot_be_booked_says_what_it_lacks()
    {
        using var bench = new Bench();
        var bookings = bench.Catalogue.Bookings;
        foreach (var link in new[] { "calendly.com/acme/intro", "meetings.hubspot.com/jane", "link.example.com/widget/bookings/intro" })
            bookings.CannotBook(Bench.ByLink(link)).ShouldNotBeNull().ShouldContain("needs a connection");
        bookings.CannotBook(Bench.ById(Provider.CalDav, "x")).ShouldNotBeNull().ShouldContain("caldav");
        bookings.CannotBook(Bench.ById(Provider.CalCom, "x")).ShouldNotBeNull().ShouldContain("externalId");
        bookings.CannotBook(Bench.ById(Provider.CalCom, "10", "con_1x")).ShouldNotBeNull().ShouldContain("SLOTKEEPER_MASTER_KEY");
        bookings.CannotBook(Bench.ById(Provider.CalCom, "10") with { ConnectionId = "con_1hubspot" }).ShouldNotBeNull();
        bookings.CannotBook(Calendar).ShouldBeNull();
        (await bookings.BookAsync(SomeBooking.Call(Calendar, SomeBooking.Of(Calendar, Bench.Noon)), CancellationToken.None)).ShouldBeOfType<BookResult.Refused>().Code.ShouldBe(Refusals.InThePast);
        bench.Stub.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void An_errand_does_not_print_its_credential()
    {
        var connection = new OpenedConnection(Provider.CalCom, new Dictionary<string, string>(StringComparer.Ordinal) { ["apiKey"] = Bench.Secret }, null);
        var errand = new Errand(Provider.CalCom, "cal_1", null, connection, null!, "https://api.cal.com", false, CancellationToken.None) { Began = 0, Private = ["ada@acme.test"] };
        errand.ToString().ShouldBe("Errand { cal_1 }");
    }
}
