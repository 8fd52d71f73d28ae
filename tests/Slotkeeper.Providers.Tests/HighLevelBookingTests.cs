using System.Net;
using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Tests.Kit;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class HighLevelBookingTests
{
    private const string Api = "https://services.leadconnectorhq.com";
    private const string Slots = Api + "/calendars/Cal1/free-slots";
    private const string Appointments = Api + "/calendars/events/appointments";
    private static readonly Calendar Calendar = Bench.ById(Provider.HighLevel, "Cal1");

    private static Bench Ready()
    {
        var bench = new Bench();
        bench.Stub.On(Slots, """{"2026-02-03":{"slots":["2026-02-03T06:30:00-05:00","2026-02-03T07:00:00-05:00"]},"traceId":"t"}""")
            .On(Api + "/contacts/upsert", """{"new":true,"contact":{"id":"K1"}}""")
            .On(Appointments, """{"id":"A1","appointmentStatus":"confirmed"}""");
        return bench;
    }

    [Fact]
    public async Task The_start_is_sent_back_as_the_free_slots_spell_it_after_the_contact_was_made()
    {
        using var bench = Ready();
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar, answers: new() { ["Budget"] = "10" }, notes: "Note"), CancellationToken.None)).ShouldBe(new BookResult.Booked("A1", SomeBooking.Start));
        bench.Stub.Requests.Select(r => r.Method + " " + r.Url.Split('?')[0]).ShouldBe(["GET " + Slots, "POST " + Api + "/contacts/upsert", "POST " + Appointments]);
        bench.Stub.Requests.First().Url.ShouldNotContain("timezone");
        bench.Stub.Requests.ShouldAllBe(r => r.Headers["Version"] == "2021-04-15");
        bench.Stub.Requests.Last().Body.ShouldBe(
            """{"calendarId":"Cal1","locationId":"loc","contactId":"K1","startTime":"2026-02-03T07:00:00-05:00","endTime":"2026-02-03T07:30:00-05:00","title":"Ada Lovelace \u00B7 bkg_0198f2c1aa","description":"Reference: bkg_0198f2c1aa\nNote\nBudget: 10","appointmentStatus":"confirmed","toNotify":true}""");
    }

    [Theory]
    [InlineData(400, """{"statusCode":400,"message":"The slot you have selected is no longer available.","error":"Bad Request"}""", "taken")]
    [InlineData(422, """{"statusCode":422,"message":["The slot you have selected is no longer available."],"error":"Unprocessable"}""", "taken")]
    [InlineData(409, "{}", "taken")]
    [InlineData(400, """{"message":"Calendar not found."}""", Refusals.NotFound)]
    [InlineData(400, """{"message":["startTime must be in the future, not in the past"]}""", Refusals.InThePast)]
    [InlineData(400, """{"message":"The contact id is invalid."}""", Refusals.Refused)]
    [InlineData(401, """{"message":"Invalid JWT"}""", Refusals.Unauthorized)]
    public async Task Refusals_are_told_apart(int status, string body, string expected)
    {
        using var bench = Ready();
        bench.Stub.On(Appointments, (HttpStatusCode)status, body);
        var result = await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None);
        (result is BookResult.Taken ? "taken" : result.ShouldBeOfType<BookResult.Refused>().Code).ShouldBe(expected);
    }

    [Fact]
    public async Task When_the_looks_before_it_took_too_long_the_appointment_is_not_asked_for()
    {
        using var bench = Ready();
        // Each within its own limit, together beyond what the settler waits for before it takes silence for an answer.
        bench.Stub.On(Slots, () => Late("""{"2026-02-03":{"slots":["2026-02-03T07:00:00-05:00"]},"traceId":"t"}"""))
            .On(Api + "/contacts/upsert", () => Late("""{"new":true,"contact":{"id":"K1"}}"""));
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.NotSent>();
        bench.Stub.Urls.ShouldNotContain(url => url.StartsWith(Appointments, StringComparison.Ordinal));

        HttpResponseMessage Late(string json)
        {
            bench.Clock.Advance(TimeSpan.FromSeconds(15));
            return StubProvider.Json(json);
        }
    }

    [Fact]
    public async Task A_time_that_is_not_listed_is_taken_and_no_contact_is_made()
    {
        using var bench = Ready();
        bench.Stub.On(Slots, """{"traceId":"t"}""");
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Taken>();
        bench.Stub.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(Slots)]
    [InlineData(Api + "/contacts/upsert")]
    public async Task A_failure_before_the_appointment_is_sent_is_not_sent(string url)
    {
        using var bench = Ready();
        bench.Stub.On(url, HttpStatusCode.BadGateway);
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.NotSent>();
        bench.Stub.Urls.ShouldNotContain(Appointments);
        bench.Stub.On(url, HttpStatusCode.TooManyRequests);
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.RateLimited>();
    }

    [Fact]
    public async Task A_move_into_the_time_that_the_booking_itself_hides_borrows_its_neighbours_spelling()
    {
        using var bench = Ready();
        bench.Stub.On(Appointments + "/A1", """{"id":"A1","appointmentStatus":"confirmed"}""");
        var booking = SomeBooking.Of(Calendar, providerId: "A1");
        (await bench.Catalogue.Bookings.RescheduleAsync(Calendar, booking, SomeBooking.Start.AddMinutes(15), CancellationToken.None)).ShouldBe(new BookResult.Booked("A1", SomeBooking.Start.AddMinutes(15)));
        bench.Stub.Requests.Last().Body.ShouldBe("""{"startTime":"2026-02-03T07:15:00-05:00","endTime":"2026-02-03T07:45:00-05:00","toNotify":true}""");
        (await bench.Catalogue.Bookings.RescheduleAsync(Calendar, booking, SomeBooking.Start.AddHours(3), CancellationToken.None)).ShouldBeOfType<BookResult.Taken>();
    }

    [Fact]
    public async Task Cancelling_keeps_the_appointment_as_cancelled()
    {
        using var bench = Ready();
        bench.Stub.On(Appointments + "/A1", """{"id":"A1","appointmentStatus":"cancelled"}""");
        (await bench.Catalogue.Bookings.CancelAsync(Calendar, SomeBooking.Of(Calendar, providerId: "A1"), null, CancellationToken.None)).ShouldBe(new BookResult.Booked("A1", SomeBooking.Start));
        (bench.Stub.Requests.Single().Method, bench.Stub.Requests.Single().Body).ShouldBe(("PUT", """{"appointmentStatus":"cancelled","toNotify":true}"""));
        bench.Stub.On(Appointments + "/A1", """{"id":"A1","appointmentStatus":"confirmed"}""");
        (await bench.Catalogue.Bookings.CancelAsync(Calendar, SomeBooking.Of(Calendar, providerId: "A1"), null, CancellationToken.None)).ShouldBeOfType<BookResult.Unknown>();
    }

    [Fact]
    public async Task Found_by_id_and_by_reference_in_title_description_or_notes()
    {
        using var bench = Ready();
        bench.Stub.On(Appointments + "/A1", """{"event":{"id":"A1","appointmentStatus":"cancelled","startTime":"2026-02-03T07:00:00-05:00"}}""");
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar, providerId: "A1"), CancellationToken.None)).ShouldBe(new LookupResult.Found("A1", SomeBooking.Start, true));
        foreach (var member in new[] { "title", "description", "notes" })
        {
            bench.Stub.On(Api + "/calendars/events?", $$"""{"events":[{"id":"A0","title":"other"},{"id":"A2","{{member}}":"x bkg_0198f2c1aa y","appointmentStatus":"confirmed","startTime":"2026-02-03T07:00:00-05:00"}]}""");
            (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar), CancellationToken.None)).ShouldBe(new LookupResult.Found("A2", SomeBooking.Start, false));
        }
        bench.Stub.On(Api + "/calendars/events?", """{"events":[]}""");
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar), CancellationToken.None)).ShouldBe(new LookupResult.Absent());
    }
}
