using System.Net;
using Shouldly;
using Slotkeeper.Sandbox;
using Xunit;
using static Slotkeeper.Providers.Tests.Sandbox.BookingCalls;

namespace Slotkeeper.Providers.Tests.Sandbox;

/// <summary>What a client may be told, and what the ledger then holds.</summary>
public sealed class SandboxBookingFaultTests
{
    public static TheoryData<SandboxProvider> Providers => [.. Enum.GetValues<SandboxProvider>()];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_lost_reply_leaves_a_booking(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, provider);
        sandbox.Server.Faults.Add(Fault.For(calendar, FaultKind.ReplyLost) with { Times = 1 });
        await Should.ThrowAsync<HttpRequestException>(() => Book(sandbox, calendar, Slot, "lost"));
        sandbox.Server.Ledger.CreatesOf("lost").ShouldBe(1);
        (await Book(sandbox, calendar, Slot, "lost")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        sandbox.Server.Ledger.CreatesOf("lost").ShouldBe(1);
        sandbox.Server.Ledger.AttemptsOf("lost").ShouldBe(2);
        sandbox.Server.Counters.Of(provider, BookingCall.Create).ShouldBe(2);
    }

    [Theory]
    [InlineData(FaultKind.ConnectionReset, 0)]
    [InlineData(FaultKind.ReplyLost, 1)]
    public async Task A_reset_may_come_before_or_after_the_booking(FaultKind kind, int bookings)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, SandboxProvider.Calendly);
        sandbox.Server.Faults.Add(Fault.For(calendar, kind) with { Scope = FaultScope.Bookings });
        await Should.ThrowAsync<HttpRequestException>(() => Book(sandbox, calendar, Slot));
        sandbox.Server.Ledger.Live.Count.ShouldBe(bookings);
    }

    [Theory]
    [InlineData(FaultKind.ServerError, 503, 0)]
    [InlineData(FaultKind.ServerError, 500, 0)]
    [InlineData(FaultKind.ErrorAfterCommit, 502, 1)]
    [InlineData(FaultKind.ErrorAfterCommit, 500, 1)]
    [InlineData(FaultKind.ErrorAfterCommit, 400, 1)]
    public async Task An_error_may_come_before_or_after_the_booking(FaultKind kind, int status, int bookings)
    {
        await using var sandbox = await SandboxClient.Open();
        foreach (var provider in Enum.GetValues<SandboxProvider>())
        {
            var calendar = Define(sandbox, provider);
            sandbox.Server.Faults.Add(Fault.For(calendar, kind) with { Scope = FaultScope.Bookings, Status = status });
            ((int)(await Book(sandbox, calendar, Slot)).StatusCode).ShouldBe(status);
            sandbox.Server.Ledger.Of(calendar).Count.ShouldBe(bookings);
        }
    }

    [Fact]
    public async Task A_slow_commit_lands_after_the_client_has_gone()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, SandboxProvider.HubSpot);
        sandbox.Server.Faults.Add(Fault.For(calendar, FaultKind.SlowCommit) with { Delay = TimeSpan.FromSeconds(20) });
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var waiting = Book(sandbox, calendar, Slot, "late", patience.Token);
        while (sandbox.Clock.WaitingTimers == 0)
            await Task.Yield();
        await patience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
        sandbox.Server.Ledger.All.ShouldBeEmpty();
        sandbox.Clock.Advance(TimeSpan.FromSeconds(20));
        while (sandbox.Server.Ledger.CreatesOf("late") == 0)
            await Task.Yield();
    }

    [Fact]
    public async Task A_slow_reply_follows_a_booking_that_is_there_at_once()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, SandboxProvider.CalCom);
        sandbox.Server.Faults.Add(Fault.For(calendar, FaultKind.SlowReply) with { Delay = TimeSpan.FromSeconds(20) });
        var waiting = Book(sandbox, calendar, Slot);
        while (sandbox.Clock.WaitingTimers == 0)
            await Task.Yield();
        sandbox.Server.Ledger.Live.ShouldHaveSingleItem();
        waiting.IsCompleted.ShouldBeFalse();
        sandbox.Clock.Advance(TimeSpan.FromSeconds(20));
        (await waiting).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData(SandboxProvider.CalCom, TakenForm.Usual, 400, "already has booking at this time")]
    [InlineData(SandboxProvider.CalCom, TakenForm.OneUser, 400, "User either already has booking")]
    [InlineData(SandboxProvider.CalCom, TakenForm.OneOfTheHosts, 400, "One of the hosts either")]
    [InlineData(SandboxProvider.CalCom, TakenForm.NoAvailableUsers, 400, "no_available_users_found_error")]
    [InlineData(SandboxProvider.CalCom, TakenForm.FixedHosts, 400, "fixed_hosts_unavailable_for_booking")]
    [InlineData(SandboxProvider.CalCom, TakenForm.Conflict, 409, "ConflictException")]
    [InlineData(SandboxProvider.Calendly, TakenForm.Usual, 400, "already_filled")]
    [InlineData(SandboxProvider.HubSpot, TakenForm.Usual, 400, "MEETING_TIME_NOT_AVAILABLE")]
    [InlineData(SandboxProvider.HubSpot, TakenForm.StartTimeNotValid, 400, "MEETING_START_TIME_NOT_VALID")]
    [InlineData(SandboxProvider.HubSpot, TakenForm.Conflict, 409, "CONFLICT")]
    [InlineData(SandboxProvider.HighLevel, TakenForm.Usual, 400, "no longer available")]
    [InlineData(SandboxProvider.HighLevel, TakenForm.Unprocessable, 422, "no longer available")]
    public async Task A_free_slot_can_be_called_taken_in_every_form(SandboxProvider provider, TakenForm form, int status, string text)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, provider);
        sandbox.Server.Faults.Add(Fault.For(calendar, FaultKind.Taken) with { TakenForm = form });
        using var response = await Book(sandbox, calendar, Slot, "forced");
        ((int)response.StatusCode).ShouldBe(status);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain(text);
        sandbox.Server.Ledger.All.ShouldBeEmpty();
        sandbox.Server.Ledger.AttemptsOf("forced").ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_slot_is_booked_twice_when_told_so_and_the_ledger_shows_it(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, provider);
        (await Book(sandbox, calendar, Slot)).StatusCode.ShouldBe(Created(provider));
        sandbox.Server.Faults.Add(Fault.For(calendar, FaultKind.DoubleBooking) with { Times = 1 });
        (await Book(sandbox, calendar, Slot)).StatusCode.ShouldBe(Created(provider));
        sandbox.Server.Ledger.Overlaps().ShouldHaveSingleItem();
        (await Book(sandbox, calendar, Slot)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task HubSpot_offline_says_yes_and_puts_nothing_on_a_calendar()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, SandboxProvider.HubSpot);
        sandbox.Server.Faults.Add(Fault.For(calendar, FaultKind.Offline));
        using var response = await Book(sandbox, calendar, Slot);
        var body = await Fitting(SandboxProvider.HubSpot, "POST", "/" + HubSpotBook, response, HttpStatusCode.OK);
        body.GetProperty("isOffline").GetBoolean().ShouldBeTrue();
        body.GetProperty("calendarEventId").GetString().ShouldBe("");
        sandbox.Server.Ledger.All.ShouldBeEmpty();
        (await sandbox.PublicStarts(calendar)).ShouldContain(Slot);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Too_many_bookings_are_refused_while_slots_and_lookups_go_on(SandboxProvider provider)
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, provider);
        sandbox.Server.Faults.Add(new Fault(FaultKind.RateLimited) { Scope = FaultScope.Bookings, RetryAfter = TimeSpan.FromSeconds(7) });
        using var response = await Book(sandbox, calendar, Slot);
        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(7));
        sandbox.Server.Ledger.All.ShouldBeEmpty();
        (await sandbox.PublicStarts(calendar)).Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_fault_can_hit_one_kind_of_change_only()
    {
        await using var sandbox = await SandboxClient.Open();
        var calendar = Define(sandbox, SandboxProvider.CalCom);
        sandbox.Server.Faults.Add(Fault.For(calendar, FaultKind.ReplyLost) with { Call = BookingCall.Cancel });
        (await Book(sandbox, calendar, Slot)).StatusCode.ShouldBe(HttpStatusCode.Created);
        var uid = sandbox.Server.Ledger.Live[0].Uid;
        await Should.ThrowAsync<HttpRequestException>(() => Send(sandbox, calendar, "POST", $"v2/bookings/{uid}/cancel", new { }));
        sandbox.Server.Ledger.Live.ShouldBeEmpty();
        (await Send(sandbox, calendar, "GET", "v2/bookings/" + uid)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
