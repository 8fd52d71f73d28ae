using System.Text.Json.Nodes;
using Shouldly;
using Slotkeeper.Audit;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.FollowUps;
using Slotkeeper.Snapshots;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

public sealed class AuditInSqlite() : AuditSpec(new SqliteTestDatabase());

public sealed class AuditInPostgres(SharedPostgres postgres) : AuditSpec(new PostgresTestDatabase(postgres));

// Each kind of change: one record, in its transaction; what changes nothing: none. Who, from where. Fields without secrets and persons. Many at once. Lists.
public abstract class AuditSpec(TestDatabase database) : AuditSpecBase(database)
{
    [Fact]
    public async Task Agencies_and_keys_leave_one_record_for_each_change()
    {
        var agency = new Agency(Ids.New(Ids.Agency), "Northwind", 1, Some.Monday);
        var created = await OneOfAsync("agency.created", agency.Id, () => Storage.Agencies.CreateAsync(agency, Token));
        (created.AgencyId, created.Before, created.After).ShouldBe((agency.Id, null, """{"name":"Northwind","weight":1}"""));
        (created.At - (await Storage.CheckAsync(Token)).DatabaseTime!.Value).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(1), "by the database's clock");

        var updated = await OneOfAsync("agency.updated", agency.Id, () => Storage.Agencies.UpdateAsync(agency with { Weight = 5 }, Token));
        (updated.Before, updated.After).ShouldBe(("""{"weight":1}""", """{"weight":5}"""));
        await NothingOfAsync(() => Storage.Agencies.UpdateAsync(agency with { Weight = 5 }, Token));
        await NothingOfAsync(() => Storage.Agencies.UpdateAsync(agency with { Id = "agy_none" }, Token));

        var key = Key(agency.Id);
        (await OneOfAsync("key.created", key.Id, () => Storage.Keys.CreateAsync(key, Token))).AgencyId.ShouldBe(agency.Id);
        await OneOfAsync("key.revoked", key.Id, () => Storage.Keys.RevokeAsync(key.Id, Some.Monday, Token));
        await NothingOfAsync(async () => (await Storage.Keys.RevokeAsync(key.Id, Some.Monday, Token)).ShouldBeTrue());
        await NothingOfAsync(async () => (await Storage.Keys.RevokeAsync("key_none", Some.Monday, Token)).ShouldBeFalse());
        var admin = Key(null);
        (await OneOfAsync("key.created", admin.Id, () => Storage.Keys.CreateAsync(admin, Token))).AgencyId.ShouldBeNull();

        await NothingOfAsync(() => Should.ThrowAsync<Sql.ConstraintException>(() => Storage.Agencies.CreateAsync(agency, Token)));
        var deleted = await OneOfAsync("agency.deleted", agency.Id, () => Storage.Agencies.DeleteAsync(agency.Id, Token));
        (deleted.Before, deleted.After).ShouldBe(($$"""{"name":"Northwind","keys":["{{key.Id}}"]}""", null));
        await NothingOfAsync(() => Storage.Agencies.DeleteAsync(agency.Id, Token));
        (await RecordsAsync(new AuditFilter(agency.Id, null, null, null, null))).Count.ShouldBe(5, "records outlive the agency");
        await ShouldBeSoundAsync();
    }

    [Fact]
    public async Task Connections_leave_one_record_for_each_change_and_no_secret()
    {
        var agency = await Some.AgencyAsync(Storage);
        var connection = new Connection(Ids.New(Ids.Connection), agency.Id, Provider.CalCom, "Main", "sealed-canary"u8.ToArray(), "hook-canary"u8.ToArray(), "https://cal.example/path-canary", Some.Monday);
        var created = await OneOfAsync("connection.created", connection.Id, () => Storage.Connections.CreateAsync(connection, Token));
        created.After.ShouldBe("""{"name":"Main","provider":"calcom","baseUrl":"https://cal.example"}""");

        await OneOfAsync("connection.updated", connection.Id, () => Storage.Connections.UpdateAsync(connection with { Name = "Other" }, Token));
        var credential = await OneOfAsync(
            "connection.credential_changed", connection.Id, () => Storage.Connections.UpdateAsync(connection with { Name = "Other", SealedCredential = [1], BaseUrl = "https://cal.example/other-canary" }, Token));
        (credential.Before, credential.After).ShouldBe((null, """{"baseUrl":"changed","credential":"changed"}"""));
        await NothingOfAsync(() => Storage.Connections.UpdateAsync(connection with { Name = "Other", SealedCredential = [1], BaseUrl = "https://cal.example/other-canary" }, Token));
        await NothingOfAsync(() => Storage.Connections.UpdateAsync(connection with { Id = "con_none" }, Token));
        await OneOfAsync("connection.webhook_secret_replaced", connection.Id, () => Storage.Connections.ReplaceWebhookSecretAsync(connection.Id, [5], Some.Monday, Token));
        await NothingOfAsync(() => Storage.Connections.ReplaceWebhookSecretAsync("con_none", [5], Some.Monday, Token));
        await NothingOfAsync(() => Storage.Connections.ForgetFormerWebhookSecretsAsync(Some.Monday, Token));
        await OneOfAsync("connection.deleted", connection.Id, () => Storage.Connections.DeleteAsync(connection.Id, Token));
        await NothingOfAsync(() => Storage.Connections.DeleteAsync(connection.Id, Token));
        await ShouldHoldNoneOfAsync("canary");
    }

    [Fact]
    public async Task A_workspace_leaves_the_fields_that_changed_and_its_calendars()
    {
        var agency = await Some.AgencyAsync(Storage);
        var workspace = Some.Workspace(agency.Id) with { ExternalRef = "one" };
        var link = Some.Link();
        var created = await OneOfAsync("workspace.created", workspace.Id, () => WriteAsync(workspace, Some.Default(link)));
        var after = JsonNode.Parse(created.After!)!.AsObject();
        after.Select(field => field.Key).ShouldBe(["name", "timeZone", "locale", "externalRef", "calendars.default"]);
        ((string?)after["calendars.default"]!["url"]).ShouldBe(link.Url);
        await NothingOfAsync(() => WriteAsync(workspace, Some.Default(link)));

        var changed = workspace with
        {
            Name = "Contoso Ünited",
            Settings = WorkspaceSettings.Defaults with { Selection = SelectionMode.Classic, FollowUps = new FollowUpSettings { DeliveryUrl = "https://hooks.example/token-canary" } },
        };
        var updated = await OneOfAsync("workspace.updated", workspace.Id, () => WriteAsync(changed, WorkspaceWrite.AsTheyAre));
        updated.Before.ShouldBe("""{"name":"Contoso","settings.selection":"spread"}""");
        updated.After.ShouldBe("""{"name":"Contoso \u00DCnited","settings.followUps.deliveryUrl":"https://hooks.example","settings.selection":"classic"}""");

        var calendars = await OneOfAsync("workspace.calendars_changed", workspace.Id, () => WriteAsync(changed, Some.Default(null)));
        (JsonNode.Parse(calendars.Before!)!["calendars.default"] is not null, calendars.After).ShouldBe((true, null));
        await NothingOfAsync(() => WriteAsync(workspace with { AgencyId = "agy_none" }, WorkspaceWrite.AsTheyAre));
        await NothingOfAsync(() => WriteAsync(Some.Workspace(agency.Id) with { ExternalRef = "one" }, WorkspaceWrite.AsTheyAre));

        await OneOfAsync("workspace.delivery_secret_created", workspace.Id, () => Storage.WorkspaceSecrets.RotateAsync(workspace.Id, [1], TimeSpan.Zero, Token));
        await OneOfAsync("workspace.delivery_secret_rotated", workspace.Id, () => Storage.WorkspaceSecrets.RotateAsync(workspace.Id, [2], TimeSpan.Zero, Token));
        await NothingOfAsync(() => Storage.WorkspaceSecrets.RotateAsync("ws_none", [2], TimeSpan.Zero, Token));
        (await OneOfAsync("workspace.deleted", workspace.Id, () => Storage.Workspaces.DeleteAsync(workspace.Id, Token))).AgencyId.ShouldBe(agency.Id);
        await NothingOfAsync(() => Storage.Workspaces.DeleteAsync(workspace.Id, Token));
        await ShouldHoldNoneOfAsync("canary");
        await ShouldBeSoundAsync();
    }

    [Fact]
    public async Task A_batch_leaves_a_record_for_each_workspace_that_it_wrote_in_the_chains_of_their_agencies()
    {
        var (one, other) = (await Some.AgencyAsync(Storage), await Some.AgencyAsync(Storage));
        var kept = Some.Workspace(one.Id);
        await WriteAsync(kept, Some.Default(Some.Link("room", 2)));
        var before = (await RecordsAsync()).Count;

        await Storage.Workspaces.WriteAsync(
            [
                .. Enumerable.Range(0, 300).Select(i => new WorkspaceWrite(Some.Workspace(i % 3 == 0 ? other.Id : one.Id), Some.Default(Some.Link()))),
                new WorkspaceWrite(kept, WorkspaceWrite.AsTheyAre),
                new WorkspaceWrite(Some.Workspace("agy_none"), WorkspaceWrite.AsTheyAre),
            ],
            Token);

        var records = (await RecordsAsync()).Skip(before).ToList();
        records.ShouldAllBe(record => record.Action == "workspace.created");
        records.Count(record => record.AgencyId == one.Id).ShouldBe(200);
        records.Count(record => record.AgencyId == other.Id).ShouldBe(100);
        await ShouldBeSoundAsync();
    }

    [Fact]
    public async Task Outgoing_webhooks_leave_one_record_for_each_change_also_where_we_disable_one()
    {
        var agency = await Some.AgencyAsync(Storage);
        var endpoint = new WebhookEndpoint(
            Ids.New(Ids.Webhook), agency.Id, "https://hooks.example/secret-canary", [EventTypes.BookingConfirmed], "sealed-canary"u8.ToArray(), null, null, Some.Monday, null, null, false);
        (await OneOfAsync("webhook.created", endpoint.Id, () => Storage.Deliveries.CreateAsync(endpoint, Token))).After.ShouldBe("""{"url":"https://hooks.example","events":["booking.confirmed"]}""");
        await OneOfAsync("webhook.secret_rotated", endpoint.Id, () => Storage.Deliveries.RotateAsync(endpoint.Id, [4], TimeSpan.FromDays(1), Token));
        await NothingOfAsync(() => Storage.Deliveries.RotateAsync("whk_none", [4], TimeSpan.FromDays(1), Token));
        (await OneOfAsync("webhook.updated", endpoint.Id, () => ChangeAsync(new EndpointChange("https://hooks.example/another-canary", null, null)))).After.ShouldBe("""{"url":"changed"}""");
        await NothingOfAsync(() => ChangeAsync(new EndpointChange(null, null, true)));
        var disabled = await OneOfAsync("webhook.updated", endpoint.Id, () => ChangeAsync(new EndpointChange(null, null, false)));
        (disabled.Before, disabled.After).ShouldBe(("""{"enabled":true}""", """{"enabled":false}"""));
        await OneOfAsync("webhook.updated", endpoint.Id, () => ChangeAsync(new EndpointChange(null, null, true)));

        await NothingOfAsync(() => Storage.Deliveries.AddAsync(endpoint.Id, EventTypes.Test, "{}", Token));
        var taken = (await Storage.Deliveries.TakeDueAsync(new DeliveryPlaces(1, 1, 1), TimeSpan.FromMinutes(1), Token)).Single();
        var byUs = await OneOfAsync("webhook.disabled", endpoint.Id, () => Storage.Deliveries.FailAsync(taken, new DeliveryVerdict.Failed(410, "It answered 410.", "It is gone."), Token));
        byUs.After.ShouldBe("""{"enabled":false,"reason":"It is gone."}""");
        await OneOfAsync("webhook.deleted", endpoint.Id, () => Storage.Deliveries.DeleteAsync(endpoint.Id, Token));
        await NothingOfAsync(() => Storage.Deliveries.DeleteAsync(endpoint.Id, Token));
        await ShouldHoldNoneOfAsync("canary");

        Task ChangeAsync(EndpointChange change) => Storage.Deliveries.ChangeAsync(endpoint.Id, change, Token);
    }

    [Fact]
    public async Task Leads_and_follow_ups_leave_references_and_nothing_of_the_person()
    {
        var workspace = await WorkspaceAsync();
        var lead = new Lead(workspace.Id, "crm-17", "ada.canary@example.org", "Ada Canary", "Europe/Berlin", null, Some.Monday);
        var put = await OneOfAsync("lead.put", "crm-17", () => Storage.Leads.PutAsync(lead, Token));
        (put.AgencyId, put.After).ShouldBe((workspace.AgencyId, $$"""{"workspaceId":"{{workspace.Id}}"}"""));
        await NothingOfAsync(() => Storage.Leads.PutAsync(lead with { WorkspaceId = "ws_none" }, Token));

        var followUp = new FollowUp(
            Ids.New(Ids.FollowUp), workspace.Id, workspace.AgencyId, "crm-17", null, Some.Monday, "Dear Canary {name}", "email", "https://book.example/canary",
            new SortedDictionary<string, string> { ["name"] = "Canary" }, CalendarSource.Default, null, FollowUpState.Scheduled, null, null, null, null, 1, 0, null, null, Some.Monday, null);
        await OneOfAsync("follow_up.created", followUp.Id, () => Storage.FollowUps.CreateAsync(followUp, Token));
        await NothingOfAsync(() => Storage.FollowUps.CreateAsync(followUp with { Id = "flw_2", WorkspaceId = "ws_none" }, Token));
        var updated = await OneOfAsync(
            "follow_up.updated", followUp.Id,
            () => Storage.FollowUps.ChangeAsync(followUp with { DueAt = Some.Monday.AddHours(1), Template = "Canary", Variables = new SortedDictionary<string, string>() }, Token));
        (updated.Before, updated.After).ShouldBe(("""{"dueAt":"2035-01-15T09:00:00Z"}""", """{"dueAt":"2035-01-15T10:00:00Z","template":"changed","variables":"changed"}"""));
        await NothingOfAsync(async () => (await Storage.FollowUps.ChangeAsync(followUp, Token)).ShouldBeNull("it has changed since"));
        await OneOfAsync("follow_up.cancelled", followUp.Id, () => Storage.FollowUps.CancelAsync(followUp.Id, Token));
        await NothingOfAsync(async () => (await Storage.FollowUps.CancelAsync(followUp.Id, Token)).ShouldNotBeNull());

        var due = followUp with { Id = Ids.New(Ids.FollowUp), DueAt = Some.PastMonday };
        await Storage.FollowUps.CreateAsync(due, Token);
        var taken = (await Storage.FollowUps.TakeDueAsync(TimeSpan.FromMinutes(1), 1, 1, Token)).Single();
        await OneOfAsync("follow_up.cancelled", due.Id, () => Storage.FollowUps.EndAsync(taken, new FollowUpEnd.Cancelled("booked", "Ada Canary has booked."), [], Token));

        var erased = await OneOfAsync("lead.erased", "crm-17", () => Storage.Leads.EraseAsync(workspace.Id, "crm-17", Token));
        erased.After.ShouldBe($$"""{"workspaceId":"{{workspace.Id}}","offers":0,"bookings":0,"followUps":2}""");
        await NothingOfAsync(() => Storage.Leads.EraseAsync(workspace.Id, "crm-17", Token));
        await ShouldHoldNoneOfAsync("canary");
    }

    [Fact]
    public async Task A_booking_leaves_each_step_with_its_times_and_nothing_of_who_comes()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var key = Key();
        var intent = Intent(calendar, Some.Monday, leadId: "crm-17") with { Request = """{"notes":"notes-canary"}""" };
        var asked = await OneOfAsync("booking.requested", intent.Id, () => Storage.Bookings.BeginCreateAsync(intent, calendar.ResourceId, null, key, Token));
        asked.AgencyId.ShouldBe(intent.AgencyId);
        var begun = (await Storage.Bookings.FindAsync(intent.Id, Token))!;
        await NothingOfAsync(() => Storage.Bookings.BeginCreateAsync(intent with { Id = "bkg_again" }, calendar.ResourceId, null, key, Token));
        await NothingOfAsync(async () => (await Storage.Bookings.BeginCreateAsync(Intent(calendar, Some.Monday), calendar.ResourceId, null, Key(), Token)).ShouldBeOfType<BeginOutcome.Taken>());
        await NothingOfAsync(() => Storage.Bookings.RefuseAsync(Key(), Created, Token));

        var unknown = begun with { Status = BookingStatus.Unknown, History = [.. begun.History, new BookingEvent(Some.Monday, BookingStatus.Unknown, "No answer.")] };
        (await OneOfAsync("booking.unknown", intent.Id, () => EndAsync(begun, unknown))).After.ShouldBe("""{"status":"unknown"}""");
        unknown = (await Storage.Bookings.FindAsync(intent.Id, Token))!;
        await OneOfAsync("booking.confirmed", intent.Id, () => EndAsync(unknown, Ended(unknown, BookingStatus.Confirmed) with { ProviderBookingId = "at-provider" }));
        await NothingOfAsync(async () => (await Storage.Bookings.EndAsync(new BookingEnd(unknown, Ended(unknown, BookingStatus.Confirmed), null, null), Token)).ShouldBe(EndOutcome.Changed));

        var moving = await OneOfAsync("booking.move_requested", intent.Id, () => BeginChangeAsync(BookingAction.Reschedule, Some.Monday.AddHours(1)));
        moving.After.ShouldBe("""{"action":"reschedule","movingTo":"2035-01-15T10:00:00Z"}""");
        var underWay = (await Storage.Bookings.FindAsync(intent.Id, Token))!;
        (await OneOfAsync("booking.moved", intent.Id, () => EndAsync(underWay, Moved(underWay, Some.Monday.AddHours(1))))).Before.ShouldBe(
            """{"action":"reschedule","start":"2035-01-15T09:00:00Z","end":"2035-01-15T09:30:00Z","movingTo":"2035-01-15T10:00:00Z"}""");

        await OneOfAsync("booking.cancel_requested", intent.Id, () => BeginChangeAsync(BookingAction.Cancel, null));
        underWay = (await Storage.Bookings.FindAsync(intent.Id, Token))!;
        await OneOfAsync("booking.change_failed", intent.Id, () => EndAsync(underWay, Ended(underWay, BookingStatus.Confirmed)));
        await BeginChangeAsync(BookingAction.Cancel, null);
        underWay = (await Storage.Bookings.FindAsync(intent.Id, Token))!;
        await OneOfAsync("booking.cancelled", intent.Id, () => EndAsync(underWay, Ended(underWay, BookingStatus.Cancelled)));
        await NothingOfAsync(() => BeginChangeAsync(BookingAction.Cancel, null));

        var second = await BegunAsync(calendar, Some.Monday);
        await OneOfAsync("booking.failed", second.Id, () => EndAsync(second, Ended(second, BookingStatus.Failed)));
        await NothingOfAsync(() => Storage.Bookings.TakeDueAsync(TimeSpan.FromMinutes(1), 10, Token));
        await NothingOfAsync(() => Storage.Claims.TakeAsync(Some.Hold(calendar.ResourceId, Some.Monday), Token));
        await ShouldHoldNoneOfAsync("canary", "zoe@example.org", "Ångström", "u00C5ngstr");
        await ShouldBeSoundAsync();

        Task EndAsync(Booking expected, Booking booking) => EndedAsync(expected, booking);
        Task BeginChangeAsync(BookingAction action, DateTimeOffset? to) => Storage.Bookings.BeginChangeAsync(intent.Id, action, to, Key(), Token);
    }

    [Fact]
    public async Task An_event_type_that_somebody_calls_stale_is_recorded_and_a_bump_of_our_own_is_not()
    {
        var calendar = await Some.CalendarAsync(Storage);
        var asked = new EventTypeAsked(Provider.Calendly, "https://calendly.com/acme/intro", "agy_1");
        var record = await OneOfAsync("event_type.invalidated", asked.Name, () => Storage.Snapshots.BumpEventTypeAsync(asked, [calendar.Id], Token));
        (record.AgencyId, record.After).ShouldBe(("agy_1", """{"provider":"calendly"}"""));
        (await EpochAsync(calendar)).ShouldBe(2);
        (await OneOfAsync("event_type.invalidated", asked.Name, () => Storage.Snapshots.BumpEventTypeAsync(asked with { AgencyId = null }, [calendar.Id], Token))).AgencyId.ShouldBeNull();
        await NothingOfAsync(() => Storage.Snapshots.BumpAsync([calendar.Id], Token));
    }

    [Fact]
    public async Task Who_acts_is_whoever_began_the_flow_of_control()
    {
        var nobody = await Some.AgencyAsync(Storage);
        await Task.WhenAll(AsAsync(new Actor(ActorKind.Key, "key_1", Role.Workspace, "agy_1", "192.0.2.7", "curl/8 \u0007" + new string('x', 500))), AsAsync(Actor.Worker("Settling")));

        (await OfAsync(nobody.Id)).ShouldBe(new AuditedActor("system", "slotkeeper", null, null, null, null));
        (await OfAsync("agy_key_1")).ShouldBe(new AuditedActor("key", "key_1", "workspace", "agy_1", "192.0.2.7", ("curl/8 \uFFFD" + new string('x', 500))[..200]));
        (await OfAsync("agy_Settling")).ShouldBe(new AuditedActor("system", "Settling", null, null, null, null));
        await ShouldBeSoundAsync();

        async Task AsAsync(Actor actor)
        {
            Actor.Current = actor;
            await Task.Yield();
            await Storage.Agencies.CreateAsync(new Agency($"agy_{actor.Id}", "One", 1, Some.Monday), Token);
        }

        async Task<AuditedActor> OfAsync(string agencyId) => (await RecordsAsync(new AuditFilter(agencyId, null, null, null, null))).Single().Actor;
    }

    [Fact]
    public async Task A_change_whose_record_cannot_be_written_does_not_happen()
    {
        var agency = await Some.AgencyAsync(Storage);
        await Database.SqlAsync(Database.IsShared
            ? "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$; CREATE TRIGGER full_disk BEFORE INSERT ON audit_records FOR EACH ROW EXECUTE FUNCTION full_disk()"
            : "CREATE TRIGGER full_disk BEFORE INSERT ON audit_records BEGIN SELECT RAISE(ABORT, 'no room'); END");

        await Should.ThrowAsync<Exception>(() => Storage.Agencies.UpdateAsync(agency with { Name = "Renamed" }, Token));

        (await Storage.Agencies.FindAsync(agency.Id, Token)).ShouldBe(agency);
        await ShouldBeSoundAsync();
    }

    [Fact]
    public async Task Many_who_write_at_once_leave_no_gap_and_no_deadlock()
    {
        var agencies = new[] { await Some.AgencyAsync(Storage), await Some.AgencyAsync(Storage) };
        await using var other = Database.IsShared ? await OpenAsync() : null;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            var storage = worker % 2 == 0 ? Storage : other ?? Storage;
            for (var i = 0; i < 15; i++)
            {
                // Both chains in one transaction, named in either order.
                var two = agencies.Select(agency => new WorkspaceWrite(Some.Workspace(agency.Id), WorkspaceWrite.AsTheyAre)).ToList();
                if ((worker + i) % 2 == 0)
                    two.Reverse();
                await storage.Workspaces.WriteAsync(two, Token);
                await storage.Keys.CreateAsync(Key(agencies[i % 2].Id), Token);
            }
        })));

        (await RecordsAsync()).Count.ShouldBe(2 + (16 * 15 * 3));
        await ShouldBeSoundAsync();
    }

    [Fact]
    public async Task Records_are_listed_newest_first_by_agency_subject_action_and_time_page_by_page()
    {
        var (one, other) = (await Some.AgencyAsync(Storage), await Some.AgencyAsync(Storage));
        for (var i = 0; i < 5; i++)
            await Storage.Agencies.UpdateAsync(one with { Weight = i + 2 }, Token);
        var all = await RecordsAsync();
        all.Count.ShouldBe(7);
        (await RecordsAsync(new AuditFilter(other.Id, null, null, null, null))).ShouldHaveSingleItem();
        (await RecordsAsync(new AuditFilter(null, one.Id, null, null, null))).Count.ShouldBe(6);
        (await RecordsAsync(new AuditFilter(null, null, "agency.created", null, null))).Count.ShouldBe(2);
        (await RecordsAsync(new AuditFilter(null, null, null, all[3].At, null))).ShouldAllBe(record => record.At >= all[3].At);
        (await RecordsAsync(new AuditFilter(null, null, null, null, all[3].At))).ShouldAllBe(record => record.At < all[3].At);
        (await RecordsAsync(new AuditFilter("agy_none", null, null, null, null))).ShouldBeEmpty();

        var paged = new List<AuditRecord>();
        for (AuditPlace? place = null; ;)
        {
            var page = await Storage.Audit.ListAsync(new AuditFilter(null, null, null, null, null), place, 3, Token);
            paged.AddRange(page);
            if (page.Count < 3)
                break;
            place = AuditPlace.Of(page[^1]);
        }
        paged.Select(record => (record.AgencyId, record.Sequence)).ShouldBe(all.Reverse().Select(record => (record.AgencyId, record.Sequence)));
    }

    private static ApiKey Key(string? agencyId) => new(
        Ids.New(Ids.Key), agencyId, null, agencyId is null ? Role.Admin : Role.Agency, "A key", Ids.New("sk_"), "salt-canary"u8.ToArray(), "hash-canary"u8.ToArray(), Some.Monday, null, null);

    private Task WriteAsync(Workspace workspace, IReadOnlyDictionary<CalendarSource, CalendarRequest?> calendars) =>
        Storage.Workspaces.WriteAsync([new WorkspaceWrite(workspace, calendars)], Token);

    private async Task<Workspace> WorkspaceAsync()
    {
        var workspace = Some.Workspace((await Some.AgencyAsync(Storage)).Id);
        await WriteAsync(workspace, WorkspaceWrite.AsTheyAre);
        return workspace;
    }

    /// <summary>In no column of the audit, whatever the letter case.</summary>
    private async Task ShouldHoldNoneOfAsync(params string[] texts)
    {
        const string everything =
            "lower(actor_kind || actor_id || COALESCE(actor_role, '') || COALESCE(actor_agency, '') || COALESCE(address, '') || COALESCE(user_agent, '') || action || subject_type || subject_id || COALESCE(before, '') || COALESCE(after, ''))";
        (await NumberAsync("SELECT count(*) FROM audit_records")).ShouldBeGreaterThan(0);
        foreach (var text in texts)
            (await NumberAsync($"SELECT count(*) FROM audit_records WHERE {everything} LIKE lower('%{text}%')")).ShouldBe(0, text);
    }
}
