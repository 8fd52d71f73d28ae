using System.Net;
using System.Text.Json;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tests.Whole;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Bookings;

/// <summary>
/// Moving where the provider has no call for it: the new time is booked, then the old one cancelled. Whatever is lost or dies on the way, in the end
/// one of the two stands alone, here and there, and nobody is told of two.
/// </summary>
public sealed class MoveTests(WholeServer server) : IClassFixture<WholeServer>
{
    private const int Old = 1;
    private const int New = 4;

    [Fact]
    public async Task A_move_leaves_the_new_time_alone_at_the_provider_and_the_booking_keeps_its_id()
    {
        var (calendar, booked) = await BookedAsync(server);
        var moved = (await MoveAsync(calendar, booked)).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(booked.GetProperty("id").GetString(), moved.GetProperty("id").GetString());
        Assert.Equal("confirmed", moved.GetProperty("status").GetString());
        Assert.Equal(Text(New), moved.GetProperty("start").GetString());
        Assert.NotEqual(booked.GetProperty("providerBookingId").GetString(), moved.GetProperty("providerBookingId").GetString());
        Assert.Equal(BookedCalendar.Slot(New), Assert.Single(Live(server, calendar)).Start);
        await OnlyNewIsTakenAsync(calendar);

        // Back again, and away: each time under a reference of its own, so that no earlier booking is taken for it.
        (await MoveAsync(calendar, booked, Old)).Expect(HttpStatusCode.OK);
        Assert.Equal(BookedCalendar.Slot(Old), Assert.Single(Live(server, calendar)).Start);
        await ReadAgainAsync(server, calendar);
        (await MoveAsync(calendar, booked)).Expect(HttpStatusCode.OK);
        Assert.Equal(BookedCalendar.Slot(New), Assert.Single(Live(server, calendar)).Start);
        (await calendar.PostAsync($"/v1/bookings/{Id(booked)}/cancel", null)).Expect(HttpStatusCode.OK);
        Assert.Empty(Live(server, calendar));
        var listed = (await calendar.GetAsync($"/v1/workspaces/{calendar.WorkspaceId}/bookings")).Expect(HttpStatusCode.OK).Json;
        Assert.Single(listed.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task A_new_time_that_is_taken_at_the_provider_is_409_and_everything_is_as_it_was()
    {
        var (calendar, booked) = await BookedAsync(server);
        server.Sandbox.Ledger.BookInPage(calendar.Calendar, BookedCalendar.Slot(New));
        var taken = (await MoveAsync(calendar, booked, key: "taken")).ExpectProblem(HttpStatusCode.Conflict, "slot_taken");
        Assert.Equal(3, taken.Json.GetProperty("alternatives").GetArrayLength());
        Assert.DoesNotContain(Text(New), taken.Text, StringComparison.Ordinal);
        Assert.Equal(taken.Text, (await MoveAsync(calendar, booked, key: "taken")).Text);
        var after = await calendar.UntilAsync(Id(booked), booking => booking.GetProperty("status").GetString() == "confirmed");
        Assert.Equal(Text(Old), after.GetProperty("start").GetString());
        Assert.Equal(booked.GetProperty("providerBookingId").GetString(), after.GetProperty("providerBookingId").GetString());
        Assert.DoesNotContain(Text(Old), await calendar.FreeAsync());
        Assert.Equal([BookedCalendar.Slot(Old), BookedCalendar.Slot(New)], Live(server, calendar).Select(one => one.Start).Order());
        // What is free again can be moved to.
        (await MoveAsync(calendar, booked, 6)).Expect(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(FaultKind.ReplyLost)]
    [InlineData(FaultKind.ErrorAfterCommit)]
    public async Task A_lost_reply_to_the_new_booking_is_settled_and_the_old_one_goes_then(FaultKind fault)
    {
        var (calendar, booked) = await BookedAsync(server);
        server.Sandbox.Faults.Add(Fault.For(calendar.Calendar, fault) with { Call = BookingCall.Create, Times = 1 });
        var lost = (await MoveAsync(calendar, booked, key: "lost")).Expect(HttpStatusCode.Accepted);
        Assert.Equal(Text(Old), lost.Json.GetProperty("start").GetString());
        var free = await calendar.FreeAsync();
        Assert.DoesNotContain(Text(Old), free);
        Assert.DoesNotContain(Text(New), free);
        await calendar.UntilAsync(Id(booked), booking => booking.GetProperty("start").GetString() == Text(New));
        await UntilAloneAsync(server, calendar, New);
        Assert.Equal(2, server.Sandbox.Ledger.Of(calendar.Calendar).Count);
        Assert.Equal(lost.Text, (await MoveAsync(calendar, booked, key: "lost")).Text);
        await OnlyNewIsTakenAsync(calendar);
    }

    [Theory]
    [InlineData(FaultKind.ReplyLost, 1)]
    [InlineData(FaultKind.ServerError, 2)]
    [InlineData(FaultKind.ConnectionReset, 1)]
    public async Task A_cancellation_of_the_old_one_that_fails_is_tried_until_it_is_done_and_the_history_says_so(FaultKind fault, int times)
    {
        var (calendar, booked) = await BookedAsync(server);
        server.Sandbox.Faults.Add(Fault.For(calendar.Calendar, fault) with { Scope = FaultScope.Bookings, Call = BookingCall.Cancel, Times = times });
        var moved = (await MoveAsync(calendar, booked, key: "slow")).Expect(HttpStatusCode.OK);
        Assert.Equal(Text(New), moved.Json.GetProperty("start").GetString());
        Assert.DoesNotContain(Text(Old), await calendar.FreeAsync());
        var booking = await calendar.UntilAsync(Id(booked), one => Notes(one).Any(note => note.Contains("is not cancelled at the provider yet", StringComparison.Ordinal)));
        Assert.Equal("confirmed", booking.GetProperty("status").GetString());
        await calendar.UntilAsync(Id(booked), one => Notes(one).Last().Contains("is cancelled at the provider", StringComparison.Ordinal), seconds: 40);
        Assert.Equal(BookedCalendar.Slot(New), Assert.Single(Live(server, calendar)).Start);
        await OnlyNewIsTakenAsync(calendar);
        Assert.Equal(moved.Text, (await MoveAsync(calendar, booked, key: "slow")).Text);
    }

    [Fact]
    public async Task What_is_still_to_be_cancelled_keeps_nobody_from_cancelling_the_booking()
    {
        var (calendar, booked) = await BookedAsync(server);
        var refusing = server.Sandbox.Faults.Add(Fault.For(calendar.Calendar, FaultKind.ServerError) with { Scope = FaultScope.Bookings, Call = BookingCall.Cancel, Times = 1 });
        (await MoveAsync(calendar, booked)).Expect(HttpStatusCode.OK);
        (await calendar.PostAsync($"/v1/bookings/{Id(booked)}/cancel", null)).Expect(HttpStatusCode.OK);
        server.Sandbox.Faults.Remove(refusing.Id);
        await UntilAloneAsync(server, calendar, null);
        await calendar.UntilFreeAsync(starts => starts.Contains(Text(Old)) && starts.Contains(Text(New)));
    }

    /// <summary>The process dies around each call, and starts again when the settler has come to it.</summary>
    [Theory]
    [InlineData("move", CallMoment.Before, Old, 502)]
    [InlineData("move", CallMoment.After, Old, 502)]
    [InlineData("book", CallMoment.Before, Old, 502)]
    [InlineData("book", CallMoment.After, New, 200)]
    [InlineData("cancel", CallMoment.Before, New, 200)]
    [InlineData("cancel", CallMoment.After, New, 200)]
    public async Task After_a_crash_at_any_step_one_of_the_two_stands_alone_on_both_sides(string call, CallMoment moment, int expected, int answer)
    {
        await using var crashing = new WholeServer { Watched = new WatchedProviders() };
        await crashing.InitializeAsync();
        var (calendar, booked) = await BookedAsync(crashing);
        crashing.Watched.Heard = (heard, at) =>
        {
            if (heard == call && at == moment)
                throw new InvalidOperationException("The process died.");
        };
        Assert.Equal(HttpStatusCode.InternalServerError, (await MoveAsync(calendar, booked, key: "crashed")).Status);
        var between = Live(crashing, calendar);
        Assert.InRange(between.Count, 1, 2);
        var free = await calendar.FreeAsync();
        Assert.DoesNotContain(Text(Old), free);
        Assert.DoesNotContain(Text(New), free);
        crashing.Watched.Heard = null;

        await crashing.RestartDueAsync();
        await UntilAloneAsync(crashing, calendar, expected);
        var settled = await calendar.UntilAsync(Id(booked), one => Notes(one).Last() is { } last
            && (expected == Old ? last.Contains("not moved", StringComparison.Ordinal) || last.Contains("not booked", StringComparison.Ordinal) : last.Contains("is cancelled at", StringComparison.Ordinal)));
        Assert.Equal("confirmed", settled.GetProperty("status").GetString());
        Assert.Equal(Text(expected), settled.GetProperty("start").GetString());
        Assert.Contains(Live(crashing, calendar).Single().SeatUid!, settled.GetProperty("providerBookingId").GetString()!, StringComparison.Ordinal);
        await calendar.UntilFreeAsync(starts => starts.Contains(Text(expected == Old ? New : Old)) && !starts.Contains(Text(expected)), seconds: 30);
        Assert.Equal(answer, (int)(await MoveAsync(calendar, booked, key: "crashed")).Status);
        Assert.Single(Live(crashing, calendar));
    }

    private static async Task<(BookedCalendar Calendar, JsonElement Booking)> BookedAsync(WholeServer server)
    {
        var calendar = await BookedCalendar.MakeAsync(server, SandboxProvider.Calendly);
        return (calendar, (await calendar.BookAsync(Old)).Expect(HttpStatusCode.Created).Json);
    }

    private static Task<Reply> MoveAsync(BookedCalendar calendar, JsonElement booked, int to = New, string? key = null) =>
        calendar.PostAsync($"/v1/bookings/{Id(booked)}/reschedule", new { start = Text(to) }, key);

    private static async Task ReadAgainAsync(WholeServer server, BookedCalendar calendar) =>
        await server.PostAsync($"/v1/workspaces/{calendar.WorkspaceId}/refresh", null, HttpStatusCode.OK);

    private static async Task OnlyNewIsTakenAsync(BookedCalendar calendar) =>
        await calendar.UntilFreeAsync(starts => starts.Contains(Text(Old)) && !starts.Contains(Text(New)));

    private static async Task UntilAloneAsync(WholeServer server, BookedCalendar calendar, int? slot)
    {
        DateTimeOffset[] expected = slot is { } one ? [BookedCalendar.Slot(one)] : [];
        var until = RealClock.Instance.GetUtcNow().AddSeconds(30);
        while (!Live(server, calendar).Select(live => live.Start).SequenceEqual(expected))
        {
            Assert.True(RealClock.Instance.GetUtcNow() < until, string.Join(' ', Live(server, calendar).Select(live => live.Start)));
            await Task.Delay(TimeSpan.FromMilliseconds(50), RealClock.Instance, TestContext.Current.CancellationToken);
        }
    }

    private static List<SandboxBooking> Live(WholeServer server, BookedCalendar calendar) =>
        [.. server.Sandbox.Ledger.Of(calendar.Calendar).Where(booking => booking.Status == SandboxBookingStatus.Live)];

    private static IEnumerable<string> Notes(JsonElement booking) => booking.GetProperty("history").EnumerateArray().Select(line => line.GetProperty("note").GetString()!);

    private static string Id(JsonElement booking) => booking.GetProperty("id").GetString()!;

    private static string Text(int slot) => BookedCalendar.Text(BookedCalendar.Slot(slot));
}
