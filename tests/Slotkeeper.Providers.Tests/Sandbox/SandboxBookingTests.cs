using System.Net;
using System.Text.Json;
using Shouldly;
using Slotkeeper.Sandbox;
using Xunit;
using static Slotkeeper.Providers.Tests.Sandbox.BookingCalls;

namespace Slotkeeper.Providers.Tests.Sandbox;

/// <summary>
/// What every provider has in common: a booking is in the ledger and gone from the slots, one of many wins, a taken slot is refused in
/// the provider's own words.
/// </summary>
public sealed class SandboxBookingTests
{
    public static TheoryData<SandboxProvider> Providers => [.. Enum.GetValues<SandboxProvider>()];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_booking_is_in_the_ledger_with_its_reference_and_no_longer_offered(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, provider);
        using var response = await Book(sandbox, calendar, Slot, "intent-7");
        await Fitting(provider, "POST", Path(provider), response, Created(provider));

        var booking = sandbox.Server.Ledger.Live.ShouldHaveSingleItem();
        booking.Start.ShouldBe(Slot);
        booking.End.ShouldBe(Slot.AddMinutes(30));
        booking.Calendar.ShouldBe(calendar.Index);
        sandbox.Server.Ledger.WithReference("intent-7").ShouldBe([booking]);
        sandbox.Server.Ledger.CreatesOf("intent-7").ShouldBe(1);
        (await sandbox.PublicStarts(calendar)).ShouldBe([Slot.AddMinutes(30), Slot.AddMinutes(60), Slot.AddMinutes(90)]);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_taken_slot_is_refused_in_the_providers_words(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, provider);
        sandbox.Server.Ledger.BookInPage(calendar, Slot).IsDone.ShouldBeTrue();
        using var response = await Book(sandbox, calendar, Slot, "late");
        var body = await Fitting(provider, "POST", Path(provider), response, HttpStatusCode.BadRequest);
        Says(provider, body).ShouldBe(provider switch
        {
            SandboxProvider.Calendly => "already_filled",
            SandboxProvider.HubSpot => "MeetingsBookingSchedulingError.MEETING_TIME_NOT_AVAILABLE",
            SandboxProvider.HighLevel => "The slot you have selected is no longer available.",
            _ => body.GetProperty("error").GetProperty("message").GetString(),
        });
        sandbox.Server.Ledger.CreatesOf("late").ShouldBe(0);
        sandbox.Server.Ledger.AttemptsOf("late").ShouldBe(1);
    }

    [Theory]
    [InlineData(false, "User either already has booking at this time or is not available")]
    [InlineData(true, "One of the hosts either already has booking at this time or is not available")]
    public async Task Cal_com_has_a_text_for_a_team_and_one_for_a_user(bool team, string text)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Enumerable.Range(0, 60).Select(_ => Define(sandbox, SandboxProvider.CalCom)).First(one => one.TeamSlug is not null == team);
        (await Book(sandbox, calendar, Slot)).StatusCode.ShouldBe(HttpStatusCode.Created);
        using var response = await Book(sandbox, calendar, Slot);
        Says(SandboxProvider.CalCom, await SandboxClient.Body(response)).ShouldBe(text);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Of_64_at_once_exactly_one_gets_the_slot(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, provider);
        var contact = provider == SandboxProvider.HighLevel ? await Contact(sandbox, calendar) : null;
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(async number =>
        {
            var (path, body) = Create(calendar, Slot, $"racer-{number}", contact);
            using var response = await Send(sandbox, calendar, "POST", path, body);
            return response.StatusCode;
        }));
        answers.Count(status => status == Created(provider)).ShouldBe(1);
        answers.Count(status => status == HttpStatusCode.BadRequest).ShouldBe(63);
        sandbox.Server.Ledger.Live.ShouldHaveSingleItem();
        sandbox.Server.Ledger.Overlaps().ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task As_many_get_a_start_as_it_has_seats(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, provider, seats: 3);
        for (var seat = 0; seat < 3; seat++)
        {
            (await sandbox.PublicStarts(calendar)).ShouldContain(Slot);
            using var response = await Book(sandbox, calendar, Slot);
            await Fitting(provider, "POST", Path(provider), response, Created(provider));
        }

        (await sandbox.PublicStarts(calendar)).ShouldNotContain(Slot);
        (await Book(sandbox, calendar, Slot)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        sandbox.Server.Ledger.Live.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_cancelled_seat_can_be_booked_again()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, SandboxProvider.HubSpot, seats: 2);
        var first = sandbox.Server.Ledger.BookInPage(calendar, Slot).Booking!;
        sandbox.Server.Ledger.BookInPage(calendar, Slot).IsDone.ShouldBeTrue();
        sandbox.Server.Ledger.BookInPage(calendar, Slot).Verdict.ShouldBe(BookingVerdict.Taken);
        sandbox.Server.Ledger.CancelInPage(SandboxProvider.HubSpot, first.Uid).IsDone.ShouldBeTrue();
        sandbox.Server.Ledger.BookInPage(calendar, Slot).IsDone.ShouldBeTrue();
        sandbox.Server.Ledger.BookInPage(calendar, Slot).Verdict.ShouldBe(BookingVerdict.Taken);
    }

    [Fact]
    public async Task A_booking_takes_the_hosts_overlapping_starts_from_all_of_his_calendars()
    {
        await using var sandbox = await SandboxClient.Open();
        var half = Define(sandbox, SandboxProvider.CalCom, host: "H");
        var two = sandbox.World.Define(new CalendarDefinition
        {
            Provider = SandboxProvider.HighLevel,
            Slots = [.. Enumerable.Range(0, 8).Select(number => Slot.AddMinutes(-90 + (30 * number)))],
            Duration = TimeSpan.FromHours(2),
            Host = "H",
        });
        var stranger = Define(sandbox, SandboxProvider.CalCom, host: "other");
        using var response = await Book(sandbox, half, Slot.AddMinutes(30));
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        // Starts from an hour and a half before to the booked one overlap it.
        (await sandbox.PublicStarts(two)).ShouldBe([Slot.AddMinutes(-90), Slot.AddMinutes(60), Slot.AddMinutes(90), Slot.AddMinutes(120)]);
        (await sandbox.PublicStarts(stranger)).Count.ShouldBe(4);
        (await Book(sandbox, half, Slot)).StatusCode.ShouldBe(HttpStatusCode.Created);
        sandbox.Server.Ledger.Overlaps().ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_start_that_never_was_or_is_past_is_not_called_taken(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, provider);
        using var never = await Book(sandbox, calendar, Slot.AddMinutes(5));
        var other = Says(provider, await Fitting(provider, "POST", Path(provider), never, HttpStatusCode.BadRequest));
        using var past = await Book(sandbox, calendar, SandboxClient.Start.AddHours(-1));
        var gone = Says(provider, await Fitting(provider, "POST", Path(provider), past, HttpStatusCode.BadRequest));
        switch (provider)
        {
            case SandboxProvider.CalCom:
                other.ShouldStartWith("The event type can't be booked at the \"start\" time provided.");
                gone.ShouldBe("Attempting to book a meeting in the past.");
                break;
            case SandboxProvider.HubSpot:
                other.ShouldBe("MeetingsBookingSchedulingError.MEETING_START_TIME_NOT_VALID");
                gone.ShouldBe(other);
                break;
            case SandboxProvider.Calendly:
                other.ShouldBe("");
                gone.ShouldBe("");
                break;
        }

        sandbox.Server.Ledger.All.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(SandboxProvider.CalCom)]
    [InlineData(SandboxProvider.Calendly)]
    [InlineData(SandboxProvider.HubSpot)]
    public async Task A_missing_required_field_is_refused_without_calling_the_slot_taken(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, provider, required: ["title"]);
        using var response = await Book(sandbox, calendar, Slot);
        var body = await Fitting(provider, "POST", Path(provider), response, HttpStatusCode.BadRequest);
        if (provider == SandboxProvider.CalCom)
            Says(provider, body).ShouldBe("responses - {title}error_required_field, ");
        Says(provider, body).ShouldNotContain("filled");
        Says(provider, body).ShouldNotContain("NOT_AVAILABLE");
        sandbox.Server.Ledger.All.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_wrong_token_books_nothing(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, provider);
        var (path, body) = Create(calendar, Slot, "stranger", "contact");
        using var response = await Send(sandbox, "POST", path, body, [("Authorization", "Bearer nonsense"), ("Version", "2021-04-15"), ("cal-api-version", "2026-02-25")]);
        await Fitting(provider, "POST", Path(provider), response, HttpStatusCode.Unauthorized);
        sandbox.Server.Ledger.All.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_is_cancelled_cannot_be_moved_or_cancelled_again(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var booking = sandbox.Server.Ledger.BookInPage(Define(sandbox, provider), Slot).Booking!;
        sandbox.Server.Ledger.CancelInPage(provider, booking.Uid).Verdict.ShouldBe(BookingVerdict.Done);
        sandbox.Server.Ledger.CancelInPage(provider, booking.Uid).Verdict.ShouldBe(BookingVerdict.AlreadyOver);
        sandbox.Server.Ledger.RescheduleInPage(provider, booking.Uid, Slot.AddMinutes(30)).Verdict.ShouldBe(BookingVerdict.AlreadyOver);
        sandbox.Server.Ledger.CancelInPage(provider, "nothing").Verdict.ShouldBe(BookingVerdict.Unknown);
    }

    [Fact]
    public async Task Generated_calendars_are_booked_like_any_other()
    {
        await using var sandbox = await SandboxClient.Open();
        foreach (var provider in Enum.GetValues<SandboxProvider>())
        {
            var calendar = sandbox.World.CalendarAt(provider, 3);
            var slot = sandbox.World.TrueSlots(calendar, SandboxClient.Start, SandboxClient.Start.AddDays(30))[5];
            sandbox.Server.Ledger.BookInPage(calendar, slot).Verdict.ShouldBe(BookingVerdict.Done);
            sandbox.Server.Ledger.BookInPage(calendar, slot).Verdict.ShouldBe(BookingVerdict.Taken);
            sandbox.World.TrueSlots(calendar, slot, slot.AddMinutes(1)).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Somebody_else_books_moves_and_cancels_by_control_calls()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, SandboxProvider.CalCom);
        var made = await Control("POST", "_sandbox/bookings", new { provider = "CalCom", calendar = calendar.ExternalId, start = Slot }, HttpStatusCode.Created);
        var uid = made.GetProperty("booking").GetProperty("uid").GetString();
        await Control("POST", "_sandbox/bookings", new { provider = "CalCom", calendar = calendar.ExternalId, start = Slot }, HttpStatusCode.Conflict);
        var moved = await Control("POST", "_sandbox/bookings/reschedule", new { provider = "CalCom", id = uid, start = Slot.AddMinutes(60) }, HttpStatusCode.OK);
        moved.GetProperty("booking").GetProperty("rescheduledFrom").GetString().ShouldBe(uid);
        (await sandbox.PublicStarts(calendar)).ShouldBe([Slot, Slot.AddMinutes(30), Slot.AddMinutes(90)]);
        await Control("POST", "_sandbox/bookings/cancel", new { provider = "CalCom", id = moved.GetProperty("booking").GetProperty("uid").GetString() }, HttpStatusCode.OK);
        (await sandbox.PublicStarts(calendar)).Count.ShouldBe(4);
        var all = await sandbox.Json("_sandbox/bookings?provider=CalCom&calendar=" + calendar.ExternalId);
        all.GetProperty("bookings").EnumerateArray().Select(one => one.GetProperty("status").GetString()).ShouldBe(["Replaced", "Cancelled"]);

        async Task<JsonElement> Control(string method, string path, object body, HttpStatusCode status)
        {
            using var response = await Send(sandbox, method, path, body, []);
            response.StatusCode.ShouldBe(status);
            return await SandboxClient.Body(response);
        }
    }

    private static string Path(SandboxProvider provider) => provider switch
    {
        SandboxProvider.CalCom => "/v2/bookings",
        SandboxProvider.Calendly => "/invitees",
        SandboxProvider.HubSpot => "/" + HubSpotBook,
        _ => "/calendars/events/appointments",
    };

    /// <summary>What a client goes by.</summary>
    private static string Says(SandboxProvider provider, JsonElement body) => provider switch
    {
        SandboxProvider.CalCom => body.GetProperty("error").GetProperty("message").GetString()!,
        SandboxProvider.Calendly => body.GetProperty("details")[0].TryGetProperty("code", out var code) ? code.GetString()! : "",
        SandboxProvider.HubSpot => body.TryGetProperty("subCategory", out var sub) ? sub.GetString()! : "",
        _ => body.GetProperty("message").GetString()!,
    };
}
