using System.Net;
using System.Text.Json;
using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Tests.Kit;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class CalComBookingTests
{
    private const string Bookings = "https://api.cal.com/v2/bookings";
    private static readonly Calendar Calendar = Bench.ById(Provider.CalCom, "10");

    private static string Made(string uid, string status = "accepted", string start = "2026-02-03T12:00:00.000Z", string more = "") =>
        $$"""{"status":"success","data":{"id":7,"uid":"{{uid}}","status":"{{status}}","start":"{{start}}"{{more}} } }""";

    [Fact]
    public async Task A_booking_sends_start_attendee_answers_and_our_reference_and_none_of_the_flags_that_skip_checks()
    {
        using var bench = new Bench();
        bench.Stub.On(Bookings, () => StubProvider.Json(Made("u1"), HttpStatusCode.Created));
        var metadata = Enumerable.Range(0, 60).ToDictionary(i => $"key{i}", _ => new string('v', 600), StringComparer.Ordinal);
        metadata["slotkeeperReference"] = "not ours";
        metadata[new string('k', 41)] = "too long a key";
        var booking = SomeBooking.Of(Calendar, phone: "+49 (151) 234-5678");
        var result = await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar, booking, new() { ["title"] = "Haircut" }, "Bring the plans", metadata, "de-AT"), CancellationToken.None);

        result.ShouldBe(new BookResult.Booked("u1", SomeBooking.Start));
        var asked = bench.Stub.Requests.ShouldHaveSingleItem();
        (asked.Method, asked.Headers["cal-api-version"], asked.Headers["Authorization"]).ShouldBe(("POST", "2026-02-25", "Bearer " + Bench.Secret));
        var body = JsonDocument.Parse(asked.Body).RootElement;
        body.EnumerateObject().Select(m => m.Name).ShouldBe(["start", "eventTypeId", "attendee", "bookingFieldsResponses", "metadata"]);
        body.GetProperty("start").GetString().ShouldBe("2026-02-03T12:00:00Z");
        body.GetProperty("attendee").GetRawText().ShouldBe("""{"name":"Ada Lovelace","email":"ada@acme.test","timeZone":"Europe/Rome","phoneNumber":"\u002B491512345678","language":"de"}""");
        body.GetProperty("bookingFieldsResponses").GetRawText().ShouldBe("""{"title":"Haircut","notes":"Bring the plans"}""");
        var sent = body.GetProperty("metadata").EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetString()!, StringComparer.Ordinal);
        sent.Count.ShouldBe(50);
        sent["slotkeeperReference"].ShouldBe(SomeBooking.Reference);
        sent.ShouldAllBe(pair => pair.Key.Length <= 40 && pair.Value.Length <= 500);
    }

    [Fact]
    public async Task A_public_link_is_booked_by_its_names_without_a_key_and_found_by_uid_alone()
    {
        using var bench = new Bench();
        var user = Bench.ByLink("cal.com/jane/intro");
        var team = Bench.ByLink("cal.com/team/sales/intro");
        bench.Stub.On(Bookings, () => StubProvider.Json(Made("u1"), HttpStatusCode.Created));
        bench.Catalogue.Bookings.CannotBook(user).ShouldBeNull();
        await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(user), CancellationToken.None);
        await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(team), CancellationToken.None);
        bench.Stub.Requests.ShouldAllBe(r => !r.Headers.ContainsKey("Authorization"));
        bench.Stub.Requests.First().Body.ShouldContain("""{"start":"2026-02-03T12:00:00Z","eventTypeSlug":"intro","username":"jane",""");
        bench.Stub.Requests.Last().Body.ShouldContain("\"eventTypeSlug\":\"intro\",\"teamSlug\":\"sales\",");
        (await bench.Catalogue.Bookings.FindAsync(user, SomeBooking.Of(user), CancellationToken.None)).ShouldBeOfType<LookupResult.Cannot>();
        bench.Stub.On(Bookings + "/u1", Made("u1"));
        (await bench.Catalogue.Bookings.FindAsync(user, SomeBooking.Of(user, providerId: "u1"), CancellationToken.None)).ShouldBe(new LookupResult.Found("u1", SomeBooking.Start, false));
    }

    [Theory]
    [InlineData(400, "User either already has booking at this time or is not available")]
    [InlineData(400, "One of the hosts either already has booking at this time or is not available")]
    [InlineData(400, "no_available_users_found_error")]
    [InlineData(400, "fixed_hosts_unavailable_for_booking")]
    [InlineData(409, "Conflict")]
    public async Task T10_every_way_of_saying_taken_is_taken_after_one_attempt_and_never_trips_the_breaker(int status, string message)
    {
        using var bench = new Bench();
        bench.Stub.On(Bookings, (HttpStatusCode)status, Error(message));
        for (var i = 0; i < 40; i++)
            (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Taken>();
        bench.Stub.Requests.Count.ShouldBe(40);
        bench.Catalogue.Health("con_1calcom")!.State.ShouldBe(ConnectionState.Closed);
    }

    [Theory]
    [InlineData(400, "Attempting to book a meeting in the past.", Refusals.InThePast)]
    [InlineData(400, "The event type can't be booked at the \\\"start\\\" time provided. This could be because it's too soon", Refusals.OutsideWindow)]
    [InlineData(400, "Attendee with this email can't book because the maximum number of active bookings is 1", Refusals.AttendeeLimit)]
    [InlineData(400, "booking_limit_reached", Refusals.BookingLimit)]
    [InlineData(400, "responses - {title}error_required_field, ", Refusals.MissingAnswer)]
    [InlineData(400, "responses - {attendeePhoneNumber}invalid_number, ", Refusals.InvalidPhone)]
    [InlineData(400, "responses - {email}email_validation_error, ", Refusals.InvalidEmail)]
    [InlineData(400, "something new", Refusals.Refused)]
    [InlineData(401, "Invalid API Key", Refusals.Unauthorized)]
    [InlineData(403, "Missing scope", Refusals.Forbidden)]
    [InlineData(404, "eventTypeUser.notFound", Refusals.NotFound)]
    public async Task Every_other_refusal_has_a_stable_code_and_the_reason(int status, string message, string code)
    {
        using var bench = new Bench();
        bench.Stub.On(Bookings, (HttpStatusCode)status, Error(message));
        var refused = (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Refused>();
        refused.Code.ShouldBe(code);
        refused.Detail.ShouldStartWith($"calcom answered {status}: ");
    }

    [Fact]
    public async Task A_reason_that_repeats_the_attendee_or_a_secret_does_not_pass_them_on()
    {
        using var bench = new Bench();
        bench.Stub.On(Bookings, HttpStatusCode.BadRequest, Error("Ada Lovelace <ada@acme.test> is blocked"));
        var refused = (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Refused>();
        refused.Detail.ShouldBe("calcom answered 400: … <…> is blocked");
        bench.Stub.On(Bookings, HttpStatusCode.Unauthorized, Error($"Key {Bench.Secret} is wrong"));
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ToString().ShouldNotContain(Bench.Secret);
    }

    [Fact]
    public async Task An_attendee_whose_name_is_a_word_of_the_reason_does_not_change_what_it_means()
    {
        using var bench = new Bench();
        bench.Stub.On(Bookings, HttpStatusCode.BadRequest, Error("fixed_hosts_unavailable_for_booking"));
        var booking = SomeBooking.Of(Calendar);
        var host = booking with { Attendee = booking.Attendee with { Name = "Host" } };
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar, host), CancellationToken.None)).ShouldBeOfType<BookResult.Taken>();
    }

    [Fact]
    public async Task A_pending_booking_awaits_its_host_and_one_rejected_at_once_is_refused()
    {
        using var bench = new Bench();
        bench.Stub.On(Bookings, () => StubProvider.Json(Made("u1", "pending"), HttpStatusCode.Created));
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Booked>().AwaitsHost.ShouldBeTrue();
        bench.Stub.On(Bookings, () => StubProvider.Json(Made("u1", "rejected"), HttpStatusCode.Created));
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Refused>().Code.ShouldBe(Refusals.TurnedDown);
    }

    [Theory]
    [InlineData("""{"status":"success","data":{"id":7}}""")]
    [InlineData("""{"status":"error","error":{"message":"x"}}""")]
    [InlineData("""{"status":"success","data":{"uid":"a","uid":"b"}}""")]
    [InlineData("""{"status":"succ""")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task An_unreadable_success_is_unknown(string body)
    {
        using var bench = new Bench();
        bench.Stub.On(Bookings, () => StubProvider.Json(body, HttpStatusCode.Created));
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Unknown>();
        bench.Stub.On(Bookings, () => StubProvider.Html("<html>", HttpStatusCode.OK));
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Unknown>();
    }

    [Fact]
    public async Task T30_a_reschedule_gives_the_new_uid_and_a_number_is_turned_into_a_uid_first()
    {
        using var bench = new Bench();
        bench.Stub.On(Bookings + "/u1/reschedule", () => StubProvider.Json(Made("u9", start: "2026-02-04T09:00:00.000Z"), HttpStatusCode.Created)).On(Bookings + "/7", Made("u1"));
        var start = new DateTimeOffset(2026, 2, 4, 9, 0, 0, TimeSpan.Zero);
        (await bench.Catalogue.Bookings.RescheduleAsync(Calendar, SomeBooking.Of(Calendar, providerId: "u1"), start, CancellationToken.None)).ShouldBe(new BookResult.Booked("u9", start));
        bench.Stub.Requests.ShouldHaveSingleItem().Body.ShouldBe("""{"start":"2026-02-04T09:00:00Z"}""");
        (await bench.Catalogue.Bookings.RescheduleAsync(Calendar, SomeBooking.Of(Calendar, providerId: "7"), start, CancellationToken.None)).ShouldBe(new BookResult.Booked("u9", start));
    }

    [Fact]
    public async Task Cancelling_twice_is_done_both_times()
    {
        using var bench = new Bench();
        var booking = SomeBooking.Of(Calendar, providerId: "u1");
        bench.Stub.On(Bookings + "/u1/cancel", Made("u1", "cancelled"));
        (await bench.Catalogue.Bookings.CancelAsync(Calendar, booking, "No time", CancellationToken.None)).ShouldBe(new BookResult.Booked("u1", SomeBooking.Start));
        bench.Stub.Requests.ShouldHaveSingleItem().Body.ShouldBe("""{"cancellationReason":"No time"}""");
        bench.Stub.On(Bookings + "/u1/cancel", HttpStatusCode.BadRequest, Error("Can't cancel booking with uid=u1 because it has been cancelled already."));
        (await bench.Catalogue.Bookings.CancelAsync(Calendar, booking, null, CancellationToken.None)).ShouldBeOfType<BookResult.Booked>();
        bench.Stub.On(Bookings + "/u1/cancel", HttpStatusCode.NotFound, Error("not found"));
        (await bench.Catalogue.Bookings.CancelAsync(Calendar, booking, null, CancellationToken.None)).ShouldBeOfType<BookResult.Refused>().Code.ShouldBe(Refusals.NotFound);
    }

    [Fact]
    public async Task A_seat_is_cancelled_by_its_own_id_so_that_the_others_keep_theirs()
    {
        using var bench = new Bench();
        bench.Stub.On(Bookings, () => StubProvider.Json(Made("u1", more: ""","seatUid":"s1" """), HttpStatusCode.Created)).On(Bookings + "/u1/cancel", Made("u1"));
        var booked = (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Booked>();
        booked.ProviderBookingId.ShouldBe("u1/s1");
        await bench.Catalogue.Bookings.CancelAsync(Calendar, SomeBooking.Of(Calendar, providerId: booked.ProviderBookingId), "x", CancellationToken.None);
        bench.Stub.Requests.Last().Body.ShouldBe("""{"seatUid":"s1"}""");
        bench.Stub.On(Bookings + "/u1", Made("u1", more: ""","attendees":[{"seatUid":"s2"}]"""));
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar, providerId: "u1/s1"), CancellationToken.None)).ShouldBe(new LookupResult.Found("u1/s1", SomeBooking.Start, true));
    }

    [Fact]
    public async Task T12_without_an_id_it_is_found_by_our_reference_on_every_page_and_absent_only_after_the_last()
    {
        using var bench = new Bench();
        const string Other = """{"uid":"x","status":"accepted","start":"2026-02-03T12:00:00Z","metadata":{"slotkeeperReference":"other"}}""";
        var pages = new List<string>();
        bench.Stub.On(Bookings + "?", (request, _) =>
        {
            pages.Add(request.RequestUri!.Query);
            return Task.FromResult(StubProvider.Json(pages.Count == 1
                ? $$"""{"status":"success","data":[{{Other}}],"pagination":{"hasNextPage":true} }"""
                : """{"status":"success","data":[{"uid":"u8","status":"accepted","start":"2026-02-03T12:00:00.000Z","metadata":{"slotkeeperReference":"bkg_0198f2c1aa"}}],"pagination":{"hasNextPage":false} }"""));
        });
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar), CancellationToken.None)).ShouldBe(new LookupResult.Found("u8", SomeBooking.Start, false));
        pages.Count.ShouldBe(2);
        pages[1].ShouldContain("skip=100");
        bench.Stub.On(Bookings + "?", $$"""{"status":"success","data":[{{Other}}],"pagination":{"hasNextPage":false} }""");
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar), CancellationToken.None)).ShouldBe(new LookupResult.Absent());
        bench.Stub.On(Bookings + "?", """{"status":"success","data":[],"pagination":{"hasNextPage":true} }""");
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar), CancellationToken.None)).ShouldBeOfType<LookupResult.NoAnswer>();
        bench.Stub.On(Bookings + "?", HttpStatusCode.BadGateway);
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar), CancellationToken.None)).ShouldBeOfType<LookupResult.NoAnswer>();
    }

    [Fact]
    public async Task A_booking_that_was_moved_is_followed_to_where_it_is_now()
    {
        using var bench = new Bench();
        bench.Stub.On(Bookings + "/u1", Made("u1", "cancelled", more: ""","rescheduledToUid":"u9" """)).On(Bookings + "/u9", Made("u9", start: "2026-02-05T12:00:00Z"));
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar, providerId: "u1"), CancellationToken.None)).ShouldBe(new LookupResult.Found("u9", SomeBooking.Start.AddDays(2), false));

        // The old one names no successor: the one that names it is looked for.
        bench.Stub.On(Bookings + "/u1", Made("u1", "cancelled")).On(Bookings + "?", """{"status":"success","data":[{"uid":"u9","rescheduledFromUid":"u1","status":"accepted","start":"2026-02-05T12:00:00Z"}],"pagination":{"hasNextPage":false} }""");
        var moving = SomeBooking.Of(Calendar, providerId: "u1") with { Action = BookingAction.Reschedule, MovingTo = SomeBooking.Start.AddDays(2) };
        (await bench.Catalogue.Bookings.FindAsync(Calendar, moving, CancellationToken.None)).ShouldBe(new LookupResult.Found("u9", SomeBooking.Start.AddDays(2), false));
        (await bench.Catalogue.Bookings.FindAsync(Calendar, moving with { MovingTo = null }, CancellationToken.None)).ShouldBe(new LookupResult.Found("u1", SomeBooking.Start, true));
    }

    [Fact]
    public async Task Reservations_are_best_effort()
    {
        using var bench = new Bench();
        const string Url = "https://api.cal.com/v2/slots/reservations";
        bench.Stub.On(Url, () => StubProvider.Json("""{"status":"success","data":{"reservationUid":"r1","reservationUntil":"2026-02-02T12:05:00.000Z"}}""", HttpStatusCode.Created));
        (await bench.Catalogue.Bookings.ReserveAsync(Calendar, SomeBooking.Start, Hold)).ShouldBe(new ReserveResult.Reserved("r1", Bench.Noon.AddMinutes(5)));
        await bench.Catalogue.Bookings.ReleaseReservationAsync(Calendar, "r1");
        bench.Stub.Requests.Select(r => r.Method).ShouldBe(["POST", "DELETE"]);
        bench.Stub.Requests.ShouldAllBe(r => r.Headers["cal-api-version"] == "2024-09-04");
        bench.Stub.Requests.First().Body.ShouldContain("\"reservationDuration\":5");
        bench.Stub.On(Url, (HttpStatusCode)422, Error("This time slot is already reserved by another user."));
        (await bench.Catalogue.Bookings.ReserveAsync(Calendar, SomeBooking.Start, Hold)).ShouldBeOfType<ReserveResult.Reserving>();
        bench.Stub.On(Url, (HttpStatusCode)422, Error("Can't reserve a slot if the event is already booked."));
        (await bench.Catalogue.Bookings.ReserveAsync(Calendar, SomeBooking.Start, Hold)).ShouldBeOfType<ReserveResult.Booked>();
        bench.Stub.On(Url, HttpStatusCode.InternalServerError, "");
        (await bench.Catalogue.Bookings.ReserveAsync(Calendar, SomeBooking.Start, Hold)).ShouldBeOfType<ReserveResult.None>();
        bench.Catalogue.Bookings.CanReserve(Bench.ById(Provider.HubSpot, "x")).ShouldBeFalse();
        (await bench.Catalogue.Bookings.ReserveAsync(Bench.ById(Provider.HubSpot, "x"), SomeBooking.Start, Hold)).ShouldBeOfType<ReserveResult.None>();
    }

    [Fact]
    public async Task An_event_type_of_others_is_reserved_for_as_long_as_Cal_com_chooses()
    {
        using var bench = new Bench();
        const string Url = "https://api.cal.com/v2/slots/reservations";
        bench.Stub.On(Url, HttpStatusCode.Forbidden, Error("reservationDuration can only be used for reservations for event types that you own or are a member of."));
        (await bench.Catalogue.Bookings.ReserveAsync(Calendar, SomeBooking.Start, Hold)).ShouldBeOfType<ReserveResult.None>();
        bench.Stub.On(Url, () => StubProvider.Json("""{"status":"success","data":{"reservationUid":"r1","reservationUntil":"2026-02-02T12:05:00.000Z"}}""", HttpStatusCode.Created));
        (await bench.Catalogue.Bookings.ReserveAsync(Calendar, SomeBooking.Start, Hold)).ShouldBeOfType<ReserveResult.Reserved>();
        bench.Stub.Requests.Last().Body.ShouldNotContain("reservationDuration");
    }

    private static readonly TimeSpan Hold = TimeSpan.FromMinutes(5);

    private static string Error(string message) => $$"""{"status":"error","timestamp":"t","path":"/v2/bookings","error":{"code":"BadRequestException","message":"{{message}}"} }""";
}
