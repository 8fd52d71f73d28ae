using System.Net;
using System.Text.Json;
using Slotkeeper.Server.Agents;
using Xunit;

namespace Slotkeeper.Server.Tests.Agents;

/// <summary>The tools over their routes.</summary>
public sealed class AgentToolTests(AgentStage stage) : IClassFixture<AgentStage>
{
    [Fact]
    public async Task A_free_time_is_said_to_be_free_and_nothing_is_booked_or_held()
    {
        var calendar = await stage.NewCalendarAsync();
        var answer = await stage.CallAsync("check-availability", new { start = AgentStage.Slot(2), locale = "de" });
        Assert.True(answer.GetProperty("available").GetBoolean());
        Assert.Equal(AgentStage.Slot(2), AgentStage.Text(answer, "start"));
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("holdId").ValueKind);
        Assert.Contains("frei", AgentStage.Message(answer), StringComparison.Ordinal);
        Assert.StartsWith("chk_", AgentStage.Text(answer, "checkId"), StringComparison.Ordinal);
        Assert.NotNull(AgentStage.Text(answer, "asOf"));
        Assert.Equal(16, (await calendar.FreeAsync()).Length);
    }

    [Fact]
    public async Task What_the_person_said_is_understood_in_the_zone_of_the_workspace()
    {
        await stage.NewCalendarAsync();
        // 10:00 UTC of the day after tomorrow, as a Berliner says it.
        var local = TimeZoneInfo.ConvertTime(Bookings.BookedCalendar.Slot(3), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));
        var answer = await stage.CallAsync("check-availability", new { date = "Übermorgen", time = $"{local.Hour} Uhr {local.Minute}", locale = "de" });
        Assert.Equal("available", AgentStage.Outcome(answer));
        Assert.Equal(AgentStage.Slot(3), AgentStage.Text(answer, "start"));
        var question = await stage.CallAsync("check-availability", new { date = "übermorgen", locale = "de" });
        Assert.Equal("free_times", AgentStage.Outcome(question));
        Assert.Equal(2, AgentStage.Alternatives(question).Length);
        var unclear = await stage.CallAsync("check-availability", new { date = "am Sankt Nimmerleinstag", time = "15:00", locale = "de" });
        Assert.Equal("question", AgentStage.Outcome(unclear));
        Assert.False(unclear.GetProperty("available").GetBoolean());
        Assert.EndsWith("?", AgentStage.Message(unclear), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_time_is_an_ordinary_answer_with_what_is_free_instead()
    {
        var calendar = await stage.NewCalendarAsync();
        (await calendar.BookAsync(4)).Expect(HttpStatusCode.Created);
        var answer = await stage.CallAsync("check-availability", new { start = AgentStage.Slot(4), locale = "de" });
        Assert.Equal("taken", AgentStage.Outcome(answer));
        Assert.False(answer.GetProperty("available").GetBoolean());
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("checkId").ValueKind);
        Assert.Equal(2, AgentStage.Alternatives(answer).Length);
        Assert.DoesNotContain(AgentStage.Slot(4), AgentStage.Alternatives(answer));
        Assert.All(AgentStage.Alternatives(answer), start => Assert.Contains(start, calendar.FreeAsync().Result));
    }

    [Fact]
    public async Task A_hold_of_a_conversation_is_one_however_often_it_is_asked_for_and_keeps_others_out()
    {
        await stage.NewCalendarAsync();
        var wish = new { start = AgentStage.Slot(1), hold = true, conversationId = "call-1" };
        var first = await stage.CallAsync("check-availability", wish);
        var again = await stage.CallAsync("check-availability", wish);
        Assert.Equal("held", AgentStage.Outcome(first));
        Assert.Equal(AgentStage.Text(first, "holdId"), AgentStage.Text(again, "holdId"));
        Assert.Equal(AgentStage.Text(first, "holdExpiresAt"), AgentStage.Text(again, "holdExpiresAt"));
        var other = await stage.CallAsync("check-availability", new { start = AgentStage.Slot(1), hold = true, conversationId = "call-2" });
        Assert.Equal("taken", AgentStage.Outcome(other));

        var released = await stage.CallAsync("release-hold", new { holdId = AgentStage.Text(first, "holdId") });
        Assert.True(released.GetProperty("released").GetBoolean());
        var kept = await stage.CallAsync("hold-slot", new { start = AgentStage.Slot(1), conversationId = "call-2" });
        Assert.True(kept.GetProperty("held").GetBoolean());
        var booked = await stage.PatientlyAsync("create-booking", new { holdId = AgentStage.Text(kept, "holdId"), conversationId = "call-2", attendee = AgentStage.Attendee() });
        Assert.Equal("booked", AgentStage.Outcome(booked));
        Assert.Equal(AgentStage.Slot(1), AgentStage.Text(booked, "start"));
    }

    [Fact]
    public async Task In_a_conversation_only_the_time_that_was_checked_is_booked()
    {
        var calendar = await stage.NewCalendarAsync();
        var unchecked_ = await stage.CallAsync("create-booking", new { start = AgentStage.Slot(2), conversationId = "call-3", attendee = AgentStage.Attendee() });
        Assert.Equal("check_first", AgentStage.Outcome(unchecked_));
        Assert.False(unchecked_.GetProperty("booked").GetBoolean());
        var check = await stage.CallAsync("check-availability", new { start = AgentStage.Slot(2), conversationId = "call-3" });
        var other = await stage.CallAsync("create-booking", new { start = AgentStage.Slot(3), checkId = AgentStage.Text(check, "checkId"), conversationId = "call-3", attendee = AgentStage.Attendee() });
        Assert.Equal("check_first", AgentStage.Outcome(other));
        var foreign = await stage.CallAsync("create-booking", new { checkId = AgentStage.Text(check, "checkId"), conversationId = "call-4", attendee = AgentStage.Attendee() });
        Assert.Equal("check_first", AgentStage.Outcome(foreign));
        Assert.Equal(16, (await calendar.FreeAsync()).Length);
        var booked = await stage.PatientlyAsync("create-booking", new { checkId = AgentStage.Text(check, "checkId"), conversationId = "call-3", attendee = AgentStage.Attendee() });
        Assert.Equal("booked", AgentStage.Outcome(booked));
        Assert.Equal(AgentStage.Slot(2), AgentStage.Text(booked, "start"));
    }

    [Fact]
    public async Task T13_a_booking_asked_for_twice_in_a_call_is_one_and_another_time_is_another()
    {
        var calendar = await stage.NewCalendarAsync();
        var check = AgentStage.Text(await stage.CallAsync("check-availability", new { start = AgentStage.Slot(5), conversationId = "call-5" }), "checkId");
        var wish = new { checkId = check, conversationId = "call-5", attendee = AgentStage.Attendee(), locale = "de" };
        var both = await Task.WhenAll(stage.PatientlyAsync("create-booking", wish), stage.PatientlyAsync("create-booking", wish));
        var third = await stage.PatientlyAsync("create-booking", wish);
        Assert.All([.. both, third], answer => Assert.True(answer.GetProperty("booked").GetBoolean()));
        Assert.Single(both.Append(third).Select(answer => AgentStage.Text(answer, "bookingId")).Distinct());
        Assert.Equal("already_booked", AgentStage.Outcome(third));
        Assert.Contains("bereits gebucht", AgentStage.Message(third), StringComparison.Ordinal);

        var later = AgentStage.Text(await stage.CallAsync("check-availability", new { start = AgentStage.Slot(7), conversationId = "call-5" }), "checkId");
        var second = await stage.PatientlyAsync("create-booking", new { checkId = later, conversationId = "call-5", attendee = AgentStage.Attendee() });
        Assert.Equal("booked", AgentStage.Outcome(second));
        Assert.NotEqual(AgentStage.Text(third, "bookingId"), AgentStage.Text(second, "bookingId"));
        Assert.Equal(2, stage.AtProvider.Count);
    }

    [Fact]
    public async Task A_program_that_names_an_instant_books_it_and_its_key_gives_the_same_answer_byte_for_byte()
    {
        await stage.NewCalendarAsync();
        var wish = new { start = AgentStage.Slot(0), attendee = AgentStage.Attendee() };
        (await stage.SendAsync("create-booking", wish)).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request");
        await stage.PatientlyAsync("create-booking", wish, "key-1");
        var first = await stage.SendAsync("create-booking", wish, "key-1");
        var again = await stage.SendAsync("create-booking", wish, "key-1");
        Assert.True(first.Json.GetProperty("booked").GetBoolean());
        Assert.Equal(first.Text, again.Text);
        (await stage.SendAsync("create-booking", new { start = AgentStage.Slot(1), attendee = AgentStage.Attendee() }, "key-1")).ExpectProblem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
    }

    [Fact]
    public async Task What_is_missing_is_asked_for_and_what_is_no_name_is_not_taken()
    {
        await stage.NewCalendarAsync();
        var check = AgentStage.Text(await stage.CallAsync("check-availability", new { start = AgentStage.Slot(5), conversationId = "call-6" }), "checkId");
        foreach (var attendee in new object[] { new { }, new { name = "Acht Uhr", email = "a@b.de" }, new { name = "bei Maria", email = "a@b.de" }, new { name = "Ada Lovelace" }, new { name = "Ada Lovelace", email = "weiß nicht" } })
        {
            var answer = await stage.CallAsync("create-booking", new { checkId = check, conversationId = "call-6", attendee, locale = "de" });
            Assert.Equal("question", AgentStage.Outcome(answer));
            Assert.False(answer.GetProperty("booked").GetBoolean());
        }
        var booked = await stage.PatientlyAsync("create-booking", new { checkId = check, conversationId = "call-6", attendee = new { name = "Ada Lovelace", email = "ada punkt lovelace at example punkt com" } });
        Assert.Equal("booked", AgentStage.Outcome(booked));
        Assert.Equal("ada.lovelace@example.com", Assert.Single(stage.AtProvider).Email);
    }

    [Fact]
    public async Task A_stranger_hears_nothing_of_a_booking_and_the_own_number_or_conversation_opens_it()
    {
        await stage.NewCalendarAsync();
        var check = AgentStage.Text(await stage.CallAsync("check-availability", new { start = AgentStage.Slot(6), conversationId = "call-7" }), "checkId");
        var booked = await stage.PatientlyAsync("create-booking", new { checkId = check, conversationId = "call-7", attendee = AgentStage.Attendee(phone: "0151 23456789") });
        var id = AgentStage.Text(booked, "bookingId");
        foreach (var phone in new[] { null, "+49 30 99999999", "anonymous" })
        {
            foreach (var (tool, arguments) in new (string, object)[]
            {
                ("cancel-booking", new { bookingId = id, conversationId = "call-8" }), ("cancel-booking", new { conversationId = "call-8" }),
                ("reschedule-booking", new { bookingId = id, start = AgentStage.Slot(9), conversationId = "call-8" }), ("get-booking", new { bookingId = id, conversationId = "call-8" }),
            })
            {
                var answer = await stage.CallAsync(tool, arguments, verifiedPhone: phone);
                Assert.Contains(AgentStage.Outcome(answer), (string[])["not_verified", "not_found"]);
                foreach (var personal in new[] { "Ada", "Lovelace", "ada@", "0151", "23456789", AgentStage.Slot(6) })
                    Assert.DoesNotContain(personal, answer.ToString(), StringComparison.Ordinal);
            }
        }
        var found = await stage.CallAsync("get-booking", new { conversationId = "call-9" }, verifiedPhone: "+49 151 23456789");
        Assert.Equal(id, found.GetProperty("bookings")[0].GetProperty("bookingId").GetString());
        var moveTo = AgentStage.Text(await stage.CallAsync("check-availability", new { start = AgentStage.Slot(9), conversationId = "call-9" }), "checkId");
        var moved = await stage.PatientlyAsync("reschedule-booking", new { checkId = moveTo, conversationId = "call-9" }, verifiedPhone: "+49 151 23456789");
        Assert.True(moved.GetProperty("rescheduled").GetBoolean(), moved.ToString());
        Assert.Equal(AgentStage.Slot(9), AgentStage.Text(moved, "start"));
        var cancelled = await stage.PatientlyAsync("cancel-booking", new { bookingId = id, conversationId = "call-7" });
        Assert.True(cancelled.GetProperty("cancelled").GetBoolean(), cancelled.ToString());
        Assert.Equal("already_cancelled", AgentStage.Outcome(await stage.PatientlyAsync("cancel-booking", new { bookingId = id, conversationId = "call-7" })));
    }

    [Fact]
    public async Task A_move_to_a_taken_time_leaves_the_booking_where_it_was_and_names_others()
    {
        var calendar = await stage.NewCalendarAsync();
        (await calendar.BookAsync(8)).Expect(HttpStatusCode.Created);
        var mine = await stage.PatientlyAsync("create-booking", new { start = AgentStage.Slot(2), attendee = AgentStage.Attendee() }, "move-1");
        var answer = await stage.PatientlyAsync("reschedule-booking", new { bookingId = AgentStage.Text(mine, "bookingId"), start = AgentStage.Slot(8), locale = "de" }, "move-2");
        Assert.Equal("taken", AgentStage.Outcome(answer));
        Assert.False(answer.GetProperty("rescheduled").GetBoolean());
        Assert.Equal(AgentStage.Slot(2), AgentStage.Text(answer, "start"));
        Assert.Equal(2, AgentStage.Alternatives(answer).Length);
    }

    [Fact]
    public async Task A_programs_key_for_a_move_gives_the_same_answer_after_the_move()
    {
        await stage.NewCalendarAsync();
        var booked = await stage.PatientlyAsync("create-booking", new { start = AgentStage.Slot(2), attendee = AgentStage.Attendee() }, "again-1");
        var wish = new { bookingId = AgentStage.Text(booked, "bookingId"), start = AgentStage.Slot(4), locale = "de" };
        var first = await stage.PatientlyAsync("reschedule-booking", wish, "again-2");
        Assert.Equal("rescheduled", AgentStage.Outcome(first));
        Assert.Equal(first.ToString(), (await stage.CallAsync("reschedule-booking", wish, "again-2")).ToString());
        var cancel = new { bookingId = AgentStage.Text(booked, "bookingId") };
        var cancelled = await stage.PatientlyAsync("cancel-booking", cancel, "again-3");
        Assert.Equal("cancelled", AgentStage.Outcome(cancelled));
        Assert.Equal(cancelled.ToString(), (await stage.CallAsync("cancel-booking", cancel, "again-3")).ToString());
    }

    [Fact]
    public async Task Owners_case_2_of_two_callers_the_second_hears_at_once_that_it_is_taken_and_what_is_free()
    {
        await stage.NewCalendarAsync();
        var checks = await Task.WhenAll(
            stage.CallAsync("check-availability", new { start = AgentStage.Slot(6), conversationId = "a" }),
            stage.CallAsync("check-availability", new { start = AgentStage.Slot(6), conversationId = "b" }));
        Assert.All(checks, check => Assert.Equal("available", AgentStage.Outcome(check)));
        var a = await stage.PatientlyAsync("create-booking", new { checkId = AgentStage.Text(checks[0], "checkId"), conversationId = "a", attendee = AgentStage.Attendee() });
        Assert.Equal("booked", AgentStage.Outcome(a));
        var again = await stage.CallAsync("check-availability", new { start = AgentStage.Slot(6), conversationId = "b", locale = "de" });
        Assert.Equal("taken", AgentStage.Outcome(again));
        Assert.NotEmpty(AgentStage.Alternatives(again));
        var b = await stage.PatientlyAsync("create-booking", new { checkId = AgentStage.Text(checks[1], "checkId"), conversationId = "b", attendee = AgentStage.Attendee("Grace Hopper") });
        Assert.Equal("taken", AgentStage.Outcome(b));
        Assert.NotEmpty(AgentStage.Alternatives(b));
        Assert.Single(stage.AtProvider);
    }

    [Fact]
    public async Task The_context_says_the_day_in_the_language_and_the_calendars_own_hours()
    {
        await stage.NewCalendarAsync();
        var context = await stage.CallAsync("current-context", new { locale = "de" });
        Assert.Equal("Europe/Berlin", AgentStage.Text(context, "timeZone"));
        Assert.Contains(AgentStage.Text(context, "weekday")!, AgentStage.Message(context), StringComparison.Ordinal);
        var local = TimeZoneInfo.ConvertTime(Bookings.BookedCalendar.Slot(0), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));
        var day = Assert.Single(context.GetProperty("openingTimes").EnumerateArray().ToList());
        Assert.Equal(local.ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture), day.GetProperty("from").GetString());
    }

    [Fact]
    public async Task Every_field_of_every_schema_is_known_to_its_tool_and_any_other_is_refused_with_its_name()
    {
        foreach (var tool in stage.Server.Service<AgentTools>().All)
        {
            foreach (var field in tool.InputSchema.GetProperty("properties").EnumerateObject().Select(field => field.Name))
            {
                // An object is of the wrong kind for all of them but two, so that the field is refused for its kind if it is known.
                var reply = await stage.SendAsync(tool.RouteName, new Dictionary<string, object> { [field] = new[] { new { nonsense = 1 } } });
                Assert.DoesNotContain("is not known here", reply.ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").Text, StringComparison.Ordinal);
                Assert.Contains(field, reply.Json.GetProperty("errors").ToString(), StringComparison.Ordinal);
            }
            var unknown = await stage.SendAsync(tool.RouteName, new { nonsense = 1 });
            Assert.Contains("is not known here", unknown.ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_workspace_that_is_foreign_to_the_key_is_missing()
    {
        var other = stage.WorkspaceId;
        await stage.NewCalendarAsync();
        (await stage.SendAsync("check-availability", new { start = AgentStage.Slot(0) }, workspaceId: other)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
    }
}
