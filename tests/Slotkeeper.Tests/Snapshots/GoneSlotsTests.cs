using Slotkeeper.Snapshots;
using Slotkeeper.Testing;

namespace Slotkeeper.Tests.Snapshots;

// Cases: gone, back, past, unchanged, another length, the first and no snapshot, more than are kept; taken over by a fetch and from the database.
public class GoneSlotsTests
{
    private static readonly long Now = FakeClock.DefaultStart.ToUnixTimeSeconds();

    [Fact]
    public void What_a_snapshot_names_no_more_is_gone_until_it_is_back_or_past()
    {
        var first = GoneSlots.None.Following(Of(1, 2, 3, 4), Of(1, 3, 4), Now);
        Contained(first).ShouldBe([2]);
        var second = first.Following(Of(1, 3, 4), Of(1, 2, 4), Now);
        Contained(second).ShouldBe([3]);
        Contained(second.Following(Of(1, 2, 4), Of(4), Now + 3600)).ShouldBe([3], "the first two have begun by then");
    }

    [Fact]
    public void An_unchanged_snapshot_changes_nothing_and_one_of_another_length_forgets_all()
    {
        var gone = GoneSlots.None.Following(Of(1, 2), Of(1), Now);
        gone.Following(Of(1), Of(1), Now).ShouldBeSameAs(gone);
        gone.Following(Of(1), Of(1) with { DurationSeconds = 3600 }, Now).ShouldBeSameAs(GoneSlots.None);
        gone.Following(null, Of(1), Now).ShouldBeSameAs(GoneSlots.None);
        gone.Following(Of(1), null, Now).ShouldBeSameAs(GoneSlots.None);
    }

    [Fact]
    public void Only_the_earliest_are_kept()
    {
        var gone = GoneSlots.None.Following(Of([.. Enumerable.Range(1, 800)]), Of(900), Now);
        gone.Count.ShouldBe(GoneSlots.Most);
        gone.Contains(Now + 1800L).ShouldBeTrue();
        gone.Contains(Now + (501 * 1800L)).ShouldBeFalse();
    }

    [Fact]
    public void A_calendar_remembers_what_a_fetch_and_what_another_node_took_away()
    {
        var calendar = Some.Live("c", Some.FetchedAt(FakeClock.DefaultStart, 5), Of(1, 2, 3));
        calendar.Apply(new SnapshotWrite("c", 5, Some.FetchedAt(FakeClock.DefaultStart, 6), Of(1, 3), null), new Landing(6, IsDueAgain: false));
        calendar.Gone.Contains(Now + (2 * 1800L)).ShouldBeTrue();
        calendar.Replace(new StoredCalendar(Some.Calendar("c"), "agy_1", 1, Some.FetchedAt(FakeClock.DefaultStart, 7), Of(3), []), 0, null);
        calendar.Gone.Contains(Now + 1800L).ShouldBeTrue();
        calendar.Gone.Contains(Now + (2 * 1800L)).ShouldBeTrue();
        calendar.Gone.Contains(Now + (3 * 1800L)).ShouldBeFalse();
    }

    private static Snapshot Of(params int[] halfHours) => Some.SnapshotOf([.. halfHours.Select(i => Now + (i * 1800L))]);

    private static IEnumerable<int> Contained(GoneSlots gone) => Enumerable.Range(1, 10).Where(i => gone.Contains(Now + (i * 1800L)));
}
