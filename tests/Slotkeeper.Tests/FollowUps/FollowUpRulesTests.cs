using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.FollowUps;
using Slotkeeper.Offers;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Tests.FollowUps;

// Cases: what is in the way, in which order; what an answer means; when it is given up; tokens without a meaning; what the lead's record fills in.
public sealed class FollowUpRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 12, 15, 0, 0, TimeSpan.Zero);

    private static readonly Workspace Reachable = new(
        "ws_1", "agy_1", "W", "Europe/Berlin", "en", null, new WorkspaceSettings { FollowUps = new FollowUpSettings { DeliveryUrl = "https://x.example/in" } }, null, null, Now);

    [Fact]
    public void Nothing_is_in_the_way_of_a_lead_who_has_no_booking_and_is_awake() =>
        FollowUpRules.Obstacle(Reachable, Lead(Now), [Booking(BookingStatus.Cancelled), Booking(BookingStatus.Failed)], Now).ShouldBeNull();

    [Fact]
    public void Who_has_booked_is_not_written_to_whatever_else_holds() =>
        FollowUpRules.Obstacle(Reachable with { Settings = WorkspaceSettings.Defaults }, Lead(Now.AddDays(1)), [Booking(BookingStatus.Confirmed)], Now)
            .ShouldBeOfType<FollowUpEnd.Cancelled>().Reason.ShouldBe(FollowUpReasons.LeadBooked);

    [Theory]
    [InlineData(BookingStatus.Pending, BookingAction.Create)]
    [InlineData(BookingStatus.Unknown, BookingAction.Create)]
    [InlineData(BookingStatus.Confirmed, BookingAction.Cancel)]
    public void While_it_is_not_known_whether_the_lead_has_a_booking_it_waits(BookingStatus status, BookingAction action) =>
        FollowUpRules.Obstacle(Reachable, null, [Booking(status) with { Action = action }], Now).ShouldBeOfType<FollowUpEnd.Later>();

    [Fact]
    public void A_snoozed_lead_moves_the_due_time() =>
        FollowUpRules.Obstacle(Reachable, Lead(Now.AddDays(3)), [], Now).ShouldBe(new FollowUpEnd.Moved(Now.AddDays(3)));

    [Fact]
    public void Without_an_address_it_is_blocked_and_looked_at_again() =>
        FollowUpRules.Obstacle(Reachable with { Settings = WorkspaceSettings.Defaults }, null, [], Now)
            .ShouldBeOfType<FollowUpEnd.Blocked>().ShouldSatisfyAllConditions(
                blocked => blocked.Reason.ShouldBe("no_delivery_url"), blocked => blocked.Detail.ShouldContain("followUps.deliveryUrl"), blocked => blocked.LookAgain.ShouldNotBeNull());

    [Fact]
    public void Data_that_is_too_old_is_waited_for_and_never_ends_it()
    {
        var blocked = FollowUpRules.NoTimes(new Withheld(WithheldCodes.DataTooOld, "old"));
        (blocked.Reason, blocked.LookAgain).ShouldBe(("data_too_old", FollowUpRules.SoonAgain));
        FollowUpRules.NoTimes(new Withheld(WithheldCodes.NoCalendar, "none")).LookAgain.ShouldBe(FollowUpRules.LaterAgain);
    }

    [Fact]
    public void An_answer_of_the_receiver_sends_repeats_or_blocks_it()
    {
        FollowUpRules.After(Tried(1), new DeliveryResult.Accepted(204), Now, 1).ShouldBeOfType<FollowUpEnd.Sent>();
        FollowUpRules.After(Tried(1), new DeliveryResult.Rejected(500, "boom", null), Now, 1).ShouldBe(new FollowUpEnd.Retry(TimeSpan.FromSeconds(10), "The receiver answered 500: boom"));
        FollowUpRules.After(Tried(1), new DeliveryResult.Rejected(503, "", TimeSpan.FromMinutes(2)), Now, 0).ShouldBeOfType<FollowUpEnd.Retry>().Pause.ShouldBe(TimeSpan.FromMinutes(2));
        FollowUpRules.After(Tried(1), new DeliveryResult.NoAnswer("late"), Now, 1).ShouldBeOfType<FollowUpEnd.Retry>();
        var gone = FollowUpRules.After(Tried(1), new DeliveryResult.Rejected(410, "", null), Now, 1).ShouldBeOfType<FollowUpEnd.Blocked>();
        (gone.Reason, gone.LookAgain).ShouldBe((FollowUpReasons.DeliveryFailed, null));
    }

    [Fact]
    public void It_is_given_up_a_day_after_the_first_attempt_and_not_after_it_was_due()
    {
        var old = Tried(5) with { DueAt = Now.AddDays(-9), CreatedAt = Now.AddDays(-9), FirstAttemptAt = Now.AddHours(-23) };
        FollowUpRules.After(old, new DeliveryResult.NoAnswer("late"), Now, 1).ShouldBeOfType<FollowUpEnd.Retry>();
        FollowUpRules.After(old with { FirstAttemptAt = Now.AddHours(-24) }, new DeliveryResult.NoAnswer("late"), Now, 1).ShouldBeOfType<FollowUpEnd.Blocked>().Reason.ShouldBe("delivery_failed");
    }

    [Fact]
    public void Only_an_answer_or_a_call_that_was_never_made_says_that_the_lead_read_nothing()
    {
        FollowUpRules.IsUnsent(new DeliveryResult.Rejected(500, "", null)).ShouldBeTrue();
        FollowUpRules.IsUnsent(new DeliveryResult.NotAllowed("private")).ShouldBeTrue();
        FollowUpRules.IsUnsent(new DeliveryResult.NoAnswer("late")).ShouldBeFalse();
    }

    [Fact]
    public void A_token_is_unknown_when_nothing_could_ever_fill_it()
    {
        FollowUpRules.UnknownTokens("{availability} {time 2 day 2} {link} {firstName} {signature} {mine}", new Dictionary<string, string> { ["mine"] = "" }).ShouldBeEmpty();
        FollowUpRules.UnknownTokens("{availabilty} {x} {x}", new Dictionary<string, string>()).ShouldBe(["{availabilty}", "{x}"]);
    }

    [Fact]
    public void The_leads_record_fills_in_what_the_follow_up_does_not_say()
    {
        var followUp = Tried(0) with { Variables = new Dictionary<string, string> { ["email"] = "other@example.com" } };
        var values = FollowUpRules.Values(followUp, Lead(Now), ["A"], "en");
        (values.Variables["name"], values.Variables["leadName"], values.Variables["email"]).ShouldBe(("Ada", "Ada", "other@example.com"));
        FollowUpRules.Values(followUp, null, [], "en").Variables["name"].ShouldBeNull();
    }

    private static Lead Lead(DateTimeOffset snoozedUntil) => new("ws_1", "ada", "ada@example.com", "Ada", null, snoozedUntil, Now);

    private static FollowUp Tried(int attempts) => new(
        "flw_1", "ws_1", "agy_1", "ada", null, Now, "Hi", "email", null, new Dictionary<string, string>(), CalendarSource.Default, null, FollowUpState.Scheduled, null, null, Now, null, 1,
        attempts, Now, null, Now, null);

    private static Booking Booking(BookingStatus status) => new(
        "bkg_1", "ws_1", "agy_1", "cal_1", Provider.Calendly, CalendarSource.Default, Now.AddDays(1), Now.AddDays(1).AddMinutes(30), status, BookingAction.None, null,
        new Attendee("Ada", "ada@example.com", null, null), "ada", "{}", "bkg_1", null, [], Now, null, 0, []);
}
