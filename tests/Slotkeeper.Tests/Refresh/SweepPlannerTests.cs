using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Tests.Refresh;

// Cases: nothing; one agency; agencies of unequal size and weight; never fetched; failed before; backing off; due and not due;
// limits of 0, 1, less and more than there are; any order of the input.
public class SweepPlannerTests
{
    private static readonly DateTimeOffset Now = Some.Now;

    [Fact]
    public void Nothing_to_do_is_an_empty_plan()
    {
        var plan = SweepPlanner.Plan([], SweepMode.All, null, Now, _ => 1);
        plan.Queue.ShouldBeEmpty();
        plan.SkippedBackoff.ShouldBe(0);
    }

    [Fact]
    public void Inside_an_agency_the_stalest_comes_first_and_never_fetched_before_all()
    {
        Order(Fetched("a", "x", 10), Fetched("b", "x", 90), Never("c", "x"), Fetched("d", "x", 30)).ShouldBe(["c", "b", "d", "a"]);
    }

    [Fact]
    public void Among_never_fetched_ones_the_never_tried_and_the_longest_untried_come_first()
    {
        Order(Never("a", "x", triedAgo: 10), Never("b", "x", triedAgo: 60), Never("c", "x")).ShouldBe(["c", "b", "a"]);
    }

    [Fact]
    public void Equals_stand_in_the_order_of_their_ids()
    {
        Order(Fetched("b", "x", 10), Fetched("a", "x", 10), Fetched("c", "x", 10)).ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public void Agencies_take_turns_and_the_one_that_waited_longest_begins()
    {
        Order(Fetched("a1", "a", 20), Fetched("a2", "a", 10), Fetched("b1", "b", 30), Fetched("b2", "b", 5)).ShouldBe(["b1", "a1", "b2", "a2"]);
    }

    [Fact]
    public void An_agency_of_weight_two_has_two_per_turn()
    {
        var plan = SweepPlanner.Plan(
            [Fetched("a1", "a", 40), Fetched("a2", "a", 30), Fetched("a3", "a", 20), Fetched("b1", "b", 10), Fetched("b2", "b", 5)],
            SweepMode.All, null, Now, agency => agency == "a" ? 2 : 1);
        Ids(plan).ShouldBe(["a1", "a2", "b1", "a3", "b2"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void A_weight_below_one_counts_as_one(int weight)
    {
        var plan = SweepPlanner.Plan([Fetched("a", "a", 40), Fetched("b", "b", 30)], SweepMode.All, null, Now, _ => weight);
        Ids(plan).ShouldBe(["a", "b"]);
    }

    [Fact]
    public void One_that_backs_off_is_left_out_and_counted_until_its_back_off_ends()
    {
        SweepCandidate[] candidates = [BackingOff("a", 1), BackingOff("b", 0), BackingOff("c", -1)];
        var plan = SweepPlanner.Plan(candidates, SweepMode.All, null, Now, _ => 1);
        Ids(plan).ShouldBe(["b", "c"]);
        plan.SkippedBackoff.ShouldBe(1);
    }

    [Fact]
    public void Due_mode_takes_those_whose_time_has_come_all_mode_takes_all()
    {
        SweepCandidate[] candidates = [Fetched("fresh", "x", 59), Fetched("due", "x", 60), Fetched("overdue", "x", 61), Never("never", "x")];
        Ids(SweepPlanner.Plan(candidates, SweepMode.Due, null, Now, _ => 1)).ShouldBe(["never", "overdue", "due"]);
        Ids(SweepPlanner.Plan(candidates, SweepMode.All, null, Now, _ => 1)).ShouldBe(["never", "overdue", "due", "fresh"]);
    }

    [Fact]
    public void One_that_backs_off_is_counted_in_due_mode_too()
    {
        SweepPlanner.Plan([BackingOff("a", 1)], SweepMode.Due, null, Now, _ => 1).SkippedBackoff.ShouldBe(1);
    }

    [Fact]
    public void A_limit_of_nothing_takes_nothing()
    {
        SweepPlanner.Plan([Never("a", "x"), Fetched("b", "x", 5)], SweepMode.All, 0, Now, _ => 1).Queue.ShouldBeEmpty();
    }

    [Fact]
    public void A_limit_keeps_a_tenth_for_never_fetched_ones_that_would_be_left_out()
    {
        // The large agency's weight fills the limit before the small one's new calendars have a turn.
        var candidates = Many("old", "a", 100).Concat(Enumerable.Range(0, 20).Select(i => Never($"new{i:00}", "b"))).ToList();
        var plan = SweepPlanner.Plan(candidates, SweepMode.All, 50, Now, agency => agency == "a" ? 100 : 1);
        plan.Queue.Count.ShouldBe(50);
        plan.Queue.Count(IsNever).ShouldBe(5);
    }

    [Fact]
    public void A_small_limit_keeps_one_place_for_a_never_fetched_one()
    {
        var candidates = Many("old", "a", 10).Append(Never("new", "b")).ToList();
        var plan = SweepPlanner.Plan(candidates, SweepMode.All, 1, Now, agency => agency == "a" ? 100 : 1);
        Ids(plan).ShouldBe(["new"]);
    }

    [Fact]
    public void Never_fetched_ones_that_stand_within_the_limit_need_no_reserve()
    {
        var candidates = Many("old", "a", 20).Concat([Never("new1", "a"), Never("new2", "a")]).ToList();
        var whole = Ids(SweepPlanner.Plan(candidates, SweepMode.All, null, Now, _ => 1));
        Ids(SweepPlanner.Plan(candidates, SweepMode.All, 10, Now, _ => 1)).ShouldBe(whole.Take(10));
    }

    [Fact]
    public void An_agency_with_900_of_1000_does_not_delay_the_others()
    {
        var candidates = Many("big", "agency-0", 900)
            .Concat(Enumerable.Range(1, 10).SelectMany(agency => Many($"small{agency:00}", $"agency-{agency}", 10)))
            .ToList();
        var plan = SweepPlanner.Plan(candidates, SweepMode.All, null, Now, _ => 1);
        var agencies = plan.Queue.Select(candidate => candidate.AgencyId).Distinct().Count();
        foreach (var own in plan.Queue.Index().GroupBy(place => place.Item.AgencyId).Where(own => own.Key != "agency-0"))
            own.Max(place => place.Index).ShouldBeLessThan(agencies * own.Count());
    }

    [Fact]
    public void Whatever_the_agencies_none_waits_behind_more_than_its_share() => Properties.Hold(300, random =>
    {
        var candidates = Candidates(random);
        var plan = SweepPlanner.Plan(candidates, SweepMode.All, null, Now, _ => 1);
        var agencies = plan.Queue.Select(candidate => candidate.AgencyId).Distinct().Count();
        foreach (var own in plan.Queue.Index().GroupBy(place => place.Item.AgencyId))
            own.Max(place => place.Index).ShouldBeLessThan(agencies * own.Count());
    });

    [Fact]
    public void Each_candidate_is_planned_exactly_once_or_backs_off() => Properties.Hold(300, random =>
    {
        var candidates = Candidates(random);
        var plan = SweepPlanner.Plan(candidates, SweepMode.All, null, Now, agency => agency.Length);
        Ids(plan).Order().ShouldBe(candidates.Where(candidate => !(candidate.State.BackoffUntil > Now)).Select(Id).Order());
        (plan.Queue.Count + plan.SkippedBackoff).ShouldBe(candidates.Count);
    });

    [Fact]
    public void The_order_of_the_input_does_not_matter() => Properties.Hold(300, random =>
    {
        var candidates = Candidates(random);
        var shuffled = candidates.ToArray();
        random.Shuffle(shuffled);
        var mode = random.Next(2) == 0 ? SweepMode.All : SweepMode.Due;
        int? limit = random.Next(2) == 0 ? null : random.Next(candidates.Count + 5);

        var one = SweepPlanner.Plan(candidates, mode, limit, Now, agency => agency.Length);
        var other = SweepPlanner.Plan(shuffled, mode, limit, Now, agency => agency.Length);
        Ids(other).ShouldBe(Ids(one));
        other.SkippedBackoff.ShouldBe(one.SkippedBackoff);
    });

    [Fact]
    public void A_limit_is_kept_and_a_tenth_of_it_is_for_never_fetched_ones() => Properties.Hold(300, random =>
    {
        var candidates = Candidates(random);
        var all = SweepPlanner.Plan(candidates, SweepMode.All, null, Now, _ => 1).Queue;
        var limit = random.Next(all.Count + 5);
        var cut = SweepPlanner.Plan(candidates, SweepMode.All, limit, Now, _ => 1).Queue;

        cut.Count.ShouldBe(Math.Min(limit, all.Count));
        cut.Select(Id).ShouldBeUnique();
        cut.Select(Id).ShouldBeSubsetOf(all.Select(Id));
        if (limit > 0)
            cut.Count(IsNever).ShouldBeGreaterThanOrEqualTo(Math.Min(Math.Max(1, limit / 10), all.Count(IsNever)));
    });

    private static List<SweepCandidate> Candidates(Random random)
    {
        var agencies = Enumerable.Range(0, random.Next(1, 6)).Select(i => new string('a', i + 1)).ToArray();
        return [.. Enumerable.Range(0, random.Next(60)).Select(i =>
        {
            var id = $"c{i:000}";
            var agency = agencies[random.Next(agencies.Length) * random.Next(agencies.Length) / agencies.Length];
            return random.Next(6) switch
            {
                0 => Never(id, agency),
                1 => Never(id, agency, random.Next(100)),
                2 => BackingOff(id, random.Next(-2, 3), agency),
                _ => Fetched(id, agency, random.Next(120)),
            };
        })];
    }

    private static IEnumerable<SweepCandidate> Many(string prefix, string agency, int count) =>
        Enumerable.Range(0, count).Select(i => Fetched($"{prefix}{i:000}", agency, 60 + (i % 7)));

    private static SweepCandidate Fetched(string id, string agency, int secondsAgo) =>
        Candidate(id, agency, Some.FetchedAt(Now.AddSeconds(-secondsAgo)));

    private static SweepCandidate Never(string id, string agency, int? triedAgo = null) =>
        Candidate(id, agency, CalendarState.New with { LastAttemptAt = triedAgo is { } ago ? Now.AddSeconds(-ago) : null });

    private static SweepCandidate BackingOff(string id, int seconds, string agency = "x") =>
        Candidate(id, agency, Some.FetchedAt(Now.AddMinutes(-5)) with { BackoffUntil = Now.AddSeconds(seconds), StaleAt = Now.AddSeconds(seconds) });

    private static SweepCandidate Candidate(string id, string agency, CalendarState state) => new(Some.Live(id, state), agency, state);

    private static string[] Order(params SweepCandidate[] candidates) => Ids(SweepPlanner.Plan(candidates, SweepMode.All, null, Now, _ => 1));

    private static string[] Ids(SweepPlan plan) => [.. plan.Queue.Select(Id)];

    private static string Id(SweepCandidate candidate) => candidate.Calendar.Calendar.Id;

    private static bool IsNever(SweepCandidate candidate) => candidate.State.LastSuccessAt is null;
}
