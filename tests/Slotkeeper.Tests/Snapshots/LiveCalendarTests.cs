using Slotkeeper.Claims;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Tests.Snapshots;

// Cases: newer and older copies; a raise with and without a gap; a fetch outcome at, before and after the epoch; distrust while a copy
// is on its way; any order of all of them.
public class LiveCalendarTests
{
    private static readonly Claim Hold = new("hld_1", "res_c", 0, Some.Now, Some.Now.AddMinutes(30), ClaimState.Booked, null, null);

    [Fact]
    public void A_copy_of_an_older_epoch_is_ignored_and_not_trusted()
    {
        var catalog = new Catalog();
        var calendar = Put(catalog, Stored(6))!;
        Put(catalog, Stored(5, Hold));
        calendar.Picture.State.Epoch.ShouldBe(6);
        calendar.Picture.Claims.ShouldBeEmpty();

        calendar.Distrust();
        Put(catalog, Stored(5));
        calendar.IsTrusted(catalog.Generation).ShouldBeFalse();
        Put(catalog, Stored(6));
        calendar.IsTrusted(catalog.Generation).ShouldBeTrue();
    }

    [Fact]
    public void A_raise_by_one_missed_nothing_a_raise_by_more_did()
    {
        var catalog = new Catalog();
        var calendar = Put(catalog, Stored(5))!;
        calendar.Raise(6);
        calendar.IsTrusted(catalog.Generation).ShouldBeTrue();
        calendar.Raise(8);
        calendar.IsTrusted(catalog.Generation).ShouldBeFalse();
    }

    [Fact]
    public void A_claim_that_was_read_before_a_raise_and_arrives_after_it_is_not_lost()
    {
        // A hold makes epoch 6 and is read; meanwhile an invalidation makes 7 and arrives first.
        var catalog = new Catalog();
        var calendar = Put(catalog, Stored(5))!;
        calendar.Raise(7);
        Put(catalog, Stored(6, Hold));
        calendar.IsTrusted(catalog.Generation).ShouldBeFalse();
        Put(catalog, Stored(7, Hold));
        calendar.Picture.Claims.ShouldHaveSingleItem();
    }

    [Fact]
    public void A_raised_calendar_is_due_and_its_back_off_is_over()
    {
        var calendar = Put(new Catalog(), Stored(5) with { State = Some.FetchedAt(Some.Now, 5) with { BackoffUntil = Some.Now.AddHours(2) } })!;
        calendar.Raise(6);
        calendar.Picture.State.StaleAt.ShouldBe(DateTimeOffset.UnixEpoch);
        calendar.Picture.State.BackoffUntil.ShouldBeNull();
        calendar.Raise(4);
        calendar.Picture.State.Epoch.ShouldBe(6);
    }

    [Fact]
    public void A_copy_that_was_read_before_a_change_and_arrives_after_it_is_not_trusted()
    {
        var catalog = new Catalog();
        var calendar = Put(catalog, Stored(5))!;
        var before = calendar.Doubts;
        calendar.Distrust();
        catalog.Put(Stored(5), catalog.Generation, before);
        calendar.IsTrusted(catalog.Generation).ShouldBeFalse();
        Put(catalog, Stored(6));
        calendar.IsTrusted(catalog.Generation).ShouldBeTrue();
    }

    [Fact]
    public void A_copy_that_was_read_before_changes_may_have_been_missed_is_not_trusted()
    {
        var catalog = new Catalog();
        var calendar = Put(catalog, Stored(5))!;
        var before = catalog.Generation;
        catalog.DistrustAll();
        catalog.Put(Stored(5), before);
        calendar.IsTrusted(catalog.Generation).ShouldBeFalse();
    }

    [Fact]
    public void A_fetch_outcome_that_alone_changed_the_calendar_is_taken_over()
    {
        var catalog = new Catalog();
        var calendar = Put(catalog, Stored(5, Hold))!;
        var snapshot = Some.SnapshotOf(60, 120);
        calendar.Apply(new SnapshotWrite("cal_c", 5, Some.FetchedAt(Some.Now, 6), snapshot, null), new Landing(6, IsDueAgain: false));
        calendar.Picture.Snapshot.ShouldBe(snapshot);
        calendar.Picture.State.ShouldBe(Some.FetchedAt(Some.Now, 6));
        calendar.Picture.Claims.ShouldBe([Hold]);
        calendar.IsTrusted(catalog.Generation).ShouldBeTrue();
    }

    [Fact]
    public void A_fetch_outcome_that_was_stored_among_changes_of_claims_makes_nobody_believe_the_claims_known_before()
    {
        var catalog = new Catalog();
        var calendar = Put(catalog, Stored(5))!;
        var later = Some.FetchedAt(Some.Now.AddMinutes(1), 5);
        calendar.Apply(new SnapshotWrite("cal_c", 5, later, null, null), new Landing(8, IsDueAgain: false));
        calendar.IsTrusted(catalog.Generation).ShouldBeFalse();
        calendar.Picture.State.ShouldBe(later, "how fresh it is, is known all the same");
        Put(catalog, Stored(8, Hold));
        calendar.IsTrusted(catalog.Generation).ShouldBeTrue();
    }

    [Fact]
    public void A_fetch_outcome_that_arrives_after_a_later_copy_changes_nothing()
    {
        var calendar = Put(new Catalog(), Stored(9, Hold))!;
        var before = calendar.Picture;
        calendar.Apply(new SnapshotWrite("cal_c", 5, Some.FetchedAt(Some.Now.AddMinutes(1), 6), Some.SnapshotOf(60, 120), null), new Landing(8, IsDueAgain: false));
        calendar.Picture.ShouldBe(before);
    }

    [Fact]
    public void A_calendar_that_something_happened_to_during_its_fetch_stays_due()
    {
        var calendar = Put(new Catalog(), Stored(5))!;
        calendar.Apply(new SnapshotWrite("cal_c", 5, Some.FetchedAt(Some.Now.AddMinutes(1), 5), null, null), new Landing(6, IsDueAgain: true));
        calendar.Picture.State.StaleAt.ShouldBe(DateTimeOffset.UnixEpoch);
        calendar.Picture.State.LastSuccessAt.ShouldBe(Some.Now.AddMinutes(1));
    }

    [Fact]
    public void Freshness_from_elsewhere_is_taken_over_at_the_same_epoch_and_asks_for_a_whole_copy_at_a_later_one()
    {
        var calendar = Put(new Catalog(), Stored(5))!;
        calendar.Touch(Some.FetchedAt(Some.Now.AddMinutes(1), 5)).ShouldBeTrue();
        calendar.Picture.State.LastSuccessAt.ShouldBe(Some.Now.AddMinutes(1));
        calendar.Touch(Some.FetchedAt(Some.Now, 5)).ShouldBeTrue();
        calendar.Picture.State.LastSuccessAt.ShouldBe(Some.Now.AddMinutes(1));
        calendar.Touch(Some.FetchedAt(Some.Now, 4)).ShouldBeTrue();
        calendar.Touch(Some.FetchedAt(Some.Now, 6)).ShouldBeFalse();
        calendar.Picture.State.Epoch.ShouldBe(5);
    }

    [Fact]
    public void A_calendar_that_nobody_uses_any_more_is_dropped()
    {
        var catalog = new Catalog();
        Put(catalog, Stored(5));
        Put(catalog, Stored(6) with { SharedBy = 0 }).ShouldBeNull();
        catalog.CalendarCount.ShouldBe(0);
    }

    [Fact]
    public void The_epoch_never_falls_for_a_reader_whatever_arrives_in_whatever_order() => Properties.Hold(500, random =>
    {
        var catalog = new Catalog();
        var calendar = Put(catalog, Stored(1))!;
        var seen = 1L;
        for (var i = 0; i < 200; i++)
        {
            var epoch = random.Next(1, 30);
            switch (random.Next(6))
            {
                case 0:
                    Put(catalog, Stored(epoch));
                    break;
                case 1:
                    calendar.Raise(epoch);
                    break;
                case 2:
                    calendar.Apply(new SnapshotWrite("cal_c", epoch, Some.FetchedAt(Some.Now, epoch + 1), Some.SnapshotOf(60), null), new Landing(epoch + random.Next(1, 4), random.Next(2) == 0));
                    break;
                case 3:
                    calendar.Apply(new SnapshotWrite("cal_c", epoch, Some.FetchedAt(Some.Now, epoch), null, null), new Landing(epoch + random.Next(3), random.Next(2) == 0));
                    break;
                case 4:
                    calendar.Touch(Some.FetchedAt(Some.Now.AddSeconds(random.Next(100)), epoch));
                    break;
                default:
                    calendar.Distrust();
                    break;
            }
            calendar.Picture.State.Epoch.ShouldBeGreaterThanOrEqualTo(seen);
            calendar.Free(0).Picture.State.Epoch.ShouldBeGreaterThanOrEqualTo(seen);
            seen = calendar.Picture.State.Epoch;
        }
    });

    /// <summary>As a node puts what it has just read.</summary>
    private static LiveCalendar? Put(Catalog catalog, StoredCalendar stored) =>
        catalog.Put(stored, catalog.Generation, catalog.TryCalendar(stored.Calendar.Id, out var known) ? known.Doubts : null);

    private static StoredCalendar Stored(long epoch, params Claim[] claims) =>
        new(Some.Calendar("cal_c"), "agy_1", 1, Some.FetchedAt(Some.Now, epoch), Some.SnapshotOf(60), claims);
}
