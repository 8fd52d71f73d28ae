using System.Globalization;
using Slotkeeper.Claims;
using Slotkeeper.Reading;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;
using Slotkeeper.Testing;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Tests.Reading;

// Cases: any snapshot, claims, capacity, notice, range, limit and moment against a naive oracle; ages asked for; failing providers;
// clocks that jump; changes of summer time; holds that run out; no calendar.
public class AvailabilityReaderTests
{
    public static TheoryData<Keep> Both => [Keep.InMemory, Keep.InSqlite];

    [Fact]
    public void An_answer_is_what_a_naive_look_at_snapshot_and_claims_gives() => Properties.Hold(150, random => World.Tell(Keep.InMemory, async world =>
    {
        var (workspace, calendar) = Arrange(world, random);
        for (var i = 0; i < 8; i++)
        {
            var query = Query(random, world.Now);
            var answer = await world.Here.Reader.ReadAsync(workspace, query, default);
            var oracle = Oracle.Of(calendar.Picture, calendar.Calendar.Capacity, workspace.Settings.MinimumNoticeMinutes, query, world.Now);

            answer.Starts.ToArray().ShouldBe(oracle.Free.Take(query.Limit ?? int.MaxValue));
            answer.RemovedPast.ShouldBe(oracle.Past);
            answer.RemovedNotice.ShouldBe(oracle.Notice);
            answer.RemovedClaimed.ShouldBe(oracle.Claimed);
            answer.Starts.ToArray().ShouldAllBe(start => start * TimeSpan.TicksPerSecond + DateTimeOffset.UnixEpoch.Ticks >= world.Now.UtcTicks);
            answer.Age!.Value.ShouldBeGreaterThanOrEqualTo(TimeSpan.Zero);
            answer.Now.ShouldBe(world.Now);

            // Sometimes the wall clock jumps instead of going on.
            if (random.Next(4) == 0)
                world.Clock.JumpTo(world.Now.AddMinutes(random.Next(-90, 90)));
            else
                world.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(3_000_000)));
        }
    }));

    [Fact]
    public void An_explanation_says_offered_exactly_when_the_answer_has_it_and_a_reason_otherwise() => Properties.Hold(100, random => World.Tell(Keep.InMemory, async world =>
    {
        var (workspace, calendar) = Arrange(world, random);
        var answered = (await world.Here.ReadAsync(workspace, refreshIfStale: false)).Starts.ToArray().ToHashSet();
        var age = world.Now - calendar.Picture.State.LastSuccessAt!.Value;
        var isYoung = age.TotalSeconds <= workspace.Settings.MaxOfferAgeSeconds;
        var known = SnapshotCodec.Unpack(calendar.Picture.Snapshot!.Packed, calendar.Picture.Snapshot.Count);
        foreach (var start in known.Concat(known.Take(5).Select(start => start + 60)).Append(world.Now.ToUnixTimeSeconds()))
        {
            var at = DateTimeOffset.FromUnixTimeSeconds(start);
            var explained = await world.Here.Reader.ExplainAsync(workspace, CalendarSource.Default, at, default);

            explained.Offered.ShouldBe(isYoung && answered.Contains(start), $"{at:u} at {world.Now:u}: {string.Join(", ", explained.Reasons.Select(reason => reason.Code))}");
            explained.Reasons.ShouldNotBeEmpty();
            explained.Reasons.Any(reason => reason.Code == SlotReasons.Free).ShouldBe(explained.Offered);
            explained.InSnapshot.ShouldBe(known.Contains(start));
            if (!isYoung)
                explained.Reasons.ShouldContain(reason => reason.Code == SlotReasons.DataTooOld);
            if (at < world.Now)
                explained.Reasons.ShouldContain(reason => reason.Code == SlotReasons.Past);
        }
    }));

    [Fact]
    public void A_start_between_two_seconds_is_not_offered() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RunAsync();
        var start = DateTimeOffset.FromUnixTimeSeconds((await world.Here.ReadAsync(workspace)).Starts[3]);
        (await world.Here.Reader.ExplainAsync(workspace, CalendarSource.Default, start, default)).Offered.ShouldBeTrue();
        (await world.Here.Reader.ExplainAsync(workspace, CalendarSource.Default, start.AddMilliseconds(1), default)).Offered.ShouldBeFalse();
    });

    [Theory]
    [InlineData(30, null, true, 0, true)]
    [InlineData(60, null, true, 0, true)]
    [InlineData(61, null, true, 1, true)]
    [InlineData(61, null, false, 0, false)]
    [InlineData(30, 10, true, 1, true)]
    [InlineData(30, 10, false, 0, false)]
    [InlineData(300, 600, true, 0, true)]
    [InlineData(0, 0, true, 0, true)]
    public void Data_older_than_asked_for_is_fetched_first_when_that_is_allowed(int age, int? maxAge, bool refreshIfStale, int calls, bool fresh) => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        await world.DelayAsync(TimeSpan.FromSeconds(age));
        world.Providers.Calls.Clear();

        var answer = await world.Here.ReadAsync(workspace, maxAge is { } seconds ? TimeSpan.FromSeconds(seconds) : null, refreshIfStale);

        world.Providers.Calls.Count.ShouldBe(calls);
        answer.Fresh.ShouldBe(fresh);
        answer.Age.ShouldBe(TimeSpan.FromSeconds(calls == 0 ? age : 0));
        answer.AsOf.ShouldBe(world.Now - answer.Age);
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void A_calendar_that_was_never_fetched_is_fetched_for_its_first_reader(Keep keep) => World.Tell(keep, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        var before = await world.Here.ReadAsync(workspace, refreshIfStale: false);
        before.Fresh.ShouldBeFalse();
        before.Age.ShouldBeNull();
        before.Count.ShouldBe(0);
        before.Error!.Code.ShouldBe(RefreshErrorCodes.NotFetchedYet);
        var after = await world.Here.ReadAsync(workspace);
        after.Fresh.ShouldBeTrue();
        after.Count.ShouldBeGreaterThan(300);
        after.Error.ShouldBeNull();
    });

    [Fact]
    public void A_calendar_that_just_failed_is_not_asked_by_every_reader() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        await world.DelayAsync(TimeSpan.FromSeconds(61));
        world.Providers.Calls.Clear();
        world.Providers.Otherwise = _ => Reply.Unreachable;
        for (var i = 0; i < 100; i++)
        {
            var answer = await world.Here.ReadAsync(workspace);
            answer.Fresh.ShouldBeFalse();
            answer.Error!.Code.ShouldBe(RefreshErrorCodes.ProviderUnreachable);
        }
        world.Providers.Calls.Count.ShouldBe(1);
        await world.DelayAsync(TimeSpan.FromSeconds(5));
        await world.Here.ReadAsync(workspace);
        world.Providers.Calls.Count.ShouldBe(2);
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void Data_that_an_invalidation_made_stale_is_not_fresh_until_a_fetch_succeeds(Keep keep) => World.Tell(keep, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        await world.DelayAsync(TimeSpan.FromSeconds(5));
        await world.Here.Invalidator.InvalidateAsync([workspace.DefaultCalendarId!], default);
        world.Providers.Calls.Clear();
        world.Providers.Otherwise = _ => Reply.Unreachable;
        for (var i = 0; i < 20; i++)
            (await world.Here.ReadAsync(workspace)).Fresh.ShouldBeFalse();
        world.Providers.Calls.Count.ShouldBe(1);

        world.Providers.Otherwise = _ => Reply.Plenty;
        await world.DelayAsync(TimeSpan.FromSeconds(5));
        (await world.Here.ReadAsync(workspace)).Fresh.ShouldBeTrue();
        world.Providers.Calls.Count.ShouldBe(2);
    });

    [Fact]
    public void A_calendar_that_failed_is_asked_at_once_after_an_invalidation() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        world.Providers.Next(workspace.DefaultCalendarId!, Reply.UnsupportedDuration);
        await world.DelayAsync(TimeSpan.FromMinutes(2));
        await world.Here.ReadAsync(workspace);
        await world.DelayAsync(TimeSpan.FromMinutes(30));
        (await world.Here.ReadAsync(workspace)).Fresh.ShouldBeFalse();
        world.Providers.Calls.Count.ShouldBe(2);

        await world.Here.Invalidator.InvalidateAsync([workspace.DefaultCalendarId!], default);
        (await world.Here.ReadAsync(workspace)).Fresh.ShouldBeTrue();
        world.Providers.Calls.Count.ShouldBe(3);
    });

    [Fact]
    public void A_provider_that_is_dead_for_an_hour_leaves_old_data_that_is_named_old_and_never_offered() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RunAsync();
        world.Providers.Otherwise = _ => Reply.Unreachable;
        for (var minute = 0; minute < 61; minute++)
        {
            await world.DelayAsync(TimeSpan.FromMinutes(1));
            await world.Here.RunAsync();
        }

        var answer = await world.Here.ReadAsync(workspace);

        answer.Fresh.ShouldBeFalse();
        answer.Error!.Code.ShouldBe(RefreshErrorCodes.ProviderUnreachable);
        answer.Age!.Value.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMinutes(61));
        answer.StaleAt!.Value.ShouldBeLessThan(world.Now);
        answer.Count.ShouldBeGreaterThan(0);
        foreach (var start in answer.Starts.ToArray().Take(20))
        {
            var explained = await world.Here.Reader.ExplainAsync(workspace, CalendarSource.Default, DateTimeOffset.FromUnixTimeSeconds(start), default);
            explained.Offered.ShouldBeFalse();
            explained.Reasons.ShouldContain(reason => reason.Code == SlotReasons.DataTooOld);
        }
    });

    [Fact]
    public void A_provider_that_is_slower_than_a_readers_patience_costs_freshness_and_not_the_answer() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        await world.DelayAsync(TimeSpan.FromMinutes(2));
        world.Providers.Otherwise = _ => Reply.Plenty.After(TimeSpan.FromSeconds(10));
        var asked = world.Now;
        var answer = await world.Here.ReadAsync(workspace);
        (world.Now - asked).ShouldBe(world.Options.ReaderPatience);
        answer.Fresh.ShouldBeFalse();
        answer.Count.ShouldBeGreaterThan(300);
    });

    [Theory]
    [InlineData("2026-02-12T23:59:00Z")] // Midnight in UTC.
    [InlineData("2026-03-08T06:59:00Z")] // New York forward.
    [InlineData("2026-11-01T05:59:00Z")] // New York back.
    [InlineData("2026-03-29T00:59:00Z")] // Europe forward.
    [InlineData("2026-10-25T00:59:00Z")] // Europe back.
    [InlineData("2026-04-04T14:59:00Z")] // Lord Howe back by half an hour.
    [InlineData("2026-10-03T15:29:00Z")] // Lord Howe forward by half an hour.
    [InlineData("2028-02-28T23:59:00Z")] // Into a leap day.
    public void No_answer_contains_the_past_over_midnights_and_changes_of_summer_time(string change) => World.Tell(
        Keep.InMemory,
        async world =>
        {
            var workspace = (await world.AddAsync("agy_a", 1))[0];
            var grid = Some.HalfHours(world.Now.AddHours(-6), 3000);
            world.Providers.Otherwise = _ => Reply.Slots(grid);
            await world.Here.RefreshAsync(workspace);
            for (var i = 0; i < 300; i++)
            {
                var answer = await world.Here.ReadAsync(workspace, refreshIfStale: i % 50 == 49);
                answer.Starts.ToArray().ShouldBe(grid.Where(start => start >= world.Now.ToUnixTimeSeconds() && start < world.Now.AddDays(30).ToUnixTimeSeconds()));
                answer.Age!.Value.ShouldBeGreaterThanOrEqualTo(TimeSpan.Zero);
                await world.DelayAsync(TimeSpan.FromSeconds(30));
            }
        },
        start: DateTimeOffset.Parse(change, CultureInfo.InvariantCulture).AddMinutes(-60));

    [Theory]
    [InlineData(24)]
    [InlineData(3)]
    [InlineData(-1)]
    [InlineData(-24)]
    public void A_clock_that_jumps_gives_no_past_no_negative_age_and_refreshing_goes_on(int hours) => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RunAsync();
        world.Clock.JumpTo(world.Now.AddHours(hours));

        var stale = await world.Here.ReadAsync(workspace, refreshIfStale: false);
        stale.Fresh.ShouldBeFalse();
        stale.Age!.Value.ShouldBeGreaterThanOrEqualTo(TimeSpan.Zero);
        stale.Starts.ToArray().ShouldAllBe(start => start >= world.Now.ToUnixTimeSeconds());

        var calls = world.Providers.Calls.Count;
        var fresh = await world.Here.ReadAsync(workspace);
        fresh.Fresh.ShouldBeTrue();
        fresh.Age.ShouldBe(TimeSpan.Zero);
        fresh.Starts.ToArray().ShouldAllBe(start => start >= world.Now.ToUnixTimeSeconds());
        world.Providers.Calls.Count.ShouldBe(calls + 1);
        await world.DelayAsync(SweepRunner.LeaseDuration);
        if (hours > 0)
            (await world.Here.RunAsync()).Refreshed.ShouldBe(1);
    });

    [Fact]
    public void A_hold_takes_its_slots_until_the_end_of_the_second_in_which_it_runs_out() => World.Tell(Keep.InMemory, async world =>
    {
        var workspace = (await world.AddAsync("agy_a", 1))[0];
        await world.Here.RefreshAsync(workspace);
        var calendar = world.Here.Live(workspace).Calendar;
        var start = DateTimeOffset.FromUnixTimeSeconds((await world.Here.ReadAsync(workspace)).Starts[2]);
        var expires = world.Now.AddSeconds(20.3);
        world.Memory.Claim(new Claim("hld_1", calendar.ResourceId, 0, start, start.AddMinutes(30), ClaimState.Held, expires, "t"));
        await world.DelayAsync(TimeSpan.FromSeconds(1));

        while (world.Now < expires.AddSeconds(3))
        {
            var answer = await world.Here.ReadAsync(workspace);
            var isFree = answer.Starts.Contains(start.ToUnixTimeSeconds());
            if (world.Now < expires)
                isFree.ShouldBeFalse();
            if (world.Now >= expires.AddSeconds(1))
                isFree.ShouldBeTrue();
            var explained = await world.Here.Reader.ExplainAsync(workspace, CalendarSource.Default, start, default);
            explained.Offered.ShouldBe(isFree);
            if (!isFree)
                explained.Reasons.ShouldContain(reason => reason.Code == SlotReasons.Held);
            await world.DelayAsync(TimeSpan.FromMilliseconds(100));
        }
    });

    [Fact]
    public void A_workspace_without_a_calendar_is_told_so() => World.Tell(Keep.InMemory, async world =>
    {
        await world.AddAsync("agy_a", 1);
        var bare = new Workspace("ws_x", "agy_a", "X", "UTC", "en", null, WorkspaceSettings.Defaults, null, null, world.Now);
        var answer = await world.Here.ReadAsync(bare);
        answer.Error!.Code.ShouldBe(RefreshErrorCodes.NoCalendar);
        answer.Starts.Length.ShouldBe(0);
        answer.Age.ShouldBeNull();
        var explained = await world.Here.Reader.ExplainAsync(bare, CalendarSource.Default, world.Now, default);
        explained.Offered.ShouldBeFalse();
        explained.Reasons.ShouldHaveSingleItem().Code.ShouldBe(SlotReasons.NoCalendar);
    });

    [Fact]
    public void Direct_book_falls_back_to_the_default_calendar_and_says_so() => World.Tell(Keep.InMemory, async world =>
    {
        var both = await world.AddAsync("agy_a", 2);
        await world.Here.RunAsync();
        var own = both[0] with { DirectBookCalendarId = both[1].DefaultCalendarId };
        (await ReadDirectAsync(both[0])).Source.ShouldBe(CalendarSource.Default);
        (await ReadDirectAsync(both[0] with { DirectBookCalendarId = both[0].DefaultCalendarId })).Source.ShouldBe(CalendarSource.Default);
        var direct = await ReadDirectAsync(own);
        direct.Source.ShouldBe(CalendarSource.DirectBook);
        direct.Calendar!.Calendar.Id.ShouldBe(both[1].DefaultCalendarId);

        async Task<SlotAnswer> ReadDirectAsync(Workspace workspace) =>
            await world.Here.Reader.ReadAsync(workspace, new SlotQuery(CalendarSource.DirectBook), default);
    });

    private static (Workspace Workspace, LiveCalendar Calendar) Arrange(World world, Random random)
    {
        world.Clock.Advance(TimeSpan.FromTicks(random.NextInt64(TimeSpan.TicksPerSecond * 2)));
        var grid = Some.HalfHours(new DateTimeOffset(world.Now.UtcDateTime.Date, TimeSpan.Zero).AddHours(world.Now.Hour - 2), random.Next(60));
        var starts = grid.Where(_ => random.Next(4) > 0).ToArray();
        var capacity = random.Next(1, 4);
        var duration = 900 * random.Next(1, 5);
        var claims = Enumerable.Range(0, random.Next(12)).Select(i =>
        {
            var start = DateTimeOffset.FromUnixTimeSeconds((world.Now.ToUnixTimeSeconds() / 300 * 300) + (random.Next(-24, 300) * 300L));
            var state = (ClaimState)random.Next(5);
            return new Claim($"c{i}", "res_r", 0, start, start.AddMinutes(5 * random.Next(1, 30)), state,
                state == ClaimState.Held ? world.Now.AddMilliseconds(random.Next(-5_000, 9_000_000)) : null, null)
            {
                At = state is ClaimState.Booked or ClaimState.External && random.Next(2) == 0 ? new BookedAt(random.Next(2) == 0 ? "cal_p" : "cal_q", world.Now, random.Next(2) == 0) : null,
            };
        }).OrderBy(claim => claim.Start).ToArray();
        var success = world.Now.AddSeconds(-random.Next(2000));
        var state = Some.FetchedAt(success);
        var calendar = world.Here.Catalog.Put(new StoredCalendar(
            Some.Calendar("cal_p", capacity), "agy_p", 1, state, new Snapshot(SnapshotCodec.Pack(starts), starts.Length, duration), claims), world.Here.Catalog.Generation)!;
        var settings = WorkspaceSettings.Defaults with { MinimumNoticeMinutes = random.Next(3) == 0 ? 0 : random.Next(200) };
        return (new Workspace("ws_p", "agy_p", "P", "Australia/Lord_Howe", "en", null, settings, "cal_p", null, world.Now), calendar);
    }

    private static SlotQuery Query(Random random, DateTimeOffset now) => new(
        CalendarSource.Default,
        random.Next(2) == 0 ? null : now.AddSeconds(random.Next(-20_000, 100_000)),
        random.Next(2) == 0 ? null : now.AddSeconds(random.Next(-20_000, 200_000)),
        RefreshIfStale: false,
        Limit: random.Next(2) == 0 ? null : random.Next(1, 20));

    /// <summary>The rules of an answer, said as plainly as possible.</summary>
    private sealed record Oracle(long[] Free, int Past, int Notice, int Claimed)
    {
        public static Oracle Of(CalendarPicture picture, int capacity, int noticeMinutes, SlotQuery query, DateTimeOffset now)
        {
            var live = picture.Claims.Where(claim => claim.At is not { CalendarId: "cal_p", LeavesRoom: true }).Where(claim => claim.State != ClaimState.Held || now.ToUnixTimeSeconds() <= claim.ExpiresAt!.Value.ToUnixTimeSeconds()).ToList();
            int past = 0, notice = 0, claimed = 0;
            var free = new List<long>();
            foreach (var seconds in SnapshotCodec.Unpack(picture.Snapshot!.Packed, picture.Snapshot.Count))
            {
                var start = DateTimeOffset.FromUnixTimeSeconds(seconds);
                if (start < (query.From ?? DateTimeOffset.MinValue) || start >= (query.To ?? now.AddDays(30)))
                    continue;
                if (start < now)
                    past++;
                else if (start < now.AddMinutes(noticeMinutes))
                    notice++;
                else if (IsFull(live, capacity, start, start.AddSeconds(picture.Snapshot.DurationSeconds)))
                    claimed++;
                else
                    free.Add(seconds);
            }
            return new Oracle([.. free], past, notice, claimed);
        }

        /// <summary>Claims begin and end at multiples of five minutes: a look at each of them is enough.</summary>
        private static bool IsFull(List<Claim> live, int capacity, DateTimeOffset start, DateTimeOffset end)
        {
            for (var at = start; at < end; at = at.AddMinutes(5))
            {
                if (live.Count(claim => claim.Start <= at && at < claim.End) >= capacity)
                    return true;
            }
            return false;
        }
    }
}
