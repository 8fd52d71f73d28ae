using Shouldly;
using Slotkeeper.Calendars;
using Slotkeeper.Snapshots;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class WorkspacesInSqlite() : WorkspaceStoreSpec(new SqliteTestDatabase());

public sealed class WorkspacesInPostgres(SharedPostgres postgres) : WorkspaceStoreSpec(new PostgresTestDatabase(postgres));

// Created, Updated, Unchanged; NoAgency, DuplicateExternalRef, NoConnection
// Calendars: made, reused, shared, absent stays, null empties, put in anew, settings changed, resource resized
public abstract class WorkspaceStoreSpec(TestDatabase database) : StorageSpec(database)
{
    [Fact]
    public async Task A_new_workspace_is_stored_with_its_calendars()
    {
        var agency = await Some.AgencyAsync(Storage);
        var workspace = Some.Workspace(agency.Id) with
        {
            ExternalRef = "crm-1",
            Settings = new WorkspaceSettings
            {
                MinimumNoticeMinutes = 60,
                EmailBison = new EmailBisonSettings { Campaigns = new List<string> { "a", "b" } },
                Selection = SelectionMode.Classic,
            },
        };
        var (standard, direct) = (Some.Link() with { DurationMinutes = 45, WorkingHours = """{"mon":[]}""" }, Some.Link());

        var written = await WriteAsync(workspace, new() { [CalendarSource.Default] = standard, [CalendarSource.DirectBook] = direct });

        written.Outcome.ShouldBe(WorkspaceWriteOutcome.Created);
        written.Calendars.Count.ShouldBe(2);
        var calendar = written.Calendars.Single(one => one.Id == written.Workspace!.DefaultCalendarId);
        calendar.ShouldBe(new Calendar(
            calendar.Id, Provider.Calendly, standard.Url, null, null, 45, calendar.ResourceId, 1, standard.WorkingHours, null));
        var found = (await Storage.Workspaces.FindAsync(workspace.Id, Token))!;
        found.Settings.EmailBison.Campaigns.ShouldBe(["a", "b"]);
        found.ShouldBeEquivalentTo(written.Workspace);
        found.ShouldBeEquivalentTo(workspace with
        {
            DefaultCalendarId = calendar.Id,
            DirectBookCalendarId = written.Calendars.Single(one => one.Url == direct.Url).Id,
        });
        (await Storage.Workspaces.FindByExternalRefAsync(agency.Id, "crm-1", Token))!.Id.ShouldBe(workspace.Id);
        (await Storage.Workspaces.FindByExternalRefAsync("agy_other", "crm-1", Token)).ShouldBeNull();
    }

    [Fact]
    public async Task The_same_again_changes_nothing()
    {
        var agency = await Some.AgencyAsync(Storage);
        var workspace = Some.Workspace(agency.Id) with { Settings = new() { EmailBison = new() { Campaigns = ["a"] } } };
        var calendars = Some.Default(Some.Link("Ada", 2));
        var first = await WriteAsync(workspace, calendars);
        await FetchAsync(first.Calendars[0], 1);

        var second = await WriteAsync(
            workspace with { CreatedAt = Some.Monday.AddDays(3), Settings = new() { EmailBison = new() { Campaigns = ["a"] } } }, calendars);

        second.Outcome.ShouldBe(WorkspaceWriteOutcome.Unchanged);
        second.Workspace.ShouldBeEquivalentTo(first.Workspace);
        second.Calendars.ShouldBe(first.Calendars);
        (await StateAsync(first.Calendars[0])).Epoch.ShouldBe(1);
    }

    [Fact]
    public async Task What_writing_would_come_to_is_told_and_nothing_of_it_stays()
    {
        var agency = await Some.AgencyAsync(Storage);
        var known = Some.Workspace(agency.Id) with { ExternalRef = "crm-1" };
        var calendar = (await WriteAsync(known, Some.Default(Some.Link()))).Calendars[0];
        await FetchAsync(calendar, 1);
        var fresh = Some.Workspace(agency.Id) with { ExternalRef = "crm-2" };
        WorkspaceWrite[] writes =
        [
            new(known with { Name = "Fabrikam", Settings = new() { OfferCount = 3 } }, WorkspaceWrite.AsTheyAre),
            new(fresh, Some.Default(Some.Link())),
            new(Some.Workspace(agency.Id) with { ExternalRef = "crm-1" }, WorkspaceWrite.AsTheyAre),
            new(Some.Workspace("agy_nobody"), WorkspaceWrite.AsTheyAre),
        ];
        var records = await NumberAsync("SELECT COUNT(*) FROM audit_records");
        var calendars = await NumberAsync("SELECT COUNT(*) FROM calendars");

        var foreseen = await Storage.Workspaces.ForeseeAsync(writes, Token);

        foreseen.Select(one => one.Outcome).ShouldBe([WorkspaceWriteOutcome.Updated, WorkspaceWriteOutcome.Created, WorkspaceWriteOutcome.DuplicateExternalRef, WorkspaceWriteOutcome.NoAgency]);
        foreseen[0].Before!.ShouldContain("\"name\"");
        foreseen[0].After!.ShouldContain("\"settings.offerCount\":3");
        (foreseen[1].Before, foreseen[3].After).ShouldBe((null, null));
        (await Storage.Workspaces.FindAsync(known.Id, Token))!.Name.ShouldBe(known.Name);
        (await Storage.Workspaces.FindAsync(fresh.Id, Token)).ShouldBeNull();
        (await StateAsync(calendar)).Epoch.ShouldBe(1);
        (await NumberAsync("SELECT COUNT(*) FROM audit_records")).ShouldBe(records);
        (await NumberAsync("SELECT COUNT(*) FROM calendars")).ShouldBe(calendars);
        (await Storage.Workspaces.WriteAsync(writes, Token)).Select(one => one.Outcome).ShouldBe(foreseen.Select(one => one.Outcome));
    }

    [Fact]
    public async Task A_source_that_is_not_mentioned_stays_and_null_empties_it()
    {
        var agency = await Some.AgencyAsync(Storage);
        var workspace = Some.Workspace(agency.Id);
        var first = await WriteAsync(workspace, new() { [CalendarSource.Default] = Some.Link(), [CalendarSource.DirectBook] = Some.Link() });

        var renamed = await WriteAsync(workspace with { Name = "Fabrikam" }, []);
        var emptied = await WriteAsync(workspace with { Name = "Fabrikam" }, new() { [CalendarSource.DirectBook] = null });

        renamed.Outcome.ShouldBe(WorkspaceWriteOutcome.Updated);
        renamed.Workspace!.DirectBookCalendarId.ShouldBe(first.Workspace!.DirectBookCalendarId);
        emptied.Outcome.ShouldBe(WorkspaceWriteOutcome.Updated);
        emptied.Workspace!.DirectBookCalendarId.ShouldBeNull();
        emptied.Calendars.Select(calendar => calendar.Id).ShouldBe([first.Workspace.DefaultCalendarId!]);
        (await Storage.Workspaces.FindAsync(workspace.Id, Token)).ShouldBeEquivalentTo(emptied.Workspace);
    }

    [Fact]
    public async Task A_calendar_that_is_put_in_anew_is_due_at_once_and_its_back_off_ends()
    {
        var agency = await Some.AgencyAsync(Storage);
        var request = Some.Link();
        var calendar = (await WriteAsync(Some.Workspace(agency.Id), Some.Default(request))).Calendars[0];
        (await StateAsync(calendar)).Epoch.ShouldBe(1);
        await Storage.Snapshots.WriteAsync(
            [
                new SnapshotWrite(
                    calendar.Id, 1, new CalendarState(1, Some.Monday.AddDays(1), null, Some.Monday, Some.Monday.AddDays(1), null, 1, null), null, null),
            ],
            null,
            Token);

        var again = await WriteAsync(Some.Workspace(agency.Id), Some.Default(request));

        again.Calendars.Single().ShouldBe(calendar);
        var state = await StateAsync(calendar);
        (state.Epoch, state.StaleAt, state.BackoffUntil).ShouldBe((2, DateTimeOffset.UnixEpoch, null));
    }

    [Theory]
    [InlineData("settings", 2)]
    [InlineData("time zone", 2)]
    [InlineData("name", 1)]
    public async Task A_change_of_settings_or_zone_reaches_the_calendars_and_a_new_name_does_not(string what, long epoch)
    {
        var agency = await Some.AgencyAsync(Storage);
        var workspace = Some.Workspace(agency.Id);
        var calendar = (await WriteAsync(workspace, Some.Default(Some.Link()))).Calendars[0];
        await FetchAsync(calendar, 1);

        var written = await WriteAsync(
            what switch
            {
                "settings" => workspace with { Settings = new() { OfferCount = 3 } },
                "time zone" => workspace with { TimeZone = "America/New_York" },
                _ => workspace with { Name = "Fabrikam" },
            },
            []);

        written.Outcome.ShouldBe(WorkspaceWriteOutcome.Updated);
        (await StateAsync(calendar)).Epoch.ShouldBe(epoch);
    }

    [Fact]
    public async Task A_named_resource_belongs_to_its_agency_and_takes_the_capacity_it_was_given_last()
    {
        var agency = await Some.AgencyAsync(Storage);
        var workspace = Some.Workspace(agency.Id);
        var request = Some.Link("Ada", 1);
        var first = (await WriteAsync(workspace, Some.Default(request))).Calendars[0];
        var other = await Some.CalendarAsync(Storage, Some.Link("Ada"), agency.Id);
        var foreign = await Some.CalendarAsync(Storage, Some.Link("Ada"));

        var written = await WriteAsync(workspace, Some.Default(request with { Capacity = 4 }));

        written.Outcome.ShouldBe(WorkspaceWriteOutcome.Updated);
        written.Calendars.Single().ShouldBe(first with { Capacity = 4 });
        other.ResourceId.ShouldBe(first.ResourceId);
        foreign.ResourceId.ShouldNotBe(first.ResourceId);
        (await StateAsync(first)).Epoch.ShouldBe(2);
        (await StateAsync(other)).Epoch.ShouldBe(2);
        (await WriteAsync(workspace, Some.Default(request with { Capacity = null }))).Calendars.Single().Capacity.ShouldBe(4);
    }

    [Fact]
    public async Task Each_refusal_is_named_and_leaves_the_others_unharmed()
    {
        var agency = await Some.AgencyAsync(Storage);
        var other = await Some.AgencyAsync(Storage);
        var taken = Some.Workspace(agency.Id) with { ExternalRef = "taken" };
        await WriteAsync(taken, []);
        var foreign = await Some.ConnectionAsync(Storage, other.Id);
        var hubSpot = await Some.ConnectionAsync(Storage, agency.Id, Provider.HubSpot);
        var mine = await Some.ConnectionAsync(Storage, agency.Id);
        var good = Some.Workspace(agency.Id) with { ExternalRef = "new" };

        var written = await Storage.Workspaces.WriteAsync(
            [
                new(Some.Workspace("agy_none"), WorkspaceWrite.AsTheyAre),
                new(Some.Workspace(agency.Id) with { ExternalRef = "taken" }, WorkspaceWrite.AsTheyAre),
                new(good, Some.Default(Some.Link() with { ConnectionId = mine.Id })),
                new(Some.Workspace(agency.Id) with { ExternalRef = "new" }, WorkspaceWrite.AsTheyAre),
                new(Some.Workspace(agency.Id), Some.Default(Some.Link() with { ConnectionId = foreign.Id })),
                new(Some.Workspace(agency.Id), Some.Default(Some.Link() with { ConnectionId = hubSpot.Id })),
                new(Some.Workspace(agency.Id), Some.Default(Some.Link() with { ConnectionId = "con_none" })),
                new(Some.Workspace(other.Id) with { ExternalRef = "taken" }, WorkspaceWrite.AsTheyAre),
                new(taken with { AgencyId = other.Id }, WorkspaceWrite.AsTheyAre),
            ],
            Token);

        written.Select(one => one.Outcome).ShouldBe(
        [
            WorkspaceWriteOutcome.NoAgency, WorkspaceWriteOutcome.DuplicateExternalRef, WorkspaceWriteOutcome.Created,
            WorkspaceWriteOutcome.DuplicateExternalRef, WorkspaceWriteOutcome.NoConnection, WorkspaceWriteOutcome.NoConnection,
            WorkspaceWriteOutcome.NoConnection, WorkspaceWriteOutcome.Created, WorkspaceWriteOutcome.NoAgency,
        ]);
        written.Where(one => one.Workspace is null).ShouldAllBe(one => one.Calendars.Count == 0);
        written.Count(one => one.Workspace is null).ShouldBe(7);
        (await Storage.Workspaces.ListAsync(null, null, null, 100, Token)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task One_workspace_twice_in_a_batch_is_created_and_then_updated()
    {
        var agency = await Some.AgencyAsync(Storage);
        var workspace = Some.Workspace(agency.Id);

        var written = await Storage.Workspaces.WriteAsync(
            [new(workspace, WorkspaceWrite.AsTheyAre), new(workspace with { Name = "Fabrikam" }, Some.Default(Some.Link()))], Token);

        written.Select(one => one.Outcome).ShouldBe([WorkspaceWriteOutcome.Created, WorkspaceWriteOutcome.Updated]);
        (await Storage.Workspaces.FindAsync(workspace.Id, Token)).ShouldBeEquivalentTo(written[1].Workspace);
    }

    [Fact]
    public async Task An_external_ref_passes_on_within_a_batch_or_is_refused_but_never_held_twice()
    {
        var agency = await Some.AgencyAsync(Storage);
        var (first, second) = (Some.Workspace(agency.Id) with { ExternalRef = "a" }, Some.Workspace(agency.Id) with { ExternalRef = "b" });
        await Storage.Workspaces.WriteAsync([new(first, WorkspaceWrite.AsTheyAre), new(second, WorkspaceWrite.AsTheyAre)], Token);

        var written = await Storage.Workspaces.WriteAsync(
            [
                new(first with { ExternalRef = "b" }, WorkspaceWrite.AsTheyAre),
                new(second with { ExternalRef = "a" }, WorkspaceWrite.AsTheyAre),
            ],
            Token);

        written.ShouldAllBe(one => one.Outcome == WorkspaceWriteOutcome.DuplicateExternalRef);
    }

    [Fact]
    public async Task Nodes_that_import_the_same_calendars_at_once_share_them()
    {
        var agency = await Some.AgencyAsync(Storage);
        var requests = Enumerable.Range(0, 20).Select(i => Some.Link($"host {i % 5}")).ToArray();

        var written = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
        {
            var shuffled = requests.ToArray();
            new Random(i).Shuffle(shuffled);
            return Storage.Workspaces.WriteAsync(
                [.. shuffled.Select(request => new WorkspaceWrite(Some.Workspace(agency.Id), Some.Default(request)))], Token);
        })));

        var calendars = written.SelectMany(batch => batch).SelectMany(one => one.Calendars).ToList();
        calendars.Count.ShouldBe(160);
        calendars.Distinct().Count().ShouldBe(20);
        calendars.Select(calendar => calendar.ResourceId).Distinct().Count().ShouldBe(5);
    }

    [Fact]
    public async Task Of_two_nodes_that_give_one_external_ref_at_once_one_is_told_that_it_is_taken()
    {
        var agency = await Some.AgencyAsync(Storage);

        var written = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Storage.Workspaces.WriteAsync(
            [new(Some.Workspace(agency.Id) with { ExternalRef = "only one" }, WorkspaceWrite.AsTheyAre)], Token))));

        written.Count(batch => batch[0].Outcome == WorkspaceWriteOutcome.Created).ShouldBe(1);
        written.Count(batch => batch[0].Outcome == WorkspaceWriteOutcome.DuplicateExternalRef).ShouldBe(7);
    }

    [Fact]
    public async Task Two_thousand_workspaces_are_imported_in_two_batches_and_listed_in_the_order_of_their_ids()
    {
        var agency = await Some.AgencyAsync(Storage);
        var workspaces = Enumerable.Range(0, 2000).Select(i => Some.Workspace(agency.Id) with { ExternalRef = $"ref {i}" }).ToList();

        foreach (var chunk in workspaces.Chunk(1000))
        {
            (await Storage.Workspaces.WriteAsync([.. chunk.Select(workspace => new WorkspaceWrite(workspace, Some.Default(Some.Link())))], Token))
                .ShouldAllBe(one => one.Outcome == WorkspaceWriteOutcome.Created && one.Calendars.Count == 1);
        }

        var ids = workspaces.Select(workspace => workspace.Id).Order(StringComparer.Ordinal).ToList();
        (await Storage.Workspaces.LoadAllAsync(Token).Select(workspace => workspace.Id).ToListAsync(Token)).ShouldBe(ids);
        (await Storage.Workspaces.ListAsync(agency.Id, null, ids[9], 5, Token)).Select(workspace => workspace.Id).ShouldBe(ids[10..15]);
        (await Storage.Workspaces.ListAsync(agency.Id, "ref 7", null, 5, Token)).Select(workspace => workspace.Id).ShouldBe([workspaces[7].Id]);
        (await Storage.Workspaces.ListAsync("agy_other", null, null, 5, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_deleted_workspace_takes_its_keys_along_and_leaves_its_calendars()
    {
        var agency = await Some.AgencyAsync(Storage);
        var written = await WriteAsync(Some.Workspace(agency.Id), Some.Default(Some.Link()));
        var id = written.Workspace!.Id;
        var key = new ApiKey(Ids.New(Ids.Key), agency.Id, id, Role.Workspace, "Key", "sk_1", [1], [2], Some.Monday, null, null);
        await Storage.Keys.CreateAsync(key, Token);

        (await Storage.Workspaces.DeleteAsync(id, Token)).ShouldBeTrue();
        (await Storage.Workspaces.DeleteAsync(id, Token)).ShouldBeFalse();

        (await Storage.Workspaces.FindAsync(id, Token)).ShouldBeNull();
        (await Storage.Keys.FindAsync(key.Id, Token)).ShouldBeNull();
        (await Storage.Snapshots.LoadAsync(written.Calendars[0].Id, Token))!.SharedBy.ShouldBe(0);
    }

    private async Task<WorkspaceWritten> WriteAsync(Workspace workspace, Dictionary<CalendarSource, CalendarRequest?> calendars) =>
        (await Storage.Workspaces.WriteAsync([new WorkspaceWrite(workspace, calendars)], Token)).Single();

    private async Task<CalendarState> StateAsync(Calendar calendar) => (await Storage.Snapshots.LoadAsync(calendar.Id, Token))!.State;

    private async Task FetchAsync(Calendar calendar, long epoch) =>
        (await Storage.Snapshots.WriteAsync([Some.Fetched(calendar.Id, epoch, Some.Monday, null)], null, Token))
        .Outcomes.ShouldBe([SnapshotWriteOutcome.Written]);
}
