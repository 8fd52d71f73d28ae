using FsCheck;
using FsCheck.Fluent;
using Slotkeeper.FirstTouch;

namespace Slotkeeper.Tests.FirstTouch;

public class PageTourTests
{
    private static List<int> Walk(int start, int pages, bool saysHowMany, int most = 10_000)
    {
        var tour = new PageTour(start);
        var visited = new List<int>();
        while (tour.Next is { } page && visited.Count < most)
        {
            visited.Add(page);
            tour.Took(saysHowMany ? Math.Max(1, pages) : null, page < pages);
        }
        return visited;
    }

    [Fact]
    public void Two_pages_from_the_second_on_are_both_visited() => Walk(2, 2, saysHowMany: true).ShouldBe([2, 1]);

    [Fact]
    public void Every_page_is_visited_once_wherever_the_tour_begins() => Prop.ForAll(
        Gen.Choose(1, 60).Two().ToArbitrary(),
        pair => Walk(pair.Item1, pair.Item2, saysHowMany: true) is var visited
            && visited.Where(page => page <= pair.Item2).Order().SequenceEqual(Enumerable.Range(1, pair.Item2))
            && visited.Count(page => page > pair.Item2) <= 1).QuickCheckThrowOnFailure();

    [Fact]
    public void Where_nobody_says_how_many_pages_there_are_the_last_one_tells() => Prop.ForAll(
        Gen.Choose(1, 60).Two().ToArbitrary(),
        pair => Walk(Math.Min(pair.Item1, pair.Item2), pair.Item2, saysHowMany: false).Order().SequenceEqual(Enumerable.Range(1, pair.Item2))).QuickCheckThrowOnFailure();

    [Fact]
    public void Runs_that_stop_early_come_round_to_every_page_in_turn()
    {
        var seen = new List<int>();
        var resume = 1;
        for (var run = 0; run < 6; run++)
        {
            var tour = new PageTour(resume);
            for (var i = 0; i < 20 && tour.Next is { } page; i++)
            {
                seen.Add(page);
                tour.Took(100, page < 100);
            }
            resume = tour.Resume;
        }
        seen.Take(100).ShouldBe(Enumerable.Range(1, 100));
        seen.Skip(100).ShouldBe(Enumerable.Range(1, 20));
    }

    [Fact]
    public void A_page_that_fails_is_passed_over()
    {
        var tour = new PageTour(1);
        tour.Took(3, true);
        tour.Missed();
        tour.Next.ShouldBe(3);
        tour.Took(3, false);
        tour.Next.ShouldBeNull();
    }

    [Fact]
    public void A_list_without_end_is_left_after_many_pages() => Walk(1, int.MaxValue, saysHowMany: false).Count.ShouldBe(PageTour.MostPages);
}
