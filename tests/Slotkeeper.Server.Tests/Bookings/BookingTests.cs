using System.Net;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Bookings;

/// <summary>Booking over HTTP, end to end: every time once, at every provider, whatever goes wrong on the way.</summary>
public sealed class BookingTests(WholeServer server) : IClassFixture<WholeServer>
{
    [Theory]
    [InlineData(SandboxProvider.Calendly)]
    [InlineData(SandboxProvider.HubSpot)]
    [InlineData(SandboxProvider.HighLevel)]
    [InlineData(SandboxProvider.CalCom)]
    public async Task A_booked_time_is_gone_at_once_and_comes_back_when_it_is_cancelled(SandboxProvider provider)
    {
        var calendar = await BookedCalendar.MakeAsync(server, provider);
        var booked = (await calendar.BookAsync(1)).Expect(HttpStatusCode.Created);
        Assert.Equal("confirmed", booked.Json.GetProperty("status").GetString());
        Assert.False(string.IsNullOrEmpty(booked.Json.GetProperty("providerBookingId").GetString()));
        var id = booked.Json.GetProperty("id").GetString()!;
        Assert.Equal($"/v1/bookings/{id}", booked.Headers["Location"]);
        Assert.DoesNotContain(BookedCalendar.Text(BookedCalendar.Slot(1)), await calendar.FreeAsync());
        var there = Assert.Single(server.Sandbox.Ledger.Of(calendar.Calendar));
        Assert.Equal(BookedCalendar.Slot(1), there.Start);

        var listed = (await calendar.GetAsync($"/v1/workspaces/{calendar.WorkspaceId}/bookings?status=confirmed")).Expect(HttpStatusCode.OK);
        Assert.Equal(id, Assert.Single(listed.Json.GetProperty("items").EnumerateArray()).GetProperty("id").GetString());

        var cancelled = await calendar.PostAsync($"/v1/bookings/{id}/cancel", new { reason = "Ill" });
        if (provider == SandboxProvider.HubSpot)
        {
            cancelled.ExpectProblem(HttpStatusCode.UnprocessableEntity, "provider_cannot");
            return;
        }
        cancelled.Expect(HttpStatusCode.OK);
        Assert.Equal("cancelled", cancelled.Json.GetProperty("status").GetString());
        await calendar.UntilFreeAsync(starts => starts.Contains(BookedCalendar.Text(BookedCalendar.Slot(1))));
    }

    [Fact]
    public async Task Cal_com_is_booked_without_any_key()
    {
        var defined = server.Sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.CalCom, Slots = BookedCalendar.Slots(4) });
        var calendar = await BookedCalendar.KeylessAsync(server, defined);
        (await calendar.BookAsync(0)).Expect(HttpStatusCode.Created);
        Assert.DoesNotContain(BookedCalendar.Text(BookedCalendar.Slot(0)), await calendar.FreeAsync());
    }

    [Fact]
    public async Task The_second_caller_is_told_what_is_free_and_the_provider_is_not_called()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        (await calendar.BookAsync(2)).Expect(HttpStatusCode.Created);
        var taken = (await calendar.BookAsync(2)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        var alternatives = taken.Json.GetProperty("alternatives").EnumerateArray().ToList();
        Assert.Equal([1, 3, 4], alternatives.Select(one => Array.IndexOf([.. BookedCalendar.Slots(8).Select(BookedCalendar.Text)], one.GetProperty("start").GetString())));
        Assert.All(alternatives, one => Assert.Contains(" on ", one.GetProperty("label").GetString(), StringComparison.Ordinal));
        Assert.Single(server.Sandbox.Ledger.Of(calendar.Calendar));
    }

    [Fact]
    public async Task An_event_type_that_two_agencies_share_is_booked_once()
    {
        var defined = server.Sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.CalCom, Slots = BookedCalendar.Slots(4) });
        var other = (await server.PostAsync("/v1/agencies", new { name = "Another" }, HttpStatusCode.Created)).GetProperty("id").GetString()!;
        var first = await BookedCalendar.KeylessAsync(server, defined);
        var second = await BookedCalendar.KeylessAsync(server, defined, other);
        var replies = await Task.WhenAll(first.BookAsync(1), second.BookAsync(1));
        Assert.Equal([HttpStatusCode.Created, HttpStatusCode.Conflict], replies.Select(reply => reply.Status).Order());
        Assert.Single(server.Sandbox.Ledger.Of(defined));
        Assert.DoesNotContain(BookedCalendar.Text(BookedCalendar.Slot(1)), await first.FreeAsync());
        Assert.DoesNotContain(BookedCalendar.Text(BookedCalendar.Slot(1)), await second.FreeAsync());
    }

    [Fact]
    public async Task Types_of_30_and_120_minutes_of_one_host_never_overlap()
    {
        var brief = server.Sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.HighLevel, Slots = BookedCalendar.Slots(8), Host = "one" });
        var lengthy = server.Sandbox.World.Define(new CalendarDefinition
        {
            Provider = SandboxProvider.HighLevel, Slots = [BookedCalendar.Slot(0), BookedCalendar.Slot(4)], Duration = TimeSpan.FromMinutes(120), Host = "one",
        });
        var first = await BookedCalendar.MakeAsync(server, brief, resource: "host");
        var second = await BookedCalendar.MakeAsync(server, lengthy, first, "host");
        (await first.BookAsync(2)).Expect(HttpStatusCode.Created);
        Assert.DoesNotContain(BookedCalendar.Text(BookedCalendar.Slot(0)), await second.FreeAsync());
        (await second.BookAsync(0)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        (await second.BookAsync(4)).Expect(HttpStatusCode.Created);
        Assert.Empty((await first.FreeAsync()).Intersect([.. Enumerable.Range(4, 4).Select(slot => BookedCalendar.Text(BookedCalendar.Slot(slot)))]));
        Assert.Empty(server.Sandbox.Ledger.Overlaps());
    }

    [Theory]
    [InlineData(SandboxProvider.Calendly, TakenForm.Usual)]
    [InlineData(SandboxProvider.HubSpot, TakenForm.Usual)]
    [InlineData(SandboxProvider.HubSpot, TakenForm.Conflict)]
    [InlineData(SandboxProvider.HubSpot, TakenForm.StartTimeNotValid)]
    [InlineData(SandboxProvider.HighLevel, TakenForm.Usual)]
    [InlineData(SandboxProvider.HighLevel, TakenForm.Unprocessable)]
    [InlineData(SandboxProvider.CalCom, TakenForm.Usual)]
    [InlineData(SandboxProvider.CalCom, TakenForm.OneOfTheHosts)]
    [InlineData(SandboxProvider.CalCom, TakenForm.NoAvailableUsers)]
    [InlineData(SandboxProvider.CalCom, TakenForm.FixedHosts)]
    [InlineData(SandboxProvider.CalCom, TakenForm.Conflict)]
    public async Task What_the_provider_calls_taken_is_taken(SandboxProvider provider, TakenForm form)
    {
        var calendar = await BookedCalendar.MakeAsync(server, provider);
        server.Sandbox.Faults.Add(Fault.For(calendar.Calendar, FaultKind.Taken) with { TakenForm = form, Times = 1 });
        var taken = (await calendar.BookAsync(1, "the-key")).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        Assert.Equal(3, taken.Json.GetProperty("alternatives").GetArrayLength());
        Assert.Empty(server.Sandbox.Ledger.Of(calendar.Calendar));
        Assert.Equal(taken.Text, (await calendar.BookAsync(1, "the-key")).Text);
        (await calendar.BookAsync(2)).Expect(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData(SandboxProvider.CalCom)]
    [InlineData(SandboxProvider.Calendly)]
    public async Task A_lost_reply_is_settled_and_the_provider_is_called_once(SandboxProvider provider)
    {
        var calendar = await BookedCalendar.MakeAsync(server, provider);
        server.Sandbox.Faults.Add(Fault.For(calendar.Calendar, FaultKind.ReplyLost) with { Call = BookingCall.Create, Times = 1 });
        var unknown = (await calendar.BookAsync(1, "lost")).Expect(HttpStatusCode.Accepted);
        Assert.Equal("unknown", unknown.Json.GetProperty("status").GetString());
        var id = unknown.Json.GetProperty("id").GetString()!;
        Assert.Equal($"/v1/bookings/{id}", unknown.Headers["Location"]);
        Assert.DoesNotContain(BookedCalendar.Text(BookedCalendar.Slot(1)), await calendar.FreeAsync());
        await calendar.UntilAsync(id, booking => booking.GetProperty("status").GetString() == "confirmed");
        Assert.Single(server.Sandbox.Ledger.Of(calendar.Calendar));
        Assert.Equal(1, server.Sandbox.Ledger.AttemptsOf(id));
        Assert.Equal(unknown.Text, (await calendar.BookAsync(1, "lost")).Expect(HttpStatusCode.Accepted).Text);
    }

    [Fact]
    public async Task A_key_gets_its_first_answer_again_byte_for_byte()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => calendar.BookAsync(1, "same")));
        var first = (await calendar.BookAsync(1, "same")).Expect(HttpStatusCode.Created);
        foreach (var reply in replies)
        {
            if (reply.Status == HttpStatusCode.Conflict)
                reply.ExpectProblem(HttpStatusCode.Conflict, "request_in_flight");
            else
                Assert.Equal(first.Text, reply.Expect(HttpStatusCode.Created).Text);
        }
        Assert.Single(server.Sandbox.Ledger.Of(calendar.Calendar));
        (await calendar.BookAsync(2, "same")).ExpectProblem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        // Other fields first and blanks between: the same wish.
        using var reordered = new StringContent(
            $$"""{ "metadata" : {"campaign":"spring"}, "attendee":{"timeZone":"Europe/Berlin","email":"ada@example.com","name":"Ada Lovelace"}, "start":"{{BookedCalendar.Text(BookedCalendar.Slot(1))}}" }""",
            null, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/workspaces/{calendar.WorkspaceId}/bookings") { Content = reordered };
        request.Headers.Add("Idempotency-Key", "same");
        using var again = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(first.Text, await again.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var refused = await calendar.BookAsync(1, "late");
        Assert.Equal(refused.ExpectProblem(HttpStatusCode.Conflict, "slot_taken").Text, (await calendar.BookAsync(1, "late")).Text);
    }

    [Theory]
    [InlineData(SandboxProvider.Calendly)]
    [InlineData(SandboxProvider.HighLevel)]
    [InlineData(SandboxProvider.CalCom)]
    public async Task A_booking_is_moved_where_the_provider_can(SandboxProvider provider)
    {
        var calendar = await BookedCalendar.MakeAsync(server, provider);
        var id = (await calendar.BookAsync(1)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
        (await calendar.BookAsync(5)).Expect(HttpStatusCode.Created);
        (await calendar.PostAsync($"/v1/bookings/{id}/reschedule", new { start = BookedCalendar.Text(BookedCalendar.Slot(5)) }))
            .ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        var moved = await calendar.PostAsync($"/v1/bookings/{id}/reschedule", new { start = BookedCalendar.Text(BookedCalendar.Slot(3)) });
        Assert.Equal(BookedCalendar.Text(BookedCalendar.Slot(3)), moved.Expect(HttpStatusCode.OK).Json.GetProperty("start").GetString());
        Assert.DoesNotContain(BookedCalendar.Text(BookedCalendar.Slot(3)), await calendar.FreeAsync());
        await calendar.UntilFreeAsync(starts => starts.Contains(BookedCalendar.Text(BookedCalendar.Slot(1))));
        Assert.Empty(server.Sandbox.Ledger.Overlaps());
    }

    [Fact]
    public async Task HubSpot_can_neither_move_nor_cancel_and_says_so()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.HubSpot);
        var id = (await calendar.BookAsync(1)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
        (await calendar.PostAsync($"/v1/bookings/{id}/reschedule", new { start = BookedCalendar.Text(BookedCalendar.Slot(3)) }))
            .ExpectProblem(HttpStatusCode.UnprocessableEntity, "provider_cannot");
        var after = (await calendar.GetAsync($"/v1/bookings/{id}")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(BookedCalendar.Text(BookedCalendar.Slot(1)), after.GetProperty("start").GetString());
        Assert.Contains(BookedCalendar.Text(BookedCalendar.Slot(3)), await calendar.FreeAsync());
    }

    [Fact]
    public async Task A_hold_keeps_a_time_for_its_owner_until_it_is_given_back_or_expires()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var hold = (await calendar.HoldAsync(1)).Expect(HttpStatusCode.Created).Json;
        var id = hold.GetProperty("id").GetString()!;
        Assert.Equal(BookedCalendar.Text(BookedCalendar.Slot(2)), hold.GetProperty("end").GetString());
        (await calendar.HoldAsync(1)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        (await calendar.BookAsync(1)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        // Back to back on either side.
        (await calendar.HoldAsync(0)).Expect(HttpStatusCode.Created);
        (await calendar.HoldAsync(2)).Expect(HttpStatusCode.Created);
        (await calendar.DeleteAsync($"/v1/holds/{id}")).Expect(HttpStatusCode.NoContent);
        (await calendar.DeleteAsync($"/v1/holds/{id}")).Expect(HttpStatusCode.NoContent);
        Assert.Contains(BookedCalendar.Text(BookedCalendar.Slot(1)), await calendar.FreeAsync());
        (await calendar.BookAsync(1, holdId: id)).ExpectProblem(HttpStatusCode.Conflict, "hold_expired");

        var second = (await calendar.HoldAsync(3)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
        (await calendar.BookAsync(4, holdId: second)).ExpectProblem(HttpStatusCode.Conflict, "hold_expired");
        (await calendar.BookAsync(3, holdId: second)).Expect(HttpStatusCode.Created);
        // The hold has become the booking: giving it back frees nothing.
        (await calendar.DeleteAsync($"/v1/holds/{second}")).Expect(HttpStatusCode.NoContent);
        Assert.DoesNotContain(BookedCalendar.Text(BookedCalendar.Slot(3)), await calendar.FreeAsync());

        var third = (await calendar.HoldAsync(5, ttlSeconds: 10)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
        await calendar.UntilFreeAsync(starts => starts.Contains(BookedCalendar.Text(BookedCalendar.Slot(5))));
        (await calendar.BookAsync(5, holdId: third)).ExpectProblem(HttpStatusCode.Conflict, "hold_expired");
        (await calendar.BookAsync(5)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task What_cannot_be_booked_is_refused_with_its_reason()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var path = $"/v1/workspaces/{calendar.WorkspaceId}/bookings";
        var attendee = new { name = "Ada", email = "ada@example.com" };
        (await calendar.PostAsync(path, new { start = BookedCalendar.Text(BookedCalendar.Slot(1).AddMinutes(7)), attendee })).ExpectProblem(HttpStatusCode.UnprocessableEntity, "not_a_slot");
        (await calendar.PostAsync(path, new { start = "2020-01-01T00:00:00Z", attendee })).ExpectProblem(HttpStatusCode.UnprocessableEntity, "slot_in_past");
        (await calendar.PostAsync(path, new { start = BookedCalendar.Text(BookedCalendar.Slot(1)), attendee = new { name = "Ada", email = "nobody" } }))
            .ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("attendee.email");
        (await calendar.PostAsync(path, new { attendee, typo = 1 })).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("start");
        (await calendar.PostAsync(path, calendar.Wish(1), "")).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("Idempotency-Key");
        (await calendar.PostAsync(path, calendar.Wish(1), new string('k', 256))).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("Idempotency-Key");
        Assert.Empty(server.Sandbox.Ledger.Of(calendar.Calendar));
        var link = await server.WorkspaceWithAsync(SandboxProvider.Calendly, BookedCalendar.Slots(2));
        (await calendar.PostAsync($"/v1/workspaces/{link.WorkspaceId}/bookings", calendar.Wish(1))).ExpectProblem(HttpStatusCode.UnprocessableEntity, "provider_cannot");
    }
}
