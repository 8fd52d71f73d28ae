using System.Net;
using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.Tests.Kit;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class HubSpotBookingTests
{
    private const string Book = "https://api.hubapi.com/scheduler/2026-09/meetings/meeting-links/book";
    private static readonly Calendar Calendar = Bench.ById(Provider.HubSpot, "jdoe/intro");
    private static readonly long Noon = SomeBooking.Start.ToUnixTimeMilliseconds();

    private static Bench Ready(string? page = null, string meeting = """{"calendarEventId":"E1","isOffline":false,"start":"2026-02-03T12:00:00Z"}""")
    {
        var bench = new Bench();
        bench.Stub.On(Book + "/jdoe%2Fintro", page ?? $$"""
            {"isOffline":false,"customParams":{"durations":[1800000],"formFields":[{"name":"company","isRequired":true},{"name":"phone","isRequired":false},{"name":"email","isRequired":true}]},
            "allUsersBusyTimes":[{"isOffline":false,"busyTimes":[{"start":{{Noon}},"end":{{Noon + 60_000}} }],"meetingsUser":{"userId":"1"} },
            {"isOffline":false,"busyTimes":[{"start":{{Noon - 60_000}},"end":{{Noon}} }],"meetingsUser":{"userId":"2"} },{"isOffline":true,"busyTimes":[],"meetingsUser":{"userId":"3"} }]}
            """).On(Book, meeting);
        return bench;
    }

    private static BookCall Call(string? phone = null) => SomeBooking.Call(Calendar, SomeBooking.Of(Calendar, phone: phone), new() { ["company"] = "Acme", ["unknown"] = "x" });

    [Fact]
    public async Task A_booking_names_the_hosts_who_are_connected_and_free_and_only_the_pages_own_fields()
    {
        using var bench = Ready();
        (await bench.Catalogue.Bookings.BookAsync(Call("+491512345678"), CancellationToken.None)).ShouldBe(new BookResult.Booked("E1", SomeBooking.Start));
        bench.Stub.Requests.Last().Body.ShouldBe(
            """{"slug":"jdoe/intro","startTime":"2026-02-03T12:00:00Z","duration":1800000,"firstName":"Ada","lastName":"Lovelace","email":"ada@acme.test","timezone":"Europe/Rome","formFields":[{"name":"company","value":"Acme"},{"name":"phone","value":"\u002B491512345678"}],"legalConsentResponses":[],"likelyAvailableUserIds":["2"]}""");
    }

    [Theory]
    [InlineData("""{"calendarEventId":"","isOffline":false,"start":"2026-02-03T12:00:00Z"}""")]
    [InlineData("""{"calendarEventId":"E1","isOffline":true,"start":"2026-02-03T12:00:00Z"}""")]
    public async Task A_success_that_is_on_no_calendar_is_refused_as_offline(string meeting)
    {
        using var bench = Ready(meeting: meeting);
        (await bench.Catalogue.Bookings.BookAsync(Call(), CancellationToken.None)).ShouldBeOfType<BookResult.Refused>().Code.ShouldBe(Refusals.ProviderOffline);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{")]
    public async Task A_success_that_says_nothing_is_unknown(string meeting)
    {
        using var bench = Ready(meeting: meeting);
        (await bench.Catalogue.Bookings.BookAsync(Call(), CancellationToken.None)).ShouldBeOfType<BookResult.Unknown>();
    }

    [Theory]
    [InlineData("""{"isOffline":true}""", Refusals.ProviderOffline)]
    [InlineData("""{"allUsersBusyTimes":[{"isOffline":true,"meetingsUser":{"userId":"3"}}]}""", Refusals.ProviderOffline)]
    [InlineData("""{"customParams":{"durations":[900000]}}""", Refusals.DurationNotOffered)]
    [InlineData("""{"customParams":{"formFields":[{"name":"budget","isRequired":true}]}}""", Refusals.MissingAnswer)]
    public async Task What_the_page_rules_out_is_refused_before_anything_is_booked(string page, string code)
    {
        using var bench = Ready(page);
        (await bench.Catalogue.Bookings.BookAsync(Call(), CancellationToken.None)).ShouldBeOfType<BookResult.Refused>().Code.ShouldBe(code);
        bench.Stub.Requests.ShouldAllBe(r => r.Method == "GET");
    }

    [Theory]
    [InlineData(400, "MeetingsBookingSchedulingError.MEETING_START_TIME_NOT_VALID", "taken")]
    [InlineData(400, "MeetingsBookingSchedulingError.MEETING_TIME_NOT_AVAILABLE", "taken")]
    [InlineData(409, "", "taken")]
    [InlineData(400, "MeetingsBookingSchedulingError.MEETING_DURATION_NOT_VALID", Refusals.DurationNotOffered)]
    [InlineData(400, "MeetingsBookingSchedulingError.INVALID_EMAIL", Refusals.InvalidEmail)]
    [InlineData(400, "MeetingsBookingSchedulingError.FORM_FIELD_REQUIRED", Refusals.MissingAnswer)]
    [InlineData(404, "", Refusals.NotFound)]
    [InlineData(403, "", Refusals.Forbidden)]
    [InlineData(400, "", Refusals.Refused)]
    public async Task Refusals_are_told_apart_by_sub_category(int status, string subCategory, string expected)
    {
        using var bench = Ready();
        bench.Stub.On(Book, (HttpStatusCode)status, $$"""{"status":"error","category":"VALIDATION_ERROR","subCategory":"{{subCategory}}","message":"m","correlationId":"c"}""");
        var result = await bench.Catalogue.Bookings.BookAsync(Call(), CancellationToken.None);
        (result is BookResult.Taken ? "taken" : result.ShouldBeOfType<BookResult.Refused>().Code).ShouldBe(expected);
    }

    [Fact]
    public async Task It_cannot_cancel_move_or_find_and_says_so_without_a_call()
    {
        using var bench = Ready();
        var booking = SomeBooking.Of(Calendar, providerId: "E1");
        (await bench.Catalogue.Bookings.CancelAsync(Calendar, booking, null, CancellationToken.None)).ShouldBeOfType<BookResult.Cannot>();
        (await bench.Catalogue.Bookings.RescheduleAsync(Calendar, booking, SomeBooking.Start.AddHours(1), CancellationToken.None)).ShouldBeOfType<BookResult.Cannot>().RebookInstead.ShouldBeFalse();
        (await bench.Catalogue.Bookings.FindAsync(Calendar, booking, CancellationToken.None)).ShouldBeOfType<LookupResult.Cannot>();
        bench.Stub.Requests.ShouldBeEmpty();
    }
}
