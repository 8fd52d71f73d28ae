using System.Globalization;
using System.Net;
using System.Text.Json;
using Shouldly;
using Slotkeeper.Sandbox;
using Xunit;
using static Slotkeeper.Providers.Tests.Sandbox.BookingCalls;

namespace Slotkeeper.Providers.Tests.Sandbox;

/// <summary>What each provider has of its own: holds, uids, invitees, offline answers, contacts, start times to the letter.</summary>
public sealed class SandboxBookingDialectTests
{
    private const SandboxProvider CalCom = SandboxProvider.CalCom;
    private const SandboxProvider Calendly = SandboxProvider.Calendly;
    private const SandboxProvider HubSpot = SandboxProvider.HubSpot;
    private const SandboxProvider HighLevel = SandboxProvider.HighLevel;

    [Fact]
    public async Task Cal_com_takes_both_versions_and_a_missing_one_selects_another_endpoint()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, CalCom);
        foreach (var (version, half) in new[] { ("2026-02-25", 0), ("2024-08-13", 1) })
        {
            var (path, body) = Create(calendar, Slot.AddMinutes(30 * half), "v");
            // Public event types need no key.
            using var booked = await Send(sandbox, "POST", path, body, [("cal-api-version", version)]);
            await Fitting(CalCom, "POST", "/v2/bookings", booked, HttpStatusCode.Created);
        }

        var (again, same) = Create(calendar, Slot.AddMinutes(60), "v");
        using var old = await Send(sandbox, "POST", again, same, [("Authorization", "Bearer " + calendar.Token)]);
        old.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var list = await Send(sandbox, "GET", "v2/bookings", null, [("Authorization", "Bearer " + calendar.Token)]);
        (await SandboxClient.Body(list)).GetProperty("data").ValueKind.ShouldBe(JsonValueKind.Object);
        sandbox.Server.Ledger.All.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Cal_com_reschedules_to_a_new_uid_and_wants_the_uid_not_the_number()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, CalCom);
        var (uid, id) = await CalComBooking(sandbox, calendar, Slot);
        foreach (var call in new[] { "reschedule", "cancel" })
        {
            using var numeric = await Send(sandbox, calendar, "POST", $"v2/bookings/{id}/{call}", new { start = SandboxClient.Instant(Slot.AddMinutes(30)) });
            await Fitting(CalCom, "POST", $"/v2/bookings/{{bookingUid}}/{call}", numeric, HttpStatusCode.NotFound);
        }

        using var moved = await Send(sandbox, calendar, "POST", $"v2/bookings/{uid}/reschedule", new { start = SandboxClient.Instant(Slot.AddMinutes(30)), reschedulingReason = "later" });
        var body = await Fitting(CalCom, "POST", "/v2/bookings/{bookingUid}/reschedule", moved, HttpStatusCode.Created);
        var next = body.GetProperty("data").GetProperty("uid").GetString()!;
        next.ShouldNotBe(uid);
        body.GetProperty("data").GetProperty("rescheduledFromUid").GetString().ShouldBe(uid);
        (await sandbox.PublicStarts(calendar)).ShouldBe([Slot, Slot.AddMinutes(60), Slot.AddMinutes(90)]);
        sandbox.Server.Ledger.CreatesOf("ref-1").ShouldBe(1);

        using var stale = await Send(sandbox, calendar, "POST", $"v2/bookings/{uid}/reschedule", new { start = SandboxClient.Instant(Slot) });
        stale.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var cancelled = await Send(sandbox, calendar, "POST", $"v2/bookings/{next}/cancel", new { cancellationReason = "no" });
        (await Fitting(CalCom, "POST", "/v2/bookings/{bookingUid}/cancel", cancelled, HttpStatusCode.OK)).GetProperty("data").GetProperty("status").GetString().ShouldBe("cancelled");
        using var twice = await Send(sandbox, calendar, "POST", $"v2/bookings/{next}/cancel", new { });
        twice.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await sandbox.PublicStarts(calendar)).Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_refused_reschedule_leaves_the_old_booking_and_an_overlapping_one_is_allowed()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = sandbox.World.Define(new CalendarDefinition { Provider = CalCom, Duration = TimeSpan.FromMinutes(60), Slots = [Slot, Slot.AddMinutes(30), Slot.AddMinutes(90)] });
        var (uid, _) = await CalComBooking(sandbox, calendar, Slot);
        sandbox.Server.Ledger.BookInPage(calendar, Slot.AddMinutes(90)).IsDone.ShouldBeTrue();
        using var refused = await Send(sandbox, calendar, "POST", $"v2/bookings/{uid}/reschedule", new { start = SandboxClient.Instant(Slot.AddMinutes(90)) });
        await Fitting(CalCom, "POST", "/v2/bookings/{bookingUid}/reschedule", refused, HttpStatusCode.BadRequest);
        sandbox.Server.Ledger.Find(CalCom, uid)!.IsLive.ShouldBeTrue();

        var path = $"v2/slots?eventTypeId={calendar.ExternalId}&start=2026-10-27&end=2026-10-28";
        SandboxClient.Starts(CalCom, await sandbox.Json(path, SandboxClient.Bearer(calendar))).ShouldBeEmpty();
        SandboxClient.Starts(CalCom, await sandbox.Json(path + "&bookingUidToReschedule=" + uid, SandboxClient.Bearer(calendar))).ShouldBe([Slot, Slot.AddMinutes(30)]);
        using var overlapping = await Send(sandbox, calendar, "POST", $"v2/bookings/{uid}/reschedule", new { start = SandboxClient.Instant(Slot.AddMinutes(30)) });
        overlapping.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Cal_com_finds_bookings_by_attendee_and_time_and_shows_their_metadata()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, CalCom);
        for (var half = 0; half < 3; half++)
            (await Book(sandbox, calendar, Slot.AddMinutes(30 * half), $"intent-{half}")).StatusCode.ShouldBe(HttpStatusCode.Created);
        sandbox.Server.Ledger.BookInPage(calendar, Slot.AddMinutes(90)).IsDone.ShouldBeTrue();

        var filters = $"attendeeEmail=ada@example.com&eventTypeId={calendar.ExternalId}&afterStart=2026-10-27T15:30:00Z&beforeEnd=2026-10-27T16:00:00Z&status=upcoming";
        using var one = await Send(sandbox, calendar, "GET", "v2/bookings?" + filters);
        var found = (await Fitting(CalCom, "GET", "/v2/bookings", one, HttpStatusCode.OK)).GetProperty("data");
        found.GetArrayLength().ShouldBe(1);
        found[0].GetProperty("metadata").GetProperty("reference").GetString().ShouldBe("intent-1");

        using var page = await Send(sandbox, calendar, "GET", "v2/bookings?take=3&skip=0&sortStart=desc");
        var first = await Fitting(CalCom, "GET", "/v2/bookings", page, HttpStatusCode.OK);
        first.GetProperty("pagination").GetProperty("hasNextPage").GetBoolean().ShouldBeTrue();
        first.GetProperty("data").EnumerateArray().Select(booking => booking.GetProperty("start").GetDateTimeOffset()).ShouldBe([Slot.AddMinutes(90), Slot.AddMinutes(60), Slot.AddMinutes(30)]);
        using var rest = await Send(sandbox, calendar, "GET", "v2/bookings?take=3&skip=3&sortStart=desc");
        var last = await Fitting(CalCom, "GET", "/v2/bookings", rest, HttpStatusCode.OK);
        last.GetProperty("pagination").GetProperty("hasNextPage").GetBoolean().ShouldBeFalse();
        last.GetProperty("data").GetArrayLength().ShouldBe(1);

        var uid = found[0].GetProperty("uid").GetString();
        using var single = await Send(sandbox, calendar, "GET", $"v2/bookings/{uid}");
        await Fitting(CalCom, "GET", "/v2/bookings/{bookingUid}", single, HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_hold_hides_its_slot_until_it_is_deleted_or_expires()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, CalCom);
        var uid = await Hold(sandbox, calendar, Slot, HttpStatusCode.Created);
        (await sandbox.PublicStarts(calendar)).ShouldNotContain(Slot);
        using var taken = await Send(sandbox, "POST", "v2/slots/reservations", HoldBody(calendar, Slot), [("cal-api-version", "2024-09-04")]);
        (await Fitting(CalCom, "POST", "/v2/slots/reservations", taken, HttpStatusCode.UnprocessableEntity)).GetProperty("error").GetProperty("message").GetString()
            .ShouldBe("This time slot is already reserved by another user. Please choose a different time.");

        using var deleted = await Send(sandbox, "DELETE", "v2/slots/reservations/" + uid, null, SandboxClient.Bearer(calendar));
        await Fitting(CalCom, "DELETE", "/v2/slots/reservations/{uid}", deleted, HttpStatusCode.OK);
        (await sandbox.PublicStarts(calendar)).ShouldContain(Slot);

        await Hold(sandbox, calendar, Slot, HttpStatusCode.Created);
        sandbox.Clock.Advance(TimeSpan.FromSeconds(299));
        (await sandbox.PublicStarts(calendar)).ShouldNotContain(Slot);
        sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
        (await sandbox.PublicStarts(calendar)).ShouldContain(Slot);
    }

    [Fact]
    public async Task A_hold_lets_its_own_key_book_and_nobody_else()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, CalCom);
        var uid = await Hold(sandbox, calendar, Slot, HttpStatusCode.Created);
        var (path, body) = Create(calendar, Slot, "other");
        using var other = await Send(sandbox, "POST", path, body, [("cal-api-version", "2026-02-25")]);
        await Fitting(CalCom, "POST", "/v2/bookings", other, HttpStatusCode.BadRequest);
        (await Book(sandbox, calendar, Slot)).StatusCode.ShouldBe(HttpStatusCode.Created);
        // It is not used up by the booking.
        using var still = await Send(sandbox, "GET", "v2/slots/reservations/" + uid, null, SandboxClient.Bearer(calendar));
        (await SandboxClient.Body(still)).GetProperty("data").GetProperty("reservationUid").GetString().ShouldBe(uid);
        using var booked = await Send(sandbox, "POST", "v2/slots/reservations", HoldBody(calendar, Slot), SandboxClient.Bearer(calendar));
        (await Fitting(CalCom, "POST", "/v2/slots/reservations", booked, HttpStatusCode.UnprocessableEntity)).GetProperty("error").GetProperty("message").GetString()
            .ShouldBe("Can't reserve a slot if the event is already booked.");
    }

    [Theory]
    [InlineData(HoldRule.BlocksEverybody, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest)]
    [InlineData(HoldRule.BlocksOthers, HttpStatusCode.Created, HttpStatusCode.BadRequest)]
    [InlineData(HoldRule.BlocksNobody, HttpStatusCode.Created, HttpStatusCode.Created)]
    public async Task Whom_a_hold_refuses_is_an_option(HoldRule rule, HttpStatusCode holder, HttpStatusCode other)
    {
        await using var sandbox = await SandboxClient.Open(new SandboxOptions { HoldRule = rule });
        var calendar = Define(sandbox, CalCom);
        await Hold(sandbox, calendar, Slot, HttpStatusCode.Created);
        await Hold(sandbox, calendar, Slot.AddMinutes(30), HttpStatusCode.Created);
        (await Book(sandbox, calendar, Slot)).StatusCode.ShouldBe(holder);
        var (path, body) = Create(calendar, Slot.AddMinutes(30), "other");
        (await Send(sandbox, "POST", path, body, [("cal-api-version", "2026-02-25")])).StatusCode.ShouldBe(other);
    }

    [Fact]
    public async Task Only_the_owner_may_choose_how_long_a_hold_lasts_and_only_one_of_many_gets_it()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, CalCom);
        var longer = new { eventTypeId = int.Parse(calendar.ExternalId, CultureInfo.InvariantCulture), slotStart = SandboxClient.Instant(Slot), reservationDuration = 10 };
        (await Send(sandbox, "POST", "v2/slots/reservations", longer, [("cal-api-version", "2024-09-04")])).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var stranger = sandbox.World.TokenFor(CalCom, 77);
        (await Send(sandbox, "POST", "v2/slots/reservations", longer, [("cal-api-version", "2024-09-04"), ("Authorization", "Bearer " + stranger)])).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ => (await Send(sandbox, "POST", "v2/slots/reservations", longer, SandboxClient.Bearer(calendar))).StatusCode));
        answers.Count(status => status == HttpStatusCode.Created).ShouldBe(1);
        answers.Count(status => status == HttpStatusCode.UnprocessableEntity).ShouldBe(63);
    }

    [Fact]
    public async Task Calendlys_booking_is_found_with_its_tracking_and_cancelled_once()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, Calendly);
        for (var half = 0; half < 3; half++)
            (await Book(sandbox, calendar, Slot.AddMinutes(30 * half), $"intent-{half}")).StatusCode.ShouldBe(HttpStatusCode.Created);
        var window = $"scheduled_events?user={Uri.EscapeDataString(calendar.AccountId)}&min_start_time=2026-10-27T15:30:00Z&max_start_time=2026-10-27T15:31:00Z&invitee_email=ada@example.com&status=active";
        using var list = await Send(sandbox, calendar, "GET", window);
        var found = (await Fitting(Calendly, "GET", "/scheduled_events", list, HttpStatusCode.OK)).GetProperty("collection");
        found.GetArrayLength().ShouldBe(1);
        var path = new Uri(found[0].GetProperty("uri").GetString()!).AbsolutePath[1..];

        using var one = await Send(sandbox, calendar, "GET", path);
        await Fitting(Calendly, "GET", "/scheduled_events/{uuid}", one, HttpStatusCode.OK);
        using var invitees = await Send(sandbox, calendar, "GET", path + "/invitees");
        var invitee = (await Fitting(Calendly, "GET", "/scheduled_events/{event_uuid}/invitees", invitees, HttpStatusCode.OK)).GetProperty("collection")[0];
        invitee.GetProperty("tracking").GetProperty("utm_content").GetString().ShouldBe("intent-1");
        using var single = await Send(sandbox, calendar, "GET", new Uri(invitee.GetProperty("uri").GetString()!).AbsolutePath[1..]);
        await Fitting(Calendly, "GET", "/scheduled_events/{event_uuid}/invitees/{invitee_uuid}", single, HttpStatusCode.OK);

        using var cancelled = await Send(sandbox, calendar, "POST", path + "/cancellation", new { reason = "no" });
        await Fitting(Calendly, "POST", "/scheduled_events/{uuid}/cancellation", cancelled, HttpStatusCode.Created);
        using var twice = await Send(sandbox, calendar, "POST", path + "/cancellation", new { reason = "no" });
        (await Fitting(Calendly, "POST", "/scheduled_events/{uuid}/cancellation", twice, HttpStatusCode.Forbidden)).GetProperty("message").GetString().ShouldBe("Event is already canceled");
        using var gone = await Send(sandbox, calendar, "GET", path);
        (await Fitting(Calendly, "GET", "/scheduled_events/{uuid}", gone, HttpStatusCode.OK)).GetProperty("resource").GetProperty("status").GetString().ShouldBe("canceled");
        (await sandbox.PublicStarts(calendar)).ShouldBe([Slot.AddMinutes(30), Slot.AddMinutes(90)]);

        sandbox.Clock.Advance(TimeSpan.FromDays(8));
        var past = sandbox.Server.Ledger.Live[0];
        using var late = await Send(sandbox, calendar, "POST", $"scheduled_events/{past.Uid}/cancellation", new { reason = "no" });
        (await Fitting(Calendly, "POST", "/scheduled_events/{uuid}/cancellation", late, HttpStatusCode.Forbidden)).GetProperty("message").GetString().ShouldBe("Event in the past");
    }

    [Fact]
    public async Task Calendlys_events_come_in_pages_and_only_to_their_own_account()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, Calendly);
        for (var half = 0; half < 4; half++)
            sandbox.Server.Ledger.BookInPage(calendar, Slot.AddMinutes(30 * half)).IsDone.ShouldBeTrue();
        var starts = new List<DateTimeOffset>();
        for (var next = $"scheduled_events?user={Uri.EscapeDataString(calendar.AccountId)}&count=3&sort=start_time:asc"; next is not null;)
        {
            var body = await sandbox.Json(next, SandboxClient.Bearer(calendar));
            starts.AddRange(body.GetProperty("collection").EnumerateArray().Select(one => one.GetProperty("start_time").GetDateTimeOffset()));
            next = body.GetProperty("pagination").GetProperty("next_page").GetString();
        }

        starts.ShouldBe([Slot, Slot.AddMinutes(30), Slot.AddMinutes(60), Slot.AddMinutes(90)]);
        var stranger = sandbox.World.CalendarAt(Calendly, 5_000);
        using var foreign = await Send(sandbox, stranger, "GET", "scheduled_events/" + sandbox.Server.Ledger.All[0].Uid);
        await Fitting(Calendly, "GET", "/scheduled_events/{uuid}", foreign, HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Calendly_shows_how_many_seats_are_left()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, Calendly, seats: 3);
        sandbox.Server.Ledger.BookInPage(calendar, Slot).IsDone.ShouldBeTrue();
        var times = await sandbox.Json(SandboxClient.ApiPath(calendar, SandboxClient.Start, 30, "UTC"), SandboxClient.Bearer(calendar));
        times.GetProperty("collection").EnumerateArray().Select(one => one.GetProperty("invitees_remaining").GetInt32()).ShouldBe([2, 3, 3, 3]);
    }

    [Fact]
    public async Task Calendlys_own_limit_of_bookings_is_kept_when_asked_for()
    {
        await using var sandbox = await SandboxClient.Open(new SandboxOptions { EnforceRateLimits = true });
        var calendar = Define(sandbox, Calendly);
        for (var call = 0; call < 10; call++)
            (await Book(sandbox, calendar, Slot)).StatusCode.ShouldBe(call == 0 ? HttpStatusCode.Created : HttpStatusCode.BadRequest);
        using var refused = await Book(sandbox, calendar, Slot.AddMinutes(30));
        await Fitting(Calendly, "POST", "/invitees", refused, HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task HubSpots_form_names_the_required_fields_and_its_durations()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, HubSpot, required: ["company"]);
        using var form = await Send(sandbox, calendar, "GET", $"{HubSpotBook}/{Uri.EscapeDataString(calendar.Slug)}?timezone=UTC");
        var fields = (await Fitting(HubSpot, "GET", "/" + HubSpotBook + "/{slug}", form, HttpStatusCode.OK)).GetProperty("customParams");
        fields.GetProperty("formFields")[0].GetProperty("name").GetString().ShouldBe("company");
        fields.GetProperty("durations")[0].GetInt64().ShouldBe(1_800_000);
    }

    [Theory]
    [InlineData("duration", "MEETING_DURATION_NOT_VALID", HttpStatusCode.BadRequest)]
    [InlineData("slug", null, HttpStatusCode.NotFound)]
    [InlineData("email", null, HttpStatusCode.BadRequest)]
    public async Task HubSpot_tells_a_wrong_payload_from_a_taken_slot(string wrong, string? subCategory, HttpStatusCode status)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, HubSpot);
        var body = new
        {
            slug = wrong == "slug" ? "nobody-1" : calendar.Slug,
            startTime = Slot.ToUnixTimeMilliseconds(),
            duration = wrong == "duration" ? 900_000 : 1_800_000,
            firstName = "Ada",
            lastName = "Byron",
            email = wrong == "email" ? null : "ada@example.com",
            formFields = Array.Empty<object>(),
            legalConsentResponses = Array.Empty<object>(),
            likelyAvailableUserIds = Array.Empty<string>(),
        };
        using var response = await Send(sandbox, calendar, "POST", HubSpotBook, body);
        var said = await Fitting(HubSpot, "POST", "/" + HubSpotBook, response, status);
        if (subCategory is not null)
            said.GetProperty("subCategory").GetString().ShouldBe("MeetingsBookingSchedulingError." + subCategory);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HubSpots_record_can_be_read_and_its_outcome_changed(bool frees)
    {
        await using var sandbox = await SandboxClient.Open(new SandboxOptions { OutcomeFreesTime = frees });
        var calendar = Define(sandbox, HubSpot);
        using var booked = await Book(sandbox, calendar, Slot);
        var id = (await SandboxClient.Body(booked)).GetProperty("calendarEventId").GetString();
        const string Documented = "/crm/v3/objects/meetings/{meetingId}";
        using var record = await Send(sandbox, calendar, "GET", "crm/v3/objects/meetings/" + id);
        (await Fitting(HubSpot, "GET", Documented, record, HttpStatusCode.OK)).GetProperty("properties").GetProperty("hs_meeting_outcome").GetString().ShouldBe("SCHEDULED");
        using var changed = await Send(sandbox, calendar, "PATCH", "crm/v3/objects/meetings/" + id, new { properties = new { hs_meeting_outcome = "CANCELED" } });
        (await Fitting(HubSpot, "PATCH", Documented, changed, HttpStatusCode.OK)).GetProperty("properties").GetProperty("hs_meeting_outcome").GetString().ShouldBe("CANCELED");
        (await sandbox.PublicStarts(calendar)).Contains(Slot).ShouldBe(frees);
    }

    [Fact]
    public async Task HighLevel_takes_a_start_only_in_the_letters_in_which_it_was_given()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, HighLevel);
        var contact = await Contact(sandbox, calendar);
        var utc = Appointment(calendar, contact, SandboxClient.Instant(Slot));
        using var refused = await Send(sandbox, calendar, "POST", "calendars/events/appointments", utc);
        (await Fitting(HighLevel, "POST", "/calendars/events/appointments", refused, HttpStatusCode.BadRequest)).GetProperty("message").GetString()
            .ShouldBe("The slot you have selected is no longer available.");

        // Asked for in UTC, it has been given in UTC.
        await sandbox.PublicStarts(calendar, zone: "UTC");
        using var taken = await Send(sandbox, calendar, "POST", "calendars/events/appointments", utc);
        await Fitting(HighLevel, "POST", "/calendars/events/appointments", taken, HttpStatusCode.OK);
        using var local = await Send(sandbox, calendar, "POST", "calendars/events/appointments", Appointment(calendar, contact, NewYork(Slot.AddMinutes(30))));
        local.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task HighLevel_moves_cancels_revives_and_deletes_in_place()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, HighLevel);
        using var booked = await Book(sandbox, calendar, Slot, "intent-9");
        var id = (await Fitting(HighLevel, "POST", "/calendars/events/appointments", booked, HttpStatusCode.OK)).GetProperty("id").GetString();
        var path = "calendars/events/appointments/" + id;
        const string Documented = "/calendars/events/appointments/{eventId}";

        using var moved = await Send(sandbox, calendar, "PUT", path, new { startTime = NewYork(Slot.AddMinutes(30)), endTime = NewYork(Slot.AddMinutes(60)) });
        (await Fitting(HighLevel, "PUT", Documented, moved, HttpStatusCode.OK)).GetProperty("id").GetString().ShouldBe(id);
        (await sandbox.PublicStarts(calendar)).ShouldBe([Slot, Slot.AddMinutes(60), Slot.AddMinutes(90)]);

        using var cancelled = await Send(sandbox, calendar, "PUT", path, new { appointmentStatus = "cancelled" });
        (await Fitting(HighLevel, "PUT", Documented, cancelled, HttpStatusCode.OK)).GetProperty("appointmentStatus").GetString().ShouldBe("cancelled");
        sandbox.Server.Ledger.BookInPage(calendar, Slot.AddMinutes(30)).IsDone.ShouldBeTrue();
        using var revived = await Send(sandbox, calendar, "PUT", path, new { appointmentStatus = "confirmed" });
        await Fitting(HighLevel, "PUT", Documented, revived, HttpStatusCode.BadRequest);
        using var elsewhere = await Send(sandbox, calendar, "PUT", path, new { appointmentStatus = "confirmed", startTime = NewYork(Slot) });
        await Fitting(HighLevel, "PUT", Documented, elsewhere, HttpStatusCode.OK);
        sandbox.Server.Ledger.Overlaps().ShouldBeEmpty();

        var window = $"calendars/events?locationId={calendar.AccountId}&calendarId={calendar.ExternalId}&startTime={Slot.ToUnixTimeMilliseconds()}&endTime={Slot.AddMinutes(1).ToUnixTimeMilliseconds()}";
        var listed = (await sandbox.Json(window, SandboxClient.Bearer(calendar))).GetProperty("events");
        listed.GetArrayLength().ShouldBe(1);
        // The description types the four times as objects, and shows texts in its examples.
        foreach (var member in new[] { "id", "title", "calendarId", "locationId", "contactId", "groupId", "appointmentStatus", "assignedUserId", "users", "startTime", "endTime", "dateAdded", "dateUpdated" })
            listed[0].TryGetProperty(member, out _).ShouldBeTrue(member);
        listed[0].GetProperty("description").GetString().ShouldBe("Booked for intent-9");
        sandbox.Server.Ledger.CreatesOf("intent-9").ShouldBe(1);
        var read = await sandbox.Json(path, SandboxClient.Bearer(calendar));
        read.GetProperty("event").GetProperty("startTime").GetString().ShouldBe(NewYork(Slot));

        using var deleted = await Send(sandbox, calendar, "DELETE", "calendars/events/" + id, new { });
        await Fitting(HighLevel, "DELETE", "/calendars/events/{eventId}", deleted, HttpStatusCode.Created);
        using var gone = await Send(sandbox, calendar, "GET", path);
        gone.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await sandbox.PublicStarts(calendar)).ShouldContain(Slot);
    }

    [Fact]
    public async Task HighLevel_needs_a_contact_and_the_same_address_is_the_same_one()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, HighLevel);
        using var without = await Send(sandbox, calendar, "POST", "calendars/events/appointments", Appointment(calendar, "nobody", NewYork(Slot)));
        without.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await Contact(sandbox, calendar)).ShouldBe(await Contact(sandbox, calendar));
    }

    private static object Appointment(SandboxCalendar calendar, string contact, string start) =>
        new { calendarId = calendar.ExternalId, locationId = calendar.AccountId, contactId = contact, startTime = start };

    private static object HoldBody(SandboxCalendar calendar, DateTimeOffset start) =>
        new { eventTypeId = int.Parse(calendar.ExternalId, CultureInfo.InvariantCulture), slotStart = SandboxClient.Instant(start) };

    private static async Task<string> Hold(SandboxClient sandbox, SandboxCalendar calendar, DateTimeOffset start, HttpStatusCode status)
    {
        using var response = await Send(sandbox, "POST", "v2/slots/reservations", HoldBody(calendar, start), SandboxClient.Bearer(calendar));
        var body = await Fitting(CalCom, "POST", "/v2/slots/reservations", response, status);
        return body.GetProperty("data").GetProperty("reservationUid").GetString()!;
    }

    private static async Task<(string Uid, long Id)> CalComBooking(SandboxClient sandbox, SandboxCalendar calendar, DateTimeOffset start)
    {
        using var response = await Book(sandbox, calendar, start);
        var data = (await Fitting(CalCom, "POST", "/v2/bookings", response, HttpStatusCode.Created)).GetProperty("data");
        return (data.GetProperty("uid").GetString()!, data.GetProperty("id").GetInt64());
    }
}
