using Slotkeeper.Claims;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Tests.Refresh;

// Silent: after three; not when told; not one of which nothing is expected; later where untold changes are usual; heard again. Reading: rising; never rarer than every minute; within the budget.
// Booked elsewhere: behind a slot that stays; first ones; all; our own claims; other lengths
public class SourceTrustTests
{
    private static readonly DateTimeOffset Now = Some.Now;
    private static readonly SourceTrust Sender = SourceTrust.Of("con_1").Heard(Now);

    [Fact]
    public void Three_changes_that_none_told_of_make_it_silent_and_one_webhook_ends_that()
    {
        var trust = Sender.Miss(Now, false).Miss(Now, false);
        trust.IsSilent.ShouldBeFalse();
        trust = trust.Miss(Now.AddMinutes(1), false);
        trust.SilentSince.ShouldBe(Now.AddMinutes(1));
        trust.Miss(Now.AddMinutes(2), false).SilentSince.ShouldBe(Now.AddMinutes(1));
        (trust.Heard(Now.AddMinutes(3)) is { IsSilent: false, Missed: 0 }).ShouldBeTrue();
    }

    [Fact]
    public void Of_one_that_never_sent_nothing_is_expected_unless_it_is_registered()
    {
        var unheard = SourceTrust.Of("con_1");
        for (var i = 0; i < 100; i++)
            unheard = unheard.Miss(Now, isRegistered: false);
        unheard.ShouldBe(SourceTrust.Of("con_1"));
        unheard.Miss(Now, true).Miss(Now, true).Miss(Now, true).IsSilent.ShouldBeTrue();
    }

    [Fact]
    public void A_webhook_after_the_last_read_without_the_change_told_of_it()
    {
        Sender.ToldOf(Now.AddMinutes(-1)).ShouldBeTrue();
        Sender.ToldOf(Now + SourceTrust.Margin).ShouldBeTrue("clocks differ");
        Sender.ToldOf(Now + SourceTrust.Margin + TimeSpan.FromSeconds(1)).ShouldBeFalse();
        SourceTrust.Of("con_1").ToldOf(Now).ShouldBeFalse();
    }

    [Fact]
    public void A_host_who_enters_much_by_hand_is_distrusted_later_but_a_single_silence_teaches_little()
    {
        var trust = Sender;
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < 5; i++)
                trust = trust.Miss(Now, false);
            trust = trust.Heard(Now);
        }
        for (var i = 0; i < 10; i++)
            trust = trust.Miss(Now, false);
        trust.IsSilent.ShouldBeFalse();

        var once = Sender;
        for (var i = 0; i < 1_000; i++)
            once = once.Miss(Now, false);
        once.Heard(Now).Threshold.ShouldBe(SourceTrust.LeastMissed);
    }

    [Fact]
    public void Whatever_happens_a_webhook_restores_trust_and_twenty_misses_take_it() => Properties.Hold(500, random =>
    {
        var trust = SourceTrust.Of("con_1");
        var (at, inARow) = (Now, 0);
        for (var step = 0; step < 200; step++)
        {
            at += TimeSpan.FromSeconds(random.Next(120));
            if (random.Next(1 + random.Next(30)) == 0)
            {
                trust = trust.Heard(at);
                inARow = 0;
                trust.IsSilent.ShouldBeFalse();
                trust.HeardAt.ShouldBe(at);
            }
            else if (trust.HeardAt is not null)
            {
                trust = trust.Miss(at, random.Next(2) == 0);
                trust.IsSilent.ShouldBe(++inARow >= trust.Threshold);
            }
            trust.Threshold.ShouldBeInRange(SourceTrust.LeastMissed, SourceTrust.MostMissed);
            (trust.SilentSince <= at).ShouldBe(trust.IsSilent);
        }
    });

    [Fact]
    public void Reading_rises_with_what_is_missed_from_every_thirty_seconds_to_every_ten()
    {
        var trust = Sender.Miss(Now, false).Miss(Now, false);
        trust.ReadEvery(1, null).ShouldBeNull();
        var seconds = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            trust = trust.Miss(Now, false);
            seconds.Add(trust.ReadEvery(1, null)!.Value.TotalSeconds);
        }
        seconds.ShouldBe([30, 20, 15, 12, 10, 10]);
    }

    [Fact]
    public void No_trust_makes_reading_rarer_than_every_minute_and_no_distrust_costs_more_than_half_of_what_is_spare() => Properties.Hold(2_000, random =>
    {
        var trust = new SourceTrust("con_1", Now, random.Next(100), random.NextDouble() * 30, random.Next(3) == 0 ? null : Now);
        var calendars = random.Next(0, 300);
        int? budget = random.Next(4) == 0 ? null : random.Next(0, 1_000);
        var every = trust.ReadEvery(calendars, budget);
        if (!trust.IsSilent)
            every.ShouldBeNull("a trusted source changes nothing: the minute's run reads it");
        if (every is not { } interval)
            return;
        interval.ShouldBeInRange(SourceTrust.Shortest, SourceTrust.Minute - TimeSpan.FromTicks(1));
        if (budget is { } calls)
        {
            var extra = calendars * (SourceTrust.Minute / interval) * 2;
            (extra + (calendars * 2)).ShouldBeLessThanOrEqualTo(calls + 0.001);
            extra.ShouldBeLessThanOrEqualTo(((calls - (calendars * 2)) / 2.0) + 0.001);
        }
        var worse = trust with { Missed = trust.Missed + 1 };
        worse.ReadEvery(calendars, budget).ShouldNotBeNull();
        worse.ReadEvery(calendars, budget)!.Value.ShouldBeLessThanOrEqualTo(interval);
    });

    [Fact]
    public void A_slot_gone_behind_one_that_stays_looks_like_a_booking_and_what_time_takes_does_not()
    {
        var starts = Some.HalfHours(Now, 8);
        var before = Some.SnapshotOf(starts);
        BookedElsewhere.Shows(before, Some.SnapshotOf([.. starts.Where(start => start != starts[3])]), []).ShouldBeTrue();
        BookedElsewhere.Shows(before, Some.SnapshotOf(starts[..7]), []).ShouldBeTrue();
        BookedElsewhere.Shows(before, Some.SnapshotOf(starts[2..]), []).ShouldBeFalse("the minimum notice takes the first ones");
        BookedElsewhere.Shows(before, before, []).ShouldBeFalse();
        BookedElsewhere.Shows(before, Some.SnapshotOf([.. starts, starts[7] + 1800]), []).ShouldBeFalse("more came free");
        BookedElsewhere.Shows(before, Snapshot.Empty, []).ShouldBeFalse();
        BookedElsewhere.Shows(null, before, []).ShouldBeFalse();
        BookedElsewhere.Shows(before, Some.SnapshotOf(starts[0]) with { DurationSeconds = 3600 }, []).ShouldBeFalse();
    }

    [Fact]
    public void What_a_claim_of_ours_explains_is_no_booking_elsewhere()
    {
        var starts = Some.HalfHours(Now, 8);
        var after = Some.SnapshotOf([.. starts.Where(start => start != starts[3] && start != starts[4])]);
        Claim Claim(int from, int to) => new("bkg_1", "res_1", 0, DateTimeOffset.FromUnixTimeSeconds(starts[from]), DateTimeOffset.FromUnixTimeSeconds(starts[to]), ClaimState.Booked, null, null);
        BookedElsewhere.Shows(Some.SnapshotOf(starts), after, [Claim(3, 5)]).ShouldBeFalse();
        BookedElsewhere.Shows(Some.SnapshotOf(starts), after, [Claim(3, 4)]).ShouldBeTrue();
    }

    [Fact]
    public void Removing_slots_shows_exactly_when_one_is_gone_behind_the_first_that_stays() => Properties.Hold(500, random =>
    {
        var starts = Some.HalfHours(Now, random.Next(1, 60));
        var kept = starts.Where(_ => random.Next(10) > 0).ToArray();
        var expected = kept.Length > 0 && starts.Any(start => start > kept[0] && !kept.Contains(start));
        BookedElsewhere.Shows(Some.SnapshotOf(starts), Some.SnapshotOf(kept), []).ShouldBe(expected);
    });
}
