using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Claims;
using Slotkeeper.Refresh;
using Slotkeeper.Snapshots;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class SnapshotsInSqlite() : SnapshotStoreSpec(new SqliteTestDatabase())
{
    protected override async Task<long> PayloadWritesAsync(Func<Task> work)
    {
        await Database.SqlAsync("CREATE TABLE payload_writes (n integer); CREATE TRIGGER t1 AFTER UPDATE ON snapshots BEGIN INSERT INTO payload_writes VALUES (1); END; CREATE TRIGGER t2 AFTER INSERT ON snapshots BEGIN INSERT INTO payload_writes VALUES (1); END");
        await work();
        return await NumberAsync("SELECT count(*) FROM payload_writes");
    }
}

public sealed class SnapshotsInPostgres(SharedPostgres postgres) : SnapshotStoreSpec(new PostgresTestDatabase(postgres))
{
    protected override async Task<long> PayloadWritesAsync(Func<Task> work)
    {
        const string newest = "SELECT COALESCE(max(xmin::text::bigint), 0) FROM snapshots";
        var before = await NumberAsync(newest);
        await work();
        return await NumberAsync($"SELECT count(*) FROM snapshots WHERE xmin::text::bigint > {before}");
    }
}

// Written: epoch as expected, attempt not older; touch, content, failure, resolved ids
// Superseded: epoch moved on; a later attempt stored; the earlier of two in one batch
// Gone: no such calendar
// Fenced: another token, expired, released, no such lease
public abstract class SnapshotStoreSpec(TestDatabase database) : StorageSpec(database)
{
    private static readonly ResolvedIds SomeIds = new("event-1", "Europe/Berlin", 45);

    [Fact]
    public async Task A_new_calendar_is_due_at_once_and_has_no_snapshot()
    {
        var agency = await Some.AgencyAsync(Storage);
        var calendar = await Some.CalendarAsync(Storage, agencyId: agency.Id);

        var stored = await Storage.Snapshots.LoadAsync(calendar.Id, Token);

        stored!.Calendar.ShouldBe(calendar);
        stored.AgencyId.ShouldBe(agency.Id);
        stored.SharedBy.ShouldBe(1);
        stored.State.ShouldBe(CalendarState.New);
        stored.Snapshot.ShouldBeNull();
        stored.Claims.ShouldBeEmpty();
        (await Storage.Snapshots.LoadAsync("cal_none", Token)).ShouldBeNull();
    }

    [Fact]
    public async Task What_was_fetched_is_stored_whole()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var snapshot = Some.Snapshot(480);
        var write = Some.Fetched(calendar.Id, 1, Some.Monday, snapshot, SomeIds);

        (await WriteAsync(write)).ShouldBe(SnapshotWriteOutcome.Written);

        var stored = (await Storage.Snapshots.LoadAsync(calendar.Id, Token))!;
        stored.State.ShouldBe(write.State);
        stored.Snapshot!.Packed.ShouldBe(snapshot.Packed);
        (stored.Snapshot.Count, stored.Snapshot.DurationSeconds).ShouldBe((480, 1800));
        stored.Calendar.Resolved.ShouldBe(SomeIds);
    }

    [Fact]
    public async Task A_failure_is_stored_without_touching_slots_or_what_was_resolved()
    {
        var calendar = await Some.CalendarAsync(Storage);
        await WriteAsync(Some.Fetched(calendar.Id, 1, Some.Monday, Some.Snapshot(), SomeIds));
        var failed = new CalendarState(
            2, Some.Monday.AddHours(2), Some.Monday, Some.Monday.AddMinutes(1), Some.Monday.AddHours(2),
            new RefreshError(RefreshErrorCodes.NotFound, "There is no such event type.", Some.Monday.AddMinutes(1)), 3, Some.Monday.AddDays(30));

        var writes = await PayloadWritesAsync(async () =>
            (await WriteAsync(new SnapshotWrite(calendar.Id, 2, failed, null, null))).ShouldBe(SnapshotWriteOutcome.Written));

        writes.ShouldBe(0);
        var stored = (await Storage.Snapshots.LoadAsync(calendar.Id, Token))!;
        stored.State.ShouldBe(failed);
        stored.Snapshot!.Count.ShouldBe(3);
        stored.Calendar.Resolved.ShouldBe(SomeIds);
    }

    [Fact]
    public async Task A_fetch_that_began_before_the_epoch_moved_on_writes_nothing()
    {
        var calendar = await Some.CalendarAsync(Storage);
        (await Storage.Snapshots.BumpAsync([calendar.Id], Token)).ShouldBe([new BumpedEpoch(calendar.Id, 2)]);

        (await WriteAsync(Some.Fetched(calendar.Id, 1, Some.Monday, Some.Snapshot(), SomeIds))).ShouldBe(SnapshotWriteOutcome.Superseded);

        var stored = (await Storage.Snapshots.LoadAsync(calendar.Id, Token))!;
        stored.State.ShouldBe(CalendarState.New with { Epoch = 2 });
        stored.Snapshot.ShouldBeNull();
        stored.Calendar.Resolved.ShouldBeNull();
    }

    [Fact]
    public async Task The_later_attempt_wins_whatever_the_order_of_the_writes()
    {
        var calendar = await Some.CalendarAsync(Storage);
        await WriteAsync(Some.Fetched(calendar.Id, 1, Some.PastMonday.AddMinutes(2), null));

        (await WriteAsync(Some.Fetched(calendar.Id, 1, Some.PastMonday.AddMinutes(1), Some.Snapshot()))).ShouldBe(SnapshotWriteOutcome.Superseded);
        (await WriteAsync(Some.Fetched(calendar.Id, 1, Some.PastMonday.AddMinutes(2), Some.Snapshot()))).ShouldBe(SnapshotWriteOutcome.Written);
    }

    [Fact]
    public async Task An_attempt_stored_before_the_clock_was_set_back_does_not_keep_out_the_ones_after_it()
    {
        var calendar = await Some.CalendarAsync(Storage);
        await WriteAsync(Some.Fetched(calendar.Id, 1, Some.Monday, null));

        (await WriteAsync(Some.Fetched(calendar.Id, 1, Some.PastMonday, Some.Snapshot()))).ShouldBe(SnapshotWriteOutcome.Written);
    }

    [Fact]
    public async Task Outcomes_stand_in_the_order_of_the_writes_and_one_lost_write_harms_no_other()
    {
        var (ids, _) = await FetchedCalendarsAsync(3);
        var at = Some.PastMonday.AddMinutes(5);

        var outcome = await Storage.Snapshots.WriteAsync(
            [
                Some.Fetched(ids[2], 2, at, null),
                Some.Fetched("cal_none", 1, at, Some.Snapshot()),
                Some.Fetched(ids[0], 1, at, null),
                Some.Fetched(ids[1], 2, at, Some.Snapshot(5)),
                Some.Fetched(ids[2], 2, at.AddMinutes(-1), Some.Snapshot(7)),
            ],
            null,
            Token);

        outcome.Fenced.ShouldBeFalse();
        outcome.Outcomes.ShouldBe(
        [
            SnapshotWriteOutcome.Written, SnapshotWriteOutcome.Gone, SnapshotWriteOutcome.Superseded, SnapshotWriteOutcome.Written,
            SnapshotWriteOutcome.Superseded,
        ]);
        (await Storage.Snapshots.LoadAsync(ids[1], Token))!.Snapshot!.Count.ShouldBe(5);
        (await Storage.Snapshots.LoadAsync(ids[2], Token))!.Snapshot!.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Nothing_to_write_is_nothing_written() =>
        (await Storage.Snapshots.WriteAsync([], null, Token)).Outcomes.ShouldBeEmpty();

    [Fact]
    public async Task A_batch_in_which_nothing_changed_writes_no_payload()
    {
        var (ids, _) = await FetchedCalendarsAsync(100);

        (await PayloadWritesAsync(() => TouchAsync(ids, 2, Some.Monday.AddMinutes(1)))).ShouldBe(0);
    }

    [Fact]
    public async Task Only_calendars_with_new_content_get_a_payload()
    {
        var (ids, _) = await FetchedCalendarsAsync(10);
        var at = Some.Monday.AddMinutes(1);

        (await PayloadWritesAsync(() => Storage.Snapshots.WriteAsync(
            [.. ids.Select((id, i) => Some.Fetched(id, 2, at, i < 3 ? Some.Snapshot(8) : null))], null, Token))).ShouldBe(3);
    }

    [Fact]
    public async Task A_run_that_holds_its_lease_writes()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var fence = await AcquireAsync(TimeSpan.FromMinutes(1));

        (await Storage.Snapshots.WriteAsync([Some.Fetched(calendar.Id, 1, Some.Monday, Some.Snapshot())], fence, Token))
            .Outcomes.ShouldBe([SnapshotWriteOutcome.Written]);
    }

    [Fact]
    public async Task A_run_that_lost_its_lease_writes_nothing_at_all()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var expired = await AcquireAsync(TimeSpan.Zero);
        await ShouldBeFencedAsync(expired);
        var released = await AcquireAsync(TimeSpan.FromMinutes(1));
        // A paused holder wakes up after somebody else took over.
        await ShouldBeFencedAsync(expired);
        await Storage.Leases.ReleaseAsync(released, Token);
        await ShouldBeFencedAsync(released);
        await ShouldBeFencedAsync(new FencingToken("no such lease", 1));

        var stored = (await Storage.Snapshots.LoadAsync(calendar.Id, Token))!;
        stored.State.ShouldBe(CalendarState.New);
        stored.Snapshot.ShouldBeNull();

        async Task ShouldBeFencedAsync(FencingToken fence)
        {
            var outcome = await Storage.Snapshots.WriteAsync([Some.Fetched(calendar.Id, 1, Some.Monday, Some.Snapshot())], fence, Token);
            outcome.Fenced.ShouldBeTrue();
            outcome.Outcomes.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_bump_adds_one_makes_due_and_ends_the_back_off_of_each_calendar_once()
    {
        var (ids, _) = await FetchedCalendarsAsync(2);
        var backedOff = new CalendarState(2, Some.Monday.AddDays(1), null, Some.Monday, Some.Monday.AddDays(1), null, 1, null);
        await WriteAsync(new SnapshotWrite(ids[0], 2, backedOff, null, null));

        var bumped = await Storage.Snapshots.BumpAsync([ids[0], ids[1], ids[0], "cal_none"], Token);

        bumped.OrderBy(one => ids.IndexOf(one.CalendarId)).ShouldBe([new BumpedEpoch(ids[0], 3), new BumpedEpoch(ids[1], 3)]);
        (await Storage.Snapshots.LoadAsync(ids[0], Token))!.State.ShouldBe(
            backedOff with { Epoch = 3, StaleAt = DateTimeOffset.UnixEpoch, BackoffUntil = null });
    }

    [Fact]
    public async Task Batches_that_meet_in_any_order_all_end()
    {
        var (ids, _) = await FetchedCalendarsAsync(200);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            var shuffled = ids.ToArray();
            new Random(i).Shuffle(shuffled);
            for (var round = 1; round <= 5; round++)
            {
                if (i % 2 == 0)
                    await TouchAsync(shuffled, 2, Some.Monday.AddMinutes(round));
                else
                    await Storage.Snapshots.BumpAsync(shuffled, Token);
            }
        })));

        var states = await Storage.Snapshots.LoadStatesAsync(Token).ToListAsync(Token);
        states.ShouldAllBe(one => one.State.Epoch == 2 + (4 * 5));
    }

    [Fact]
    public async Task All_calendars_that_a_workspace_uses_are_loaded_with_their_live_claims()
    {
        var (ids, calendars) = await FetchedCalendarsAsync(5);
        var unused = await Some.CalendarAsync(Storage);
        var owner = (await Storage.Workspaces.ListAsync(null, null, null, 100, Token)).Single(workspace => workspace.DefaultCalendarId == unused.Id);
        await Storage.Workspaces.DeleteAsync(owner.Id, Token);
        var claim = (ClaimOutcome.Taken)await Storage.Claims.TakeAsync(Some.Booking(calendars[2].ResourceId, Some.Monday), Token);
        await Storage.Claims.TakeAsync(Some.Hold(calendars[3].ResourceId, Some.Monday, holdFor: TimeSpan.Zero), Token);

        var all = await Storage.Snapshots.LoadAllAsync(Token).ToDictionaryAsync(stored => stored.Calendar.Id, cancellationToken: Token);

        all.Keys.ShouldBe(ids, ignoreOrder: true);
        all.Values.ShouldAllBe(stored => stored.Snapshot!.Count == 3 && stored.SharedBy == 1);
        all[ids[2]].Claims.ShouldBe([claim.Claim]);
        all[ids[3]].Claims.ShouldBeEmpty();
        (await Storage.Snapshots.LoadAsync(unused.Id, Token))!.ShouldSatisfyAllConditions(
            stored => stored.AgencyId.ShouldBeNull(),
            stored => stored.SharedBy.ShouldBe(0));
        (await Storage.Snapshots.LoadStatesAsync(Token).ToDictionaryAsync(one => one.CalendarId, one => one.State, cancellationToken: Token))
            .ShouldBe(all.ToDictionary(one => one.Key, one => one.Value.State), ignoreOrder: true);
    }

    [Fact]
    public async Task A_calendar_that_agencies_share_belongs_to_the_one_with_the_smallest_id()
    {
        var request = Some.Link();
        var agencies = new[] { await Some.AgencyAsync(Storage), await Some.AgencyAsync(Storage) };
        var first = await Some.CalendarAsync(Storage, request, agencies[0].Id);
        var second = await Some.CalendarAsync(Storage, request, agencies[1].Id);
        await Some.CalendarAsync(Storage, request, agencies[1].Id);

        second.ShouldBe(first);
        var stored = (await Storage.Snapshots.LoadAsync(first.Id, Token))!;
        stored.AgencyId.ShouldBe(agencies.Select(agency => agency.Id).Min(StringComparer.Ordinal));
        stored.SharedBy.ShouldBe(3);
    }

    [Fact]
    public async Task Calendars_are_found_by_link_by_external_id_and_by_what_was_resolved()
    {
        var agency = await Some.AgencyAsync(Storage);
        var connection = await Some.ConnectionAsync(Storage, agency.Id);
        var link = Some.Link();
        var byLink = await Some.CalendarAsync(Storage, link, agency.Id);
        var byId = await Some.CalendarAsync(Storage, new CalendarRequest(Provider.Calendly, null, "event-1", connection.Id, null, null, null, null), agency.Id);
        await WriteAsync(Some.Fetched(byLink.Id, 1, Some.Monday, null, SomeIds));

        (await Storage.Snapshots.FindByEventTypeAsync(Provider.Calendly, "event-1", Token)).ShouldBe([byLink.Id, byId.Id], ignoreOrder: true);
        (await Storage.Snapshots.FindByEventTypeAsync(Provider.Calendly, link.Url!, Token)).ShouldBe([byLink.Id]);
        (await Storage.Snapshots.FindByEventTypeAsync(Provider.CalCom, "event-1", Token)).ShouldBeEmpty();
    }

    /// <summary>Rows of payload that were written meanwhile.</summary>
    protected abstract Task<long> PayloadWritesAsync(Func<Task> work);

    /// <summary>Calendars at epoch 2 with three slots, fetched on Monday.</summary>
    private async Task<(List<string> Ids, List<Calendar> Calendars)> FetchedCalendarsAsync(int count)
    {
        var calendars = await Some.FetchedCalendarsAsync(Storage, count);
        return (calendars.ConvertAll(calendar => calendar.Id), calendars);
    }

    private Task<BatchOutcome> TouchAsync(IEnumerable<string> ids, long epoch, DateTimeOffset at) =>
        Storage.Snapshots.WriteAsync([.. ids.Select(id => Some.Fetched(id, epoch, at, null))], null, Token);

    private async Task<SnapshotWriteOutcome> WriteAsync(SnapshotWrite write) =>
        (await Storage.Snapshots.WriteAsync([write], null, Token)).Outcomes.Single();

    private async Task<FencingToken> AcquireAsync(TimeSpan duration) =>
        ((LeaseOutcome.Acquired)await Storage.Leases.TryAcquireAsync("sweep", "test", duration, TimeSpan.Zero, Token)).Token;
}
