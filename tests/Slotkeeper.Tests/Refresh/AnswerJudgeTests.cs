using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;

namespace Slotkeeper.Tests.Refresh;

// Cases: the first answer; the same again; the same but for slots that went by; other slots; another length; each way to fail, once
// and again and after another; sudden falls at and around the bounds, confirmed and not; after an invalidation.
public class AnswerJudgeTests
{
    private static readonly DateTimeOffset Now = Some.Now;
    private static readonly DateTimeOffset Window = Now.AddDays(31);
    private static readonly CalendarPicture Unfetched = new(CalendarState.New, null, []);

    [Fact]
    public void Agencies_are_told_of_other_times_and_not_of_the_same()
    {
        Judge(Unfetched, Slots(Some.HalfHours(Now, 5))).Write!.News.ShouldBe(CalendarNews.AvailabilityChanged);
        Judge(Known(Some.HalfHours(Now, 5)), Slots(Some.HalfHours(Now, 5))).Write!.News.ShouldBe(CalendarNews.None);
        Judge(Known(Some.HalfHours(Now, 5)), new FetchResult.Unchanged()).Write!.News.ShouldBe(CalendarNews.None);
    }

    [Fact]
    public void Agencies_are_told_once_of_a_calendar_that_needs_somebody_and_once_when_it_is_well_again()
    {
        var picture = Known(Some.HalfHours(Now, 5));
        Told(new FetchResult.Unauthorized("HTTP 401")).ShouldBe(CalendarNews.Unhealthy);
        Told(new FetchResult.Unauthorized("HTTP 401")).ShouldBe(CalendarNews.None);
        Told(new FetchResult.Unchanged()).ShouldBe(CalendarNews.Recovered);
        Told(new FetchResult.Unreachable("x")).ShouldBe(CalendarNews.None);
        Told(new FetchResult.Malformed("x")).ShouldBe(CalendarNews.None);
        Told(new FetchResult.Unreachable("x")).ShouldBe(CalendarNews.Unhealthy);
        Told(new FetchResult.Unreachable("x")).ShouldBe(CalendarNews.None);
        Told(Slots(Some.HalfHours(Now, 9))).ShouldBe(CalendarNews.Recovered | CalendarNews.AvailabilityChanged);
        Told(new FetchResult.Unreachable("x")).ShouldBe(CalendarNews.None);
        Told(new FetchResult.Unchanged()).ShouldBe(CalendarNews.None);

        CalendarNews Told(FetchResult result)
        {
            var write = Judge(picture, result).Write!;
            picture = new CalendarPicture(write.State, write.NewSnapshot ?? picture.Snapshot, []);
            return write.News;
        }
    }

    [Fact]
    public void The_first_answer_is_stored_and_raises_the_epoch_by_one()
    {
        var starts = Some.HalfHours(Now, 5);
        var judgement = Judge(Unfetched, new FetchResult.Fetched(starts, 1800, new ResolvedIds("e", "UTC", 30)));

        judgement.Outcome.ShouldBe(new RefreshOutcome(RefreshKind.Refreshed, SlotCount: 5, Added: 5, Removed: 0));
        judgement.ReadAgain.ShouldBeFalse();
        var write = judgement.Write.ShouldNotBeNull();
        write.BeganAt.ShouldBe(1);
        write.State.ShouldBe(new CalendarState(2, Now + Some.Ttl, Now, Now, null, null, 0, Window));
        var snapshot = write.NewSnapshot.ShouldNotBeNull();
        SnapshotCodec.Unpack(snapshot.Packed, snapshot.Count).ShouldBe(starts);
        snapshot.DurationSeconds.ShouldBe(1800);
        write.NewResolved.ShouldBe(new ResolvedIds("e", "UTC", 30));
    }

    [Fact]
    public void An_empty_first_answer_is_an_answer()
    {
        var judgement = Judge(Unfetched, Slots());
        judgement.Outcome.Kind.ShouldBe(RefreshKind.Refreshed);
        judgement.Write!.NewSnapshot!.Count.ShouldBe(0);
    }

    [Fact]
    public void The_same_content_keeps_the_epoch_and_writes_no_slots()
    {
        var picture = Known(Some.HalfHours(Now, 5));
        var judgement = Judge(picture, Slots(Some.HalfHours(Now, 5)));
        judgement.Outcome.ShouldBe(new RefreshOutcome(RefreshKind.Unchanged, SlotCount: 5));
        judgement.Write!.NewSnapshot.ShouldBeNull();
        judgement.Write.State.ShouldBe(new CalendarState(7, Now + Some.Ttl, Now, Now, null, null, 0, Window));
    }

    [Fact]
    public void Content_from_which_only_past_slots_went_is_the_same()
    {
        var before = Some.HalfHours(Now.AddHours(-2), 10);
        var judgement = Judge(Known(before), Slots(Future(before)));
        judgement.Outcome.ShouldBe(new RefreshOutcome(RefreshKind.Unchanged, SlotCount: Future(before).Length));
        judgement.Write!.NewSnapshot.ShouldBeNull();
        judgement.Write.State.Epoch.ShouldBe(7);
    }

    [Fact]
    public void Every_slot_gone_by_and_none_new_is_the_same_and_not_suspicious()
    {
        var judgement = Judge(Known(Some.HalfHours(Now.AddDays(-1), 20)), Slots());
        judgement.Outcome.Kind.ShouldBe(RefreshKind.Unchanged);
        judgement.ReadAgain.ShouldBeFalse();
    }

    [Fact]
    public void Slots_of_another_length_are_other_content()
    {
        var judgement = Judge(Known(Some.HalfHours(Now, 5)), new FetchResult.Fetched(Some.HalfHours(Now, 5), 3600, null));
        judgement.Outcome.Kind.ShouldBe(RefreshKind.Refreshed);
        judgement.Write!.State.Epoch.ShouldBe(8);
        judgement.Write.NewSnapshot!.DurationSeconds.ShouldBe(3600);
    }

    [Fact]
    public void An_unchanged_answer_is_a_success_and_keeps_the_range()
    {
        var picture = Known(Some.HalfHours(Now, 5), state => state with { RangeEnd = Now.AddDays(29), Failures = 3, Error = Error("rate_limited") });
        var judgement = Judge(picture, new FetchResult.Unchanged());
        judgement.Outcome.ShouldBe(new RefreshOutcome(RefreshKind.Unchanged, SlotCount: 5));
        judgement.Write!.State.ShouldBe(new CalendarState(7, Now + Some.Ttl, Now, Now, null, null, 0, Now.AddDays(29)));
        judgement.Write.NewSnapshot.ShouldBeNull();
    }

    [Fact]
    public void Added_and_removed_count_future_slots_as_sets_do() => Properties.Hold(1000, random =>
    {
        var pool = Some.HalfHours(Now.AddHours(-5), 40);
        var before = pool.Where(_ => random.Next(3) > 0).ToArray();
        var after = Future(pool).Where(_ => random.Next(3) > 0).ToArray();
        var judgement = Judge(Known(before), Slots(after), isSecondRead: true);

        judgement.Outcome.SlotCount.ShouldBe(after.Length);
        judgement.Outcome.Added.ShouldBe(after.Except(before).Count());
        judgement.Outcome.Removed.ShouldBe(Future(before).Except(after).Count());
        var isSame = Future(before).SequenceEqual(after);
        judgement.Outcome.Kind.ShouldBe(isSame ? RefreshKind.Unchanged : RefreshKind.Refreshed);
        judgement.Write!.State.Epoch.ShouldBe(isSame ? 7 : 8);
        (judgement.Write.NewSnapshot is null).ShouldBe(isSame);
    });

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(1, 0, true)]
    [InlineData(9, 1, false)]
    [InlineData(10, 2, false)]
    [InlineData(10, 1, true)]
    [InlineData(11, 2, true)]
    [InlineData(100, 20, false)]
    [InlineData(100, 19, true)]
    [InlineData(100, 101, false)]
    public void A_fall_to_nothing_or_by_more_than_four_fifths_of_ten_or_more_is_suspicious(int before, int after, bool isSuspicious)
    {
        AnswerJudge.IsSuspicious(before, after).ShouldBe(isSuspicious);
        Judge(Known(Some.HalfHours(Now, before)), Slots(Some.HalfHours(Now, after))).ReadAgain.ShouldBe(isSuspicious);
    }

    [Fact]
    public void A_suspicious_answer_keeps_the_slots_and_is_flagged()
    {
        var picture = Known(Some.HalfHours(Now, 40));
        var judgement = Judge(picture, Slots());
        judgement.Outcome.Kind.ShouldBe(RefreshKind.Suspicious);
        judgement.Write!.NewSnapshot.ShouldBeNull();
        judgement.Write.State.LastSuccessAt.ShouldBe(picture.State.LastSuccessAt);
        judgement.Write.State.Error!.Code.ShouldBe(RefreshErrorCodes.SuspiciousAnswer);
        judgement.Write.State.Error.Message.ShouldContain("40");
    }

    [Fact]
    public void A_second_read_is_believed()
    {
        var judgement = Judge(Known(Some.HalfHours(Now, 40)), Slots(), isSecondRead: true);
        judgement.Outcome.ShouldBe(new RefreshOutcome(RefreshKind.Refreshed, SlotCount: 0, Added: 0, Removed: 40));
        judgement.ReadAgain.ShouldBeFalse();
    }

    [Fact]
    public void Only_future_slots_count_for_a_fall()
    {
        // 30 known, 28 of them past: from 2 to 1 is no fall.
        var before = Some.HalfHours(Now.AddHours(-14), 30);
        Judge(Known(before), Slots(Future(before)[..1])).ReadAgain.ShouldBeFalse();
    }

    public static TheoryData<FetchResult, RefreshKind, string> Failures => new()
    {
        { new FetchResult.RateLimited(Now.AddSeconds(30), false), RefreshKind.RateLimited, RefreshErrorCodes.RateLimited },
        { new FetchResult.Unauthorized("d"), RefreshKind.Refused, RefreshErrorCodes.Unauthorized },
        { new FetchResult.NotFound("d"), RefreshKind.Refused, RefreshErrorCodes.NotFound },
        { new FetchResult.UnsupportedDuration([15, 30]), RefreshKind.UnsupportedDuration, RefreshErrorCodes.UnsupportedDuration },
        { new FetchResult.Malformed("d"), RefreshKind.Failed, RefreshErrorCodes.MalformedAnswer },
        { new FetchResult.Unreachable("d"), RefreshKind.Failed, RefreshErrorCodes.ProviderUnreachable },
        { new FetchResult.NotConfigured("d"), RefreshKind.NotConfigured, RefreshErrorCodes.NotConfigured },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_failure_is_recorded_beside_the_last_success_and_never_touches_the_slots(FetchResult result, RefreshKind kind, string code)
    {
        var picture = Known(Some.HalfHours(Now, 40));
        var judgement = Judge(picture, result);

        judgement.Outcome.Kind.ShouldBe(kind);
        judgement.Outcome.IsSuccess.ShouldBeFalse();
        judgement.Outcome.Asked.ShouldBeTrue();
        var write = judgement.Write.ShouldNotBeNull();
        write.NewSnapshot.ShouldBeNull();
        write.NewResolved.ShouldBeNull();
        write.BeganAt.ShouldBe(7);
        write.State.Epoch.ShouldBe(7);
        write.State.LastSuccessAt.ShouldBe(picture.State.LastSuccessAt);
        write.State.RangeEnd.ShouldBe(picture.State.RangeEnd);
        write.State.LastAttemptAt.ShouldBe(Now);
        write.State.Failures.ShouldBe(1);
        write.State.Error!.Code.ShouldBe(code);
        write.State.Error.Since.ShouldBe(Now);
        write.State.StaleAt.ShouldBeGreaterThan(Now);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public void An_error_that_repeats_is_there_since_its_first_time(FetchResult result, RefreshKind kind, string code)
    {
        var since = Now.AddMinutes(-10);
        var again = Judge(Known(Some.HalfHours(Now, 5), state => state with { Error = new RefreshError(code, "before", since), Failures = 4 }), result);
        again.Outcome.Kind.ShouldBe(kind);
        again.Write!.State.Error!.Since.ShouldBe(since);
        again.Write.State.Error.Message.ShouldNotBe("before");
        again.Write.State.Failures.ShouldBe(5);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public void Another_error_begins_anew(FetchResult result, RefreshKind kind, string code)
    {
        var other = Judge(Known(Some.HalfHours(Now, 5), state => state with { Error = Error("another"), Failures = 4 }), result);
        other.Outcome.Kind.ShouldBe(kind);
        other.Write!.State.Error!.Code.ShouldBe(code);
        other.Write.State.Error.Since.ShouldBe(Now);
    }

    [Fact]
    public void A_success_clears_error_failures_and_back_off()
    {
        var picture = Known(Some.HalfHours(Now, 5), state => state with { Error = Error("rate_limited"), Failures = 9, BackoffUntil = Now.AddHours(1) });
        var state = Judge(picture, Slots(Some.HalfHours(Now, 6))).Write!.State;
        state.Error.ShouldBeNull();
        state.Failures.ShouldBe(0);
        state.BackoffUntil.ShouldBeNull();
    }

    [Fact]
    public void A_length_the_provider_does_not_offer_backs_off_two_hours_and_names_those_it_does()
    {
        var judgement = Judge(Unfetched, new FetchResult.UnsupportedDuration([15, 30]));
        judgement.Write!.State.BackoffUntil.ShouldBe(Now.AddHours(2));
        judgement.Write.State.StaleAt.ShouldBe(Now.AddHours(2));
        judgement.Outcome.RetryAt.ShouldBe(Now.AddHours(2));
        judgement.Outcome.Error!.Message.ShouldContain("15, 30");
        Judge(Unfetched, new FetchResult.UnsupportedDuration([])).Outcome.Error!.Message.ShouldContain("durationMinutes");
    }

    [Fact]
    public void The_providers_time_is_obeyed()
    {
        var judgement = Judge(Unfetched, new FetchResult.RateLimited(Now.AddSeconds(90), false));
        judgement.Write!.State.BackoffUntil.ShouldBe(Now.AddSeconds(90));
        judgement.Outcome.RetryAt.ShouldBe(Now.AddSeconds(90));
    }

    [Fact]
    public void Our_own_budget_says_no_without_a_trace()
    {
        var judgement = Judge(Unfetched, new FetchResult.RateLimited(Now.AddSeconds(3), true));
        judgement.Write.ShouldBeNull();
        judgement.Outcome.ShouldBe(new RefreshOutcome(RefreshKind.RateLimited, RetryAt: Now.AddSeconds(3), Asked: false));
    }

    [Fact]
    public void Failures_in_a_row_are_tried_again_later_and_later_up_to_the_lifetime()
    {
        var picture = Unfetched;
        var waits = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            var write = Judge(picture, new FetchResult.Unreachable("d")).Write!;
            waits.Add((write.State.StaleAt - Now).TotalSeconds);
            picture = picture with { State = write.State };
        }
        waits.ShouldBe([5, 10, 20, 40, 60, 60]);
    }

    [Fact]
    public void Very_many_failures_are_no_overflow() =>
        Judge(Unfetched with { State = CalendarState.New with { Failures = 1_000_000 } }, new FetchResult.Unreachable("d"))
            .Write!.State.StaleAt.ShouldBe(Now + Some.Ttl);

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_failure_never_makes_data_that_an_invalidation_made_stale_look_current_again(FetchResult result, RefreshKind kind, string code)
    {
        var picture = Known(Some.HalfHours(Now, 5), state => state with { StaleAt = DateTimeOffset.UnixEpoch });
        var judgement = Judge(picture, result);
        judgement.Outcome.Kind.ShouldBe(kind);
        judgement.Write!.State.Error!.Code.ShouldBe(code);
        judgement.Write.State.StaleAt.ShouldBeLessThanOrEqualTo(picture.State.LastSuccessAt!.Value);
    }

    private static Judgement Judge(CalendarPicture picture, FetchResult result, bool isSecondRead = false) =>
        AnswerJudge.Judge("cal_1", picture, Now, Window, result, isSecondRead, Some.Ttl);

    private static CalendarPicture Known(long[] starts, Func<CalendarState, CalendarState>? change = null)
    {
        var state = Some.FetchedAt(Now.AddSeconds(-50), epoch: 7);
        return new CalendarPicture(change?.Invoke(state) ?? state, Some.SnapshotOf(starts), []);
    }

    private static FetchResult.Fetched Slots(params long[] starts) => new(starts, 1800, null);

    private static long[] Future(long[] starts) => [.. starts.Where(start => start >= Now.ToUnixTimeSeconds())];

    private static RefreshError Error(string code) => new(code, "m", Now.AddMinutes(-1));
}
