using System.Net;
using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Tests.Kit;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class CalendlyBookingTests
{
    private const string Api = "https://api.calendly.com";
    private const string Invitee = Api + "/scheduled_events/E1/invitees/I1";
    private static readonly Calendar Calendar = Bench.ById(Provider.Calendly, Api + "/event_types/T1");

    private static Bench Ready(string type = "{}")
    {
        var bench = new Bench();
        bench.Stub.On(Api + "/event_types/T1", $$"""{"resource":{{type}} }""").On(Api + "/invitees", () => StubProvider.Json($$"""{"resource":{"uri":"{{Invitee}}","event":"{{Api}}/scheduled_events/E1","status":"active"} }""", HttpStatusCode.Created));
        return bench;
    }

    [Fact]
    public async Task A_booking_answers_the_questions_by_their_exact_texts_and_carries_our_reference()
    {
        using var bench = Ready("""
            {"custom_questions":[{"name":"Company Name","type":"string","position":0,"enabled":true,"required":true},{"name":"Old","type":"string","position":1,"enabled":false,"required":true},
            {"name":"Phone","type":"phone_number","position":2,"enabled":true,"required":true},{"name":"Anything else?","type":"text","position":3,"enabled":true,"required":false}],
            "locations":[{"kind":"ask_invitee"},{"kind":"outbound_call"}]}
            """);
        var call = SomeBooking.Call(Calendar, SomeBooking.Of(Calendar, phone: "0049 151 2345678"), new() { ["company name "] = "Acme", ["unknown"] = "x" }, "Bring the plans");
        (await bench.Catalogue.Bookings.BookAsync(call, CancellationToken.None)).ShouldBe(new BookResult.Booked(Invitee, SomeBooking.Start));
        bench.Stub.Requests.Last().Body.ShouldBe(
            """{"event_type":"https://api.calendly.com/event_types/T1","start_time":"2026-02-03T12:00:00Z","invitee":{"name":"Ada Lovelace","email":"ada@acme.test","timezone":"Europe/Rome"}"""
            + ""","location":{"kind":"outbound_call","location":"\u002B491512345678"},"questions_and_answers":[{"question":"Company Name","answer":"Acme","position":0},"""
            + """{"question":"Phone","answer":"\u002B491512345678","position":2},{"question":"Anything else?","answer":"Bring the plans","position":3}],"tracking":{"utm_content":"bkg_0198f2c1aa"}}""");
    }

    [Fact]
    public async Task A_required_question_or_place_without_an_answer_is_refused_before_anything_is_booked()
    {
        using var bench = Ready("""{"custom_questions":[{"name":"Company","type":"string","position":0,"enabled":true,"required":true}]}""");
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Refused>().Code.ShouldBe(Refusals.MissingAnswer);
        bench.Stub.On(Api + "/event_types/T1", """{"resource":{"custom_questions":[],"locations":[{"kind":"outbound_call"}]}}""");
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Refused>().Code.ShouldBe(Refusals.MissingLocation);
        bench.Stub.Requests.ShouldAllBe(r => r.Method == "GET");
    }

    [Theory]
    [InlineData("""[{"parameter":"start_time","message":"is already filled","code":"already_filled"}]""", "[]", "taken")]
    [InlineData("""[{"parameter":"start_time","message":"is not an available time"}]""", "[]", "taken")]
    [InlineData("""[{"parameter":"start_time","message":"is not an available time"}]""", """[{"status":"available","start_time":"2026-02-03T12:00:00.000000Z"}]""", Refusals.OutsideWindow)]
    [InlineData("""[{"parameter":"start_time","message":"is not an available time"}]""", null, Refusals.OutsideWindow)]
    [InlineData("""[{"parameter":"location.kind","message":"is invalid"}]""", null, Refusals.MissingLocation)]
    [InlineData("""[{"parameter":"invitee.email","message":"is invalid"}]""", null, Refusals.InvalidEmail)]
    [InlineData("""[{"parameter":"questions_and_answers","message":"Company can't be blank"}]""", null, Refusals.MissingAnswer)]
    [InlineData("""[{"parameter":"other","message":"is odd"}]""", null, Refusals.Refused)]
    public async Task Taken_is_told_from_other_faults_by_code_and_else_by_asking_for_that_minute(string details, string? collection, string expected)
    {
        using var bench = Ready();
        bench.Stub.On(Api + "/invitees", HttpStatusCode.BadRequest, $$"""{"title":"Invalid Argument","message":"The supplied parameters are invalid.","details":{{details}} }""");
        bench.Stub.On(Api + "/event_type_available_times", collection is null ? HttpStatusCode.BadGateway : HttpStatusCode.OK, $$"""{"collection":{{collection ?? "[]"}} }""");
        var result = await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None);
        (result is BookResult.Taken ? "taken" : result.ShouldBeOfType<BookResult.Refused>().Code).ShouldBe(expected);
        bench.Stub.Requests.Count(r => r.Method == "POST").ShouldBe(1);
    }

    [Fact]
    public async Task A_plan_without_the_call_is_said_to_lack_it()
    {
        using var bench = Ready();
        bench.Stub.On(Api + "/invitees", HttpStatusCode.Forbidden, """{"title":"Permission Denied","message":"Please upgrade your Calendly account to Professional"}""");
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Refused>().Code.ShouldBe(Refusals.PlanRequired);
    }

    [Fact]
    public async Task Its_limit_for_bookings_is_kept_apart_from_reading()
    {
        using var bench = Ready();
        for (var i = 0; i < 10; i++)
            (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Booked>();
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.RateLimited>();
        bench.Stub.Requests.Count(r => r.Method == "POST").ShouldBe(10);
        for (var i = 0; i < 4; i++)
        {
            bench.Clock.Advance(TimeSpan.FromSeconds(64));
            for (var j = 0; j < 10; j++)
                (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.Booked>();
        }
        bench.Clock.Advance(TimeSpan.FromSeconds(64));
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.RateLimited>().Until.ShouldBeGreaterThan(bench.Clock.GetUtcNow().AddMinutes(50));

        // The provider's own refusal of a booking leaves reading alone as well.
        using var other = Ready();
        other.Stub.On(Api + "/invitees", HttpStatusCode.TooManyRequests).On(Api + "/event_type_available_times", """{"collection":[]}""");
        (await other.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.RateLimited>();
        (await other.Catalogue.Bookings.BookAsync(SomeBooking.Call(Calendar), CancellationToken.None)).ShouldBeOfType<BookResult.RateLimited>();
        other.Stub.Requests.Count(r => r.Method == "POST").ShouldBe(1);
        other.Catalogue.Health("con_1calendly")!.State.ShouldBe(ConnectionState.Closed);
    }

    [Fact]
    public async Task A_link_without_a_connection_cannot_be_booked_and_with_one_by_the_id_it_was_read_as()
    {
        using var bench = Ready();
        bench.Catalogue.Bookings.CannotBook(CalendlyTests.Known()).ShouldNotBeNull().ShouldContain("connection");
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(CalendlyTests.Known()), CancellationToken.None)).ShouldBeOfType<BookResult.NotSent>();
        var linked = CalendlyTests.Known() with { ConnectionId = "con_1calendly", Resolved = new ResolvedIds("T1", "UTC", 30) };
        (await bench.Catalogue.Bookings.BookAsync(SomeBooking.Call(linked), CancellationToken.None)).ShouldBeOfType<BookResult.Booked>();
        bench.Catalogue.Bookings.CannotBook(linked with { Resolved = null }).ShouldNotBeNull();
    }

    [Fact]
    public async Task There_is_no_move_but_booking_anew_and_cancelling_reaches_the_same()
    {
        using var bench = Ready();
        var result = await bench.Catalogue.Bookings.RescheduleAsync(Calendar, SomeBooking.Of(Calendar, providerId: Invitee), SomeBooking.Start.AddHours(1), CancellationToken.None);
        result.ShouldBeOfType<BookResult.Cannot>().RebookInstead.ShouldBeTrue();
        bench.Stub.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Cancelling_ends_the_event_unless_others_are_in_it()
    {
        using var bench = Ready();
        var booking = SomeBooking.Of(Calendar, providerId: Invitee);
        bench.Stub.On(Api + "/scheduled_events/E1/cancellation", () => StubProvider.Json("""{"resource":{"canceled_by":"x"}}""", HttpStatusCode.Created));
        bench.Stub.On(Api + "/scheduled_events/E1", """{"resource":{"status":"active","invitees_counter":{"active":1}}}""");
        (await bench.Catalogue.Bookings.CancelAsync(Calendar, booking, "No time", CancellationToken.None)).ShouldBe(new BookResult.Booked(Invitee, SomeBooking.Start));
        bench.Stub.Requests.Last().Body.ShouldBe("""{"reason":"No time"}""");
        foreach (var (message, code) in new[] { ("Event is already canceled", null), ("Event in the past", Refusals.InThePast), ("You are not allowed to cancel this event", Refusals.Forbidden) })
        {
            bench.Stub.On(Api + "/scheduled_events/E1/cancellation", HttpStatusCode.Forbidden, $$"""{"title":"Permission Denied","message":"{{message}}"}""");
            (await bench.Catalogue.Bookings.CancelAsync(Calendar, booking, null, CancellationToken.None) as BookResult.Refused)?.Code.ShouldBe(code);
        }
        bench.Stub.On(Api + "/scheduled_events/E1", """{"resource":{"status":"active","invitees_counter":{"active":2}}}""");
        var posts = bench.Stub.Requests.Count(r => r.Method == "POST");
        (await bench.Catalogue.Bookings.CancelAsync(Calendar, booking, null, CancellationToken.None)).ShouldBeOfType<BookResult.Cannot>();
        bench.Stub.On(Api + "/scheduled_events/E1", """{"resource":{"status":"canceled"}}""");
        (await bench.Catalogue.Bookings.CancelAsync(Calendar, booking, null, CancellationToken.None)).ShouldBeOfType<BookResult.Booked>();
        bench.Stub.Requests.Count(r => r.Method == "POST").ShouldBe(posts);
    }

    [Fact]
    public async Task Found_by_URI_and_along_the_attendees_own_moves()
    {
        using var bench = Ready();
        bench.Stub.On(Invitee, """{"resource":{"status":"canceled","new_invitee":"https://api.calendly.com/scheduled_events/E2/invitees/I2"}}""")
            .On(Api + "/scheduled_events/E2/invitees/I2", """{"resource":{"status":"active"}}""")
            .On(Api + "/scheduled_events/E2", """{"resource":{"status":"active","start_time":"2026-02-04T12:00:00.000000Z"}}""");
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar, providerId: Invitee), CancellationToken.None))
            .ShouldBe(new LookupResult.Found("https://api.calendly.com/scheduled_events/E2/invitees/I2", SomeBooking.Start.AddDays(1), false));
        bench.Stub.On(Invitee, HttpStatusCode.NotFound);
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar, providerId: Invitee), CancellationToken.None)).ShouldBe(new LookupResult.Absent());
    }

    [Fact]
    public async Task Found_by_reference_and_absent_only_for_those_who_would_see_it()
    {
        using var bench = Ready();
        bench.Stub.On(Api + "/users/me", """{"resource":{"uri":"https://api.calendly.com/users/U","current_organization":"https://api.calendly.com/organizations/O"}}""")
            .On(Api + "/scheduled_events?organization=", """{"collection":[{"uri":"https://api.calendly.com/scheduled_events/E1","event_type":"https://api.calendly.com/event_types/T1"},{"uri":"https://api.calendly.com/scheduled_events/E0","event_type":"https://api.calendly.com/event_types/T9"}],"pagination":{"next_page_token":null}}""")
            .On(Api + "/scheduled_events/E1/invitees?", $$"""{"collection":[{"uri":"x","status":"active","tracking":{"utm_content":"other"} },{"uri":"{{Invitee}}","status":"active","tracking":{"utm_content":"bkg_0198f2c1aa"} }]}""");
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar), CancellationToken.None)).ShouldBe(new LookupResult.Found(Invitee, SomeBooking.Start, false));
        bench.Stub.Urls.ShouldNotContain(u => u.Contains("/E0", StringComparison.Ordinal));

        const string None = """{"collection":[],"pagination":{"next_page_token":null}}""";
        bench.Stub.On(Api + "/scheduled_events?organization=", None);
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar), CancellationToken.None)).ShouldBe(new LookupResult.Absent());

        bench.Stub.On(Api + "/scheduled_events?organization=", HttpStatusCode.Forbidden).On(Api + "/scheduled_events?user=", None);
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar), CancellationToken.None)).ShouldBeOfType<LookupResult.NoAnswer>();
        bench.Stub.On(Api + "/event_types/T1", """{"resource":{"profile":{"owner":"https://api.calendly.com/users/U"}}}""");
        (await bench.Catalogue.Bookings.FindAsync(Calendar, SomeBooking.Of(Calendar), CancellationToken.None)).ShouldBe(new LookupResult.Absent());
    }
}
