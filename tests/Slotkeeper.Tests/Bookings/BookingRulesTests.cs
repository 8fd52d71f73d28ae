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
    public void A_move_by_booking_anew_looks_for_the_new_time_by_a_reference_of_its_own()
    {
        var first = BookingRules.Rebooking(Moving(), Now);
        var successor = BookingRules.Successor(first);
        (successor.Start, successor.End, successor.Reference, successor.ProviderBookingId, successor.MovingTo).ShouldBe((Later, Later.AddMinutes(30), first.MovingAs, null, null));
        first.MovingAs!.ShouldStartWith("bkg_1.");
        (first.Start, first.ProviderBookingId, first.Action, first.MovingTo).ShouldBe((Start, "p", BookingAction.Reschedule, Later));
        // A second try is another booking at the provider.
        var (rested, _) = BookingRules.Rebooked(first, new BookResult.Taken("gone"), Now, []);
        BookingRules.Rebooking(rested with { Action = BookingAction.Reschedule, MovingTo = Later }, Now).MovingAs.ShouldNotBe(first.MovingAs);
        Should.Throw<ArgumentException>(() => BookingRules.Successor(Moving()));
    }

    [Fact]
    public void Once_the_new_time_is_booked_the_booking_is_there_and_the_old_one_is_left_to_be_cancelled()
    {
        var (after, reply) = BookingRules.Rebooked(BookingRules.Rebooking(Moving(), Now), new BookResult.Booked("q", Later), Now, []);
        reply.ShouldBeOfType<BookingReply.Done>().IsNew.ShouldBeFalse();
        (after.Status, after.Action, after.Start, after.ProviderBookingId, after.MovingTo, after.MovingAs).ShouldBe((BookingStatus.Confirmed, BookingAction.None, Later, "q", null, null));
        after.EarlierProviderIds.ShouldBe(["p"]);
        after.Leftovers.ShouldBe([new Leftover("p", Start, 0)]);
        after.SettleAt.ShouldBe(Now + IBookingStore.LongestAction);
    }

    [Theory]
    [MemberData(nameof(NotRebooked))]
    public void Whatever_else_comes_of_booking_the_new_time_leaves_the_old_one_as_it_was(BookResult result, Type reply)
    {
        var (after, said) = BookingRules.Rebooked(BookingRules.Rebooking(Moving(), Now), result, Now, []);
        said.ShouldBeOfType(reply);
        (after.Status, after.Start, after.ProviderBookingId).ShouldBe((BookingStatus.Confirmed, Start, "p"));
        after.Leftovers.ShouldBeEmpty();
        var isOpen = result is BookResult.Unknown;
        (after.Action, after.MovingTo.HasValue, after.MovingAs is not null, after.SettleAt.HasValue)
            .ShouldBe((isOpen ? BookingAction.Reschedule : BookingAction.None, isOpen, isOpen, isOpen));
    }

    public static TheoryData<BookResult, Type> NotRebooked() => new()
    {
        { new BookResult.Taken("x"), typeof(BookingReply.Taken) },
        { new BookResult.Refused("missing_answer", "x"), typeof(BookingReply.ProviderRefused) },
        { new BookResult.RateLimited(Now.AddMinutes(1)), typeof(BookingReply.ProviderRefused) },
        { new BookResult.NotSent("x"), typeof(BookingReply.ProviderRefused) },
        { new BookResult.Cannot("x"), typeof(BookingReply.ProviderCannot) },
        { new BookResult.Unknown("x"), typeof(BookingReply.Unsettled) },
    };

    [Fact]
    public void The_settler_of_such_a_move_takes_the_new_time_when_it_is_there_and_the_old_one_only_when_it_can_no_longer_come()
    {
        var moving = BookingRules.Rebooking(Moving(), Now);
        var found = BookingRules.Settled(moving, new LookupResult.Found("q", Later, false), Now)!;
        (found.Start, found.ProviderBookingId, found.Leftovers.Count).ShouldBe((Later, "q", 1));
        BookingRules.Outcome(moving, found).ShouldBeOfType<BookingReply.Done>();

        BookingRules.Settled(moving, new LookupResult.Absent(), Now.AddSeconds(44)).ShouldBeNull();
        BookingRules.Settled(moving, new LookupResult.NoAnswer("x"), Now.AddHours(1)).ShouldBeNull();
        BookingRules.Settled(moving, new LookupResult.Cannot("x"), Now.AddHours(1)).ShouldBeNull();
        foreach (var stands in new[] { BookingRules.Settled(moving, new LookupResult.Absent(), Now.AddSeconds(45))!, BookingRules.Settled(moving, new LookupResult.Found("q", Later, true), Now)! })
        {
            (stands.Status, stands.Start, stands.ProviderBookingId, stands.Leftovers.Count).ShouldBe((BookingStatus.Confirmed, Start, "p", 0));
            BookingRules.Outcome(moving, stands).ShouldBeOfType<BookingReply.ProviderRefused>().Code.ShouldBe("not_moved");
        }
    }

    [Fact]
    public void What_is_left_is_tried_until_it_is_cancelled_or_has_passed_and_the_history_grows_at_the_first_failure_and_the_end()
    {
        var (moved, _) = BookingRules.Rebooked(BookingRules.Rebooking(Moving(), Now), new BookResult.Booked("q", Later), Now, []);
        var failed = BookingRules.Cleared(moved, new BookResult.Cannot("Others are invited."), Now);
        failed.History.Count.ShouldBe(moved.History.Count + 1);
        failed.History[^1].Note.ShouldContain("Others are invited.");
        failed.SettleAt.ShouldBe(Now.AddSeconds(3));
        (failed.Status, failed.Start).ShouldBe((BookingStatus.Confirmed, Later));
        var again = BookingRules.Cleared(failed, new BookResult.Unknown("reset"), Now);
        again.History.ShouldBe(failed.History);
        again.Leftovers.ShouldBe([new Leftover("p", Start, 2)]);
        again.SettleAt.ShouldBe(Now.AddSeconds(6));
        BookingRules.Cleared(again, new BookResult.RateLimited(Now.AddMinutes(2)), Now).SettleAt.ShouldBe(Now.AddMinutes(2));
        Enumerable.Range(0, 30).Select(BookingRules.NextTry).Last().ShouldBe(TimeSpan.FromHours(1));

        var done = BookingRules.Cleared(again, new BookResult.Booked("p", Start), Now);
        (done.Leftovers.Count, done.SettleAt).ShouldBe((0, null));
        done.History[^1].Note.ShouldContain("is cancelled at the provider");
        BookingRules.Cleared(again, null, Now).History[^1].Note.ShouldContain("has passed");
    }

    [Fact]
    public void Of_several_leftovers_one_that_never_goes_does_not_keep_the_others_and_other_ends_keep_them_all()
    {
        var (moved, _) = BookingRules.Rebooked(BookingRules.Rebooking(Moving(), Now), new BookResult.Booked("q", Later), Now, []);
        var (twice, _) = BookingRules.Rebooked(BookingRules.Rebooking(moved with { Action = BookingAction.Reschedule, MovingTo = Later.AddHours(1) }, Now), new BookResult.Booked("r", Later.AddHours(1)), Now, []);
        twice.Leftovers.Select(left => left.ProviderBookingId).ShouldBe(["p", "q"]);
        var stuck = BookingRules.Cleared(twice, new BookResult.Refused("forbidden", "x"), Now);
        stuck.Leftovers.Select(left => left.ProviderBookingId).ShouldBe(["q", "p"]);
        var cancelled = BookingRules.Cancel(stuck, Now, "Cancelled.");
        cancelled.Leftovers.ShouldBe(stuck.Leftovers);
        cancelled.SettleAt.ShouldNotBeNull();
    }

    [Fact]
    public void A_hold_knows_whose_it_is()
    {
        HoldId.WorkspaceOf(HoldId.New("ws_one")).ShouldBe("ws_one");
        HoldId.WorkspaceOf("hld_missing").ShouldBeNull();
        HoldId.WorkspaceOf("bkg_x.ws_one").ShouldBeNull();
    }

    private static readonly DateTimeOffset Later = Start.AddHours(2);

    private static Booking Moving() => Booking(BookingStatus.Confirmed, BookingAction.Reschedule) with { MovingTo = Later };

    private static Booking Booking(BookingStatus status, BookingAction action) => new(
        "bkg_1", "ws_1", "agy_1", "cal_1", Provider.CalCom, CalendarSource.Default, Start, Start.AddMinutes(30), status, action, null,
        new Attendee("Ada", "ada@example.com", null, null), null, "{}", "bkg_1", status == BookingStatus.Pending ? null : "p", [], Now, null, 0,
        [new BookingEvent(Now, status, "Asked for.")]);
}
