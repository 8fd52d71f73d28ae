using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Holds;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Tests.Bookings;

/// <summary>What is decided after a provider has answered, or has been looked at.</summary>
public sealed class BookingRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 12, 15, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Start = Now.AddDays(1);

    [Fact]
    public void What_is_not_there_yet_may_still_come_while_the_call_could_be_under_way()
    {
        var (unknown, _) = BookingRules.Created(Booking(BookingStatus.Pending, BookingAction.Create), new BookResult.Unknown("reset"), Now, []);
        unknown.Status.ShouldBe(BookingStatus.Unknown);
        BookingRules.Settled(unknown, new LookupResult.Absent(), Now.AddSeconds(44)).ShouldBeNull();
        BookingRules.Settled(unknown, new LookupResult.Absent(), Now.AddSeconds(45))!.Status.ShouldBe(BookingStatus.Failed);
        BookingRules.Settled(unknown, new LookupResult.Found("p", Start, false), Now.AddSeconds(3))!.Status.ShouldBe(BookingStatus.Confirmed);
    }

    [Fact]
    public void A_change_that_the_provider_did_not_make_is_not_told_as_done()
    {
        var cancelling = Booking(BookingStatus.Confirmed, BookingAction.Cancel);
        BookingRules.Settled(cancelling, new LookupResult.Found("p", Start, false), Now).ShouldBeNull();
        var stands = BookingRules.Settled(cancelling, new LookupResult.Found("p", Start, false), Now.AddMinutes(1))!;
        stands.Status.ShouldBe(BookingStatus.Confirmed);
        BookingRules.Outcome(cancelling, stands).ShouldBeOfType<BookingReply.ProviderRefused>();
        BookingRules.Outcome(cancelling, BookingRules.Settled(cancelling, new LookupResult.Found("p", Start, true), Now)!).ShouldBeOfType<BookingReply.Done>().IsNew.ShouldBeFalse();

        var moving = Booking(BookingStatus.Confirmed, BookingAction.Reschedule) with { MovingTo = Start.AddHours(1) };
        BookingRules.Outcome(moving, BookingRules.Settled(moving, new LookupResult.Found("p", Start, false), Now.AddMinutes(1))!).ShouldBeOfType<BookingReply.ProviderRefused>();
        var moved = BookingRules.Settled(moving, new LookupResult.Found("q", Start.AddHours(1), false), Now)!;
        (moved.Start, moved.End, moved.ProviderBookingId).ShouldBe((Start.AddHours(1), Start.AddHours(1.5), "q"));
        moved.EarlierProviderIds.ShouldBe(["p"]);
        BookingRules.Outcome(moving, moved).ShouldBeOfType<BookingReply.Done>();
    }

    [Fact]
    public void A_booking_follows_its_provider_only_when_nothing_is_under_way()
    {
        var confirmed = Booking(BookingStatus.Confirmed, BookingAction.None);
        BookingRules.Followed(confirmed, new LookupResult.Found("p", Start, false), Now).ShouldBeNull();
        BookingRules.Followed(confirmed, new LookupResult.Found("p", Start, true), Now)!.Status.ShouldBe(BookingStatus.Cancelled);
        BookingRules.Followed(confirmed, new LookupResult.Found("p", Start.AddHours(2), false), Now)!.Start.ShouldBe(Start.AddHours(2));
        BookingRules.Followed(confirmed with { Action = BookingAction.Cancel }, new LookupResult.Found("p", Start, true), Now).ShouldBeNull();
        BookingRules.Followed(confirmed with { Status = BookingStatus.Failed }, new LookupResult.Found("p", Start, false), Now)!.Status.ShouldBe(BookingStatus.Confirmed);
        BookingRules.Followed(confirmed with { Status = BookingStatus.Cancelled }, new LookupResult.Found("p", Start, false), Now).ShouldBeNull();
    }

    [Fact]
    public void The_pauses_of_the_settler_double_up_to_five_minutes() =>
        Enumerable.Range(0, 12).Select(BookingRules.NextLook).ShouldBe([.. new[] { 3, 6, 12, 24, 48, 96, 192, 300, 300, 300, 300, 300 }.Select(seconds => TimeSpan.FromSeconds(seconds))]);

    [Fact]
    public void A_hold_knows_whose_it_is()
    {
        HoldId.WorkspaceOf(HoldId.New("ws_one")).ShouldBe("ws_one");
        HoldId.WorkspaceOf("hld_missing").ShouldBeNull();
        HoldId.WorkspaceOf("bkg_x.ws_one").ShouldBeNull();
    }

    private static Booking Booking(BookingStatus status, BookingAction action) => new(
        "bkg_1", "ws_1", "agy_1", "cal_1", Provider.CalCom, CalendarSource.Default, Start, Start.AddMinutes(30), status, action, null,
        new Attendee("Ada", "ada@example.com", null, null), null, "{}", "bkg_1", status == BookingStatus.Pending ? null : "p", [], Now, null, 0,
        [new BookingEvent(Now, status, "Asked for.")]);
}
