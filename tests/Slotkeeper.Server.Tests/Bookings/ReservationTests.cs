using System.Net;
using Slotkeeper.Holds;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Bookings;

/// <summary>Cal.com's reservations beside our holds: a help where they work, and never in the way.</summary>
public sealed class ReservationTests(WholeServer server) : IClassFixture<WholeServer>
{
    [Fact]
    public async Task A_held_time_is_kept_at_Cal_com_until_the_hold_is_given_back()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var hold = (await calendar.HoldAsync(1)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString();
        Assert.False(server.Sandbox.Ledger.BookInPage(calendar.Calendar, BookedCalendar.Slot(1)).IsDone);
        (await calendar.DeleteAsync($"/v1/holds/{hold}")).Expect(HttpStatusCode.NoContent);
        Assert.True(server.Sandbox.Ledger.BookInPage(calendar.Calendar, BookedCalendar.Slot(1)).IsDone);
    }

    [Fact]
    public async Task What_was_not_named_while_it_was_held_is_free_again_when_the_hold_is_given_back()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var hold = (await calendar.HoldAsync(1)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString();
        await server.PostAsync($"/v1/workspaces/{calendar.WorkspaceId}/refresh", null, HttpStatusCode.OK);
        (await calendar.HoldAsync(1)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        (await calendar.DeleteAsync($"/v1/holds/{hold}")).Expect(HttpStatusCode.NoContent);
        await calendar.UntilFreeAsync(starts => starts.Contains(BookedCalendar.Text(BookedCalendar.Slot(1))));
        (await calendar.HoldAsync(1)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_time_that_Cal_com_says_is_booked_is_not_held_and_what_is_free_is_named()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        Assert.True(server.Sandbox.Ledger.BookInPage(calendar.Calendar, BookedCalendar.Slot(2)).IsDone);
        var taken = (await calendar.HoldAsync(2)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        Assert.Equal(3, taken.Json.GetProperty("alternatives").GetArrayLength());
        Assert.DoesNotContain(BookedCalendar.Text(BookedCalendar.Slot(2)), taken.Text, StringComparison.Ordinal);
        var explained = await calendar.GetAsync($"/v1/workspaces/{calendar.WorkspaceId}/slots/explain?start={BookedCalendar.Text(BookedCalendar.Slot(2))}");
        // Our own claim is gone, and the calendar was read again.
        Assert.Equal(["not_in_snapshot"], explained.Expect(HttpStatusCode.OK).Json.GetProperty("reasons").EnumerateArray().Select(one => one.GetProperty("code").GetString()));
        (await calendar.HoldAsync(3)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_time_that_others_have_reserved_is_not_held()
    {
        var defined = server.Sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.CalCom, Slots = BookedCalendar.Slots(8) });
        var calendar = await BookedCalendar.MakeAsync(server, defined);
        using var client = new HttpClient { BaseAddress = server.Sandbox.BaseAddress };
        using var others = new HttpRequestMessage(HttpMethod.Post, "v2/slots/reservations")
        {
            Content = System.Net.Http.Json.JsonContent.Create(new { eventTypeId = int.Parse(defined.ExternalId, System.Globalization.CultureInfo.InvariantCulture), slotStart = BookedCalendar.Text(BookedCalendar.Slot(2)) }),
        };
        others.Headers.Add("cal-api-version", "2024-09-04");
        using var reserved = await client.SendAsync(others, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, reserved.StatusCode);
        (await calendar.HoldAsync(2)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
    }

    [Theory]
    [InlineData(FaultKind.ReplyLost)]
    [InlineData(FaultKind.ServerError)]
    [InlineData(FaultKind.RateLimited)]
    [InlineData(FaultKind.Forbidden)]
    [InlineData(FaultKind.HtmlPage)]
    public async Task Without_a_usable_reply_our_claim_alone_holds_and_is_never_in_its_own_way(FaultKind fault)
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        server.Sandbox.Faults.Add(Fault.For(calendar.Calendar, fault) with { Scope = FaultScope.Holds, Times = 1, RetryAfter = TimeSpan.FromSeconds(1) });
        var hold = (await calendar.HoldAsync(1)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
        (await calendar.HoldAsync(1)).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        if (fault == FaultKind.RateLimited)
            (await calendar.DeleteAsync($"/v1/holds/{hold}")).Expect(HttpStatusCode.NoContent);
        else
            (await calendar.BookAsync(1, holdId: hold)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_reservation_of_our_own_whose_reply_was_lost_is_no_reason_to_refuse_a_hold()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        server.Sandbox.Faults.Add(Fault.For(calendar.Calendar, FaultKind.ReplyLost) with { Scope = FaultScope.Holds, Times = 1 });
        // Not read again, so that the time is still named here.
        server.Sandbox.Faults.Add(Fault.For(calendar.Calendar, FaultKind.HtmlPage) with { Scope = FaultScope.Slots });
        var hold = (await calendar.HoldAsync(1)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
        Assert.False(server.Sandbox.Ledger.BookInPage(calendar.Calendar, BookedCalendar.Slot(1)).IsDone);
        (await calendar.DeleteAsync($"/v1/holds/{hold}")).Expect(HttpStatusCode.NoContent);
        (await calendar.HoldAsync(1)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_hold_too_short_for_Cal_coms_minutes_is_not_reserved_and_leaves_nothing_behind()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        (await calendar.HoldAsync(1, ttlSeconds: 59)).Expect(HttpStatusCode.Created);
        Assert.True(server.Sandbox.Ledger.BookInPage(calendar.Calendar, BookedCalendar.Slot(1)).IsDone);
    }

    [Fact]
    public async Task A_slow_Cal_com_keeps_a_hold_waiting_for_two_seconds_and_no_longer()
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.CalCom);
        var slow = server.Sandbox.Faults.Add(Fault.For(calendar.Calendar, FaultKind.Slow) with { Scope = FaultScope.Holds, Delay = TimeSpan.FromSeconds(12) });
        var since = RealClock.Instance.GetTimestamp();
        (await calendar.HoldAsync(1)).Expect(HttpStatusCode.Created);
        // Timers count in whole milliseconds and may be one early.
        Assert.InRange(RealClock.Instance.GetElapsedTime(since), HoldReservations.Patience - TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
        server.Sandbox.Faults.Remove(slow.Id);
    }

    [Fact]
    public async Task A_hold_at_a_provider_without_reservations_asks_nobody()
    {
        foreach (var provider in new[] { SandboxProvider.Calendly, SandboxProvider.HubSpot, SandboxProvider.HighLevel })
        {
            var calendar = await BookedCalendar.MakeAsync(server, provider);
            await HoldsWithoutCallsAsync(calendar, provider);
        }
        var defined = server.Sandbox.World.Define(new CalendarDefinition { Provider = SandboxProvider.CalCom, Slots = BookedCalendar.Slots(4) });
        await HoldsWithoutCallsAsync(await BookedCalendar.KeylessAsync(server, defined), SandboxProvider.CalCom);

        async Task HoldsWithoutCallsAsync(BookedCalendar calendar, SandboxProvider provider)
        {
            // A change of claims has the calendar read again: only what is no reading counts.
            var before = server.Sandbox.Counters.Of(provider) - server.Sandbox.Counters.SlotsOf(provider);
            (await calendar.HoldAsync(1)).Expect(HttpStatusCode.Created);
            if (provider is not (SandboxProvider.Calendly or SandboxProvider.HighLevel))
                Assert.Equal(before, server.Sandbox.Counters.Of(provider) - server.Sandbox.Counters.SlotsOf(provider));
            Assert.True(server.Sandbox.Ledger.BookInPage(calendar.Calendar, BookedCalendar.Slot(1)).IsDone);
        }
    }

    [Theory]
    [InlineData(HoldRule.BlocksEverybody)]
    [InlineData(HoldRule.BlocksOthers)]
    [InlineData(HoldRule.BlocksNobody)]
    public async Task W10_our_own_reservation_never_makes_our_booking_look_taken(HoldRule rule)
    {
        await using var strict = new WholeServer { SandboxOptions = new SandboxOptions { ChangesPerMinute = 0, HoldRule = rule } };
        await strict.InitializeAsync();
        var calendar = await BookedCalendar.MakeAsync(strict, SandboxProvider.CalCom);
        var hold = (await calendar.HoldAsync(1)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString();
        (await calendar.BookAsync(1, holdId: hold)).Expect(HttpStatusCode.Created);
        Assert.Single(strict.Sandbox.Ledger.Of(calendar.Calendar));
        // Nothing of it is left: when the booking goes, others get the time.
        strict.Sandbox.Ledger.CancelInPage(SandboxProvider.CalCom, strict.Sandbox.Ledger.Of(calendar.Calendar)[0].Uid);
        Assert.True(strict.Sandbox.Ledger.BookInPage(calendar.Calendar, BookedCalendar.Slot(1)).IsDone);
    }
}
